//! Tenants: our own grouping of Organizations, and their mapping to Microsoft tenants.

use super::{
    audit,
    error::{Result, StoreError, on_constraint},
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    ids::{MicrosoftTenantId, TenantId},
    tenant::TenantRef,
};
use sqlx::{PgConnection, PgExecutor, PgPool};

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

/// The Tenants whose name has these words, by name, each with the Microsoft tenant it is mapped to.
pub async fn choices(db: impl PgExecutor<'_>, words: &str, limit: i64) -> Result<Vec<(TenantRef, Option<String>)>> {
    let rows: Vec<(TenantId, String, Option<String>)> = sqlx::query_as(
        "select t.id, t.name, m.display_name from tenant t left join microsoft_tenant m on m.tenant_id = t.id
         where $1 = '%%' or t.name ilike $1 order by lower(t.name), t.id limit $2",
    )
    .bind(super::search::pattern(words))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, name, microsoft)| (TenantRef { id, name }, microsoft))
        .collect())
}

/// Renames a Tenant. The name it has is no change. `seen` is the name that it had where the form was opened; whoever saw
/// another than it has is told so.
pub async fn rename(pool: &PgPool, actor: &Actor, id: TenantId, seen: &str, name: &str) -> Result<()> {
    let mut tx = pool.begin().await?;
    let old: Option<String> = sqlx::query_scalar("select name from tenant where id = $1 for no key update")
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
    let old = old.ok_or(StoreError::NotFound("This Tenant"))?;
    let Some(change) = AuditChange::new("Name", &old, name.trim()) else {
        return Ok(());
    };
    if old != seen {
        return Err(StoreError::Conflict(
            "Somebody renamed this Tenant after you opened this page. Nothing was saved. Reload the page to see its name.",
        ));
    }
    sqlx::query("update tenant set name = $2 where id = $1")
        .bind(id)
        .bind(name.trim())
        .execute(&mut *tx)
        .await
        .map_err(on_constraint("tenant_name_not_blank", "A Tenant needs a name."))?;
    record(&mut tx, actor, Action::Edit, TenantRef { id, name: old }, vec![change]).await?;
    tx.commit().await?;
    Ok(())
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    tenant: TenantRef,
    changes: Vec<AuditChange>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::Tenant,
        subject_id: tenant.id.0,
        subject_name: tenant.name,
        organization: None,
        changes,
    };
    audit::record(tx, actor, &event).await
}

/// Deletes a Tenant that has no Organization and no Microsoft tenant any more: there is nothing left to open it for.
pub(super) async fn drop_if_empty(tx: &mut PgConnection, actor: &Actor, id: TenantId) -> Result<()> {
    let name: Option<String> = sqlx::query_scalar(
        "delete from tenant t where id = $1
           and not exists (select 1 from organization o where o.tenant_id = t.id)
           and not exists (select 1 from microsoft_tenant m where m.tenant_id = t.id) returning name",
    )
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    match name {
        Some(name) => record(tx, actor, Action::Delete, TenantRef { id, name }, vec![]).await,
        None => Ok(()),
    }
}

/// Maps a Microsoft tenant to a Tenant. Neither may be mapped already; mapping what is mapped so changes nothing.
pub async fn map(pool: &PgPool, actor: &Actor, microsoft_tenant: MicrosoftTenantId, tenant: TenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    map_within(&mut tx, actor, microsoft_tenant, tenant).await?;
    tx.commit().await?;
    Ok(())
}

/// The same as a part of something larger.
pub(super) async fn map_within(
    tx: &mut PgConnection,
    actor: &Actor,
    microsoft_tenant: MicrosoftTenantId,
    tenant: TenantId,
) -> Result<()> {
    let row: Option<(String, Option<TenantId>)> = sqlx::query_as(
        "select display_name, tenant_id from microsoft_tenant where id = $1 and removed_at is null
         for no key update",
    )
    .bind(microsoft_tenant)
    .fetch_optional(&mut *tx)
    .await?;
    let name = match row {
        Some((_, Some(mapped))) if mapped == tenant => return Ok(()),
        Some((name, None)) => name,
        Some((_, Some(_))) | None => {
            return Err(StoreError::Conflict(
                "This Microsoft tenant is gone or mapped already. Unmap it first.",
            ));
        }
    };
    sqlx::query("update microsoft_tenant set tenant_id = $2 where id = $1")
        .bind(microsoft_tenant)
        .bind(tenant)
        .execute(&mut *tx)
        .await
        .map_err(|error| match error.as_database_error().and_then(|e| e.constraint()) {
            Some("microsoft_tenant_tenant_id_key") => {
                StoreError::Conflict("This Tenant is mapped to another Microsoft tenant. Unmap that one first.")
            }
            Some("microsoft_tenant_tenant_id_fkey") => StoreError::NotFound("This Tenant"),
            _ => error.into(),
        })?;
    let to = get(&mut *tx, tenant).await?;
    let change = AuditChange::new("Tenant", "", &to.name);
    super::integration::record(tx, actor, Action::Map, microsoft_tenant, &name, change).await
}

/// Unmaps a Microsoft tenant and disables the user syncs that rested on it, in one transaction. End Users, mappings
/// and filters stay. What is not mapped stays as it is.
pub async fn unmap(pool: &PgPool, actor: &Actor, microsoft_tenant: MicrosoftTenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let row: Option<(String, String)> = sqlx::query_as(
        "select m.display_name, t.name from microsoft_tenant m join tenant t on t.id = m.tenant_id
         where m.id = $1 for no key update of m",
    )
    .bind(microsoft_tenant)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((name, from)) = row else { return Ok(()) };
    let stopped = super::integration::disable_user_syncs(&mut tx, microsoft_tenant).await?;
    sqlx::query("update microsoft_tenant set tenant_id = null where id = $1")
        .bind(microsoft_tenant)
        .execute(&mut *tx)
        .await?;
    let changes = AuditChange::new("Tenant", &from, "").into_iter().chain(stopped);
    super::integration::record(&mut tx, actor, Action::Unmap, microsoft_tenant, &name, changes).await?;
    tx.commit().await?;
    Ok(())
}
