//! The Tenant Details page.

use super::ApiError;
use crate::model::{ids::TenantId, tenant::TenantDetails};
use leptos::prelude::*;

/// Everything on the Tenant Details page.
#[server]
pub async fn tenant(id: TenantId) -> Result<TenantDetails, ApiError> {
    let state = crate::server::caller::required().await?;
    crate::server::tenant_details::tenant_details(&state, id, &crate::server::caller::now().await).await
}

/// Renames a Tenant.
#[server]
pub async fn rename_tenant(id: TenantId, name: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::signed_in().await?;
    crate::store::tenant::rename(&state.engine.pool, &actor, id, &name).await?;
    leptos_axum::redirect(&format!("/tenants/{id}"));
    Ok(())
}
