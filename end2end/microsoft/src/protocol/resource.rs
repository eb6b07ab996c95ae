//! Which resource a path names. Segments compare without letter case, as Graph compares them.

use crate::model::directory::Permission;
use crate::model::schema::Kind;
use crate::protocol::query::decode;
use crate::protocol::refusal::Refusal;

/// What a path below `/v1.0` or `/beta` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `/users`
    Users,
    /// `/users/{id or user principal name}`
    User(String),
    /// `/users/{id or user principal name}/memberOf` and `/transitiveMemberOf`, perhaps with a cast.
    MemberOf {
        /// The user.
        user: String,
        /// Whether the groups of groups come too.
        transitive: bool,
        /// Whether the cast narrows to groups.
        cast: bool,
    },
    /// `/users/{id or user principal name}/licenseDetails`
    Licenses(String),
    /// `/directory/deletedItems/microsoft.graph.user`
    DeletedUsers,
    /// `/groups`
    Groups,
    /// `/groups/{id}`
    Group(String),
    /// `/groups/{id}/members` and `/transitiveMembers`, perhaps with a cast.
    Members {
        /// The group's id.
        group: String,
        /// Whether nested groups are resolved.
        transitive: bool,
        /// The kind to which the cast narrows.
        cast: Option<Kind>,
    },
    /// `/devices`
    Devices,
    /// `/devices/{id}`
    Device(String),
    /// `/deviceManagement/managedDevices`
    ManagedDevices,
    /// `/deviceManagement/managedDevices/{id}`
    ManagedDevice(String),
    /// `/directoryObjects/{id}`
    Object(String),
    /// `/directoryObjects/getByIds`
    Objects,
    /// `/users/delta` and `/groups/delta`, in each of their spellings.
    Delta(Kind),
    /// A list's path with `/$count` behind it.
    Count(Box<Resource>),
    /// `/subscribedSkus`
    Skus,
    /// `/subscribedSkus/{id}`
    Sku(String),
    /// `/domains`
    Domains,
    /// `/domains/{name}`
    Domain(String),
    /// `/organization`
    Organizations,
    /// `/organization/{id}`
    Organization(String),
    /// `/reports/authenticationMethods/userRegistrationDetails`
    Registrations,
    /// `/reports/authenticationMethods/userRegistrationDetails/{user id}`
    Registration(String),
    /// `/tenantRelationships/delegatedAdminCustomers`
    Customers,
    /// `/tenantRelationships/delegatedAdminCustomers/{tenant id}`
    Customer(String),
    /// `/tenantRelationships/delegatedAdminRelationships`
    Relationships,
    /// `/contracts`
    Contracts,
    /// `/contracts/{id}`
    Contract(String),
}

