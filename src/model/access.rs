//! Who may do what: the rules, over plain data. A role says how far somebody goes, the given Organizations where.
//!
//! An id of somebody else's Organization is answered as one that does not exist, so that nothing is told about it.

use super::{
    ids::{AccountId, OrganizationId},
    sign_in::ProviderKind,
    time::Moment,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How far somebody goes; each may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Works on syncs, End Users and Assets.
    Technician,
    /// Everything, everywhere.
    Administrator,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Technician, Self::Administrator];

    /// The value in the database and in forms.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Technician => "technician",
            Self::Administrator => "administrator",
        }
    }

    /// The value of a form, read.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Technician => "Technician",
            Self::Administrator => "Administrator",
        }
    }

    /// With its article, inside a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Viewer => "a Viewer",
            Self::Technician => "a Technician",
            Self::Administrator => "an Administrator",
        }
    }
}

/// A role of a later version, or none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no role \"{0}\"")]
pub struct NoSuchRole(String);

impl TryFrom<String> for Role {
    type Error = NoSuchRole;

    fn try_from(key: String) -> Result<Self, NoSuchRole> {
        Self::from_key(&key).ok_or(NoSuchRole(key))
    }
}

/// Where somebody may do what their role says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// In every Organization, those to come too, and in what belongs to none.
    All,
    /// In these.
    Only(BTreeSet<OrganizationId>),
    /// In this one, and never in the whole of its Tenant, though the Tenant had no other: what a portal opens for one
    /// customer.
    One(OrganizationId),
}

/// An account as **Accounts** lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Our id.
    pub id: AccountId,
    /// What it signs in with.
    pub email: String,
    /// How the screens greet them.
    pub name: String,
    /// How far they go.
    pub role: Role,
    /// The Organizations that were given, by name.
    pub organizations: Vec<(OrganizationId, String)>,
    /// Since when it may not sign in.
    pub disabled: Option<Moment>,
    /// It waits for somebody of a provider, or has waited in vain.
    pub invited: Option<Invitation>,
}

/// An invitation that nobody has accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// From where somebody is invited: the key of a provider, a colon, and the tenant's id or the issuer.
    pub from: String,
    /// The default domain of that tenant, where it is connected or was.
    pub domain: Option<String>,
    /// When it was made or last renewed.
    pub made: Moment,
    /// Until when it is or was good.
    pub until: Moment,
    /// Its time is over, or it was withdrawn.
    pub is_over: bool,
}

impl Invitation {
    /// From where, in words.
    pub fn place(&self) -> String {
        match self.from.split_once(':') {
            Some((kind, tenant)) if kind == ProviderKind::Microsoft.key() => {
                format!("the Microsoft tenant {}", self.domain.as_deref().unwrap_or(tenant))
            }
            Some((_, issuer)) => issuer.to_owned(),
            None => self.from.clone(),
        }
    }
}

/// What somebody may do, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// How far they go.
    pub role: Role,
    /// Where.
    pub given: Given,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It is none of theirs: to them it does not exist.
    #[error("it does not exist")]
    NotTheirs,
    /// It is theirs, and takes a higher role.
    #[error("This takes the role {}. An Administrator can give it to you under Settings, Accounts.", .0.label())]
    Role(Role),
    /// Some of the Tenant is theirs, and it takes all of it.
    #[error(
        "This shows or changes the whole Microsoft tenant, so it takes the role {} in every Organization of the Tenant. \
         An Administrator can give you the missing Organizations under Settings, Accounts.",
        .0.label()
    )]
    PartOfTenant(Role),
    /// Their Organization is theirs, and its directory is not.
    #[error("This shows or changes the whole Microsoft tenant. Your portal opened one Organization of it.")]
    OneOnly,
}

impl Access {
    /// That of an account. An Administrator has every Organization, whatever was given.
    pub fn new(role: Role, organizations: impl IntoIterator<Item = OrganizationId>) -> Self {
        let given = match role {
            Role::Administrator => Given::All,
            Role::Viewer | Role::Technician => Given::Only(organizations.into_iter().collect()),
        };
        Self { role, given }
    }

    /// Everything, everywhere.
    pub const fn everything() -> Self {
        Self {
            role: Role::Administrator,
            given: Given::All,
        }
    }

    /// Whether they are an Administrator: for what belongs to no Organization.
    pub fn administrator(&self) -> Result<(), Denied> {
        self.role(Role::Administrator)
    }

    /// Whether they have at least this role, wherever it is.
    pub fn role(&self, least: Role) -> Result<(), Denied> {
        if self.role >= least {
            Ok(())
        } else {
            Err(Denied::Role(least))
        }
    }

    /// Whether they have at least this role in an Organization.
    pub fn may(&self, least: Role, organization: OrganizationId) -> Result<(), Denied> {
        if !self.has(organization) {
            return Err(Denied::NotTheirs);
        }
        self.role(least)
    }

