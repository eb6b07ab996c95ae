//! What Graph sends, as it sends it: property names in camelCase, almost everything optional.
//!
//! A property may be missing (not selected, never set) or null (no value); both read as `None`, and a null list as an
//! empty one. Properties that are not listed here are ignored (learn.microsoft.com/graph/api/overview). `id` is the one
//! property that every directory object has, so a missing one is an error.

use super::{
    delta::{MemberChange, Removed},
    left_out::Told,
    open_enum::open_enum,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// learn.microsoft.com/graph/api/resources/user
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct User {
    pub id: Uuid,
    pub user_principal_name: Option<String>,
    pub display_name: Option<String>,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub mail: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub other_mails: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    pub business_phones: Vec<String>,
    pub mobile_phone: Option<String>,
    pub street_address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub job_title: Option<String>,
    pub department: Option<String>,
    pub office_location: Option<String>,
    pub company_name: Option<String>,
    /// `Member`, `Guest`, or nothing: all three exist.
    pub user_type: Option<String>,
    pub account_enabled: Option<bool>,
    #[serde(default, deserialize_with = "date")]
    pub created_date_time: Option<DateTime<Utc>>,
    /// Set in the listing of deleted users.
    #[serde(default, deserialize_with = "date")]
    pub deleted_date_time: Option<DateTime<Utc>>,
    /// Direct and inherited from groups.
    #[serde(default)]
    pub assigned_licenses: Told<AssignedLicense>,
    pub on_premises_sync_enabled: Option<bool>,
    /// Of a delta, which then tells nothing but the id.
    #[serde(rename = "@removed", default, skip_serializing)]
    pub removed: Option<Removed>,
}

/// learn.microsoft.com/graph/api/resources/assignedlicense
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct AssignedLicense {
    pub sku_id: Uuid,
    #[serde(default, deserialize_with = "list")]
    pub disabled_plans: Vec<Uuid>,
}

/// learn.microsoft.com/graph/api/resources/group
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct Group {
    pub id: Uuid,
    pub display_name: Option<String>,
    pub description: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub group_types: Vec<GroupType>,
    pub security_enabled: Option<bool>,
    pub mail_enabled: Option<bool>,
    pub membership_rule: Option<String>,
    pub visibility: Option<GroupVisibility>,
    pub mail: Option<String>,
    /// Of a delta, which then tells nothing but the id.
    #[serde(rename = "@removed", default, skip_serializing)]
    pub removed: Option<Removed>,
    /// Of a delta: some of the members, or those that came and went.
    #[serde(rename = "members@delta", default, deserialize_with = "list", skip_serializing)]
    pub members: Vec<MemberChange>,
}

open_enum!(
    /// What `groupTypes` may hold; a security group has none.
    GroupType {
        /// A Microsoft 365 group.
        Unified = "Unified",
        /// Microsoft computes the members from `membershipRule`.
        DynamicMembership = "DynamicMembership",
    }
);

open_enum!(
    /// Who may see the members of a group.
    GroupVisibility {
        /// Anybody in the tenant.
        Public = "Public",
        /// The members.
        Private = "Private",
        /// Reading the members needs a permission of its own.
        HiddenMembership = "HiddenMembership",
    }
);

/// A direct member of a group: learn.microsoft.com/graph/api/group-list-members
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRef {
    /// The object id of a user, a group, a device or anything else.
    pub id: Uuid,
    /// What the id belongs to.
    #[serde(default, rename = "@odata.type")]
    pub kind: MemberKind,
}

/// The kinds of group members that a user sync tells apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub enum MemberKind {
    /// A person.
    User,
    /// A nested group.
    Group,
    /// A device, a service principal, a contact: the type as it was sent.
    Other(String),
    /// Graph did not say.
    #[default]
    Unknown,
}

impl From<Option<String>> for MemberKind {
    fn from(odata_type: Option<String>) -> Self {
        match odata_type {
            None => Self::Unknown,
            Some(name) if name.eq_ignore_ascii_case("#microsoft.graph.user") => Self::User,
            Some(name) if name.eq_ignore_ascii_case("#microsoft.graph.group") => Self::Group,
            Some(name) => Self::Other(name),
        }
    }
}

impl From<MemberKind> for Option<String> {
    fn from(kind: MemberKind) -> Self {
        match kind {
            MemberKind::User => Some("#microsoft.graph.user".into()),
            MemberKind::Group => Some("#microsoft.graph.group".into()),
            MemberKind::Other(name) => Some(name),
            MemberKind::Unknown => None,
        }
    }
}