/// The version that a path begins with, as it was written.
pub fn version(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

impl Resource {
    /// The resource of a path as it was sent, percent signs and all.
    pub fn parse(path: &str) -> Result<Self, Refusal> {
        let mut segments = path.trim_start_matches('/').trim_end_matches('/').split('/');
        let version = segments.next().unwrap_or_default();
        if !["v1.0", "beta"].iter().any(|known| known.eq_ignore_ascii_case(version)) {
            return Err(Refusal::new(400, "BadRequest", format!("Invalid version: {version}")));
        }
        let segments: Vec<String> = segments.flat_map(|segment| keyed(decode(segment, false))).collect();
        match segments.split_last() {
            Some((last, list)) if last.eq_ignore_ascii_case("$count") => {
                let counted = Self::named(list)?;
                match counted.counted() {
                    true => Ok(Self::Count(Box::new(counted))),
                    false => Err(Refusal::no_segment(last)),
                }
            }
            _ => Self::named(&segments),
        }
    }

    fn named(segments: &[String]) -> Result<Self, Refusal> {
        let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let words: Vec<&str> = lower.iter().map(String::as_str).collect();
        let key = || segments[1].clone();
        let delta = |word: &str| matches!(word.trim_end_matches("()"), "delta" | "microsoft.graph.delta");
        match words.as_slice() {
            ["users", word] if delta(word) => Ok(Self::Delta(Kind::User)),
            ["groups", word] if delta(word) => Ok(Self::Delta(Kind::Group)),
            ["users"] => Ok(Self::Users),
            ["users", _] => Ok(Self::User(key())),
            ["users", _, "licensedetails"] => Ok(Self::Licenses(key())),
            ["users", _, list @ ("memberof" | "transitivememberof"), rest @ ..] => {
                let cast = match rest {
                    [] => false,
                    ["microsoft.graph.group"] => true,
                    _ => return Err(Refusal::no_segment(&segments[3])),
                };
                let transitive = *list == "transitivememberof";
                Ok(Self::MemberOf {
                    user: key(),
                    transitive,
                    cast,
                })
            }
            ["directory", "deleteditems", "microsoft.graph.user"] => Ok(Self::DeletedUsers),
            ["directoryobjects", "getbyids" | "microsoft.graph.getbyids"] => Ok(Self::Objects),
            ["directoryobjects", _] => Ok(Self::Object(key())),
            ["groups"] => Ok(Self::Groups),
            ["groups", _] => Ok(Self::Group(key())),
            ["groups", _, members @ ("members" | "transitivemembers"), rest @ ..] => {
                let cast = match rest {
                    [] => None,
                    ["microsoft.graph.user"] => Some(Kind::User),
                    ["microsoft.graph.group"] => Some(Kind::Group),
                    ["microsoft.graph.device"] => Some(Kind::Device),
                    _ => return Err(Refusal::no_segment(&segments[3])),
                };
                Ok(Self::Members {
                    group: key(),
                    transitive: *members == "transitivemembers",
                    cast,
                })
            }
            ["devices"] => Ok(Self::Devices),
            // Changes of devices are not kept, and no device has that for its id.
            ["devices", word] if delta(word) => Err(Refusal::no_segment(&segments[1])),
            ["devices", _] => Ok(Self::Device(key())),
            ["devicemanagement", "manageddevices"] => Ok(Self::ManagedDevices),
            // Managed devices are no directory objects: their changes can't be followed.
            ["devicemanagement", "manageddevices", word] if delta(word) => Err(Refusal::no_segment(&segments[2])),
            ["devicemanagement", "manageddevices", _] => Ok(Self::ManagedDevice(segments[2].clone())),
            ["devicemanagement", "manageddevices", _, _, ..] => Err(Refusal::no_segment(&segments[3])),
            ["devicemanagement", _, ..] => Err(Refusal::no_segment(&segments[1])),
            ["subscribedskus"] => Ok(Self::Skus),
            ["subscribedskus", _] => Ok(Self::Sku(key())),
            ["domains"] => Ok(Self::Domains),
            ["domains", _] => Ok(Self::Domain(key())),
            ["organization"] => Ok(Self::Organizations),
            ["organization", _] => Ok(Self::Organization(key())),
            ["reports", "authenticationmethods", "userregistrationdetails"] => Ok(Self::Registrations),
            ["reports", "authenticationmethods", "userregistrationdetails", _] => {
                Ok(Self::Registration(segments[3].clone()))
            }
            ["tenantrelationships", "delegatedadmincustomers"] => Ok(Self::Customers),
            ["tenantrelationships", "delegatedadmincustomers", _] => Ok(Self::Customer(segments[2].clone())),
            ["tenantrelationships", "delegatedadminrelationships"] => Ok(Self::Relationships),
            ["tenantrelationships", _, ..] => Err(Refusal::no_segment(&segments[1])),
            ["contracts"] => Ok(Self::Contracts),
            ["contracts", _] => Ok(Self::Contract(key())),
            ["me", ..] => {
                let message = "/me request is only valid with delegated authentication flow.";
                Err(Refusal::new(400, "BadRequest", message))
            }
            ["users" | "groups" | "devices", _, _, ..] => Err(Refusal::no_segment(&segments[2])),
            ["directory", _, ..] => Err(Refusal::no_segment(&segments[1])),
            _ => Err(Refusal::no_segment(segments.first().map_or("", String::as_str))),
        }
    }

    /// The permission that the application needs (graph.md §11).
    pub fn permission(&self) -> Permission {
        match self {
            Self::Users | Self::User(_) | Self::Delta(Kind::User) => Permission::Users,
            Self::MemberOf { transitive: true, .. } => Permission::Users,
            Self::MemberOf { .. } => Permission::Memberships,
            // Microsoft lets the permission for users open this as far as users go.
            Self::Object(_) | Self::Objects => Permission::Users,
            Self::DeletedUsers => Permission::DeletedItems,
            Self::Devices | Self::Device(_) => Permission::Devices,
            Self::ManagedDevices | Self::ManagedDevice(_) => Permission::ManagedDevices,
            Self::Groups | Self::Group(_) | Self::Members { .. } | Self::Delta(_) => Permission::Groups,
            Self::Skus | Self::Sku(_) | Self::Licenses(_) => Permission::SubscribedSkus,
            Self::Domains | Self::Domain(_) => Permission::Domains,
            Self::Organizations | Self::Organization(_) => Permission::Organization,
            Self::Registrations | Self::Registration(_) => Permission::AuditLogs,
            Self::Customers | Self::Customer(_) | Self::Relationships => Permission::DelegatedAdmin,
            Self::Contracts | Self::Contract(_) => Permission::Contracts,
            Self::Count(list) => list.permission(),
        }
    }

    /// The kinds of object that an answer can hold; the first one is the kind that the resource is named for.
    pub fn kinds(&self) -> &'static [Kind] {
        match self {
            Self::Users | Self::User(_) | Self::DeletedUsers | Self::Delta(Kind::User) => &[Kind::User],
            Self::Groups | Self::Group(_) | Self::MemberOf { .. } | Self::Delta(_) => &[Kind::Group],
            Self::Members { cast: Some(kind), .. } => match kind {
                Kind::User => &[Kind::User],
                Kind::Group => &[Kind::Group],
                _ => &[Kind::Device],
            },
            Self::Members { cast: None, .. } | Self::Object(_) | Self::Objects => {
                &[Kind::User, Kind::Group, Kind::Device]
            }
            Self::Devices | Self::Device(_) => &[Kind::Device],
            Self::ManagedDevices | Self::ManagedDevice(_) => &[Kind::ManagedDevice],
            Self::Licenses(_) => &[Kind::License],
            Self::Skus | Self::Sku(_) => &[Kind::Sku],
            Self::Domains | Self::Domain(_) => &[Kind::Domain],
            Self::Organizations | Self::Organization(_) => &[Kind::Organization],
            Self::Registrations | Self::Registration(_) => &[Kind::Registration],
            Self::Customers | Self::Customer(_) => &[Kind::Customer],
            Self::Relationships => &[Kind::Relationship],
            Self::Contracts | Self::Contract(_) => &[Kind::Contract],
            Self::Count(list) => list.kinds(),
        }
    }

    /// Whether the items are directory objects of any kind, so that each says of which it is.
    pub fn mixed(&self) -> bool {
        matches!(
            self,
            Self::Members { cast: None, .. } | Self::MemberOf { cast: false, .. } | Self::Object(_) | Self::Objects
        )
    }

    /// What `@odata.context` calls the set.
    pub fn set(&self) -> String {
        let name = match (self, self.kinds()[0]) {
            (Self::Licenses(user), _) => return format!("users('{user}')/licenseDetails"),
            (resource, _) if resource.mixed() => "directoryObjects",
            (_, Kind::Group) => "groups",
            (_, Kind::Device) => "devices",
            (_, Kind::ManagedDevice) => "deviceManagement/managedDevices",
            (_, Kind::Sku) => "subscribedSkus",
            (_, Kind::Domain) => "domains",
            (_, Kind::Organization) => "organization",
            (_, Kind::Registration) => "reports/authenticationMethods/userRegistrationDetails",
            (_, Kind::Customer) => "tenantRelationships/delegatedAdminCustomers",
            (_, Kind::Relationship) => "tenantRelationships/delegatedAdminRelationships",
            (_, Kind::Contract) => "contracts",
            _ => "users",
        };
        name.to_owned()
    }

    /// Whether the resource is one object.
    pub fn single(&self) -> bool {
        matches!(
            self,
            Self::User(_)
                | Self::Group(_)
                | Self::Device(_)
                | Self::ManagedDevice(_)
                | Self::Object(_)
                | Self::Sku(_)
                | Self::Domain(_)
                | Self::Organization(_)
                | Self::Registration(_)
                | Self::Customer(_)
                | Self::Contract(_)
        )
    }

    /// Whether it is a report: metered by requests, and for tenants with Entra ID P1 only (graph.md §5, §8).
    pub fn report(&self) -> bool {
        matches!(self, Self::Registrations | Self::Registration(_))
    }

    /// Whether the resource is reached through another object: there `$filter`, `$search` and `$orderby` are advanced
    /// whatever they ask for, as in each of the documentation's examples.
    pub fn related(&self) -> bool {
        matches!(self, Self::Members { .. } | Self::MemberOf { .. })
    }

    /// Whether the path narrows a transitive list to one kind, which only advanced queries may ("Query scenarios that
    /// require advanced query capabilities").
    pub fn transitive_cast(&self) -> bool {
        match self {
            Self::Members { transitive, cast, .. } => *transitive && cast.is_some(),
            Self::MemberOf { transitive, cast, .. } => *transitive && *cast,
            Self::Count(list) => list.transitive_cast(),
            _ => false,
        }
    }

    fn counted(&self) -> bool {
        self.largest_page().is_some()
            && !matches!(
                self,
                Self::DeletedUsers
                    | Self::ManagedDevices
                    | Self::Registrations
                    | Self::Customers
                    | Self::Relationships
                    | Self::Contracts
            )
    }

    /// Whether Intune answers, with limits and licences of its own, and not the directory.
    pub fn intune(&self) -> bool {
        matches!(self, Self::ManagedDevices | Self::ManagedDevice(_))
    }

    /// The page size when the client asks for none. That of Intune and of reports is a guess (graph.md
    /// §5, §6).
    pub fn usual_page(&self) -> usize {
        if self.intune() || self.report() { 1000 } else { 100 }
    }

    /// The greatest `$top`, for lists that have pages (graph.md §2, §3).
    pub fn largest_page(&self) -> Option<usize> {
        match self {
            Self::Users
            | Self::DeletedUsers
            | Self::Groups
            | Self::Devices
            | Self::Members { .. }
            | Self::MemberOf { .. } => Some(999),
            Self::ManagedDevices => Some(1000),
            Self::Registrations => Some(1_000),
            // A guess: no source tells it.
            Self::Customers | Self::Relationships => Some(300),
            Self::Contracts => Some(999),
            _ => None,
        }
    }

    /// Whether writing here is something that a permission could allow: if so a writer is refused for lack of it,
    /// else the method is wrong.
    pub fn writable(&self, method: &str) -> bool {
        match method {
            "POST" => matches!(self, Self::Users | Self::Groups | Self::Devices | Self::Domains),
            "PATCH" => matches!(
                self,
                Self::User(_)
                    | Self::Group(_)
                    | Self::Device(_)
                    | Self::ManagedDevice(_)
                    | Self::Domain(_)
                    | Self::Organization(_)
            ),
            "DELETE" => matches!(
                self,
                Self::User(_)
                    | Self::Group(_)
                    | Self::Device(_)
                    | Self::ManagedDevice(_)
                    | Self::Domain(_)
                    | Self::Object(_)
            ),
            _ => false,
        }
    }
}

/// A segment, or two where a key stands in parentheses: `users('ana@contoso.example')`.
fn keyed(segment: String) -> Vec<String> {
    let key = segment.strip_suffix("')").and_then(|start| start.split_once("('"));
    match key {
        Some((list, key)) => vec![list.to_owned(), key.replace("''", "'")],
        None => vec![segment],
    }
}

#[cfg(test)]
mod tests;
