//! What Entrain asks a Microsoft tenant for, as one table: each permission and each licence feature, the question that
//! shows whether it is there, and what is missing on screen without it.

use serde::{Deserialize, Serialize};

/// An application permission of Microsoft Graph (learn.microsoft.com/graph/permissions-reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppRole {
    /// As Microsoft's pages call it.
    pub name: &'static str,
    /// Its app role id, by which scripts and the app registration's manifest name it.
    pub id: &'static str,
}

const fn role(name: &'static str, id: &'static str) -> Option<AppRole> {
    Some(AppRole { name, id })
}

const USERS: Option<AppRole> = role("User.Read.All", "df021288-bdef-4463-88db-98f22de89214");
const GROUPS: Option<AppRole> = role("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6");
const HIDDEN: Option<AppRole> = role("Member.Read.Hidden", "658aa5d8-239f-45c4-aa12-864f4fc7e490");
const LICENSES: Option<AppRole> = role("LicenseAssignment.Read.All", "e2f98668-2877-4f38-a2f4-8202e0717aa1");
const ORGANIZATION: Option<AppRole> = role("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6");
const DOMAINS: Option<AppRole> = role("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664");
const REPORTS: Option<AppRole> = role("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da");
const DEVICES: Option<AppRole> = role(
    "DeviceManagementManagedDevices.Read.All",
    "2f51be20-0bb4-4fed-bf7b-db946066c75e",
);
const CUSTOMERS: Option<AppRole> = role(
    "DelegatedAdminRelationship.Read.All",
    "f6e9e124-4586-492f-adc0-c6f96e4823fd",
);

/// One thing to find out about a Microsoft tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Probe {
    /// Whether a token is issued at all.
    SignIn,
    /// Users.
    Users,
    /// The recycle bin of users.
    DeletedUsers,
    /// Groups.
    Groups,
    /// Members of groups that hide them.
    HiddenMembers,
    /// What was bought.
    Licenses,
    /// The organization's name.
    Organization,
    /// Its domains.
    Domains,
    /// Sign-in activity.
    SignIns,
    /// MFA registration.
    Mfa,
    /// Devices in Intune.
    Devices,
    /// A partner's customers; of the partner's own Microsoft tenant alone.
    Customers,
    /// The licence that sign-in activity and MFA registration need.
    Premium,
    /// The licence that devices need.
    Intune,
}

/// How a [`Probe`] is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// By a new token.
    Token,
    /// By one small read of Graph.
    Read {
        /// Behind the version.
        path: &'static str,
        /// Behind the question mark.
        query: &'static str,
    },
    /// By the members of a group that hides them, where there is one.
    HiddenMembers,
    /// By nothing of its own: what these were answered tells of the licence too.
    Told(&'static [Probe]),
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of what.
    pub probe: Probe,
    /// The key in the database.
    pub key: &'static str,
    /// What is read, in the words of the screens.
    pub what: &'static str,
    /// The permission for it; none for tokens and licences.
    pub role: Option<AppRole>,
    /// How to find out.
    pub question: Question,
    /// What is missing on screen without it.
    pub missing: &'static str,
}

const fn read(path: &'static str, query: &'static str) -> Question {
    Question::Read { path, query }
}

