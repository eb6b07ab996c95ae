//! One tenant's directory and the questions that can be asked of it. Objects are kept in the order of their ids, so
//! that a page token can name the last object seen and stays right while objects come and go.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::entity::Entity;
use super::history::{History, Reset};
use super::partner::Partner;
use super::role;
use super::schema::Kind;

/// The service plans that make a tenant premium: AAD_PREMIUM and AAD_PREMIUM_P2 (graph.md §4).
pub const PREMIUM_PLANS: [&str; 2] = [
    "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "eec0eb4f-6444-4f95-aba0-50c24d67f998",
];

/// What there is to read, as a tenant's administrator can withhold it from the application. Which application
/// permissions of Microsoft open it is told by [`role::APP_ROLES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Users; without it members come back with id and type only.
    Users,
    /// Groups and their members.
    Groups,
    /// Members of groups.
    Members,
    /// Members of groups whose membership is hidden.
    HiddenMembers,
    /// Subscribed SKUs.
    SubscribedSkus,
    /// Domains.
    Domains,
    /// The organization itself.
    Organization,
    /// Deleted users.
    DeletedItems,
    /// What a user is a direct member of.
    Memberships,
    /// Devices; without it members come back with id and type only.
    Devices,
    /// Devices managed by Intune.
    ManagedDevices,
    /// Sign-in activity and the reports on authentication methods.
    AuditLogs,
    /// Delegated admin customers and the relationships with them.
    DelegatedAdmin,
    /// Contracts with customers.
    Contracts,
}

impl Permission {
    /// Every permission with the name the control API gives it and the one that Microsoft gives it (graph.md §11),
    /// where one of Microsoft's stands for it.
    pub const ALL: [(Self, &'static str, Option<&'static str>); 14] = [
        (Self::Users, "users", Some("User.Read.All")),
        (Self::Groups, "groups", Some("GroupMember.Read.All")),
        (Self::Members, "members", Some("GroupMember.ReadBasic.All")),
        (Self::HiddenMembers, "hiddenMembers", Some("Member.Read.Hidden")),
        (
            Self::SubscribedSkus,
            "subscribedSkus",
            Some("LicenseAssignment.Read.All"),
        ),
        (Self::Domains, "domains", Some("Domain.Read.All")),
        (Self::Organization, "organization", Some("Organization.Read.All")),
        (Self::DeletedItems, "deletedItems", None),
        (Self::Memberships, "memberships", Some("Directory.Read.All")),
        (Self::Devices, "devices", Some("Device.Read.All")),
        (
            Self::ManagedDevices,
            "managedDevices",
            Some("DeviceManagementManagedDevices.Read.All"),
        ),
        (Self::AuditLogs, "auditLogs", Some("AuditLog.Read.All")),
        (
            Self::DelegatedAdmin,
            "delegatedAdmin",
            Some("DelegatedAdminRelationship.Read.All"),
        ),
        (Self::Contracts, "contracts", None),
    ];

    /// The permission of that name, ours or Microsoft's.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, ours, theirs)| {
            theirs
                .iter()
                .chain([ours])
                .any(|known| known.eq_ignore_ascii_case(name))
        });
        found.map(|(permission, ..)| *permission)
    }

    /// The name in the control API.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(permission, ..)| *permission == self)
            .map_or("", |(_, name, _)| name)
    }
}

/// One tenant.
#[derive(Debug)]
pub struct Directory {
    /// The tenant's id.
    pub id: Uuid,
    /// The short name by which it was asked for.
    pub name: String,
    /// `microsoft.graph.organization`
    pub organization: Entity,
    /// Domains, the initial one among them.
    pub domains: Vec<Entity>,
    /// Subscribed SKUs.
    pub skus: Vec<Entity>,
    /// Users that are not deleted.
    pub users: BTreeMap<Uuid, Entity>,
    /// Users that are deleted and can be restored.
    pub deleted: BTreeMap<Uuid, Entity>,
    /// Groups.
    pub groups: BTreeMap<Uuid, Entity>,
    /// Devices.
    pub devices: BTreeMap<Uuid, Entity>,
    /// Devices managed by Intune.
    pub managed_devices: BTreeMap<Uuid, Entity>,
    /// What the report of registered authentication methods says, by user. Not live: a new user is not in it yet.
    pub registrations: BTreeMap<Uuid, Entity>,
    /// Direct members by group. A deleted user stays in, unseen, and is seen again when restored.
    pub members: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// Whether the tenant's administrator has consented to the application.
    pub consent: bool,
    /// From when on the consent works, where it was given through Partner Center.
    pub works_from: Option<DateTime<Utc>>,
    /// What it holds as the tenant of a partner; not kept in the state file.
    pub partner: Partner,
    /// The application permissions of Microsoft Graph that are granted to the application, by their names.
    pub roles: BTreeSet<&'static str>,
    /// What the application may not read whatever is granted to it.
    pub denied: BTreeSet<Permission>,
    /// The application's own roles that people are assigned to, by user: the `roles` of their id tokens.
    pub user_roles: BTreeMap<Uuid, BTreeSet<String>>,
    /// What happened since the directory was made.
    pub(super) history: History,
    /// User principal names in lower case.
    pub(super) names: HashMap<String, Uuid>,
    /// Closed memberships, forgotten at every change: a page of a large group would otherwise cost the whole group.
    pub(super) closures: Mutex<HashMap<Uuid, Arc<Vec<Uuid>>>>,
}

