//! Runs and what they did.

mod begun;
mod cut_off;
mod record;

pub use begun::{begin, start, take_back};
pub use cut_off::sweep;
pub(super) use record::insert_people;
pub use record::{Breadth, Planned, record};

use super::{
    Now,
    access::{SeenRun, Theirs},
    error::{Result, StoreError},
    lease::Lease,
    search::pattern,
};
use crate::model::{
    held::seen_attention,
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
    plan::{Counts, FieldChange, Outcome, Reason},
    run::{Progress, RunOrganization, RunPerson, RunRow, RunState, Stage, Trigger},
    time::{Moment, duration_words},
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, PgPool, types::Json};

/// Says how far a run is.
pub async fn set_progress(db: impl PgExecutor<'_>, id: RunId, progress: Progress) -> Result<()> {
    sqlx::query(
        "update run set stage = $2, progress_done = $3, progress_total = $4 where id = $1 and state = 'running'",
    )
    .bind(id)
    .bind(progress.stage.key())
    .bind(progress.done)
    .bind(progress.total)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a run; with an error it failed.
pub async fn finish(db: impl PgExecutor<'_>, id: RunId, error: Option<&str>) -> Result<()> {
    sqlx::query(
        "update run set state = case when $2 is null then 'succeeded' else 'failed' end, error = $2,
                        finished_at = now()
         where id = $1 and state = 'running'",
    )
    .bind(id)
    .bind(error)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a run that Microsoft asked to come back later: neither done nor failed.
pub async fn put_off(db: impl PgExecutor<'_>, id: RunId, why: &str) -> Result<()> {
    sqlx::query(
        "update run set state = 'put_off', error = $2, finished_at = now() where id = $1 and state = 'running'",
    )
    .bind(id)
    .bind(why)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a run that did well and gives its lease back, in one statement. One that asked Microsoft says that the connection
/// is well, unless another worker has taken over meanwhile, who says it.
pub async fn finish_well(pool: &PgPool, id: RunId, lease: Lease, asked_microsoft: bool) -> Result<()> {
    sqlx::query(
        "with ours as (
             delete from run_lease where microsoft_tenant_id = $2 and lease_token = $3 returning microsoft_tenant_id
         ), told as (
             update microsoft_tenant m
             set status = 'connected', status_reason = '', failed_runs = 0, failing_since = null from ours
             where $4 and m.id = ours.microsoft_tenant_id and m.removed_at is null
               and (m.status, m.status_reason, m.failed_runs) <> ('connected', '', 0)
         )
         update run set state = 'succeeded', finished_at = now() where id = $1 and state = 'running'",
    )
    .bind(id)
    .bind(lease.tenant)
    .bind(lease.token)
    .bind(asked_microsoft)
    .execute(pool)
    .await?;
    Ok(())
}

#[derive(FromRow)]
pub(super) struct Row {
    id: RunId,
    microsoft_tenant_id: MicrosoftTenantId,
    microsoft_tenant: String,
    trigger: String,
    state: String,
    stage: String,
    progress_done: i32,
    progress_total: Option<i32>,
    error: Option<String>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    counts: Json<Vec<Counts>>,
    /// There are Organizations that it did not plan.
    rested: bool,
}

impl Row {
    /// How long it took, once it has ended.
    pub(super) fn seconds(&self) -> Option<i64> {
        self.finished_at.map(|at| (at - self.started_at).num_seconds())
    }

    pub(super) fn into_model(self, now: &Now) -> (RunRow, Option<Progress>) {
        let mut counts = Counts::default();
        for part in &self.counts.0 {
            counts.merge(part);
        }
        let state = RunState::from_key(&self.state);
        let progress = (state == RunState::Running).then(|| Progress {
            stage: Stage::from_key(&self.stage),
            done: self.progress_done,
            total: self.progress_total,
        });
        let row = RunRow {
            id: self.id,
            microsoft_tenant_id: self.microsoft_tenant_id,
            microsoft_tenant: self.microsoft_tenant,
            trigger: Trigger::from_key(&self.trigger),
            state,
            started: Moment::new(self.started_at, now),
            duration: self.finished_at.map(|at| duration_words(at - self.started_at)),
            error: self.error,
            nothing_changed: self.rested && self.counts.0.is_empty(),
            counts,
        };
        (row, progress)
    }
}

/// Runs, the latest first: of one Microsoft tenant or of all, or one run; what they count is of `theirs`.
pub async fn rows(
    db: impl PgExecutor<'_>,
    tenant: Option<MicrosoftTenantId>,
    organization: Option<OrganizationId>,
    only: Option<RunId>,
    theirs: Theirs<'_>,
    limit: i64,
    now: &Now,
) -> Result<Vec<(RunRow, Option<Progress>)>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select r.id, r.microsoft_tenant_id, m.display_name as microsoft_tenant, r.trigger, r.state, r.stage,
                r.progress_done, r.progress_total, r.error, r.started_at, r.finished_at,
                coalesce((select jsonb_agg(seen_counts(r.id, o.organization_id, m.id, m.tenant_id, o.counts, $5))
                          from run_organization o
                          where o.run_id = r.id and o.planned and ($2 is null or o.organization_id = $2)
                            and ($5::uuid[] is null or o.organization_id = any ($5))),
                         '[]') as counts,
                exists (select 1 from run_organization o
                        where o.run_id = r.id and not o.planned and ($2 is null or o.organization_id = $2)
                          and ($5::uuid[] is null or o.organization_id = any ($5))) as rested
         from run r join microsoft_tenant m on m.id = r.microsoft_tenant_id
         where ($1 is null or r.microsoft_tenant_id = $1)
           and ($2 is null or exists (select 1 from run_organization o
                                      where o.run_id = r.id and o.organization_id = $2))
           and ($3 is null or r.id = $3)
         order by r.started_at desc, r.id desc limit $4",
    )
    .bind(tenant)
    .bind(organization)
    .bind(only)
    .bind(limit)
    .bind(theirs)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.into_model(now)).collect())
}

