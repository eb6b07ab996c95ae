//! What the Tenant Details page shows.

use super::{
    asker::Asker,
    forms::{line, refused},
    products,
    state::AppState,
};
use crate::{
    api::{ApiError, form::FormError},
    model::{
        audit::Actor,
        ids::{SkuId, TenantId},
        microsoft_user::PassState,
        organization::MOST_NAME,
        tenant::{LicenseCount, MicrosoftDetails, MicrosoftTenantRow, TenantDetails},
    },
    store::{self, Now, StoreError},
};

/// Everything on the Tenant Details page.
pub async fn tenant_details(asker: &Asker, id: TenantId, now: &Now) -> Result<TenantDetails, ApiError> {
    let (pool, theirs) = (&asker.state.engine.pool, asker.theirs());
    let tenant = store::tenant::get(pool, id).await?;
    let organizations = store::organization::rows(pool, Some(id), None, theirs).await?;
    if organizations.is_empty() && theirs.is_some() {
        return Err(StoreError::NotFound("This Tenant").into());
    }
    let whole = asker.has_whole(id).await?;
    // The query calls a Tenant of one Organization whole to whoever has that one, which the portal of that one has not.
    let organizations = organizations.into_iter().map(|row| row.seen(whole)).collect();
    let microsoft = match store::microsoft_tenant::of_tenant(pool, id).await? {
        None => None,
        Some(microsoft) => {
            let Some(row) = store::microsoft_tenant::rows(pool, Some(microsoft), now).await?.pop() else {
                return Err(ApiError::NotFound(
                    "This Microsoft tenant was removed. Reload the page.".into(),
                ));
            };
            let licenses = if whole {
                store::microsoft_tenant::subscribed_skus(pool, microsoft).await?
            } else {
                vec![]
            };
            let latest = store::run::rows(pool, Some(microsoft), None, None, theirs, 1, now)
                .await?
                .pop();
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
            let stored = store::microsoft_tenant::get(pool, microsoft).await?;
            let readings = stored.readings;
            // Kept since a later version; before it licences were as old as the last whole read.
            let read_with_the_users = stored.last_pass_at.filter(|_| readings.licenses.is_read());
            let licenses_read_at = readings.licenses_read_at.or(read_with_the_users);
            Some(MicrosoftDetails {
                tenant: MicrosoftTenantRow {
                    users: if whole { row.users } else { 0 },
                    progress: row.progress.map(|progress| progress.seen(whole)),
                    ..row
                },
                licenses,
                licenses_read: PassState::of_reading(&readings.licenses, licenses_read_at, now),
                devices: PassState::of_reading(&readings.devices, readings.devices_read_at, now),
                sign_ins: PassState::new(&readings.sign_ins, now),
                mfa: PassState::new(&readings.mfa, now),
                progress: progress.flatten().map(|progress| progress.seen(whole)),
                last_run,
            })
        }
    };
    Ok(TenantDetails {
        tenant,
        microsoft,
        organizations,
        whole,
    })
}

/// Renames a Tenant, unless it was renamed since the page said it was called `seen`.
pub async fn rename(
    state: &AppState,
    actor: &Actor,
    id: TenantId,
    seen: &str,
    typed: String,
) -> Result<(), FormError<String>> {
    let (pool, store) = (&state.engine.pool, refused(&typed));
    let held = store::tenant::get(pool, id).await.map_err(&store)?;
    let (name, too_long) = line("Name", &typed, &held.name, MOST_NAME);
    let nameless = name.is_empty().then(|| "A Tenant needs a name.".to_owned());
    if let Some(words) = nameless.or(too_long) {
        return Err(FormError::Invalid {
            typed: Box::new(typed),
            problems: vec![("name".to_owned(), words)],
        });
    }
    store::tenant::rename(pool, actor, id, seen, &name).await.map_err(store)
}
