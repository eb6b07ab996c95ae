//! The End Users subtab.

use super::ApiError;
use crate::model::{
    end_user::EndUserRow,
    ids::{OrganizationId, SkuId},
    microsoft_user::PassState,
    organization::OrganizationRow,
    time::Moment,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the table is searched, filtered, sorted and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndUsersQuery {
    /// Words in the name, the email or the job title.
    pub search: String,
    /// **Microsoft status**: `synced`, `notSynced`, `outOfScope`, `disabled`, `hideDisabled`; anything else is all.
    pub microsoft: String,
    /// **MFA**: `registered`, `notRegistered`, `notReadable`; anything else is all.
    pub mfa: String,
    /// **Microsoft License**: a SKU id, or `none`; anything else is all.
    pub license: String,
    /// `name`, `email`, `activity`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

/// A page of the subtab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndUsersPage {
    /// Whose.
    pub organization: OrganizationRow,
    /// When its Microsoft tenant was last read.
    pub last_sync: Option<Moment>,
    /// The rows of this page.
    pub rows: Vec<EndUserRow>,
    /// How many match in all, as far as they were counted.
    pub total: i64,
    /// There are more than `total`.
    pub capped: bool,
    /// There is a next page.
    pub more: bool,
    /// Rows on a page.
    pub page_size: i64,
    /// How many people are kept out of its sync.
    pub excluded: i64,
    /// The first sync with a Group filter is at work: nobody is shown as synced until it is done.
    pub first_group_sync: bool,
    /// How the passes over sign-in activity and MFA registration stand; nothing while there is no Microsoft tenant.
    pub passes: Option<(PassState, PassState)>,
    /// The products that the filter **Microsoft License** offers, by name.
    pub products: Vec<Product>,
}

/// A product to filter by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its SKU.
    pub id: SkuId,
    /// Its name.
    pub name: String,
}

/// One page of an Organization's End Users.
#[server]
pub async fn end_users(id: OrganizationId, #[server(default)] query: EndUsersQuery) -> Result<EndUsersPage, ApiError> {
    let asker = crate::server::caller::asker().await?.reads(id).await?;
    crate::server::end_users::end_users(&asker, id, query, &crate::server::caller::now().await).await
}
