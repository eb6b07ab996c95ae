//! Changes to a directory, with the consequences that they have in Entra: licences counted, dynamic groups refilled,
//! memberships kept through a soft delete (graph.md §2, §3, §4).

use std::collections::BTreeSet;
use std::sync::PoisonError;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use thiserror::Error;
use uuid::Uuid;

use super::directory::Directory;
use super::entity::Entity;
use super::history::Removal;
use super::rule::Rule;
use super::schema::{Kind, Misfit};

/// Why a change was not made; each is one sentence.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ChangeError {
    /// No such object.
    #[error("there is no {0} '{1}' in this directory")]
    NotFound(&'static str, String),
    /// A value that the model does not allow.
    #[error("{0}")]
    Misfit(Misfit),
    /// The name or the id is another object's.
    #[error("'{0}' is taken")]
    Taken(String),
}

impl From<Misfit> for ChangeError {
    fn from(misfit: Misfit) -> Self {
        Self::Misfit(misfit)
    }
}

type Changed<T> = Result<T, ChangeError>;

fn not_found(kind: &'static str, key: impl ToString) -> ChangeError {
    ChangeError::NotFound(kind, key.to_string())
}

impl Directory {
    /// Puts a user in as it stands: the way of generators and loaders.
    pub fn insert_user(&mut self, id: Uuid, user: Entity) {
        if let Some(name) = user.text("userPrincipalName") {
            self.names.insert(name.to_lowercase(), id);
        }
        self.users.insert(id, user);
    }

    /// Creates a user. Missing are filled in: the id, the user principal name, when it was created, `accountEnabled`
    /// and `userType`.
    pub fn create_user(&mut self, map: &Map<String, Value>, now: DateTime<Utc>) -> Changed<Uuid> {
        let id = self.fresh_id(map)?;
        let mut user = Entity::new(Kind::User)
            .with(
                "userPrincipalName",
                format!("user-{}@{}", &id.to_string()[..8], self.default_domain()),
            )
            .with("accountEnabled", true)
            .with("userType", "Member")
            .with("createdDateTime", stamp(now));
        for (name, value) in map {
            user.set(name, value)?;
        }
        user.set("id", &json!(id))?;
        self.check_name(id, user.text("userPrincipalName"))?;
        self.count_licences(&user, 1);
        self.insert_user(id, user);
        self.history.appeared(Kind::User, id);
        self.settle(id);
        Ok(id)
    }

