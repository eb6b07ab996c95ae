//! Microsoft Tenant Integrations: the table, connecting, mapping and unmapping.

use super::ApiError;
use crate::model::{
    connect::PendingTenant,
    ids::{MicrosoftTenantId, TenantId},
    permission_report::PermissionReport,
    tenant::{MappingSuggestion, MicrosoftTenantRow},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the table is searched, sorted and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MicrosoftTenantsQuery {
    /// Words in the name, the domain or the Tenant's name.
    pub search: String,
    /// `name`, `tenant`, `status` or `lastSync`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

/// A page of the table of **Microsoft Tenant Integrations**.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MicrosoftTenantsPage {
    /// Those of all that wait for a decision that match, on every page; for Administrators only.
    pub pending: Vec<PendingTenant>,
    /// The rows of this page.
    pub rows: Vec<MicrosoftTenantRow>,
    /// How many match in all.
    pub total: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// A page of the table of **Microsoft Tenant Integrations**.
#[server]
pub async fn microsoft_tenants(
    #[server(default)] query: MicrosoftTenantsQuery,
) -> Result<MicrosoftTenantsPage, ApiError> {
    use crate::store::microsoft_tenant::{PAGE, page};
    let asker = crate::server::caller::asker().await?;
    let (pool, now) = (&asker.state.engine.pool, crate::server::caller::now().await);
    let (rows, total) = page(pool, &query.search, &query.sort, query.page, asker.theirs(), &now).await?;
    let pending = match asker.who.access.administrator() {
        Ok(()) => crate::store::pending_tenant::rows(pool, &query.search, &now).await?,
        Err(_) => vec![],
    };
    Ok(MicrosoftTenantsPage {
        pending,
        rows,
        total,
        page_size: PAGE,
    })
}

/// One Microsoft tenant, for its dialogs.
#[server]
pub async fn microsoft_tenant(id: MicrosoftTenantId) -> Result<MicrosoftTenantRow, ApiError> {
    let state = crate::server::caller::asker().await?.reads_whole(id).await?.state;
    let now = crate::server::caller::now().await;
    let row = crate::store::microsoft_tenant::rows(&state.engine.pool, Some(id), &now)
        .await?
        .pop();
    row.ok_or_else(|| {
        ApiError::NotFound("This Microsoft tenant was removed. Close the dialog to see the others.".into())
    })
}

/// **Check Permissions**: asks Microsoft now, permission by permission, and tells what is missing on screen.
#[server]
pub async fn check_permissions(id: MicrosoftTenantId) -> Result<PermissionReport, ApiError> {
    let state = crate::server::caller::asker().await?.works_on_whole(id).await?.state;
    let is_page = crate::server::caller::is_page().await;
    crate::server::permissions::permissions(&state, id, &crate::server::caller::now().await, is_page).await
}

/// The Tenants that **Start Tenant Mapping** offers, the likeliest first.
#[server]
pub async fn mapping_suggestions(id: MicrosoftTenantId) -> Result<Vec<MappingSuggestion>, ApiError> {
    let state = crate::server::caller::asker().await?.administrator()?.state;
    crate::server::mapping_suggestions::mapping_suggestions(&state, id, &crate::server::caller::now().await).await
}

/// The names of the Organizations whose sync stops when this Microsoft tenant is unmapped.
#[server]
pub async fn synced_organizations(id: MicrosoftTenantId) -> Result<Vec<String>, ApiError> {
    let state = crate::server::caller::asker().await?.administrator()?.state;
    Ok(crate::store::microsoft_tenant::synced_organizations(&state.engine.pool, id).await?)
}

/// The table as it was searched, sorted and paged, or the whole of it.
#[cfg(feature = "ssr")]
fn back_to(next: &str) -> &str {
    if next.is_empty() {
        "/microsoft-tenants"
    } else {
        crate::server::session::safe_path(next)
    }
}

/// **Start Tenant Mapping**; comes back to `next`.
#[server]
pub async fn map_tenant(
    id: MicrosoftTenantId,
    tenant: TenantId,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::store::tenant::map(&state.engine.pool, &actor, id, tenant).await?;
    leptos_axum::redirect(back_to(&next));
    Ok(())
}

/// **Unmap Tenant**; comes back to `next`.
#[server]
pub async fn unmap_tenant(id: MicrosoftTenantId, #[server(default)] next: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::store::tenant::unmap(&state.engine.pool, &actor, id).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(back_to(&next), "unmapped"));
    Ok(())
}

/// **Remove Integration**; comes back to `next`.
#[server]
pub async fn remove_integration(id: MicrosoftTenantId, #[server(default)] next: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::store::integration::remove(&state.engine.pool, &actor, id).await?;
    crate::store::integration::forget_directory(&state.engine.pool, id).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(
        back_to(&next),
        "integration-removed",
    ));
    Ok(())
}

/// **Sync Now**: asks for a run at once, and comes back to `next` where there is no script.
#[server]
pub async fn sync_now(id: MicrosoftTenantId, #[server(default)] next: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.works_on_whole(id).await?.parts();
    crate::store::integration::sync_now(&state.engine.pool, &actor, id).await?;
    crate::server::caller::back_to(&next).await;
    Ok(())
}

/// **Retry Now**: out of quarantine and a run at once; comes back to `next` where there is no script.
#[server]
pub async fn retry_now(id: MicrosoftTenantId, #[server(default)] next: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.works_on_whole(id).await?.parts();
    crate::store::integration::retry_now(&state.engine.pool, &actor, id).await?;
    crate::server::caller::back_to(&next).await;
    Ok(())
}

/// **Single Tenant**: connects the Microsoft tenant with this id or domain, whose consent was given before.
#[server]
pub async fn connect_microsoft_tenant(tenant: String, #[server(default)] cloud: String) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    let cloud = crate::model::connect::Cloud::from_key(&cloud);
    crate::engine::connect::connect_in(&asker.state.engine, &asker.actor(), cloud, &tenant).await?;
    leptos_axum::redirect("/microsoft-tenants");
    Ok(())
}
