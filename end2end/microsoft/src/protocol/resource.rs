//! Which resource a path names. Segments compare without letter case, as Graph compares them.

use crate::model::directory::Permission;
use crate::model::schema::Kind;
use crate::protocol::query::decode;
use crate::protocol::refusal::Refusal;

/// What a path below `/v1.0` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `/users`
    Users,
    /// `/users/{id or user principal name}`
    User(String),
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
}

impl Resource {
    /// The resource of a path as it was sent, percent signs and all.
    pub fn parse(path: &str) -> Result<Self, Refusal> {
        let mut segments = path.trim_start_matches('/').trim_end_matches('/').split('/');
        let version = segments.next().unwrap_or_default();
        if !version.eq_ignore_ascii_case("v1.0") {
            return Err(Refusal::new(400, "BadRequest", format!("Invalid version: {version}")));
        }
        let segments: Vec<String> = segments.map(|segment| decode(segment, false)).collect();
        let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let words: Vec<&str> = lower.iter().map(String::as_str).collect();
        let key = || segments[1].clone();
        match words.as_slice() {
            [
                "users" | "groups",
                "delta" | "delta()" | "microsoft.graph.delta()" | "$count",
            ] => Err(Refusal::no_segment(&segments[1])),
            ["users"] => Ok(Self::Users),
            ["users", _] => Ok(Self::User(key())),
            ["directory", "deleteditems", "microsoft.graph.user"] => Ok(Self::DeletedUsers),
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
            ["subscribedskus"] => Ok(Self::Skus),
            ["subscribedskus", _] => Ok(Self::Sku(key())),
            ["domains"] => Ok(Self::Domains),
            ["domains", _] => Ok(Self::Domain(key())),
            ["organization"] => Ok(Self::Organizations),
            ["organization", _] => Ok(Self::Organization(key())),
            ["me", ..] => {
                let message = "/me request is only valid with delegated authentication flow.";
                Err(Refusal::new(400, "BadRequest", message))
            }
            ["users" | "groups", _, rest, ..] => Err(Refusal::no_segment(rest)),
            ["directory", rest @ ..] => Err(Refusal::no_segment(rest.first().unwrap_or(&"directory"))),
            _ => Err(Refusal::no_segment(segments.first().map_or("", String::as_str))),
        }
    }

    /// The permission that the application needs (graph.md §11).
    pub fn permission(&self) -> Permission {
        match self {
            Self::Users | Self::User(_) => Permission::Users,
            Self::DeletedUsers => Permission::DeletedItems,
            Self::Groups | Self::Group(_) | Self::Members { .. } => Permission::Groups,
            Self::Skus | Self::Sku(_) => Permission::SubscribedSkus,
            Self::Domains | Self::Domain(_) => Permission::Domains,
            Self::Organizations | Self::Organization(_) => Permission::Organization,
        }
    }

    /// The kinds of object that an answer can hold; the first one is the kind that the resource is named for.
    pub fn kinds(&self) -> &'static [Kind] {
        match self {
            Self::Users | Self::User(_) | Self::DeletedUsers => &[Kind::User],
            Self::Groups | Self::Group(_) => &[Kind::Group],
            Self::Members {
                cast: Some(Kind::User), ..
            } => &[Kind::User],
            Self::Members {
                cast: Some(Kind::Group),
                ..
            } => &[Kind::Group],
            Self::Members { cast: Some(_), .. } => &[Kind::Device],
            Self::Members { cast: None, .. } => &[Kind::User, Kind::Group, Kind::Device],
            Self::Skus | Self::Sku(_) => &[Kind::Sku],
            Self::Domains | Self::Domain(_) => &[Kind::Domain],
            Self::Organizations | Self::Organization(_) => &[Kind::Organization],
        }
    }

    /// What `@odata.context` calls the set.
    pub fn set(&self) -> &'static str {
        match (self, self.kinds()) {
            (_, [_, _, ..]) => "directoryObjects",
            (_, [Kind::Group]) => "groups",
            (_, [Kind::Device]) => "devices",
            (_, [Kind::Sku]) => "subscribedSkus",
            (_, [Kind::Domain]) => "domains",
            (_, [Kind::Organization]) => "organization",
            _ => "users",
        }
    }

    /// Whether the resource is one object.
    pub fn single(&self) -> bool {
        matches!(
            self,
            Self::User(_) | Self::Group(_) | Self::Sku(_) | Self::Domain(_) | Self::Organization(_)
        )
    }

    /// The greatest `$top`, for lists that have pages (graph.md §2, §3).
    pub fn largest_page(&self) -> Option<usize> {
        match self {
            Self::Users | Self::DeletedUsers | Self::Groups | Self::Members { .. } => Some(999),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guests_name_comes_with_its_hash_sign_escaped() {
        let guest = Resource::parse("/v1.0/users/ann_mail.example%23EXT%23@contoso.example");
        assert_eq!(
            guest,
            Ok(Resource::User("ann_mail.example#EXT#@contoso.example".to_owned()))
        );
    }

    #[test]
    fn a_cast_narrows_the_members_to_one_kind() {
        let members = Resource::parse("/v1.0/groups/1/transitiveMembers/microsoft.graph.user").unwrap();
        assert_eq!(members.kinds(), &[Kind::User]);
        assert_eq!(members.set(), "users");
        assert_eq!(
            Resource::parse("/v1.0/groups/1/members").unwrap().set(),
            "directoryObjects"
        );
    }

    #[test]
    fn what_is_not_served_is_said_by_its_segment() {
        let refusal = Resource::parse("/v1.0/users/1/manager").unwrap_err();
        assert_eq!((refusal.status, refusal.message.contains("'manager'")), (400, true));
        assert_eq!(
            Resource::parse("/beta/users").unwrap_err().message,
            "Invalid version: beta"
        );
    }
}
