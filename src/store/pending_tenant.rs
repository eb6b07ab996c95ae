//! Microsoft tenants whose consent nobody expected: their names, until an Administrator confirms or rejects them.

use super::{
    Now, audit,
    error::{Result, StoreError},
    integration,
    search::pattern,
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    connect::{Cloud, PendingTenant, Proven},
    ids::{EntraTenantId, MicrosoftTenantId},
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

const GONE: &str = "This Microsoft tenant does not wait any more: somebody confirmed or rejected it. Reload the page.";

/// Keeps one; consenting again refreshes its name and domains.
pub async fn hold(tx: &mut PgConnection, actor: &Actor, proven: &Proven, how: &str) -> Result<()> {
    sqlx::query(
        "insert into pending_microsoft_tenant (entra_tenant_id, cloud, display_name, default_domain, domains, how)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (entra_tenant_id) do update
         set cloud = excluded.cloud, display_name = excluded.display_name, default_domain = excluded.default_domain,
             domains = excluded.domains, how = excluded.how, created_at = now()",
    )
    .bind(proven.entra_tenant_id)
    .bind(proven.cloud.key())
    .bind(&proven.display_name)
    .bind(&proven.default_domain)
    .bind(&proven.domains)
    .bind(how)
    .execute(&mut *tx)
    .await?;
    record(tx, actor, Action::Hold, proven.entra_tenant_id, &proven.display_name).await
}

/// Those that wait with these words in the name or a domain, the latest first; all of them for no words.
pub async fn rows(db: impl PgExecutor<'_>, search: &str, now: &Now) -> Result<Vec<PendingTenant>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select entra_tenant_id, cloud, display_name, default_domain, domains, how, created_at
         from pending_microsoft_tenant
         where $1 = '%%' or display_name ilike $1 or default_domain ilike $1
            or exists (select from unnest(domains) domain where domain ilike $1)
         order by created_at desc, entra_tenant_id",
    )
    .bind(pattern(search))
    .fetch_all(db)
    .await?;
    let row = |row: Row| PendingTenant {
        entra_tenant_id: row.entra_tenant_id,
        display_name: row.display_name,
        default_domain: row.default_domain,
        domains: row.domains,
        how: row.how,
        at: Moment::new(row.created_at, now),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// **Confirm**: it is connected, and its first run is asked for.
pub async fn confirm(pool: &PgPool, actor: &Actor, id: MicrosoftTenantId, which: EntraTenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let row = take(&mut tx, which).await?;
    let proven = Proven {
        entra_tenant_id: row.entra_tenant_id,
        cloud: Cloud::from_key(&row.cloud),
        display_name: row.display_name,
        default_domain: row.default_domain,
        domains: row.domains,
    };
    integration::connect_proven(&mut tx, actor, id, &proven).await?;
    tx.commit().await?;
    Ok(())
}

/// **Reject**: nothing is kept of it. Its consent stays at Microsoft until an administrator there withdraws it.
pub async fn reject(pool: &PgPool, actor: &Actor, which: EntraTenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let row = take(&mut tx, which).await?;
    record(&mut tx, actor, Action::Reject, which, &row.display_name).await?;
    tx.commit().await?;
    Ok(())
}

/// It waits no longer, as it was connected in another way.
pub(super) async fn forget(tx: &mut PgConnection, which: EntraTenantId) -> Result<()> {
    sqlx::query("delete from pending_microsoft_tenant where entra_tenant_id = $1")
        .bind(which)
        .execute(tx)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    entra_tenant_id: EntraTenantId,
    cloud: String,
    display_name: String,
    default_domain: String,
    domains: Vec<String>,
    how: String,
    created_at: DateTime<Utc>,
}

async fn take(tx: &mut PgConnection, which: EntraTenantId) -> Result<Row> {
    sqlx::query_as(
        "delete from pending_microsoft_tenant where entra_tenant_id = $1
         returning entra_tenant_id, cloud, display_name, default_domain, domains, how, created_at",
    )
    .bind(which)
    .fetch_optional(tx)
    .await?
    .ok_or(StoreError::Conflict(GONE))
}

async fn record(tx: &mut PgConnection, actor: &Actor, action: Action, id: EntraTenantId, name: &str) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::MicrosoftTenant,
        subject_id: id.0,
        subject_name: name.to_owned(),
        organization: None,
        changes: AuditChange::new("Microsoft tenant ID", "", &id.to_string())
            .into_iter()
            .collect(),
    };
    audit::record(tx, actor, &event).await
}
