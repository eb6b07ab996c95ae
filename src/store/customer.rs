//! What changes to which Tenant an Organization belongs, and whether it exists: moving and deleting.

use super::{
    error::{Result, StoreError, on_constraint},
    organization, tenant,
};
use crate::model::{
    audit::{Action, Actor, AuditChange},
    ids::{OrganizationId, TenantId},
};
use sqlx::{PgConnection, PgPool};

/// Where an Organization moves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A Tenant that is there.
    Existing(TenantId),
    /// A Tenant of its own with its name, to be made under this id.
    New(TenantId),
}

/// Moves an Organization to another Tenant. Its user sync with the Microsoft tenant behind the former one is disabled;
/// End Users, mappings and filters stay. A Tenant that is left with no Organization and no Microsoft tenant goes.
pub async fn move_to(pool: &PgPool, actor: &Actor, id: OrganizationId, to: Destination) -> Result<TenantId> {
    let mut tx = pool.begin().await?;
    let (name, from) = lock(&mut tx, id).await?;
    let is_its_own = is_its_own(&mut tx, id, from, &name).await?;
    let target = match to {
        // Sent twice, or nothing chosen.
        Destination::Existing(target) if target == from => return Ok(from),
        Destination::Existing(target) => target,
        Destination::New(_) if is_its_own => return Ok(from),
        Destination::New(target) => {
            sqlx::query("insert into tenant (id, name) values ($1, $2)")
                .bind(target)
                .bind(&name)
                .execute(&mut *tx)
                .await?;
            target
        }
    };
    let (old, new) = (tenant::get(&mut *tx, from).await?, tenant::get(&mut *tx, target).await?);
    sqlx::query("update organization set tenant_id = $2 where id = $1")
        .bind(id)
        .bind(target)
        .execute(&mut *tx)
        .await
        .map_err(on_constraint(
            "organization_tenant_id_fkey",
            "The Tenant was removed meanwhile. Choose another one.",
        ))?;
    let stopped = disable_all(&mut tx, id).await?;
    let changes = [AuditChange::new("Tenant", &old.name, &new.name)];
    let changes = changes.into_iter().chain(stopped);
    organization::record(&mut tx, actor, Action::Move, id, &name, changes).await?;
    tenant::drop_if_empty(&mut tx, actor, from).await?;
    tx.commit().await?;
    Ok(target)
}

/// The accounts, by name, to which moving an Organization, or deleting it where `to` is none, would open the whole
/// directory of a Tenant: they have all that is left of the former one, or are the first of one that had none. Each with
/// the name of that Tenant.
pub async fn gains(pool: &PgPool, id: OrganizationId, to: Option<TenantId>) -> Result<Vec<(String, String)>> {
    Ok(sqlx::query_as(
        "with afterwards as (
             select id, case when id = $1 then $2 else tenant_id end as tenant_id from organization
         )
         select a.name, t.name
         from organization moved
         join tenant t on t.id in (moved.tenant_id, $2)
              and exists (select 1 from microsoft_tenant m where m.tenant_id = t.id)
         join account a on a.role <> 'administrator' and a.disabled_at is null
         cross join lateral (
             select coalesce(array_agg(g.organization_id), '{}') as given from account_organization g
             where g.account_id = a.id
         ) of_account
         where moved.id = $1 and not is_whole_tenant(t.id, of_account.given)
           and exists (select 1 from afterwards o where o.tenant_id = t.id and o.id = any (of_account.given))
           and not exists (select 1 from afterwards o where o.tenant_id = t.id and o.id <> all (of_account.given))
         order by lower(a.name), a.id, lower(t.name)",
    )
    .bind(id)
    .bind(to)
    .fetch_all(pool)
    .await?)
}

/// Deletes an Organization with its End Users, and everything that hangs on them. The audit log stays. So does its
/// Tenant, unless that is left with no Organization and no Microsoft tenant.
pub async fn delete(pool: &PgPool, actor: &Actor, id: OrganizationId) -> Result<()> {
    let mut tx = pool.begin().await?;
    lock(&mut tx, id).await?;
    // A run locks this row before it writes End Users: with it gone, none is at them when they go.
    sqlx::query("delete from user_sync where organization_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let row: Option<(String, String, String, TenantId, i64)> = sqlx::query_as(
        "delete from organization where id = $1
         returning name, email, phone, tenant_id,
                   (select count(*) from end_user where organization_id = $1)",
    )
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    let (name, email, phone, from, end_users) = row.ok_or(StoreError::NotFound("This Organization"))?;
    let tenant = tenant::get(&mut *tx, from).await?;
    let changes = [
        AuditChange::new("Tenant", &tenant.name, ""),
        AuditChange::new("Email", &email, ""),
        AuditChange::new("Phone", &phone, ""),
        AuditChange::new("End Users", &end_users.to_string(), "0"),
    ];
    organization::record(&mut tx, actor, Action::Delete, id, &name, changes).await?;
    tenant::drop_if_empty(&mut tx, actor, from).await?;
    tx.commit().await?;
    Ok(())
}

/// Name and Tenant of an Organization that nobody else moves or deletes until the commit.
async fn lock(tx: &mut PgConnection, id: OrganizationId) -> Result<(String, TenantId)> {
    sqlx::query_as("select name, tenant_id from organization where id = $1 for no key update")
        .bind(id)
        .fetch_optional(tx)
        .await?
        .ok_or(StoreError::NotFound("This Organization"))
}

/// Whether an Organization has a Tenant to itself already as it would get one: of its name, and not mapped.
async fn is_its_own(tx: &mut PgConnection, id: OrganizationId, of: TenantId, name: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from tenant where id = $2 and name = $3)
            and not exists (select 1 from organization where tenant_id = $2 and id <> $1)
            and not exists (select 1 from microsoft_tenant where tenant_id = $2)",
    )
    .bind(id)
    .bind(of)
    .bind(name)
    .fetch_one(tx)
    .await?)
}

/// Disables every user sync of an Organization. What that changes, in words: one line per Microsoft tenant.
async fn disable_all(tx: &mut PgConnection, id: OrganizationId) -> Result<Vec<Option<AuditChange>>> {
    let names: Vec<String> = sqlx::query_scalar(
        "update user_sync s set enabled = false, attention = null, updated_at = now() from microsoft_tenant m
         where m.id = s.microsoft_tenant_id and s.organization_id = $1 and s.enabled returning m.display_name",
    )
    .bind(id)
    .fetch_all(tx)
    .await?;
    Ok(names
        .iter()
        .map(|name| AuditChange::new("Microsoft User Sync", &format!("Enabled, from {name}"), "Disabled"))
        .collect())
}
