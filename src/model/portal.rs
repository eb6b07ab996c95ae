//! Portals: programs of others in whose pages ours may stand in a frame, and what they may open there.

use super::{
    access::{Access, Given, Role},
    ids::{OrganizationId, PortalId, TenantId},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest name that a portal may have, in characters.
pub const MOST_NAME: usize = 100;
/// So many origins one portal may have: all of them stand in a header of every page.
pub const MOST_ORIGINS: usize = 20;

/// A portal as **Portals** in Settings lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalRow {
    /// Our id: the issuer of its tokens.
    pub id: PortalId,
    /// What it is called.
    pub name: String,
    /// Where its pages stand.
    pub origins: Vec<String>,
    /// Since when it is registered.
    pub registered: Moment,
}

/// What a frame is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// A Tenant with all its Organizations, and so the whole directory behind it.
    Tenant(TenantId),
    /// One Organization, and nobody of the directory but those who are mapped there.
    Organization(OrganizationId),
}

impl Scope {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Organization(_) => "organization",
        }
    }

    /// The value of the database, read; anything unknown is the lesser one.
    pub fn from_key(key: &str, id: Uuid) -> Self {
        match key {
            "tenant" => Self::Tenant(TenantId(id)),
            _ => Self::Organization(OrganizationId(id)),
        }
    }

    /// The id of what it is about.
    pub const fn id(self) -> Uuid {
        match self {
            Self::Tenant(id) => id.0,
            Self::Organization(id) => id.0,
        }
    }

    /// What somebody of this role may do in it, while its Tenant has these Organizations. Never more than a Technician:
    /// a portal can make nobody an Administrator.
    pub fn access(self, role: Role, organizations: impl IntoIterator<Item = OrganizationId>) -> Access {
        let role = role.min(Role::Technician);
        match self {
            Self::Tenant(_) => Access::new(role, organizations),
            Self::Organization(id) => Access {
                role,
                given: Given::One(id),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_makes_nobody_an_administrator() {
        let (tenant, one) = (TenantId::default(), OrganizationId::default());
        for scope in [Scope::Tenant(tenant), Scope::Organization(one)] {
            let access = scope.access(Role::Administrator, [one]);
            assert_eq!(access.role, Role::Technician);
            assert_ne!(access.given, Given::All);
            assert_eq!(Scope::from_key(scope.key(), scope.id()), scope);
        }
    }
}