impl Directory {
    /// An empty directory.
    pub fn new(id: Uuid, name: &str, organization: Entity, domains: Vec<Entity>) -> Self {
        Self {
            id,
            name: name.to_owned(),
            organization,
            domains,
            skus: Vec::new(),
            users: BTreeMap::new(),
            deleted: BTreeMap::new(),
            groups: BTreeMap::new(),
            devices: BTreeMap::new(),
            managed_devices: BTreeMap::new(),
            registrations: BTreeMap::new(),
            members: BTreeMap::new(),
            consent: true,
            works_from: None,
            partner: Partner::default(),
            roles: role::required(),
            denied: BTreeSet::new(),
            user_roles: BTreeMap::new(),
            history: History::default(),
            names: HashMap::new(),
            closures: Mutex::default(),
        }
    }

    /// What happened since the directory was made.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Makes every delta token worthless, as a reset of the service does.
    pub fn reset_history(&mut self, reset: Reset) {
        self.history = History::starting(reset);
    }

    /// The default domain, or the first one.
    pub fn default_domain(&self) -> &str {
        let default = self
            .domains
            .iter()
            .find(|domain| domain.get("isDefault") == Some(&Value::Bool(true)));
        default.or(self.domains.first()).map_or("", |domain| domain.id())
    }

    /// Whether `key` names this tenant: its id, its short name or one of its domains.
    pub fn answers_to(&self, key: &str) -> bool {
        Uuid::try_parse(key).is_ok_and(|id| id == self.id)
            || self.name.eq_ignore_ascii_case(key)
            || self.domains.iter().any(|domain| domain.id().eq_ignore_ascii_case(key))
    }

    /// The `roles` that a token issued now carries: what is granted, without what was denied by its name.
    pub fn roles_in_force(&self) -> BTreeSet<&'static str> {
        let denied = |name: &&str| Permission::named(name).is_some_and(|permission| self.denied.contains(&permission));
        self.roles.iter().copied().filter(|name| !denied(name)).collect()
    }

    /// What a token issued now opens.
    pub fn permissions_in_force(&self) -> BTreeSet<Permission> {
        let opened = role::opened(self.roles_in_force());
        opened.difference(&self.denied).copied().collect()
    }

    /// Whether an enabled subscription holds Entra ID P1 or P2 (graph.md §4).
    pub fn premium(&self) -> bool {
        self.has_plan(&PREMIUM_PLANS)
    }

    /// Whether an enabled subscription holds one of these service plans.
    pub(super) fn has_plan(&self, plans: &[&str]) -> bool {
        let enabled = |sku: &&Entity| matches!(sku.text("capabilityStatus"), Some("Enabled" | "Warning"));
        self.skus
            .iter()
            .filter(enabled)
            .flat_map(|sku| sku.list("servicePlans"))
            .any(|plan| {
                plan["servicePlanId"].as_str().is_some_and(|id| plans.contains(&id))
                    && plan["provisioningStatus"].as_str() != Some("Disabled")
            })
    }

    /// The user with that id or user principal name.
    pub fn user(&self, key: &str) -> Option<(Uuid, &Entity)> {
        let id = Uuid::try_parse(key)
            .ok()
            .or_else(|| self.names.get(&key.to_lowercase()).copied())?;
        self.users.get(&id).map(|user| (id, user))
    }

    /// A user, group or device that is not deleted.
    pub fn object(&self, id: Uuid) -> Option<&Entity> {
        self.users
            .get(&id)
            .or_else(|| self.groups.get(&id))
            .or_else(|| self.devices.get(&id))
    }

    /// Up to `count` direct members after `after`, deleted ones left out.
    pub fn members_after(&self, group: Uuid, after: Option<Uuid>, kind: Option<Kind>, count: usize) -> Vec<Uuid> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let all = self
            .members
            .get(&group)
            .into_iter()
            .flat_map(|set| set.range((from, Bound::Unbounded)));
        all.copied().filter(|id| self.is_kind(*id, kind)).take(count).collect()
    }

    /// Up to `count` members after `after`, nested groups and what is in them included.
    pub fn closure_after(&self, group: Uuid, after: Option<Uuid>, kind: Option<Kind>, count: usize) -> Vec<Uuid> {
        let closure = self.closure(group);
        let start = after.map_or(0, |after| closure.partition_point(|id| *id <= after));
        closure[start..]
            .iter()
            .copied()
            .filter(|id| self.is_kind(*id, kind))
            .take(count)
            .collect()
    }

    /// The groups that hold an object, in the order of their ids; with `transitive` the groups that hold those too.
    pub fn groups_of(&self, object: Uuid, transitive: bool) -> BTreeSet<Uuid> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![object];
        while let Some(next) = waiting.pop() {
            for (group, members) in &self.members {
                let holds = members.contains(&next) && self.groups.contains_key(group);
                if holds && found.insert(*group) && transitive {
                    waiting.push(*group);
                }
            }
        }
        found
    }

    fn is_kind(&self, id: Uuid, kind: Option<Kind>) -> bool {
        self.object(id)
            .is_some_and(|object| kind.is_none_or(|kind| object.kind() == kind))
    }

    /// Everything inside a group, each object once and in the order of ids. A group that contains itself by way of
    /// others is not its own member.
    pub fn closure(&self, group: Uuid) -> Arc<Vec<Uuid>> {
        let mut closures = self.closures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = closures.get(&group) {
            return Arc::clone(known);
        }
        let mut seen = BTreeSet::from([group]);
        let mut waiting = vec![group];
        while let Some(next) = waiting.pop() {
            for member in self.members.get(&next).into_iter().flatten() {
                if self.object(*member).is_some() && seen.insert(*member) && self.groups.contains_key(member) {
                    waiting.push(*member);
                }
            }
        }
        seen.remove(&group);
        let closure = Arc::new(seen.into_iter().collect::<Vec<_>>());
        closures.insert(group, Arc::clone(&closure));
        closure
    }
}
