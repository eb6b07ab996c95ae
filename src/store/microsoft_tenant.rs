//! Connected Microsoft tenants: their state, and what the screens show of them.

use super::{
    Now,
    access::Theirs,
    error::{Result, StoreError},
    search::pattern,
};
use crate::model::{
    connect::Cloud,
    directory::Readings,
    ids::{EntraTenantId, MicrosoftTenantId, OrganizationId, SkuId, TenantId},
    run::{Progress, Stage},
    tenant::{ConnectionStatus, MicrosoftTenantRow, Quarantine, TenantRef},
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, PgPool, types::Json};

/// What a run needs to know of a Microsoft tenant.
#[derive(Clone, Debug)]
pub struct MicrosoftTenant {
    /// Our id.
    pub id: MicrosoftTenantId,
    /// Microsoft's id.
    pub entra_tenant_id: EntraTenantId,
    /// In which cloud it is.
    pub cloud: Cloud,
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
    cloud: String,
    display_name: String,
    readings: Json<Readings>,
    last_pass_at: Option<DateTime<Utc>>,
}

/// One Microsoft tenant.
pub async fn get(db: impl PgExecutor<'_>, id: MicrosoftTenantId) -> Result<MicrosoftTenant> {
    let row: Option<RunRow> = sqlx::query_as(
        "select entra_tenant_id, cloud, display_name, readings, last_pass_at from microsoft_tenant
         where id = $1 and removed_at is null",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    let row = row.ok_or(StoreError::NotFound("This Microsoft tenant"))?;
    Ok(MicrosoftTenant {
        id,
        entra_tenant_id: row.entra_tenant_id,
        cloud: Cloud::from_key(&row.cloud),
        display_name: row.display_name,
        readings: row.readings.0,
        last_pass_at: row.last_pass_at,
    })
}

/// The connected Microsoft tenant with Microsoft's id, and what it is called.
pub async fn connected(
    db: impl PgExecutor<'_>,
    entra_tenant_id: EntraTenantId,
) -> Result<Option<(MicrosoftTenantId, String)>> {
    Ok(sqlx::query_as(
        "select id, display_name from microsoft_tenant where entra_tenant_id = $1 and removed_at is null",
    )
    .bind(entra_tenant_id)
    .fetch_optional(db)
    .await?)
}

/// All Microsoft tenants that are connected.
pub async fn ids(db: impl PgExecutor<'_>) -> Result<Vec<MicrosoftTenantId>> {
    Ok(
        sqlx::query_scalar("select id from microsoft_tenant where removed_at is null order by id")
            .fetch_all(db)
            .await?,
    )
}

/// Finds one by our id, Microsoft's id, name or default domain, for commands.
pub async fn find(db: impl PgExecutor<'_>, words: &str) -> Result<Vec<MicrosoftTenantId>> {
    Ok(sqlx::query_scalar(
        "select id from microsoft_tenant
         where removed_at is null
           and (id::text = lower($1) or entra_tenant_id::text = lower($1)
                or lower(display_name) = lower($1) or lower(default_domain) = lower($1))
         order by id",
    )
    .bind(words.trim())
    .fetch_all(db)
    .await?)
}

/// After so many failed runs in a row a Microsoft tenant is tried only daily.
pub const QUARANTINE_AFTER: i32 = 5;

/// What a failure says about a Microsoft tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is to last until somebody does something: it counts toward the quarantine.
    Lasting,
    /// It passes by itself, and counts once every run has failed for a day: trying daily would only make it longer, but
    /// what is out of order for ever is no hour's matter.
    Passing,
    /// It says nothing of the runs of this Microsoft tenant: it is of our own credentials, or was no run.
    OfOurs,
}

/// After a run: how the connection is. Five failures in a row are quarantine; lost consent stays what it is called by,
/// as that names the remedy, and is tried daily all the same.
pub async fn set_status(
    db: impl PgExecutor<'_>,
    id: MicrosoftTenantId,
    status: ConnectionStatus,
    reason: &str,
    failure: Failure,
) -> Result<()> {
    sqlx::query(
        "with counted as (
             select id, failed_runs + case when $5 or $6 and failing_since < now() - interval '1 day'
                                           then 1 else 0 end as failed_runs
             from microsoft_tenant where id = $1 and removed_at is null for no key update
         )
         update microsoft_tenant m
         set status = case when $2 = 'attention' and c.failed_runs >= $4 then 'quarantine' else $2 end,
             status_reason = $3, failed_runs = c.failed_runs,
             failing_since = case when $5 or $6 then coalesce(m.failing_since, now()) else m.failing_since end
         from counted c where m.id = c.id",
    )
    .bind(id)
    .bind(status.key())
    .bind(reason)
    .bind(QUARANTINE_AFTER)
    .bind(failure == Failure::Lasting)
    .bind(failure == Failure::Passing)
    .execute(db)
    .await?;
    Ok(())
}

/// After a run that read Microsoft and failed by a fault of ours: the connection is well, as after one that did well
/// ([`super::run::finish_well`]).
pub async fn set_well(db: impl PgExecutor<'_>, id: MicrosoftTenantId) -> Result<()> {
    sqlx::query(
        "update microsoft_tenant
         set status = 'connected', status_reason = '', failed_runs = 0, failing_since = null
         where id = $1 and removed_at is null and (status, status_reason, failed_runs) <> ('connected', '', 0)",
    )
    .bind(id)
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
    failed_runs: i32,
    next_run_at: Option<DateTime<Utc>>,
    stage: Option<String>,
    progress_done: Option<i32>,
    progress_total: Option<i32>,
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
            quarantine: (self.failed_runs >= QUARANTINE_AFTER).then(|| Quarantine {
                failed_runs: self.failed_runs,
                next_try: self.next_run_at.map(|at| Moment::new(at, now)),
            }),
            running: self.running,
            progress: self.stage.map(|stage| Progress {
                stage: Stage::from_key(&stage),
                done: self.progress_done.unwrap_or_default(),
                total: self.progress_total,
            }),
        }
    }
}

