//! Connected Microsoft tenants: their state, and what the screens show of them.

use super::{
    Now,
    error::{Result, StoreError},
};
use crate::model::{
    directory::Readings,
    ids::{EntraTenantId, MicrosoftTenantId, OrganizationId, TenantId},
    tenant::{ConnectionStatus, MicrosoftTenantRow, TenantRef},
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, types::Json};

/// What a run needs to know of a Microsoft tenant.
#[derive(Clone, Debug)]
pub struct MicrosoftTenant {
    /// Our id.
    pub id: MicrosoftTenantId,
    /// Microsoft's id.
    pub entra_tenant_id: EntraTenantId,
    /// Its name.
    pub display_name: String,
    /// What could be read in the last complete pass.
    pub readings: Readings,
    /// When the directory was last read whole.
    pub last_pass_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct RunRow {
    entra_tenant_id: EntraTenantId,
    display_name: String,
    readings: Json<Readings>,
    last_pass_at: Option<DateTime<Utc>>,
}

/// One Microsoft tenant.
pub async fn get(db: impl PgExecutor<'_>, id: MicrosoftTenantId) -> Result<MicrosoftTenant> {
    let row: Option<RunRow> = sqlx::query_as(
        "select entra_tenant_id, display_name, readings, last_pass_at from microsoft_tenant where id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    let row = row.ok_or(StoreError::NotFound("This Microsoft tenant"))?;
    Ok(MicrosoftTenant {
        id,
        entra_tenant_id: row.entra_tenant_id,
        display_name: row.display_name,
        readings: row.readings.0,
        last_pass_at: row.last_pass_at,
    })
}

/// All Microsoft tenants that the schedule runs.
pub async fn ids(db: impl PgExecutor<'_>) -> Result<Vec<MicrosoftTenantId>> {
    Ok(sqlx::query_scalar("select id from microsoft_tenant order by id")
        .fetch_all(db)
        .await?)
}

/// Finds one by our id, Microsoft's id, name or default domain, for commands.
pub async fn find(db: impl PgExecutor<'_>, words: &str) -> Result<Vec<MicrosoftTenantId>> {
    Ok(sqlx::query_scalar(
        "select id from microsoft_tenant
         where id::text = lower($1) or entra_tenant_id::text = lower($1)
            or lower(display_name) = lower($1) or lower(default_domain) = lower($1)
         order by id",
    )
    .bind(words.trim())
    .fetch_all(db)
    .await?)
}

/// Keeps a connected Microsoft tenant; connecting again refreshes its name and state, and keeps everything else.
pub async fn connect(
    db: impl PgExecutor<'_>,
    id: MicrosoftTenantId,
    entra_tenant_id: EntraTenantId,
    display_name: &str,
    default_domain: &str,
) -> Result<MicrosoftTenantId> {
    Ok(sqlx::query_scalar(
        "insert into microsoft_tenant (id, entra_tenant_id, display_name, default_domain) values ($1, $2, $3, $4)
         on conflict (entra_tenant_id) do update
         set display_name = excluded.display_name, default_domain = excluded.default_domain,
             status = 'connected', status_reason = '', failed_runs = 0
         returning id",
    )
    .bind(id)
    .bind(entra_tenant_id)
    .bind(display_name)
    .bind(default_domain)
    .fetch_one(db)
    .await?)
}

/// After a run: how the connection is.
pub async fn set_status(
    db: impl PgExecutor<'_>,
    id: MicrosoftTenantId,
    status: ConnectionStatus,
    reason: &str,
) -> Result<()> {
    sqlx::query(
        "update microsoft_tenant
         set status = $2, status_reason = $3,
             failed_runs = case when $2 = 'connected' then 0 else failed_runs + 1 end
         where id = $1",
    )
    .bind(id)
    .bind(status.key())
    .bind(reason)
    .execute(db)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: MicrosoftTenantId,
    entra_tenant_id: EntraTenantId,
    display_name: String,
    default_domain: String,
    tenant_id: Option<TenantId>,
    tenant_name: Option<String>,
    status: String,
    status_reason: String,
    users: i64,
    last_pass_at: Option<DateTime<Utc>>,
    running: bool,
}

impl Row {
    fn into_model(self, now: &Now) -> MicrosoftTenantRow {
        MicrosoftTenantRow {
            id: self.id,
            entra_tenant_id: self.entra_tenant_id,
            display_name: self.display_name,
            default_domain: self.default_domain,
            tenant: self
                .tenant_id
                .zip(self.tenant_name)
                .map(|(id, name)| TenantRef { id, name }),
            status: ConnectionStatus::from_key(&self.status),
            status_reason: self.status_reason,
            users: self.users,
            last_sync: self.last_pass_at.map(|at| Moment::new(at, now)),
            running: self.running,
        }
    }
}

/// The table of **Microsoft Tenant Integrations**, by name; with an id only that one. `now` puts times in words.
pub async fn rows(
    db: impl PgExecutor<'_>,
    only: Option<MicrosoftTenantId>,
    now: &Now,
) -> Result<Vec<MicrosoftTenantRow>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select m.id, m.entra_tenant_id, m.display_name, m.default_domain, m.tenant_id, t.name as tenant_name,
                m.status, m.status_reason, m.last_pass_at,
                (select count(*) from directory_user u
                 where u.microsoft_tenant_id = m.id and u.deleted_at is null and u.user_type = 'member') as users,
                exists (select 1 from run r where r.microsoft_tenant_id = m.id and r.state = 'running')
                or exists (select 1 from graphile_worker.jobs j
                           where j.key = 'microsoft_tenant:' || m.id and j.run_at <= now()) as running
         from microsoft_tenant m left join tenant t on t.id = m.tenant_id
         where $1 is null or m.id = $1
         order by lower(m.display_name), m.id",
    )
    .bind(only)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.into_model(now)).collect())
}

/// The Microsoft tenant that a Tenant is mapped to.
pub async fn of_tenant(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Option<MicrosoftTenantId>> {
    Ok(
        sqlx::query_scalar("select id from microsoft_tenant where tenant_id = $1")
            .bind(tenant)
            .fetch_optional(db)
            .await?,
    )
}

/// The Microsoft tenant behind an Organization, through its Tenant.
pub async fn of_organization(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
) -> Result<Option<MicrosoftTenantId>> {
    Ok(sqlx::query_scalar(
        "select m.id from organization o join microsoft_tenant m on m.tenant_id = o.tenant_id where o.id = $1",
    )
    .bind(organization)
    .fetch_optional(db)
    .await?)
}

/// Bought and used licences by product, as last read: SKU id, part number, used, total.
pub async fn subscribed_skus(
    db: impl PgExecutor<'_>,
    id: MicrosoftTenantId,
) -> Result<Vec<(uuid::Uuid, String, i32, i32)>> {
    Ok(sqlx::query_as(
        "select sku_id, sku_part_number, used, total from subscribed_sku
         where microsoft_tenant_id = $1 order by sku_part_number",
    )
    .bind(id)
    .fetch_all(db)
    .await?)
}

/// The names of the Organizations whose user sync rests on this Microsoft tenant.
pub async fn synced_organizations(db: impl PgExecutor<'_>, id: MicrosoftTenantId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "select o.name from user_sync s join organization o on o.id = s.organization_id
         where s.microsoft_tenant_id = $1 and s.enabled order by lower(o.name)",
    )
    .bind(id)
    .fetch_all(db)
    .await?)
}
