//! Which property can be asked for with which operator, and what for that the directory must be asked through its
//! eventually consistent index: `ConsistencyLevel: eventual` together with `$count=true`. The operators are those of
//! the property descriptions of Microsoft's Python SDK 1.65 and of the table in "Advanced query capabilities" (2023);
//! where both name an operator, the table says how it is served. `gt` and `lt` stand in neither and go with `ge` and
//! `le` on moments only.

use crate::model::schema::Kind;

/// How an operator is served for a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Always.
    Default,
    /// Only with `ConsistencyLevel: eventual` and `$count=true`.
    Advanced,
}

/// A property with the operators that work by default, and those that are advanced. `null` stands for comparing with
/// null, `count` for `/$count` of a list.
type Row = (&'static str, &'static str, &'static str);

const USER: &[Row] = &[
    ("accountEnabled", "eq in", "ne not ge le"),
    ("ageGroup", "eq in", "ne not"),
    ("assignedLicenses", "eq", "not count"),
    ("assignedPlans", "eq", "not"),
    ("businessPhones", "eq ge le startswith", "not"),
    ("city", "eq ge le in startswith", "ne not null"),
    ("companyName", "", "eq ne not ge le in startswith null"),
    ("consentProvidedForMinor", "eq in", "ne not"),
    ("country", "eq ge le in startswith", "ne not null"),
    ("createdDateTime", "eq ge le", "ne not in"),
    ("creationType", "eq in", "ne not"),
    ("deletedDateTime", "eq ge le", "ne not in"),
    ("department", "eq ge le in startswith", "ne not null"),
    ("displayName", "eq ge le in startswith", "ne not null"),
    ("employeeHireDate", "", "eq ne not ge le in"),
    ("employeeId", "eq ge in startswith", "ne not le null"),
    ("employeeLeaveDateTime", "", "eq ne not ge le in"),
    ("employeeOrgData", "", "eq ne not ge le in"),
    ("employeeType", "", "eq ne not ge le in startswith"),
    ("externalUserState", "eq in", "ne not"),
    ("externalUserStateChangeDateTime", "eq in", "ne not"),
    ("faxNumber", "eq ge le in startswith", "ne not null"),
    ("givenName", "eq ge le in startswith", "ne not null"),
    ("id", "eq in", "ne not"),
    ("identities", "eq", ""),
    ("imAddresses", "eq ge le startswith", "not"),
    ("isResourceAccount", "eq", "ne"),
    ("jobTitle", "eq ge le in startswith", "ne not null"),
    ("mail", "eq ge le in startswith", "ne not endswith null"),
    ("mailNickname", "eq ge le in startswith", "ne not null"),
    ("mobilePhone", "", "eq ne not ge le in startswith null"),
    ("officeLocation", "", "eq ne not ge le in startswith null"),
    ("onPremisesExtensionAttributes", "", "eq ne not in"),
    ("onPremisesImmutableId", "", "eq ne not ge le in"),
    ("onPremisesLastSyncDateTime", "", "eq ne not ge le in"),
    ("onPremisesProvisioningErrors", "eq ge le", "not"),
    ("onPremisesSamAccountName", "", "eq ne not ge le in startswith"),
    ("onPremisesSecurityIdentifier", "eq in", "ne not null"),
    ("onPremisesSyncEnabled", "eq in", "ne not null"),
    ("onPremisesUserPrincipalName", "eq ge le in startswith", "ne not"),
    ("otherMails", "eq ge le in startswith", "not endswith count"),
    ("passwordPolicies", "", "eq ne not null"),
    ("postalCode", "", "eq ne not ge le in startswith null"),
    ("preferredLanguage", "", "eq ne not ge le in startswith null"),
    ("provisionedPlans", "eq ge le", "not"),
    ("proxyAddresses", "eq ge le startswith", "not endswith count"),
    ("securityIdentifier", "eq ge le startswith", "not"),
    ("serviceProvisioningErrors", "eq", "not"),
    ("showInAddressList", "", "eq ne ge le in"),
    ("signInActivity", "eq ge le", "ne not"),
    ("state", "eq ge le in startswith", "ne not null"),
    ("streetAddress", "", "eq ne not ge le in startswith null"),
    ("surname", "eq ge le in startswith", "ne not null"),
    ("usageLocation", "eq ge le in startswith", "ne not null"),
    ("userPrincipalName", "eq ge le in startswith", "ne not endswith"),
    ("userType", "eq in", "ne not null"),
];

const GROUP: &[Row] = &[
    ("assignedLicenses", "eq", "not count"),
    ("classification", "eq ge le startswith", "ne not"),
    ("description", "eq ge le startswith", "ne not"),
    ("displayName", "eq ge le in startswith", "ne not null"),
    ("expirationDateTime", "eq ge le in", "ne not"),
    ("groupTypes", "eq", "not count"),
    ("hasMembersWithLicenseErrors", "eq", ""),
    ("id", "eq in", "ne not"),
    ("isAssignableToRole", "eq", "ne not"),
    ("mail", "eq ge le in startswith", "ne not endswith null"),
    ("mailEnabled", "eq", "ne not"),
    ("mailNickname", "eq ge le in startswith", "ne not null"),
    ("membershipRule", "eq ge le startswith", "ne not"),
    ("membershipRuleProcessingState", "eq in", "ne not"),
    ("onPremisesLastSyncDateTime", "", "eq ne not ge le in"),
    ("onPremisesProvisioningErrors", "eq", "not"),
    ("onPremisesSamAccountName", "", "eq ne not ge le in startswith"),
    ("onPremisesSecurityIdentifier", "eq in", "ne not null"),
    ("onPremisesSyncEnabled", "eq in", "ne not null"),
    ("preferredLanguage", "", "eq ne not ge le in startswith null"),
    ("proxyAddresses", "eq ge le startswith", "not endswith count"),
    ("renewedDateTime", "eq ge le in", "ne not"),
    ("resourceProvisioningOptions", "eq startswith", "not"),
    ("securityEnabled", "eq in", "ne not"),
    ("serviceProvisioningErrors", "eq", "not"),
];

const DEVICE: &[Row] = &[
    ("accountEnabled", "eq in", "ne not"),
    ("approximateLastSignInDateTime", "eq ge le", "ne not null"),
    ("deviceId", "eq startswith", "ne not"),
    ("displayName", "eq ge le in startswith", "ne not null"),
    ("id", "eq in", "ne not"),
    ("isCompliant", "eq", "ne not"),
    ("isManaged", "eq", "ne not"),
    ("onPremisesSyncEnabled", "eq in", "ne not null"),
    ("operatingSystem", "eq ge le startswith", "ne not null"),
    ("operatingSystemVersion", "eq ge le startswith", "ne not null"),
    ("physicalIds", "eq ge le startswith", "not count"),
    ("systemLabels", "", "count"),
    ("trustType", "eq in", "ne not"),
];

/// Not by the directory but by Intune (graph.md §6): no other filter has a source.
const MANAGED_DEVICE: &[Row] = &[("enrolledDateTime", "ge le", ""), ("lastSyncDateTime", "ge le", "")];

/// The descriptions of the properties name `eq` for most, and no operator is advanced: a report is no directory object.
const REGISTRATION: &[Row] = &[
    ("id", "eq", ""),
    ("isAdmin", "eq", ""),
    ("isMfaCapable", "eq", ""),
    ("isMfaRegistered", "eq", ""),
    ("isPasswordlessCapable", "eq", ""),
    ("isSsprCapable", "eq", ""),
    ("isSsprEnabled", "eq", ""),
    ("isSsprRegistered", "eq", ""),
    ("methodsRegistered", "eq", ""),
    ("userDisplayName", "eq startswith", ""),
    ("userPrincipalName", "eq startswith", ""),
    ("userType", "eq", ""),
];

/// How a kind's property is served with an operator; `None` where it is not.
pub fn support(kind: Kind, property: &str, operator: &str) -> Option<Support> {
    let rows = match kind {
        Kind::User => USER,
        Kind::Group => GROUP,
        Kind::Device => DEVICE,
        Kind::ManagedDevice => MANAGED_DEVICE,
        Kind::Registration => REGISTRATION,
        // No description of the others names an operator.
        _ => return None,
    };
    let (_, default, advanced) = rows.iter().find(|(name, ..)| *name == property)?;
    let names = |list: &str| list.split(' ').any(|name| name == operator);
    match (names(default), names(advanced)) {
        (true, _) => Some(Support::Default),
        (false, true) => Some(Support::Advanced),
        (false, false) => None,
    }
}

/// How a kind is sorted by a property ("Support for sorting" of the same page).
pub fn sorting(kind: Kind, property: &str) -> Option<Support> {
    match (kind, property) {
        (Kind::User, "displayName" | "userPrincipalName")
        | (Kind::Group, "displayName")
        | (Kind::Registration, "userDisplayName" | "userPrincipalName") => Some(Support::Default),
        (Kind::User, "createdDateTime" | "deletedDateTime")
        | (Kind::Group, "deletedDateTime")
        | (Kind::Device, "approximateLastSignInDateTime" | "deletedDateTime" | "displayName") => {
            Some(Support::Advanced)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_property_of_its_kind() {
        for (kind, rows) in [
            (Kind::User, USER),
            (Kind::Group, GROUP),
            (Kind::Device, DEVICE),
            (Kind::Registration, REGISTRATION),
        ] {
            for (name, ..) in rows {
                let property = kind.property(name);
                assert_eq!(property.map(|property| property.name), Some(*name), "{kind:?}");
            }
        }
    }

    #[test]
    fn an_operator_is_served_as_microsofts_table_says() {
        assert_eq!(support(Kind::User, "department", "eq"), Some(Support::Default));
        assert_eq!(support(Kind::User, "department", "ne"), Some(Support::Advanced));
        assert_eq!(support(Kind::User, "companyName", "eq"), Some(Support::Advanced));
        assert_eq!(support(Kind::User, "department", "endswith"), None);
        // The example `error-advancedquery` of the same page: groups are not filtered by when they were made.
        assert_eq!(support(Kind::Group, "createdDateTime", "ge"), None);
        assert_eq!(support(Kind::Sku, "skuId", "eq"), None);
    }
}
