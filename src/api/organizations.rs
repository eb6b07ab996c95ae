//! Organizations: the table and one's details.

use super::ApiError;
use crate::model::{ids::OrganizationId, organization::OrganizationRow, run::RunRow};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// All Organizations, by name.
#[server]
pub async fn organizations() -> Result<Vec<OrganizationRow>, ApiError> {
    let state = crate::server::caller::required().await?;
    Ok(crate::store::organization::rows(&state.engine.pool, None, None).await?)
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
    let state = crate::server::caller::required().await?;
    let (id, tenant) = (
        OrganizationId(uuid::Uuid::now_v7()),
        crate::model::ids::TenantId(uuid::Uuid::now_v7()),
    );
    crate::store::organization::create(&state.engine.pool, id, tenant, &name, &email, &phone).await?;
    leptos_axum::redirect(&format!("/organizations/{id}"));
    Ok(())
}
