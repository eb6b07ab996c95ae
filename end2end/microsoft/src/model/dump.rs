//! A directory as one JSON document: what the control API tells and what the state file keeps. Properties without a
//! value are left out; a missing name means null.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::directory::{Directory, Permission};
use super::entity::Entity;
use super::history::History;
use super::role;
use super::schema::Kind;

/// The document, borrowed for writing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dump<'a> {
    id: Uuid,
    name: &'a str,
    default_domain: &'a str,
    premium: bool,
    consent: bool,
    roles: &'a BTreeSet<&'static str>,
    denied: Vec<&'static str>,
    user_roles: &'a BTreeMap<Uuid, BTreeSet<String>>,
    organization: &'a Entity,
    domains: &'a [Entity],
    skus: &'a [Entity],
    users: Vec<&'a Entity>,
    deleted_users: Vec<&'a Entity>,
    groups: Vec<&'a Entity>,
    devices: Vec<&'a Entity>,
    managed_devices: Vec<&'a Entity>,
    registrations: Vec<&'a Entity>,
    members: &'a BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// In the state file only: it says nothing of what there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'a History>,
}

/// The document, owned, as read back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    id: Uuid,
    name: String,
    consent: bool,
    /// Missing in files of before roles were kept: then everything that is required is granted.
    roles: Option<Vec<String>>,
    denied: Vec<String>,
    #[serde(default)]
    user_roles: BTreeMap<Uuid, BTreeSet<String>>,
    organization: Map<String, Value>,
    domains: Vec<Map<String, Value>>,
    skus: Vec<Map<String, Value>>,
    users: Vec<Map<String, Value>>,
    deleted_users: Vec<Map<String, Value>>,
    groups: Vec<Map<String, Value>>,
    devices: Vec<Map<String, Value>>,
    /// Missing in files of before they were kept.
    #[serde(default)]
    managed_devices: Vec<Map<String, Value>>,
    #[serde(default)]
    registrations: Vec<Map<String, Value>>,
    members: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// Missing in files of before it was kept: then every link of before is expired.
    history: Option<History>,
}

impl<'a> Dump<'a> {
    /// The document of a directory.
    pub fn of(directory: &'a Directory) -> Self {
        Self {
            id: directory.id,
            name: &directory.name,
            default_domain: directory.default_domain(),
            premium: directory.premium(),
            consent: directory.consent,
            roles: &directory.roles,
            denied: directory.denied.iter().map(|permission| permission.name()).collect(),
            user_roles: &directory.user_roles,
            organization: &directory.organization,
            domains: &directory.domains,
            skus: &directory.skus,
            users: directory.users.values().collect(),
            deleted_users: directory.deleted.values().collect(),
            groups: directory.groups.values().collect(),
            devices: directory.devices.values().collect(),
            managed_devices: directory.managed_devices.values().collect(),
            registrations: directory.registrations.values().collect(),
            members: &directory.members,
            history: None,
        }
    }

    /// The document for the state file, from which links go on after a restart.
    pub fn to_keep(directory: &'a Directory) -> Self {
        Self {
            history: Some(directory.history()),
            ..Self::of(directory)
        }
    }
}

impl Stored {
    /// The directory of a document.
    pub fn directory(self) -> Directory {
        let all = |kind, maps: &[Map<String, Value>]| maps.iter().map(|map| read(kind, map)).collect::<Vec<_>>();
        let keyed = |kind, maps: &[Map<String, Value>]| {
            let entities = all(kind, maps).into_iter();
            entities
                .filter_map(|entity| Some((Uuid::try_parse(entity.id()).ok()?, entity)))
                .collect::<BTreeMap<_, _>>()
        };
        let organization = read(Kind::Organization, &self.organization);
        let mut directory = Directory::new(self.id, &self.name, organization, all(Kind::Domain, &self.domains));
        directory.skus = all(Kind::Sku, &self.skus);
        for (id, user) in keyed(Kind::User, &self.users) {
            directory.insert_user(id, user);
        }
        directory.deleted = keyed(Kind::User, &self.deleted_users);
        directory.groups = keyed(Kind::Group, &self.groups);
        directory.devices = keyed(Kind::Device, &self.devices);
        directory.managed_devices = keyed(Kind::ManagedDevice, &self.managed_devices);
        directory.registrations = keyed(Kind::Registration, &self.registrations);
        directory.members = self.members;
        directory.consent = self.consent;
        if let Some(roles) = self.roles {
            let known = roles.iter().filter_map(|name| role::named(name));
            directory.roles = known.map(|role| role.name).collect();
        }
        directory.user_roles = self.user_roles;
        directory.history = self.history.map(History::resumed).unwrap_or_default();
        directory.denied = self.denied.iter().filter_map(|name| Permission::named(name)).collect();
        directory
    }
}

fn read(kind: Kind, map: &Map<String, Value>) -> Entity {
    Entity::lenient(kind, map, |property| {
        tracing::warn!(property, "left out of the state file's object")
    })
}