/// Of which Microsoft tenant a run is.
pub async fn microsoft_tenant(db: impl PgExecutor<'_>, id: RunId) -> Result<MicrosoftTenantId> {
    sqlx::query_scalar("select microsoft_tenant_id from run where id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?
        .ok_or(StoreError::NotFound("This run"))
}

/// One run, with the numbers of what is seen of it.
pub async fn get(
    db: impl PgExecutor<'_>,
    run: impl Into<SeenRun<'_>>,
    now: &Now,
) -> Result<(RunRow, Option<Progress>)> {
    let run = run.into();
    rows(db, None, None, Some(run.id), run.theirs, 1, now)
        .await?
        .pop()
        .ok_or(StoreError::NotFound("This run"))
}

/// The latest run of a Microsoft tenant that ended, or is at work.
pub async fn latest(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Option<RunId>> {
    Ok(sqlx::query_scalar(
        "select id from run where microsoft_tenant_id = $1 order by started_at desc, id desc limit 1",
    )
    .bind(tenant)
    .fetch_optional(db)
    .await?)
}

/// What a run did to each Organization that is seen.
pub async fn organizations(db: impl PgExecutor<'_>, run: impl Into<SeenRun<'_>>) -> Result<Vec<RunOrganization>> {
    let run = run.into();
    let rows: Vec<OrganizationOut> = sqlx::query_as(
        "select o.id, o.name, seen_counts(r.id, o.id, m.id, m.tenant_id, ro.counts, $2) as counts, ro.attention,
                seen_held(ro.held, o.id, m.id, m.tenant_id, $2) as held, ro.planned
         from run_organization ro
         join run r on r.id = ro.run_id join microsoft_tenant m on m.id = r.microsoft_tenant_id
         join organization o on o.id = ro.organization_id
         where ro.run_id = $1 and ($2::uuid[] is null or o.id = any ($2))
         order by lower(o.name), o.id",
    )
    .bind(run.id)
    .bind(run.theirs)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RunOrganization {
            id: row.id,
            name: row.name,
            counts: row.counts.0,
            attention: row.attention.map(|words| seen_attention(words, !row.counts.0.partial)),
            held: u32::try_from(row.held).unwrap_or_default(),
            planned: row.planned,
        })
        .collect())
}

#[derive(FromRow)]
struct OrganizationOut {
    id: OrganizationId,
    name: String,
    counts: Json<Counts>,
    attention: Option<String>,
    held: i32,
    planned: bool,
}

#[derive(FromRow)]
pub(super) struct PersonOut {
    organization: String,
    organization_id: OrganizationId,
    directory_user_id: DirectoryUserId,
    end_user_id: Option<EndUserId>,
    name: String,
    address: String,
    outcome: String,
    reason: Json<Reason>,
    changes: Json<Vec<FieldChange>>,
    #[sqlx(default)]
    total: i64,
}

impl PersonOut {
    pub(super) fn into_model(self) -> RunPerson {
        RunPerson {
            organization: self.organization,
            organization_id: self.organization_id,
            user: self.directory_user_id,
            end_user: self.end_user_id,
            name: self.name,
            address: self.address,
            outcome: Outcome::from_key(&self.outcome).unwrap_or(Outcome::Unchanged),
            reason: self.reason.0,
            changes: self.changes.0,
        }
    }
}

/// A page of the people of a run who are seen, by name, and how many there are; `outcome` narrows to one, `search` to
/// words.
pub async fn people(
    pool: &PgPool,
    run: impl Into<SeenRun<'_>>,
    outcome: Option<Outcome>,
    search: &str,
    page: i64,
    page_size: i64,
) -> Result<(Vec<RunPerson>, i64)> {
    let run = run.into();
    let (people, total) = people_page(pool, run, outcome, search, page, page_size).await?;
    if people.is_empty() && page > 1 {
        // Beyond the last page nobody tells the total but the first page.
        let (_, total) = people_page(pool, run, outcome, search, 1, page_size).await?;
        return Ok((people, total));
    }
    Ok((people, total))
}

async fn people_page(
    pool: &PgPool,
    run: SeenRun<'_>,
    outcome: Option<Outcome>,
    search: &str,
    page: i64,
    page_size: i64,
) -> Result<(Vec<RunPerson>, i64)> {
    let rows: Vec<PersonOut> = sqlx::query_as(
        "select o.name as organization, o.id as organization_id, p.directory_user_id, p.end_user_id, p.name,
                p.address, p.outcome, p.reason, p.changes, count(*) over () as total
         from run_person p join organization o on o.id = p.organization_id join run r on r.id = p.run_id
         where p.run_id = $1 and ($2 is null or p.outcome = $2)
           and ($3 = '%%' or p.name ilike $3 or p.address ilike $3)
           and ($6::uuid[] is null or sees_person(p.organization_id, r.microsoft_tenant_id, p.directory_user_id, $6))
         order by lower(p.name), p.directory_user_id, o.id limit $4 offset $5",
    )
    .bind(run.id)
    .bind(outcome.map(Outcome::key))
    .bind(pattern(search))
    .bind(page_size)
    .bind((page.max(1) - 1).saturating_mul(page_size))
    .bind(run.theirs)
    .fetch_all(pool)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let people = rows.into_iter().map(PersonOut::into_model).collect();
    Ok((people, total))
}