    /// Merges properties into a user; null takes a value away.
    pub fn patch_user(&mut self, key: &str, map: &Map<String, Value>) -> Changed<Uuid> {
        let (id, user) = self.user(key).ok_or_else(|| not_found("user", key))?;
        let (before, mut user) = (user.clone(), user.clone());
        for (name, value) in map.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("id")) {
            user.set(name, value)?;
        }
        if map.contains_key("assignedLicenses") && !map.contains_key("licenseAssignmentStates") {
            user.set("licenseAssignmentStates", &states(&user))?;
        }
        self.check_name(id, user.text("userPrincipalName"))?;
        self.count_licences(&before, -1);
        self.count_licences(&user, 1);
        self.rename_registration(id, &user);
        if let Some(name) = before.text("userPrincipalName") {
            self.names.remove(&name.to_lowercase());
        }
        self.history.changed(id, &before, &user);
        self.insert_user(id, user);
        self.settle(id);
        Ok(id)
    }

    /// Deletes a user so that it can be restored.
    pub fn delete_user(&mut self, key: &str, now: DateTime<Utc>) -> Changed<Uuid> {
        let (id, _) = self.user(key).ok_or_else(|| not_found("user", key))?;
        if let Some(user) = self.users.remove(&id) {
            self.count_licences(&user, -1);
            if let Some(name) = user.text("userPrincipalName") {
                self.names.remove(&name.to_lowercase());
            }
            self.deleted.insert(id, user.with("deletedDateTime", stamp(now)));
            self.registrations.remove(&id);
            self.history.removed(Kind::User, id, Removal::Changed);
            self.note_memberships(id, false);
        }
        self.forget_closures();
        Ok(id)
    }

    /// Removes a user for good, whether it was deleted before or not.
    pub fn purge_user(&mut self, key: &str, now: DateTime<Utc>) -> Changed<Uuid> {
        let id = match Uuid::try_parse(key).ok().filter(|id| self.deleted.contains_key(id)) {
            Some(id) => id,
            None => self.delete_user(key, now)?,
        };
        if let Some(user) = self.deleted.remove(&id) {
            self.history.changed(id, &user, &Entity::new(Kind::User));
        }
        self.history.removed(Kind::User, id, Removal::Deleted);
        for members in self.members.values_mut() {
            members.remove(&id);
        }
        self.forget_closures();
        Ok(id)
    }

    /// Brings a deleted user back, memberships and all.
    pub fn restore_user(&mut self, key: &str) -> Changed<Uuid> {
        let id = Uuid::try_parse(key).ok().filter(|id| self.deleted.contains_key(id));
        let named = || {
            self.deleted
                .iter()
                .find(|(_, user)| user.text("userPrincipalName") == Some(key))
                .map(|(id, _)| *id)
        };
        let id = id.or_else(named).ok_or_else(|| not_found("deleted user", key))?;
        self.check_name(
            id,
            self.deleted.get(&id).and_then(|user| user.text("userPrincipalName")),
        )?;
        if let Some(mut user) = self.deleted.remove(&id) {
            user.set("deletedDateTime", &Value::Null)?;
            self.count_licences(&user, 1);
            self.insert_user(id, user);
            self.history.appeared(Kind::User, id);
            self.note_memberships(id, true);
        }
        self.settle(id);
        Ok(id)
    }

    /// Creates a group; `members`, a list of ids, may come with it.
    pub fn create_group(&mut self, map: &Map<String, Value>, now: DateTime<Utc>) -> Changed<Uuid> {
        let id = self.fresh_id(map)?;
        let mut group = Entity::new(Kind::Group)
            .with("createdDateTime", stamp(now))
            .with("mailEnabled", false)
            .with("securityEnabled", true);
        for (name, value) in map.iter().filter(|(name, _)| *name != "members") {
            group.set(name, value)?;
        }
        group.set("id", &json!(id))?;
        let members = map
            .get("members")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let members = members
            .iter()
            .map(|member| self.member_id(member.as_str().unwrap_or_default()));
        let members = members.collect::<Changed<_>>()?;
        self.groups.insert(id, group);
        self.members.insert(id, members);
        self.history.appeared(Kind::Group, id);
        self.refill(id);
        self.forget_closures();
        Ok(id)
    }

    /// Merges properties into a group; null takes a value away.
    pub fn patch_group(&mut self, key: &str, map: &Map<String, Value>) -> Changed<Uuid> {
        let id = self.group_id(key)?;
        let before = self.groups.get(&id).cloned().ok_or_else(|| not_found("group", key))?;
        let mut group = before.clone();
        for (name, value) in map.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("id")) {
            group.set(name, value)?;
        }
        self.history.changed(id, &before, &group);
        self.groups.insert(id, group);
        self.refill(id);
        Ok(id)
    }

    /// Removes a group, from the groups that hold it too.
    pub fn delete_group(&mut self, key: &str) -> Changed<Uuid> {
        let id = self.group_id(key)?;
        // Should a group of this id ever come again, who knew the old one hears what the new one has not.
        if let Some(group) = self.groups.remove(&id) {
            self.history.changed(id, &group, &Entity::new(Kind::Group));
        }
        for member in self.members.remove(&id).unwrap_or_default() {
            self.history.member(id, member, false);
        }
        self.history.removed(Kind::Group, id, Removal::Deleted);
        self.note_memberships(id, false);
        for members in self.members.values_mut() {
            members.remove(&id);
        }
        self.forget_closures();
        Ok(id)
    }

    /// Puts an object into a group, or takes it out; tells whether anything changed.
    pub fn set_member(&mut self, group: &str, member: &str, inside: bool) -> Changed<bool> {
        let group = self.group_id(group)?;
        let member = self.member_id(member)?;
        let members = self.members.entry(group).or_default();
        let changed = if inside {
            members.insert(member)
        } else {
            members.remove(&member)
        };
        if changed {
            self.history.member(group, member, inside);
        }
        self.forget_closures();
        Ok(changed)
    }

    /// Refills a dynamic group whose rule is understood.
    pub fn refill(&mut self, group: Uuid) {
        let Some(rule) = self.groups.get(&group).and_then(running_rule) else {
            return;
        };
        let users = self.users.iter().filter(|(_, user)| rule.takes(user));
        let members: BTreeSet<Uuid> = users.map(|(id, _)| *id).collect();
        let before = self.members.insert(group, members.clone()).unwrap_or_default();
        for member in before.symmetric_difference(&members) {
            self.history.member(group, *member, members.contains(member));
        }
        self.forget_closures();
    }

    fn group_id(&self, key: &str) -> Changed<Uuid> {
        let id = Uuid::try_parse(key).ok().filter(|id| self.groups.contains_key(id));
        id.ok_or_else(|| not_found("group", key))
    }

    fn member_id(&self, key: &str) -> Changed<Uuid> {
        let id = Uuid::try_parse(key).ok().filter(|id| self.object(*id).is_some());
        id.or_else(|| self.user(key).map(|(id, _)| id))
            .ok_or_else(|| not_found("object", key))
    }

    fn fresh_id(&self, map: &Map<String, Value>) -> Changed<Uuid> {
        let Some(wanted) = map.get("id") else {
            return Ok(Uuid::new_v4());
        };
        let id = wanted.as_str().and_then(|text| Uuid::try_parse(text).ok());
        let id = id.ok_or_else(|| Misfit {
            property: "id".to_owned(),
            wanted: "a GUID",
        })?;
        if self.object(id).is_some() || self.deleted.contains_key(&id) {
            return Err(ChangeError::Taken(id.to_string()));
        }
        Ok(id)
    }

    fn check_name(&self, id: Uuid, name: Option<&str>) -> Changed<()> {
        let Some(name) = name else { return Ok(()) };
        match self.names.get(&name.to_lowercase()) {
            Some(owner) if *owner != id => Err(ChangeError::Taken(name.to_owned())),
            _ => Ok(()),
        }
    }

    /// Asks every dynamic group whether this user is in it.
    fn settle(&mut self, id: Uuid) {
        let Some(user) = self.users.get(&id) else { return };
        for (group, entity) in &self.groups {
            let Some(rule) = running_rule(entity) else { continue };
            let members = self.members.entry(*group).or_default();
            let inside = rule.takes(user);
            let changed = if inside {
                members.insert(id)
            } else {
                members.remove(&id)
            };
            if changed {
                self.history.member(*group, id, inside);
            }
        }
        self.forget_closures();
    }

    /// Notes in the groups that hold an object that it came or went.
    fn note_memberships(&mut self, id: Uuid, inside: bool) {
        for (group, _) in self.members.iter().filter(|(_, members)| members.contains(&id)) {
            self.history.member(*group, id, inside);
        }
    }

    fn forget_closures(&mut self) {
        self.closures.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn count_licences(&mut self, user: &Entity, by: i64) {
        for licence in user.list("assignedLicenses") {
            let Some(sku) = self
                .skus
                .iter_mut()
                .find(|sku| sku.get("skuId") == licence.get("skuId"))
            else {
                continue;
            };
            let units = sku.get("consumedUnits").and_then(Value::as_i64).unwrap_or(0);
            let counted = sku.set("consumedUnits", &json!((units + by).max(0)));
            debug_assert!(counted.is_ok());
        }
    }
}

fn running_rule(group: &Entity) -> Option<Rule> {
    let on = group.text("membershipRuleProcessingState") == Some("On");
    group.text("membershipRule").filter(|_| on).and_then(Rule::parse)
}

/// Licence states that say: assigned directly and active.
pub fn states(user: &Entity) -> Value {
    let state = |licence: &Value| {
        json!({
            "skuId": licence["skuId"], "disabledPlans": [], "assignedByGroup": null, "state": "Active", "error": "None",
        })
    };
    user.list("assignedLicenses").iter().map(state).collect()
}

/// A moment as Graph writes it.
pub fn stamp(now: DateTime<Utc>) -> String {
    now.to_rfc3339_opts(SecondsFormat::Secs, true)
}