/// A product that the tenant has bought: learn.microsoft.com/graph/api/resources/subscribedsku
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct SubscribedSku {
    pub sku_id: Uuid,
    pub sku_part_number: Option<String>,
    pub applies_to: Option<AppliesTo>,
    pub capability_status: Option<CapabilityStatus>,
    pub consumed_units: Option<i64>,
    pub prepaid_units: Option<PrepaidUnits>,
    #[serde(default, deserialize_with = "list")]
    pub service_plans: Vec<ServicePlan>,
}

/// learn.microsoft.com/graph/api/resources/licenseunitsdetail
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct PrepaidUnits {
    pub enabled: Option<i64>,
    pub warning: Option<i64>,
    pub suspended: Option<i64>,
    pub locked_out: Option<i64>,
}

/// learn.microsoft.com/graph/api/resources/serviceplaninfo
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct ServicePlan {
    pub service_plan_id: Uuid,
    pub service_plan_name: Option<String>,
    pub provisioning_status: Option<ProvisioningStatus>,
}

open_enum!(
    /// Whom a product is assigned to.
    AppliesTo {
        /// Users: the only products that a person can hold.
        User = "User",
        /// The tenant as a whole.
        Company = "Company",
    }
);

open_enum!(
    /// Whether a product or plan can be used.
    CapabilityStatus {
        /// In order.
        Enabled = "Enabled",
        /// Lapsed, in the grace period.
        Warning = "Warning",
        /// Lapsed, no longer usable.
        Suspended = "Suspended",
        /// Gone.
        Deleted = "Deleted",
        /// Cancelled.
        LockedOut = "LockedOut",
    }
);

open_enum!(
    /// Whether a service plan has been set up.
    ProvisioningStatus {
        /// Set up.
        Success = "Success",
        /// Switched off.
        Disabled = "Disabled",
        /// Waits for somebody's input.
        PendingInput = "PendingInput",
        /// Waits for an activation.
        PendingActivation = "PendingActivation",
        /// Microsoft is at it.
        PendingProvisioning = "PendingProvisioning",
    }
);

/// learn.microsoft.com/graph/api/resources/domain
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct Domain {
    /// The name itself, such as `contoso.com`.
    pub id: String,
    pub is_default: Option<bool>,
    pub is_initial: Option<bool>,
    pub is_verified: Option<bool>,
    pub is_root: Option<bool>,
    pub is_admin_managed: Option<bool>,
    pub authentication_type: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub supported_services: Vec<String>,
}

/// learn.microsoft.com/graph/api/resources/organization
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct Organization {
    /// The tenant id.
    pub id: Uuid,
    pub display_name: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub verified_domains: Vec<VerifiedDomain>,
    #[serde(default, deserialize_with = "list")]
    pub assigned_plans: Vec<AssignedPlan>,
    pub tenant_type: Option<String>,
    pub country_letter_code: Option<String>,
    pub on_premises_sync_enabled: Option<bool>,
    #[serde(default, deserialize_with = "date")]
    pub created_date_time: Option<DateTime<Utc>>,
}

/// learn.microsoft.com/graph/api/resources/verifieddomain
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct VerifiedDomain {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub is_default: Option<bool>,
    pub is_initial: Option<bool>,
    pub capabilities: Option<String>,
}

/// learn.microsoft.com/graph/api/resources/assignedplan
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct AssignedPlan {
    pub service_plan_id: Option<Uuid>,
    pub service: Option<String>,
    pub capability_status: Option<CapabilityStatus>,
}

/// One page of a listing. Without a `value`, or with one object in it that can not be read, it is no page: to leave
/// that object out would say that it is not in the directory.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub value: Vec<T>,
    /// Opaque; there is a further page as long as it is present, even after an empty one.
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
}

/// A null among the values of a list says nothing and is left out.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let values: Option<Vec<Option<T>>> = Option::deserialize(from)?;
    Ok(values.into_iter().flatten().flatten().collect())
}

/// Reads RFC 3339 in any of its spellings, and a time without a zone as UTC, as Graph writes some of its own. Empty
/// text and .NET's first instant stand for "never".
pub(super) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    let text = text.trim();
    if text.is_empty() || text.starts_with("0001-01-01") {
        return Ok(None);
    }
    let with_zone = || DateTime::parse_from_rfc3339(text).map(|date| date.to_utc()).ok();
    let spaced = || text.parse::<DateTime<Utc>>().ok();
    let without_zone = || text.parse::<chrono::NaiveDateTime>().map(|date| date.and_utc()).ok();
    match with_zone().or_else(spaced).or_else(without_zone) {
        Some(date) => Ok(Some(date)),
        None => Err(serde::de::Error::custom(format_args!(
            "{text:?} is not a date and time"
        ))),
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