/// Small reads: one object at most, and no more of it than its id. For reports Microsoft documents no `$top`, so nobody is
/// asked for there.
const TABLE: [Entry; 14] = [
    Entry {
        probe: Probe::SignIn,
        key: "sign_in",
        what: "Sign in to the Microsoft tenant",
        role: None,
        question: Question::Token,
        missing: "Everything: nothing is read, and no user sync of this Microsoft tenant runs. What was read before stays and ages.",
    },
    Entry {
        probe: Probe::Users,
        key: "users",
        what: "Users",
        role: USERS,
        question: read("users", "$select=id&$top=1"),
        missing: "Every user sync of this Microsoft tenant: End Users are no longer created, updated or marked as disabled.",
    },
    Entry {
        probe: Probe::DeletedUsers,
        key: "deleted_users",
        what: "Deleted users",
        role: USERS,
        question: read("directory/deletedItems/microsoft.graph.user", "$select=id&$top=1"),
        missing: "The day on which somebody was deleted in Microsoft.",
    },
    Entry {
        probe: Probe::Groups,
        key: "groups",
        what: "Groups and their members",
        role: GROUPS,
        question: read("groups", "$select=id&$top=1"),
        missing: "The section Group of the filters: a user sync that chooses groups is not applied.",
    },
    Entry {
        probe: Probe::HiddenMembers,
        key: "hidden_members",
        what: "Members of groups with hidden membership",
        role: HIDDEN,
        question: Question::HiddenMembers,
        missing: "Who is in such a group: a user sync that chooses one is not applied.",
    },
    Entry {
        probe: Probe::Licenses,
        key: "licenses",
        what: "Licenses",
        role: LICENSES,
        question: read("subscribedSkus", "$select=id"),
        missing: "How many licenses were bought and are used, on Tenant Details.",
    },
    Entry {
        probe: Probe::Organization,
        key: "organization",
        what: "The organization's name",
        role: ORGANIZATION,
        question: read("organization", "$select=id"),
        missing: "A new name or default domain of the Microsoft tenant.",
    },
    Entry {
        probe: Probe::Domains,
        key: "domains",
        what: "Domains",
        role: DOMAINS,
        question: read("domains", ""),
        missing: "Nothing while the organization can be read, which lists its domains too.",
    },
    Entry {
        probe: Probe::SignIns,
        key: "sign_ins",
        what: "Sign-in activity",
        role: REPORTS,
        question: read("users", "$select=id,signInActivity&$top=1"),
        missing: "Last Microsoft Activity.",
    },
    Entry {
        probe: Probe::Mfa,
        key: "mfa",
        what: "MFA registration",
        role: REPORTS,
        question: read(
            "reports/authenticationMethods/userRegistrationDetails",
            "$filter=id eq '00000000-0000-0000-0000-000000000000'",
        ),
        missing: "MFA: status and methods.",
    },
    Entry {
        probe: Probe::Devices,
        key: "devices",
        what: "Managed devices",
        role: DEVICES,
        question: read("deviceManagement/managedDevices", "$select=id&$top=1"),
        missing: "Whose an Asset is: none is assigned by its MAC address.",
    },
    Entry {
        probe: Probe::Customers,
        key: "customers",
        what: "Customers of the partner",
        role: CUSTOMERS,
        question: read("tenantRelationships/delegatedAdminCustomers", ""),
        missing: "Customers with delegated administration, on Cloud Solution Provider.",
    },
    Entry {
        probe: Probe::Premium,
        key: "premium",
        what: "Entra ID P1 or P2",
        role: None,
        question: Question::Told(&[Probe::SignIns, Probe::Mfa]),
        missing: "Last Microsoft Activity and MFA.",
    },
    Entry {
        probe: Probe::Intune,
        key: "intune",
        what: "Microsoft Intune",
        role: None,
        question: Question::Told(&[Probe::Devices]),
        missing: "Whose an Asset is: none is assigned by its MAC address.",
    },
];

impl Probe {
    /// Each, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|entry| entry.probe)
    }

    /// Its row of the table.
    pub const fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// The key of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        let entry = TABLE.iter().find(|entry| entry.key == key)?;
        Some(entry.probe)
    }
}

/// What to do where the app lacks an application permission.
pub fn grant_words(permission: &str) -> String {
    format!(
        "The app lacks a permission: add the application permission {permission} in the app registration and run admin consent again."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connect::ASKED;
    use std::collections::BTreeSet;
    use uuid::Uuid;

    #[test]
    fn every_probe_has_its_own_row_with_a_question_and_what_is_missing_without_it() {
        for (place, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.probe as usize, place, "{}", entry.key);
            assert_eq!(entry.probe.entry(), entry);
            assert_eq!(Probe::from_key(entry.key), Some(entry.probe));
            assert!(entry.missing.ends_with('.') && !entry.what.is_empty(), "{}", entry.key);
        }
        assert_eq!(Probe::from_key("mail"), None);
    }

    #[test]
    fn what_is_probed_is_what_an_administrator_is_asked_to_consent_to_and_a_partners_list() {
        let roles = || TABLE.iter().filter_map(|entry| entry.role);
        let probed: BTreeSet<_> = roles().map(|role| role.name).collect();
        let asked = ASKED.iter().map(|asked| asked.permission);
        let asked: BTreeSet<_> = asked.chain(["DelegatedAdminRelationship.Read.All"]).collect();
        assert_eq!(probed, asked);
        let ids: BTreeSet<Uuid> = roles().map(|role| role.id.parse().unwrap()).collect();
        assert_eq!(
            ids.len(),
            probed.len(),
            "a permission has one id, and an id one permission"
        );
    }

    #[test]
    fn a_read_asks_for_one_object_at_most_where_microsoft_lets_one_say_so() {
        for entry in TABLE {
            let Question::Read { path, query } = entry.question else {
                assert!(
                    entry.role.is_none() || entry.probe == Probe::HiddenMembers,
                    "{}",
                    entry.key
                );
                continue;
            };
            assert!(entry.role.is_some() && !path.starts_with('/'), "{path}");
            let is_list_of_many = ["users", "groups", "deletedItems", "managedDevices"];
            if is_list_of_many
                .iter()
                .any(|list| path.ends_with(list) || path.contains("deletedItems"))
            {
                assert!(query.ends_with("$top=1"), "{path}?{query}");
            }
        }
    }
}
