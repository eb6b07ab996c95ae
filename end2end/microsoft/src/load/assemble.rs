//! From items to a directory: ids given, duplicates merged, what is missing made up in a fixed way.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::Role;
use crate::generate;
use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::random::id_of;

/// When loaded users were deleted whose example does not say so.
const DELETED: &str = "2024-01-01T00:00:00Z";

/// What has been read so far, in the order of reading.
#[derive(Debug, Default)]
pub struct Assembly {
    objects: Vec<(String, Entity)>,
    deleted: Vec<(String, Entity)>,
    members_files: Vec<BTreeSet<Uuid>>,
    delta_members: Vec<(Uuid, Uuid)>,
}

impl Assembly {
    /// Whether nothing was recognised.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.deleted.is_empty()
    }

    /// The members that follow come from another file, hence belong to another group.
    pub fn next_members_file(&mut self) {
        self.members_files.push(BTreeSet::new());
    }

    /// Takes an item over.
    pub fn take(&mut self, role: Role, item: &Map<String, Value>) {
        let kind = match role {
            Role::Object(kind) | Role::Member(kind) => kind,
            Role::Deleted => Kind::User,
        };
        let mut entity = Entity::lenient(kind, item, |_| {});
        let bare = match entity.get("id") {
            Some(_) => entity.count() == 1,
            None => entity.count() == 0,
        };
        // An example of an extension property alone describes nobody; a member may well be an id and nothing else.
        if bare && !matches!(role, Role::Member(_)) {
            return;
        }
        let id = key(kind, &entity, item);
        if entity.set("id", &Value::from(id.clone())).is_err() {
            return;
        }
        if let (Role::Member(_), Ok(member), Some(members)) =
            (role, Uuid::try_parse(&id), self.members_files.last_mut())
        {
            members.insert(member);
        }
        for member in item
            .get("members@delta")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let member = member["id"].as_str().filter(|_| member.get("@removed").is_none());
            if let (Ok(group), Some(Ok(member))) = (Uuid::try_parse(&id), member.map(Uuid::try_parse)) {
                self.delta_members.push((group, member));
            }
        }
        let shelf = if role == Role::Deleted {
            &mut self.deleted
        } else {
            &mut self.objects
        };
        match shelf
            .iter_mut()
            .find(|(known, other)| *known == id && other.kind() == kind)
        {
            Some((_, known)) => known.merge(entity),
            None => shelf.push((id, entity)),
        }
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &(String, Entity)> {
        self.objects.iter().filter(move |(_, entity)| entity.kind() == kind)
    }

    /// The directory, named after its folder.
    pub fn directory(self, seed: u64, name: &str) -> Directory {
        let organization = self.of(Kind::Organization).next().map(|(_, entity)| entity.clone());
        let id = organization
            .as_ref()
            .and_then(|entity| Uuid::try_parse(entity.id()).ok());
        let id = id.unwrap_or_else(|| generate::tenant_id(seed, name));
        let domains = self.domains(organization.as_ref(), name);
        let made_up = generate::organization(id, name, &domains);
        let mut directory = Directory::new(id, name, organization.unwrap_or(made_up), domains);
        directory.skus = self.of(Kind::Sku).map(|(_, sku)| sku.clone()).collect();
        for (key, entity) in &self.objects {
            let Ok(id) = Uuid::try_parse(key) else { continue };
            match entity.kind() {
                Kind::User => directory.insert_user(id, entity.clone()),
                Kind::Group => drop(directory.groups.insert(id, entity.clone())),
                Kind::Device => drop(directory.devices.insert(id, entity.clone())),
                _ => {}
            }
        }
        for (key, mut entity) in self.deleted.iter().cloned() {
            let Ok(id) = Uuid::try_parse(&key) else { continue };
            if entity.get("deletedDateTime").is_none() {
                entity = entity.with("deletedDateTime", DELETED);
            }
            directory.deleted.insert(id, entity);
        }
        let groups: Vec<Uuid> = self
            .of(Kind::Group)
            .filter_map(|(id, _)| Uuid::try_parse(id).ok())
            .collect();
        for (group, mut members) in groups.iter().zip(self.members_files) {
            members.remove(group);
            directory.members.insert(*group, members);
        }
        for (group, member) in self.delta_members {
            if directory.groups.contains_key(&group) && directory.object(member).is_some() {
                directory.members.entry(group).or_default().insert(member);
            }
        }
        directory
    }

    /// The domains of the examples, else those the organization has verified, else one made up.
    fn domains(&self, organization: Option<&Entity>, name: &str) -> Vec<Entity> {
        let mut domains: Vec<Entity> = self.of(Kind::Domain).map(|(_, domain)| domain.clone()).collect();
        for verified in organization.map_or(&[][..], |organization| organization.list("verifiedDomains")) {
            let Some(name) = verified["name"].as_str() else {
                continue;
            };
            if !domains.iter().any(|domain| domain.id().eq_ignore_ascii_case(name)) {
                let mut domain = Entity::new(Kind::Domain).with("id", name);
                for flag in ["isDefault", "isInitial"] {
                    domain = domain.with(flag, verified[flag].as_bool().unwrap_or(false));
                }
                domains.push(domain);
            }
            // A tenant has one initial domain; what the organization says of it wins over an example of a domain.
            if verified["isInitial"] == true {
                let initial = |domain: Entity| {
                    let own = domain.id().eq_ignore_ascii_case(name);
                    domain.with("isInitial", own)
                };
                domains = domains.into_iter().map(initial).collect();
            }
        }
        if domains.is_empty() {
            let label: String = name
                .to_lowercase()
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect();
            domains.push(
                Entity::new(Kind::Domain)
                    .with("id", format!("{label}.example"))
                    .with("isInitial", true),
            );
        }
        let default = |domain: &Entity| domain.get("isDefault") == Some(&Value::Bool(true));
        let position = domains.iter().position(default).unwrap_or(0);
        let complete = |(index, mut domain): (usize, Entity)| {
            if domain.get("authenticationType").is_none() {
                domain = domain.with("authenticationType", "Managed");
            }
            for (flag, value) in [
                ("isAdminManaged", true),
                ("isInitial", false),
                ("isRoot", true),
                ("isVerified", true),
            ] {
                if domain.get(flag).is_none() {
                    domain = domain.with(flag, value);
                }
            }
            domain.with("isDefault", index == position)
        };
        domains.into_iter().enumerate().map(complete).collect()
    }
}

/// The id of an item: its own where one may stand, else one that follows from its content.
fn key(kind: Kind, entity: &Entity, item: &Map<String, Value>) -> String {
    let content = || {
        id_of(&format!(
            "{}/{}",
            kind.type_name(),
            canonical(&Value::Object(item.clone()))
        ))
        .to_string()
    };
    match (kind, entity.text("id")) {
        (Kind::Domain | Kind::Sku, Some(id)) => id.to_owned(),
        (Kind::Domain | Kind::Sku, None) => content(),
        (_, id) => id
            .and_then(|id| Uuid::try_parse(id).ok())
            .map_or_else(content, |id| id.to_string()),
    }
}

/// A text that does not depend on the order of properties, which another crate's feature could change.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", canonical(value)))
                .collect();
            pairs.sort();
            format!("{{{}}}", pairs.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        _ => value.to_string(),
    }
}
