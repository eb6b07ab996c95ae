//! Connecting and removing a Microsoft tenant, and asking for its runs: what people do to an integration.

use super::{
    audit, consent,
    directory_version::{self, Concerns},
    error::{Result, StoreError},
    lease, queue,
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    connect::{Cloud, Proven},
    ids::{EntraTenantId, MicrosoftTenantId},
    run::Trigger,
};
use sqlx::{PgConnection, PgPool};

/// Keeps a connected Microsoft tenant of the global cloud, as [`connect_proven`].
pub async fn connect(
    pool: &PgPool,
    actor: &Actor,
    id: MicrosoftTenantId,
    entra_tenant_id: EntraTenantId,
    display_name: &str,
    default_domain: &str,
) -> Result<MicrosoftTenantId> {
    let proven = Proven {
        entra_tenant_id,
        cloud: Cloud::Global,
        display_name: display_name.to_owned(),
        default_domain: default_domain.to_owned(),
        domains: vec![],
    };
    let mut tx = pool.begin().await?;
    let id = connect_proven(&mut tx, actor, id, &proven).await?;
    tx.commit().await?;
    Ok(id)
}

/// Keeps a connected Microsoft tenant and asks for its first run. Connecting again refreshes its name and state, and
/// keeps everything else; one that was removed comes back with its filters, mappings and history. It is no longer
/// pending, and a partner's customer is mapped to the Tenant that was chosen for it.
pub async fn connect_proven(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MicrosoftTenantId,
    proven: &Proven,
) -> Result<MicrosoftTenantId> {
    let before: Option<(String, String)> = sqlx::query_as(
        "select default_domain, cloud from microsoft_tenant
         where entra_tenant_id = $1 for no key update",
    )
    .bind(proven.entra_tenant_id)
    .fetch_optional(&mut *tx)
    .await?;
    let id: MicrosoftTenantId = sqlx::query_scalar(
        "insert into microsoft_tenant (id, entra_tenant_id, display_name, default_domain, cloud)
         values ($1, $2, $3, $4, $5)
         on conflict (entra_tenant_id) do update
         set display_name = excluded.display_name, default_domain = excluded.default_domain, cloud = excluded.cloud,
             status = 'connected', status_reason = '', failed_runs = 0, failing_since = null,
             removed_at = null
         returning id",
    )
    .bind(id)
    .bind(proven.entra_tenant_id)
    .bind(&proven.display_name)
    .bind(&proven.default_domain)
    .bind(proven.cloud.key())
    .fetch_one(&mut *tx)
    .await?;
    let (domain, cloud) = match &before {
        Some((domain, cloud)) => (domain.as_str(), Cloud::from_key(cloud).label()),
        None => ("", ""),
    };
    let changes = [
        AuditChange::new("Default domain", domain, &proven.default_domain),
        AuditChange::new("Cloud", cloud, proven.cloud.label()),
    ];
    let changes = changes.into_iter().flatten();
    record(tx, actor, Action::Connect, id, &proven.display_name, changes).await?;
    queue::request_run(&mut *tx, id, Trigger::Manual).await?;
    super::pending_tenant::forget(tx, proven.entra_tenant_id).await?;
    consent::revoke_for(tx, actor, proven.entra_tenant_id).await?;
    super::partner_customer::map_as_chosen(tx, actor, id, proven).await?;
    Ok(id)
}

/// **Sync Now**: asks for a run at once.
pub async fn sync_now(pool: &PgPool, actor: &Actor, id: MicrosoftTenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let name = name_of(&mut tx, id).await?;
    record(&mut tx, actor, Action::SyncNow, id, &name, None).await?;
    queue::request_run(&mut *tx, id, Trigger::Manual).await?;
    tx.commit().await?;
    Ok(())
}

/// **Retry Now**: out of quarantine, and a run at once.
pub async fn retry_now(pool: &PgPool, actor: &Actor, id: MicrosoftTenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let name = name_of(&mut tx, id).await?;
    let done = sqlx::query(
        "update microsoft_tenant set failed_runs = 0, failing_since = null,
                status = case when status = 'quarantine' then 'attention' else status end
         where id = $1 and failed_runs >= $2",
    )
    .bind(id)
    .bind(super::microsoft_tenant::QUARANTINE_AFTER)
    .execute(&mut *tx)
    .await?;
    let left = (done.rows_affected() == 1).then(|| AuditChange::new("Quarantine", "tried daily", "ended"));
    record(&mut tx, actor, Action::SyncNow, id, &name, left.flatten()).await?;
    queue::request_run(&mut *tx, id, Trigger::Manual).await?;
    tx.commit().await?;
    Ok(())
}

