//! The switch of one Organization, and its filters.

use super::{
    error::{Result, StoreError},
    queue,
};
use crate::model::{
    filter::Filters,
    ids::{MicrosoftTenantId, OrganizationId, RunId},
    run::Trigger,
};
use sqlx::{PgConnection, PgExecutor, PgPool, types::Json};

/// A user sync as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSync {
    /// Whose.
    pub organization: OrganizationId,
    /// On or off.
    pub enabled: bool,
    /// The last saved choice.
    pub filters: Filters,
    /// Whether a run has applied it since it was enabled.
    pub applied: bool,
}

/// The user sync of an Organization with the Microsoft tenant behind it; `None` when never set up.
pub async fn get(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Option<UserSync>> {
    let row: Option<(bool, Json<Filters>, bool)> = sqlx::query_as(
        "select enabled, filters, first_applied_at is not null from user_sync
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(enabled, Json(filters), applied)| UserSync {
        organization,
        enabled,
        filters,
        applied,
    }))
}

/// The Organizations that a run of this Microsoft tenant applies, by name.
pub async fn enabled(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<OrganizationId>> {
    Ok(sqlx::query_scalar(
        "select s.organization_id from user_sync s
         join organization o on o.id = s.organization_id
         join microsoft_tenant m on m.id = s.microsoft_tenant_id and m.tenant_id = o.tenant_id
         where s.microsoft_tenant_id = $1 and s.enabled order by lower(o.name), o.id",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

/// Enables a user sync, or saves the filters of an enabled one, and asks for a run, all or nothing.
pub async fn save(
    pool: &PgPool,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    filters: &Filters,
) -> Result<Trigger> {
    let mut tx = pool.begin().await?;
    let was_enabled: Option<bool> = sqlx::query_scalar(
        "select enabled from user_sync where organization_id = $1 and microsoft_tenant_id = $2 for update",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(&mut *tx)
    .await?;
    let edit = was_enabled == Some(true);
    sqlx::query(
        "insert into user_sync (organization_id, microsoft_tenant_id, enabled, filters) values ($1, $2, true, $3)
         on conflict (organization_id, microsoft_tenant_id) do update
         set filters = excluded.filters, attention = null, updated_at = now(), enabled = true,
             first_applied_at = case when user_sync.enabled then user_sync.first_applied_at end",
    )
    .bind(organization)
    .bind(tenant)
    .bind(Json(filters))
    .execute(&mut *tx)
    .await?;
    let trigger = if edit { Trigger::Edit } else { Trigger::SetUp };
    queue::request_run(&mut *tx, tenant, trigger).await?;
    tx.commit().await?;
    Ok(trigger)
}

/// Stops updates. End Users, mappings and filters stay.
pub async fn disable(db: impl PgExecutor<'_>, organization: OrganizationId, tenant: MicrosoftTenantId) -> Result<()> {
    let done = sqlx::query(
        "update user_sync set enabled = false, attention = null, updated_at = now()
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .execute(db)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::NotFound("This user sync"))
    }
}

/// The user sync to apply, locked so that its filters can't change before the commit; `None` when it was disabled
/// or its Organization moved meanwhile.
pub async fn lock_enabled(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Option<UserSync>> {
    let row: Option<(Json<Filters>, bool)> = sqlx::query_as(
        "select s.filters, s.first_applied_at is not null from user_sync s
         join organization o on o.id = s.organization_id
         join microsoft_tenant m on m.id = s.microsoft_tenant_id and m.tenant_id = o.tenant_id
         where s.organization_id = $1 and s.microsoft_tenant_id = $2 and s.enabled for update of s",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|(Json(filters), applied)| UserSync {
        organization,
        enabled: true,
        filters,
        applied,
    }))
}

/// Marks a user sync as applied, with what it needs from a person. Nothing is written when nothing differs.
pub async fn set_applied(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    attention: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "update user_sync set first_applied_at = coalesce(first_applied_at, case when $3 is null then now() end),
                attention = $3
         where organization_id = $1 and microsoft_tenant_id = $2
           and (attention is distinct from $3 or (first_applied_at is null and $3 is null))",
    )
    .bind(organization)
    .bind(tenant)
    .bind(attention)
    .execute(tx)
    .await?;
    Ok(())
}

/// After a failed run: why nothing was applied, on every user sync of the Microsoft tenant that the run did not apply.
pub async fn set_attention(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, run: RunId, reason: &str) -> Result<()> {
    sqlx::query(
        "update user_sync s set attention = $3
         where s.microsoft_tenant_id = $1 and s.enabled
           and not exists (select 1 from run_organization r
                           where r.run_id = $2 and r.organization_id = s.organization_id)",
    )
    .bind(tenant)
    .bind(run)
    .bind(reason)
    .execute(db)
    .await?;
    Ok(())
}