    /// Whether they have at least this role in all these Organizations, which are those of one Tenant: for whatever
    /// shows or changes the whole directory. A Tenant of which they have nothing does not exist for them.
    pub fn whole_tenant(&self, least: Role, organizations: &[OrganizationId]) -> Result<(), Denied> {
        let theirs = organizations.iter().filter(|one| self.has(**one)).count();
        if theirs == 0 && self.given != Given::All {
            return Err(Denied::NotTheirs);
        }
        self.role(least)?;
        if matches!(self.given, Given::One(_)) {
            return Err(Denied::OneOnly);
        }
        if theirs == organizations.len() {
            Ok(())
        } else {
            Err(Denied::PartOfTenant(least))
        }
    }

    /// Whether an Organization is theirs.
    pub fn has(&self, organization: OrganizationId) -> bool {
        match &self.given {
            Given::All => true,
            Given::Only(organizations) => organizations.contains(&organization),
            Given::One(one) => *one == organization,
        }
    }

    /// Their Organizations for a query; `None` is all.
    pub fn organizations(&self) -> Option<Vec<OrganizationId>> {
        match &self.given {
            Given::All => None,
            Given::Only(organizations) => Some(organizations.iter().copied().collect()),
            Given::One(one) => Some(vec![*one]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const OURS: OrganizationId = OrganizationId(Uuid::from_u128(1));
    const ALSO_OURS: OrganizationId = OrganizationId(Uuid::from_u128(2));
    const FOREIGN: OrganizationId = OrganizationId(Uuid::from_u128(3));

    fn of(role: Role) -> Access {
        Access::new(role, [OURS, ALSO_OURS])
    }

    #[test]
    fn each_role_may_what_the_ones_before_it_may() {
        for role in Role::ALL {
            for least in Role::ALL {
                let expected = if role >= least {
                    Ok(())
                } else {
                    Err(Denied::Role(least))
                };
                assert_eq!(
                    of(role).may(least, OURS),
                    expected,
                    "{role:?} where {least:?} is asked for"
                );
                assert_eq!(of(role).whole_tenant(least, &[OURS, ALSO_OURS]), expected);
            }
            assert_eq!(Role::from_key(role.key()), Some(role));
        }
        assert!(Role::Viewer < Role::Technician && Role::Technician < Role::Administrator);
    }

    #[test]
    fn a_foreign_organization_does_not_exist_whatever_the_role_asked_for() {
        for role in [Role::Viewer, Role::Technician] {
            for least in Role::ALL {
                assert_eq!(of(role).may(least, FOREIGN), Err(Denied::NotTheirs));
                assert_eq!(of(role).whole_tenant(least, &[FOREIGN]), Err(Denied::NotTheirs));
                assert_eq!(
                    of(role).whole_tenant(least, &[]),
                    Err(Denied::NotTheirs),
                    "nobody's Tenant"
                );
            }
        }
    }

    #[test]
    fn the_whole_of_a_tenant_takes_every_organization_of_it() {
        let shared = [OURS, FOREIGN];
        let technician = of(Role::Technician);
        assert_eq!(
            technician.whole_tenant(Role::Viewer, &shared),
            Err(Denied::PartOfTenant(Role::Viewer))
        );
        assert_eq!(technician.whole_tenant(Role::Technician, &[OURS]), Ok(()));
        assert_eq!(
            of(Role::Viewer).whole_tenant(Role::Technician, &shared),
            Err(Denied::Role(Role::Technician)),
            "a higher role is asked for first"
        );
    }

    #[test]
    fn one_organization_alone_is_never_the_whole_of_its_tenant() {
        let access = Access {
            role: Role::Technician,
            given: Given::One(OURS),
        };
        assert_eq!(access.may(Role::Technician, OURS), Ok(()));
        assert_eq!(access.may(Role::Viewer, ALSO_OURS), Err(Denied::NotTheirs));
        assert_eq!(access.whole_tenant(Role::Viewer, &[OURS]), Err(Denied::OneOnly));
        assert_eq!(access.whole_tenant(Role::Viewer, &[ALSO_OURS]), Err(Denied::NotTheirs));
        assert_eq!(access.organizations(), Some(vec![OURS]));
        assert!(access.administrator().is_err());
    }

    #[test]
    fn an_administrator_has_everything_whatever_was_given() {
        let administrator = Access::new(Role::Administrator, [OURS]);
        assert_eq!(administrator, Access::everything());
        assert_eq!(administrator.administrator(), Ok(()));
        assert_eq!(administrator.may(Role::Technician, FOREIGN), Ok(()));
        assert_eq!(
            administrator.whole_tenant(Role::Technician, &[]),
            Ok(()),
            "a Tenant without Organizations"
        );
        assert_eq!(administrator.organizations(), None);
        assert_eq!(of(Role::Technician).organizations(), Some(vec![OURS, ALSO_OURS]));
        assert!(of(Role::Technician).administrator().is_err());
    }
}
