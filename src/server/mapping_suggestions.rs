//! Which Tenant a Microsoft tenant probably belongs to, out of those that are not mapped.

use super::state::AppState;
use crate::{
    api::ApiError,
    model::{ids::MicrosoftTenantId, partner::Candidate, tenant::MappingSuggestion},
    store::{self, Now},
    sync::tenant_match,
};
use sqlx::PgPool;
use std::collections::HashMap;

/// The unmapped Tenants, the likeliest first, each with what speaks for it.
pub async fn mapping_suggestions(
    state: &AppState,
    id: MicrosoftTenantId,
    now: &Now,
) -> Result<Vec<MappingSuggestion>, ApiError> {
    let pool = &state.engine.pool;
    let Some(microsoft) = store::microsoft_tenant::rows(pool, Some(id), now).await?.pop() else {
        return Err(ApiError::NotFound(
            "This Microsoft tenant was removed. Reload the page.".into(),
        ));
    };
    let candidates = candidates(pool).await?;
    Ok(tenant_match::ranked(
        &microsoft.display_name,
        &[&microsoft.default_domain],
        &candidates,
    ))
}

/// The unmapped Tenants with the domains of their people.
pub async fn candidates(pool: &PgPool) -> Result<Vec<Candidate>, ApiError> {
    let mut domains: HashMap<_, Vec<String>> = HashMap::new();
    for (tenant, domain) in store::tenant::domains_of_unmapped(pool).await? {
        domains.entry(tenant).or_default().push(domain);
    }
    let tenants = store::tenant::unmapped(pool).await?.into_iter();
    Ok(tenants
        .map(|tenant| Candidate {
            id: tenant.id,
            name: tenant.name,
            domains: domains.remove(&tenant.id).unwrap_or_default(),
        })
        .collect())
}
