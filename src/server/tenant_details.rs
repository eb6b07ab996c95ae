//! What the Tenant Details page shows.

use super::{products, state::AppState};
use crate::{
    api::ApiError,
    model::{
        ids::{SkuId, TenantId},
        microsoft_user::PassState,
        tenant::{LicenseCount, MicrosoftDetails, TenantDetails},
    },
    store::{self, Now},
};

/// Everything on the Tenant Details page.
pub async fn tenant_details(state: &AppState, id: TenantId, now: &Now) -> Result<TenantDetails, ApiError> {
    let pool = &state.engine.pool;
    let tenant = store::tenant::get(pool, id).await?;
    let organizations = store::organization::rows(pool, Some(id), None).await?;
    let microsoft = match store::microsoft_tenant::of_tenant(pool, id).await? {
        None => None,
        Some(microsoft) => {
            let Some(row) = store::microsoft_tenant::rows(pool, Some(microsoft), now).await?.pop() else {
                return Err(ApiError::NotFound(
                    "This Microsoft tenant was removed. Reload the page.".into(),
                ));
            };
            let licenses = store::microsoft_tenant::subscribed_skus(pool, microsoft).await?;
            let latest = store::run::rows(pool, Some(microsoft), None, None, 1, now).await?.pop();
            let (last_run, progress) = latest.map(|(run, progress)| (run.id, progress)).unzip();
            let names = products::names(pool, Some(microsoft)).await?;
            let mut licenses: Vec<_> = licenses
                .into_iter()
                .map(|(sku, _, used, total)| LicenseCount {
                    name: names.get(&SkuId(sku)).cloned().unwrap_or_else(|| sku.to_string()),
                    used,
                    total,
                })
                .collect();
            licenses.sort_by(|a, b| a.name.cmp(&b.name));
            let readings = store::microsoft_tenant::get(pool, microsoft).await?.readings;
            Some(MicrosoftDetails {
                tenant: row,
                licenses,
                sign_ins: PassState::new(&readings.sign_ins, now),
                mfa: PassState::new(&readings.mfa, now),
                progress: progress.flatten(),
                last_run,
            })
        }
    };
    Ok(TenantDetails {
        tenant,
        microsoft,
        organizations,
    })
}
