//! Tenants: our own grouping of Organizations, and their mapping to Microsoft tenants.

use super::error::{Result, StoreError, on_constraint};
use crate::model::{
    ids::{MicrosoftTenantId, TenantId},
    tenant::TenantRef,
};
use sqlx::{PgExecutor, PgPool};

type Row = (TenantId, String);

fn tenant_ref((id, name): Row) -> TenantRef {
    TenantRef { id, name }
}

/// One Tenant.
pub async fn get(db: impl PgExecutor<'_>, id: TenantId) -> Result<TenantRef> {
    sqlx::query_as::<_, Row>("select id, name from tenant where id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?
        .map(tenant_ref)
        .ok_or(StoreError::NotFound("This Tenant"))
}

/// The Tenants that no Microsoft tenant is mapped to, by name.
pub async fn unmapped(db: impl PgExecutor<'_>) -> Result<Vec<TenantRef>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select t.id, t.name from tenant t
         where not exists (select 1 from microsoft_tenant m where m.tenant_id = t.id)
         order by lower(t.name), t.id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(tenant_ref).collect())
}

/// The address domains of each unmapped Tenant's Organizations and End Users, the commonest first, to suggest a
/// mapping by equal domain.
pub async fn domains_of_unmapped(db: impl PgExecutor<'_>) -> Result<Vec<(TenantId, String)>> {
    Ok(sqlx::query_as(
        "select tenant_id, domain from (
             select o.tenant_id, lower(split_part(a.email, '@', 2)) as domain, count(*) as n
             from organization o
             cross join lateral (
                 select o.email union all select e.email from end_user e where e.organization_id = o.id
             ) as a (email)
             where not exists (select 1 from microsoft_tenant m where m.tenant_id = o.tenant_id)
             group by 1, 2
         ) d where domain <> '' order by n desc, tenant_id, domain",
    )
    .fetch_all(db)
    .await?)
}

/// Renames a Tenant.
pub async fn rename(db: impl PgExecutor<'_>, id: TenantId, name: &str) -> Result<()> {
    let done = sqlx::query("update tenant set name = $2 where id = $1")
        .bind(id)
        .bind(name.trim())
        .execute(db)
        .await
        .map_err(on_constraint("tenant_name_not_blank", "A Tenant needs a name."))?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::NotFound("This Tenant"))
    }
}

/// Maps a Microsoft tenant to a Tenant. Neither may be mapped already.
pub async fn map(db: impl PgExecutor<'_>, microsoft_tenant: MicrosoftTenantId, tenant: TenantId) -> Result<()> {
    let done = sqlx::query(
        "update microsoft_tenant set tenant_id = $2
         where id = $1 and (tenant_id is null or tenant_id = $2)",
    )
    .bind(microsoft_tenant)
    .bind(tenant)
    .execute(db)
    .await
    .map_err(|error| match error.as_database_error().and_then(|e| e.constraint()) {
        Some("microsoft_tenant_tenant_id_key") => {
            StoreError::Conflict("This Tenant is mapped to another Microsoft tenant. Unmap that one first.")
        }
        Some("microsoft_tenant_tenant_id_fkey") => StoreError::NotFound("This Tenant"),
        _ => error.into(),
    })?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict(
            "This Microsoft tenant is gone or mapped already. Unmap it first.",
        ))
    }
}

/// Unmaps a Microsoft tenant and disables the user syncs that rested on it, in one transaction. End Users, mappings
/// and filters stay.
pub async fn unmap(pool: &PgPool, microsoft_tenant: MicrosoftTenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("update user_sync set enabled = false, attention = null where microsoft_tenant_id = $1 and enabled")
        .bind(microsoft_tenant)
        .execute(&mut *tx)
        .await?;
    sqlx::query("update microsoft_tenant set tenant_id = null where id = $1")
        .bind(microsoft_tenant)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