/// The columns of [`Row`]; a run is waiting or at work when a job of the queue is due.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select m.id, m.entra_tenant_id, m.display_name, m.default_domain, m.tenant_id, t.name as tenant_name,
                    m.status, m.status_reason, m.last_pass_at, m.failed_runs, j.run_at as next_run_at,
                    (select count(*) from directory_user u
                     where u.microsoft_tenant_id = m.id and u.deleted_at is null and u.user_type = 'member') as users,
                    r.stage, r.progress_done, r.progress_total,
                    r.stage is not null or coalesce(j.run_at <= now(), false) as running
             from microsoft_tenant m
             left join tenant t on t.id = m.tenant_id
             left join graphile_worker.jobs j on j.key = 'microsoft_tenant:' || m.id
             left join lateral (select stage, progress_done, progress_total from run
                                where microsoft_tenant_id = m.id and state = 'running'
                                order by started_at desc, id desc limit 1) r on true
             where m.removed_at is null and ",
            $rest
        )
    };
}

/// Connected Microsoft tenants by name, all or one. `now` puts times in words.
pub async fn rows(
    db: impl PgExecutor<'_>,
    only: Option<MicrosoftTenantId>,
    now: &Now,
) -> Result<Vec<MicrosoftTenantRow>> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "($1 is null or m.id = $1) order by lower(m.display_name), m.id"
    ))
    .bind(only)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.into_model(now)).collect())
}

/// Rows on a page of the table of **Microsoft Tenant Integrations**.
pub const PAGE: i64 = 50;

/// A page of the table of **Microsoft Tenant Integrations**, and how many rows match in all: those whose Tenant is
/// theirs whole. `sort` is `name`,
/// `tenant`, `status` or `lastSync`, with a `-` in front for descending.
pub async fn page(
    pool: &PgPool,
    search: &str,
    sort: &str,
    page: i64,
    theirs: Theirs<'_>,
    now: &Now,
) -> Result<(Vec<MicrosoftTenantRow>, i64)> {
    let words = pattern(search);
    let total: i64 = sqlx::query_scalar(
        "select count(*) from microsoft_tenant m left join tenant t on t.id = m.tenant_id
         where m.removed_at is null
           and ($1 = '%%' or m.display_name ilike $1 or m.default_domain ilike $1 or t.name ilike $1)
           and ($2::uuid[] is null or is_whole_tenant(m.tenant_id, $2))",
    )
    .bind(&words)
    .bind(theirs)
    .fetch_one(pool)
    .await?;
    let rows: Vec<Row> = sqlx::query_as(select!(
        "($1 = '%%' or m.display_name ilike $1 or m.default_domain ilike $1 or t.name ilike $1)
           and ($5::uuid[] is null or is_whole_tenant(m.tenant_id, $5))
         order by case $2 when 'tenant' then lower(t.name) when 'status' then m.status end,
                  case $2 when '-tenant' then lower(t.name) when '-status' then m.status end desc nulls last,
                  case when $2 = 'lastSync' then m.last_pass_at end desc nulls last,
                  case when $2 = '-lastSync' then m.last_pass_at end nulls first,
                  case when $2 = '-name' then lower(m.display_name) end desc,
                  lower(m.display_name), m.id
         limit $3 offset $4"
    ))
    .bind(words)
    .bind(sort)
    .bind(PAGE)
    .bind((page.max(1) - 1).saturating_mul(PAGE))
    .bind(theirs)
    .fetch_all(pool)
    .await?;
    Ok((rows.into_iter().map(|row| row.into_model(now)).collect(), total))
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

/// The products that a Microsoft tenant has bought.
pub async fn offered_skus(db: impl PgExecutor<'_>, id: MicrosoftTenantId) -> Result<Vec<SkuId>> {
    Ok(
        sqlx::query_scalar("select sku_id from subscribed_sku where microsoft_tenant_id = $1")
            .bind(id)
            .fetch_all(db)
            .await?,
    )
}

/// The products that people of one Organization have.
pub async fn skus_of_people(
    db: impl PgExecutor<'_>,
    id: MicrosoftTenantId,
    organization: OrganizationId,
) -> Result<Vec<SkuId>> {
    Ok(sqlx::query_scalar(
        "select distinct l.sku from end_user_mapping m
         join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
         cross join unnest(u.licenses) as l (sku)
         where m.microsoft_tenant_id = $1 and m.organization_id = $2",
    )
    .bind(id)
    .bind(organization)
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

/// The names of the Microsoft tenants whose devices were refused to a sync of theirs that would assign Assets by
/// them.
pub async fn without_devices(db: impl PgExecutor<'_>, theirs: Theirs<'_>) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "select t.display_name from microsoft_tenant t
         where t.removed_at is null and t.tenant_id is not null and t.readings -> 'devices' ? 'refused'
           and exists (select from user_sync s where s.microsoft_tenant_id = t.id and s.enabled
                         and ($1::uuid[] is null or s.organization_id = any ($1)))
         order by lower(t.display_name), t.id",
    )
    .bind(theirs)
    .fetch_all(db)
    .await?)
}