/// **Remove Integration**: unmaps, disables the user syncs, ends the run at work and runs no more. What Microsoft said
/// is deleted by [`forget_directory`] afterwards; End Users, retired mappings, filters, runs and the audit stay.
pub async fn remove(pool: &PgPool, actor: &Actor, id: MicrosoftTenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    // First, as runs do: they hold the lease, and then want the row of the Microsoft tenant.
    lease::revoke(&mut tx, id).await?;
    let row: Option<(String, EntraTenantId, Option<String>)> = sqlx::query_as(
        "select m.display_name, m.entra_tenant_id, t.name from microsoft_tenant m left join tenant t on t.id = m.tenant_id
         where m.id = $1 and m.removed_at is null for no key update of m",
    )
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((name, entra, tenant)) = row else {
        // Sent twice: it is gone, as was asked.
        return Ok(());
    };
    let stopped = disable_user_syncs(&mut tx, id).await?;
    sqlx::query(
        "update microsoft_tenant
         set removed_at = now(), tenant_id = null, status = 'connected', status_reason = '', failed_runs = 0,
             failing_since = null, readings = '{}', last_pass_at = null
         where id = $1",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    sqlx::query("delete from directory_pass where microsoft_tenant_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    queue::forget(&mut *tx, id).await?;
    consent::revoke_for(&mut tx, actor, entra).await?;
    let mapped = AuditChange::new("Tenant", &tenant.unwrap_or_default(), "");
    let changes = mapped.into_iter().chain(stopped);
    record(&mut tx, actor, Action::Remove, id, &name, changes).await?;
    tx.commit().await?;
    Ok(())
}

/// The removed Microsoft tenants of which something is still held.
pub async fn to_forget(pool: &PgPool) -> Result<Vec<MicrosoftTenantId>> {
    Ok(sqlx::query_scalar(
        "select id from microsoft_tenant m where removed_at is not null
           and (exists (select 1 from directory_user u where u.microsoft_tenant_id = m.id)
                or exists (select 1 from directory_group g where g.microsoft_tenant_id = m.id)
                or exists (select 1 from directory_device d where d.microsoft_tenant_id = m.id)
                or exists (select 1 from directory_pass p where p.microsoft_tenant_id = m.id)
                or exists (select 1 from subscribed_sku s where s.microsoft_tenant_id = m.id))",
    )
    .fetch_all(pool)
    .await?)
}

/// The copy of a directory, so many rows at a time. A test holds that every table that hangs on a Microsoft tenant is
/// either here or among those that are kept.
pub(crate) const FORGOTTEN: [(&str, &str); 8] = [
    // First: with a link that goes on, nobody would be read again who has been deleted here.
    (
        "directory_pass",
        "delete from directory_pass where ctid = any (array(
             select ctid from directory_pass where microsoft_tenant_id = $1 limit $2))",
    ),
    (
        "directory_user",
        "delete from directory_user where ctid = any (array(
             select ctid from directory_user where microsoft_tenant_id = $1 limit $2))",
    ),
    (
        "directory_group_member",
        "delete from directory_group_member where ctid = any (array(
             select ctid from directory_group_member where microsoft_tenant_id = $1 limit $2))",
    ),
    (
        "directory_group",
        "delete from directory_group where ctid = any (array(
             select ctid from directory_group where microsoft_tenant_id = $1 limit $2))",
    ),
    (
        "directory_device",
        "delete from directory_device where ctid = any (array(
             select ctid from directory_device where microsoft_tenant_id = $1 limit $2))",
    ),
    (
        "microsoft_probe",
        "delete from microsoft_probe where ctid = any (array(
             select ctid from microsoft_probe where microsoft_tenant_id = $1 limit $2))",
    ),
    (
        "subscribed_sku",
        "delete from subscribed_sku where ctid = any (array(
             select ctid from subscribed_sku where microsoft_tenant_id = $1 limit $2))",
    ),
    (
        "directory_facets",
        "delete from directory_facets where ctid = any (array(
             select ctid from directory_facets where microsoft_tenant_id = $1 limit $2))",
    ),
];

/// Rows deleted in one transaction.
const AT_ONCE: i64 = 10_000;

/// Deletes the copy of a removed directory, in batches; what is left of one that was cut off goes the next time.
pub async fn forget_directory(pool: &PgPool, id: MicrosoftTenantId) -> Result<()> {
    for (_, delete) in FORGOTTEN {
        loop {
            let mut tx = pool.begin().await?;
            // Held until the commit: who connects the same directory again waits, and then nothing more is deleted.
            let removed =
                sqlx::query("select 1 from microsoft_tenant where id = $1 and removed_at is not null for update")
                    .bind(id)
                    .fetch_optional(&mut *tx)
                    .await?;
            if removed.is_none() {
                return Ok(());
            }
            let done = sqlx::query(delete).bind(id).bind(AT_ONCE).execute(&mut *tx).await?;
            if done.rows_affected() > 0 {
                directory_version::bump(&mut tx, id, Concerns::Everybody).await?;
            }
            tx.commit().await?;
            if done.rows_affected() == 0 {
                break;
            }
        }
    }
    Ok(())
}

async fn name_of(tx: &mut PgConnection, id: MicrosoftTenantId) -> Result<String> {
    sqlx::query_scalar(
        "select display_name from microsoft_tenant where id = $1 and removed_at is null for no key update",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?
    .ok_or(StoreError::NotFound("This Microsoft tenant"))
}

/// Disables the user syncs that rest on a Microsoft tenant; what that changes, in words, an Organization per line.
pub(super) async fn disable_user_syncs(tx: &mut PgConnection, id: MicrosoftTenantId) -> Result<Vec<AuditChange>> {
    let names: Vec<String> = sqlx::query_scalar(
        "update user_sync s set enabled = false, attention = null, updated_at = now() from organization o
         where o.id = s.organization_id and s.microsoft_tenant_id = $1 and s.enabled returning o.name",
    )
    .bind(id)
    .fetch_all(tx)
    .await?;
    Ok(names
        .iter()
        .filter_map(|name| AuditChange::new(&format!("User sync of {name}"), "Enabled", "Disabled"))
        .collect())
}

/// Writes down what is done to a Microsoft tenant.
pub(super) async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    id: MicrosoftTenantId,
    name: &str,
    changes: impl IntoIterator<Item = AuditChange>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::MicrosoftTenant,
        subject_id: id.0,
        subject_name: name.to_owned(),
        organization: None,
        changes: changes.into_iter().collect(),
    };
    audit::record(tx, actor, &event).await
}
