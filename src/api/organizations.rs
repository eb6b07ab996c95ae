//! Organizations: the table and one's details.

use super::ApiError;
use crate::model::{ids::OrganizationId, organization::OrganizationRow, run::RunRow};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the table is searched, sorted and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizationsQuery {
    /// Words in the name, the Tenant's name, the email or the phone number.
    pub search: String,
    /// `name`, `tenant` or `endUsers`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

/// A page of the Organizations table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationsPage {
    /// The rows of this page.
    pub rows: Vec<OrganizationRow>,
    /// How many match.
    pub matching: i64,
    /// How many there are in all.
    pub total: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// A page of the Organizations table.
#[server]
pub async fn organizations(#[server(default)] query: OrganizationsQuery) -> Result<OrganizationsPage, ApiError> {
    use crate::store::organization_table::{PAGE, page};
    let state = crate::server::caller::required().await?;
    let found = page(&state.engine.pool, &query.search, &query.sort, query.page).await?;
    Ok(OrganizationsPage {
        rows: found.rows,
        matching: found.matching,
        total: found.total,
        page_size: PAGE,
    })
}

/// An Organization's details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationDetails {
    /// The Organization.
    pub organization: OrganizationRow,
    /// Its latest runs.
    pub runs: Vec<RunRow>,
}

/// One Organization with its latest runs.
#[server]
pub async fn organization(id: OrganizationId) -> Result<OrganizationDetails, ApiError> {
    let state = crate::server::caller::required().await?;
    let (pool, now) = (&state.engine.pool, crate::server::caller::now().await);
    let organization = crate::store::organization::get(pool, id).await?;
    let runs = crate::store::run::rows(pool, None, Some(id), None, 5, &now).await?;
    Ok(OrganizationDetails {
        organization,
        runs: runs.into_iter().map(|(run, _)| run).collect(),
    })
}

/// **New Organization**: only the name is required; it gets a Tenant of its own.
#[server]
pub async fn create_organization(
    name: String,
    #[server(default)] email: String,
    #[server(default)] phone: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::signed_in().await?;
    let (id, tenant) = (
        OrganizationId(uuid::Uuid::now_v7()),
        crate::model::ids::TenantId(uuid::Uuid::now_v7()),
    );
    crate::store::organization::create(&state.engine.pool, &actor, id, tenant, &name, &email, &phone).await?;
    leptos_axum::redirect(&format!("/organizations/{id}"));
    Ok(())
}
