//! Microsoft Tenant Integrations: the table, connecting, mapping and unmapping.

use super::ApiError;
use crate::model::{
    ids::{MicrosoftTenantId, TenantId},
    tenant::{MappingSuggestion, MicrosoftTenantRow},
};
use leptos::prelude::*;

/// The table of **Microsoft Tenant Integrations**.
#[server]
pub async fn microsoft_tenants() -> Result<Vec<MicrosoftTenantRow>, ApiError> {
    let state = crate::server::caller::required().await?;
    let now = crate::server::caller::now().await;
    Ok(crate::store::microsoft_tenant::rows(&state.engine.pool, None, &now).await?)
}

/// The Tenants that **Start Tenant Mapping** offers, the likeliest first.
#[server]
pub async fn mapping_suggestions(id: MicrosoftTenantId) -> Result<Vec<MappingSuggestion>, ApiError> {
    let state = crate::server::caller::required().await?;
    crate::server::mapping_suggestions::mapping_suggestions(&state, id, &crate::server::caller::now().await).await
}

/// The names of the Organizations whose sync stops when this Microsoft tenant is unmapped.
#[server]
pub async fn synced_organizations(id: MicrosoftTenantId) -> Result<Vec<String>, ApiError> {
    let state = crate::server::caller::required().await?;
    Ok(crate::store::microsoft_tenant::synced_organizations(&state.engine.pool, id).await?)
}

/// **Start Tenant Mapping**.
#[server]
pub async fn map_tenant(id: MicrosoftTenantId, tenant: TenantId) -> Result<(), ApiError> {
    let state = crate::server::caller::required().await?;
    crate::store::tenant::map(&state.engine.pool, id, tenant).await?;
    leptos_axum::redirect("/microsoft-tenants");
    Ok(())
}

/// **Unmap Tenant**.
#[server]
pub async fn unmap_tenant(id: MicrosoftTenantId) -> Result<(), ApiError> {
    let state = crate::server::caller::required().await?;
    crate::store::tenant::unmap(&state.engine.pool, id).await?;
    leptos_axum::redirect("/microsoft-tenants");
    Ok(())
}

/// **Sync Now**: asks for a run at once, and comes back to `next`.
#[server]
pub async fn sync_now(id: MicrosoftTenantId, #[server(default)] next: String) -> Result<(), ApiError> {
    let state = crate::server::caller::required().await?;
    crate::store::queue::request_run(&state.engine.pool, id, crate::model::run::Trigger::Manual).await?;
    leptos_axum::redirect(crate::server::session::safe_path(&next));
    Ok(())
}

/// **Single Tenant**: connects the Microsoft tenant with this id or domain.
#[server]
pub async fn connect_microsoft_tenant(tenant: String) -> Result<(), ApiError> {
    let state = crate::server::caller::required().await?;
    crate::engine::connect::connect(&state.engine, &tenant).await?;
    leptos_axum::redirect("/microsoft-tenants");
    Ok(())
}

/// What an administrator has to open at Microsoft before connecting: the consent address, if an app is configured.
#[server]
pub async fn consent_address() -> Result<Option<String>, ApiError> {
    let state = crate::server::caller::required().await?;
    Ok(state.settings.consent_address())
}
