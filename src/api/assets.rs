//! Assets: the table, one's page, and what is done to them by hand.

use super::{ApiError, form::FormError};
use crate::model::{
    asset::{AssetEvent, AssetRow},
    asset_details::{AssetDetails, AssignablePerson},
    ids::{AssetId, EndUserId, OrganizationId, RunId},
    microsoft_user::PassState,
    organization::OrganizationRow,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the table is searched, sorted and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssetsQuery {
    /// A part of the name, the serial number or a MAC address.
    pub search: String,
    /// `name`, `organization`, `serial`, `contact`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

/// A page of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetsPage {
    /// Whose, where it is one Organization's.
    pub organization: Option<OrganizationRow>,
    /// The rows of this page.
    pub rows: Vec<AssetRow>,
    /// How many match in all.
    pub total: i64,
    /// Rows on a page.
    pub page_size: i64,
    /// How the reading of the devices stands by which they are assigned, where it is one Organization's.
    pub devices: Option<PassState>,
    /// The Microsoft tenants whose devices can't be read, where it is the page of all Organizations.
    pub without_devices: Vec<String>,
}

/// What was typed into the form of an Asset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AssetForm {
    /// The Organization of a new Asset.
    pub organization: String,
    /// **Name**.
    pub name: String,
    /// **Serial Number**.
    pub serial_number: String,
    /// **MAC Addresses**, several between commas.
    pub macs: String,
}

/// One page of the Assets of all Organizations, or of one.
#[server]
pub async fn assets(
    organization: Option<OrganizationId>,
    #[server(default)] query: AssetsQuery,
) -> Result<AssetsPage, ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::asset::page(asker, organization, query, &crate::server::caller::now().await).await
}

/// The Assets that are assigned to an End User: **Associated Assets**.
#[server]
pub async fn associated_assets(end_user: EndUserId) -> Result<Vec<AssetRow>, ApiError> {
    let asker = crate::server::caller::asker().await?.reads(end_user).await?;
    let (pool, now) = (&asker.state.engine.pool, crate::server::caller::now().await);
    let rows = crate::store::asset::of_end_user(pool, end_user, asker.theirs(), &now).await?;
    crate::server::asset_evidence::seen_assets(&asker, rows).await
}

/// How many Assets a run's page tells of.
pub const RUN_ASSETS: usize = 200;

/// What a run did to Assets, at most [`RUN_ASSETS`].
#[server]
pub async fn run_assets(run: RunId) -> Result<Vec<AssetEvent>, ApiError> {
    let asker = crate::server::caller::asker().await?.reads_run(run).await?;
    let now = crate::server::caller::now().await;
    let (pool, most) = (&asker.state.engine.pool, i64::try_from(RUN_ASSETS).unwrap_or(i64::MAX));
    let events = crate::store::asset_plan::events(pool, None, Some(run), asker.theirs(), most, &now).await?;
    crate::server::asset_evidence::seen_events(&asker, events).await
}

/// The page of one Asset. `find` narrows the End Users that it offers.
#[server]
pub async fn asset(id: AssetId, #[server(default)] find: String) -> Result<AssetDetails, ApiError> {
    let asker = crate::server::caller::asker().await?.reads(id).await?;
    crate::server::asset::details(&asker, id, &find, &crate::server::caller::now().await).await
}

/// End Users of an Organization by a part of their name or address, the first of them.
#[server]
pub async fn assignable(organization: OrganizationId, search: String) -> Result<Vec<AssignablePerson>, ApiError> {
    let state = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .state;
    Ok(crate::store::asset::assignable(&state.engine.pool, organization, &search).await?)
}

/// **New Asset**. The id comes with the form, so that one sent twice adds one Asset. Goes to its page.
#[server]
pub async fn create_asset(id: AssetId, #[server(default)] asset: AssetForm) -> Result<(), FormError<AssetForm>> {
    let asker = crate::server::caller::asker().await?;
    crate::server::asset::create(asker, id, asset).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(
        &format!("/assets/{id}"),
        "asset-created",
    ));
    Ok(())
}

/// **Save Changes**. Comes back to the page.
#[server]
pub async fn save_asset(
    id: AssetId,
    version: String,
    #[server(default)] asset: AssetForm,
) -> Result<(), FormError<AssetForm>> {
    let (state, actor) = crate::server::caller::asker().await?.works_on(id).await?.parts();
    crate::server::asset::save(&state, id, &version, asset, &actor).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(
        &format!("/assets/{id}"),
        "asset-saved",
    ));
    Ok(())
}

/// **Assign**: to an End User, or to nobody, unless it was assigned otherwise than the page said. Comes back to the page.
#[server]
pub async fn assign_asset(
    id: AssetId,
    #[server(default)] end_user: String,
    #[server(default)] seen: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.works_on(id).await?.parts();
    crate::server::asset::assign(&state, id, &end_user, &seen, &actor).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(
        &format!("/assets/{id}"),
        "asset-assigned",
    ));
    Ok(())
}

/// **Let the sync decide**. Comes back to the page.
#[server]
pub async fn let_sync_decide(id: AssetId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.works_on(id).await?.parts();
    crate::server::asset::let_sync_decide(&state, id, &actor).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(
        &format!("/assets/{id}"),
        "asset-left-to-sync",
    ));
    Ok(())
}

/// **Delete Asset**. Goes to the Assets of its Organization.
#[server]
pub async fn delete_asset(id: AssetId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.works_on(id).await?.parts();
    let organization = crate::store::asset_edit::delete(&state.engine.pool, id, &actor).await?;
    let page = format!("/organizations/{organization}/assets");
    leptos_axum::redirect(&crate::server::session::with_notice(&page, "asset-deleted"));
    Ok(())
}
