//! The Tenant Details page.

use super::{ApiError, form::FormError};
use crate::model::{
    ids::TenantId,
    tenant::{TenantDetails, TenantRef},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Everything on the Tenant Details page.
#[server]
pub async fn tenant(id: TenantId) -> Result<TenantDetails, ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::tenant_details::tenant_details(&asker, id, &crate::server::caller::now().await).await
}

/// A Tenant to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantChoice {
    /// The Tenant.
    pub tenant: TenantRef,
    /// The Microsoft tenant it is mapped to.
    pub microsoft: Option<String>,
}

/// The first Tenants whose name has these words, by name.
#[server]
pub async fn tenant_choices(#[server(default)] words: String) -> Result<Vec<TenantChoice>, ApiError> {
    let state = crate::server::caller::asker().await?.administrator()?.state;
    crate::server::organizations::tenant_choices(&state, &words).await
}

/// Renames a Tenant that the page said was called `seen`.
#[server]
pub async fn rename_tenant(
    id: TenantId,
    #[server(default)] seen: String,
    #[server(default)] name: String,
) -> Result<(), FormError<String>> {
    let (state, actor) = crate::server::caller::asker().await?.works_on_whole(id).await?.parts();
    crate::server::tenant_details::rename(&state, &actor, id, &seen, name).await?;
    leptos_axum::redirect(&format!("/tenants/{id}?notice=saved"));
    Ok(())
}
