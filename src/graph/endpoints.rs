//! The endpoints that a user sync reads: addresses and the properties asked for.

use super::{
    client::TenantClient,
    delta::Delta,
    error::{GraphError, GraphErrorKind},
    listing::Listing,
    wire::{Domain, Group, MemberRef, Organization, SubscribedSku, User},
};
use crate::model::ids::{DirectoryUserId, GroupId};
use serde::{Deserialize, de::DeserializeOwned};

/// The largest page that Graph gives for directory objects (learn.microsoft.com/graph/api/user-list).
const LARGEST_PAGE: u16 = 999;

/// Half of these are not in the default set and come only when named (learn.microsoft.com/graph/api/resources/user).
const USER: &str = "id,userPrincipalName,displayName,givenName,surname,mail,otherMails,businessPhones,mobilePhone,\
    streetAddress,city,state,postalCode,country,jobTitle,department,officeLocation,companyName,userType,\
    accountEnabled,createdDateTime,deletedDateTime,assignedLicenses,onPremisesSyncEnabled";

const GROUP: &str = "id,displayName,description,groupTypes,securityEnabled,mailEnabled,membershipRule,visibility,mail";

/// A page that tells how many there are in all.
#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "@odata.count")]
    count: Option<u32>,
}

impl TenantClient {
    /// learn.microsoft.com/graph/api/organization-list: one object, whose id is the tenant's.
    pub async fn organization(&self) -> Result<Organization, GraphError> {
        let all = self.listing(&["organization"], "").all().await?;
        all.into_iter().next().ok_or_else(|| {
            GraphError::new(
                GraphErrorKind::Decode,
                "GET /v1.0/organization",
                "the answer holds no organization",
            )
        })
    }

    /// learn.microsoft.com/graph/api/domain-list
    pub async fn domains(&self) -> Result<Vec<Domain>, GraphError> {
        self.listing(&["domains"], "").all().await
    }

    /// learn.microsoft.com/graph/api/subscribedsku-list
    pub async fn subscribed_skus(&self) -> Result<Vec<SubscribedSku>, GraphError> {
        self.listing(&["subscribedSkus"], "").all().await
    }

    /// learn.microsoft.com/graph/api/user-get: by object id or user principal name; `None` when Graph says that there
    /// is no such user ([`super::Failure::is_gone`]).
    pub async fn user(&self, id_or_upn: &str) -> Result<Option<User>, GraphError> {
        // The empty name is the listing and dots are other places.
        if matches!(id_or_upn, "" | "." | "..") {
            return Ok(None);
        }
        match self
            .get(&self.address(&["users", id_or_upn], &format!("$select={USER}")))
            .await
        {
            Ok(user) => Ok(Some(user)),
            Err(error) if error.is_gone() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// About how many users there are, where Microsoft tells: of an index that is some minutes behind
    /// (learn.microsoft.com/graph/aad-advanced-queries).
    pub async fn count_users(&self) -> Result<Option<u32>, GraphError> {
        let url = self.address(&["users"], "$select=id&$top=1&$count=true");
        let counted: Counted = self.get_counted(&url).await?;
        Ok(counted.count)
    }

    /// learn.microsoft.com/graph/api/user-list
    pub fn users(&self) -> Listing<User> {
        self.listing(&["users"], &selecting(USER))
    }

    /// learn.microsoft.com/graph/api/user-delta: everybody, or from a kept link on what has changed. Options of paging and
    /// filters are the service's own there.
    pub fn users_delta(&self, kept: Option<&str>) -> Result<Delta<User>, GraphError> {
        Delta::new(
            self.clone(),
            self.address(&["users", "delta"], &format!("$select={USER}")),
            kept,
        )
    }

    /// learn.microsoft.com/graph/api/group-delta: every group with its direct members, or from a kept link on what has
    /// changed.
    pub fn groups_delta(&self, kept: Option<&str>) -> Result<Delta<Group>, GraphError> {
        Delta::new(
            self.clone(),
            self.address(&["groups", "delta"], &format!("$select={GROUP},members")),
            kept,
        )
    }

    /// learn.microsoft.com/graph/api/directory-deleteditems-list: users deleted within the last 30 days.
    pub fn deleted_users(&self) -> Listing<User> {
        self.listing(&["directory", "deletedItems", "microsoft.graph.user"], &selecting(USER))
    }

    /// learn.microsoft.com/graph/api/group-list
    pub fn groups(&self) -> Listing<Group> {
        self.listing(&["groups"], &selecting(GROUP))
    }

    /// learn.microsoft.com/graph/api/group-list-members: direct members, nested groups as such.
    pub fn group_members(&self, group: GroupId) -> Listing<MemberRef> {
        self.listing(&["groups", &group.to_string(), "members"], &selecting("id"))
    }

    /// learn.microsoft.com/graph/api/user-list-transitivememberof: groups, roles and units, directly or through groups.
    pub fn groups_of_user(&self, user: DirectoryUserId) -> Listing<MemberRef> {
        self.listing(&["users", &user.to_string(), "transitiveMemberOf"], &selecting("id"))
    }

    pub(super) fn listing<T: DeserializeOwned>(&self, segments: &[&str], query: &str) -> Listing<T> {
        Listing::new(self.clone(), self.address(segments, query))
    }
}

/// What the deltas of users and of groups ask for. Links carry it along, so that one made with other properties can't be
/// gone on from.
pub const DELTA_PROPERTIES: [&str; 2] = [USER, GROUP];

fn selecting(properties: &str) -> String {
    format!("$select={properties}&$top={LARGEST_PAGE}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn properties_of(value: impl serde::Serialize) -> BTreeSet<String> {
        let value = serde_json::to_value(value).unwrap();
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn every_property_that_a_type_knows_is_asked_for() {
        let asked = |select: &str| select.split(',').map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(asked(USER), properties_of(User::default()));
        assert_eq!(asked(GROUP), properties_of(Group::default()));
    }
}
