//! Runs and what they did.

use super::{
    Now,
    change_set::{ChangeSet, ROWS_AT_ONCE, Target},
    error::{Result, StoreError},
    lease::Lease,
    search::pattern,
};
use crate::model::{
    directory::DirectoryUser,
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
    plan::{Counts, FieldChange, Outcome, Reason},
    run::{Progress, RunOrganization, RunPerson, RunRow, RunState, Stage, Trigger},
    time::{Moment, duration_words},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, types::Json};
use std::collections::HashMap;

/// Starts a run. A run of the same Microsoft tenant that still calls itself running was cut off: its lease is gone.
pub async fn start(tx: &mut PgConnection, id: RunId, lease: Lease, trigger: Trigger) -> Result<()> {
    sqlx::query(
        "update run set state = 'failed', finished_at = now(),
                error = 'The worker stopped in the middle of this run. Nothing was half-written; the next run starts again.'
         where microsoft_tenant_id = $1 and state = 'running'",
    )
    .bind(lease.tenant)
    .execute(&mut *tx)
    .await?;
    sqlx::query("insert into run (id, microsoft_tenant_id, trigger) values ($1, $2, $3)")
        .bind(id)
        .bind(lease.tenant)
        .bind(trigger.key())
        .execute(tx)
        .await?;
    Ok(())
}

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

#[derive(Serialize)]
struct PersonRow<'a> {
    directory_user_id: DirectoryUserId,
    end_user_id: Option<EndUserId>,
    name: &'a str,
    address: &'a str,
    outcome: &'static str,
    reason: &'a Reason,
    changes: &'a [FieldChange],
}

#[derive(Serialize)]
struct StandingRow<'a> {
    directory_user_id: DirectoryUserId,
    outcome: &'static str,
    reason: &'a Reason,
}

/// Whether an outcome stays the same from run to run, other than being synced.
const fn stands(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Skip | Outcome::Conflict | Outcome::OutOfScope)
}

/// Records what a plan did to an Organization: its counts, and one row per person who was written or whose outcome
/// differs from the run before.
pub async fn record(
    tx: &mut PgConnection,
    target: Target,
    set: &ChangeSet<'_>,
    users: &[DirectoryUser],
    attention: Option<&str>,
) -> Result<()> {
    sqlx::query("insert into run_organization (run_id, organization_id, counts, attention) values ($1, $2, $3, $4)")
        .bind(target.run)
        .bind(target.organization)
        .bind(Json(set.plan.counts()))
        .bind(attention)
        .execute(&mut *tx)
        .await?;
    let before = standing(&mut *tx, target).await?;
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    let (mut people, mut standing, mut settled) = (vec![], vec![], vec![]);
    for person in &set.plan.people {
        let differs = before.get(&person.user) != Some(&(person.outcome, person.reason.clone()));
        if stands(person.outcome) && differs {
            standing.push(StandingRow {
                directory_user_id: person.user,
                outcome: person.outcome.key(),
                reason: &person.reason,
            });
        } else if !stands(person.outcome) && before.contains_key(&person.user) {
            settled.push(person.user.0);
        }
        let told = person.writes() || person.outcome == Outcome::Superseded || (stands(person.outcome) && differs);
        if let (true, Some(user)) = (told, by_id.get(&person.user)) {
            people.push(PersonRow {
                directory_user_id: person.user,
                end_user_id: set.end_user(person),
                name: if user.display_name.is_empty() {
                    &user.upn
                } else {
                    &user.display_name
                },
                address: if user.mail.is_empty() { &user.upn } else { &user.mail },
                outcome: person.outcome.key(),
                reason: &person.reason,
                changes: &person.fields,
            });
        }
    }
    insert_people(tx, target, &people).await?;
    write_standing(tx, target, &standing, &settled).await
}

async fn standing(db: impl PgExecutor<'_>, target: Target) -> Result<HashMap<DirectoryUserId, (Outcome, Reason)>> {
    let rows: Vec<(DirectoryUserId, String, Json<Reason>)> = sqlx::query_as(
        "select directory_user_id, outcome, reason from standing_outcome
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(target.organization)
    .bind(target.tenant)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(user, outcome, Json(reason))| Some((user, (Outcome::from_key(&outcome)?, reason))))
        .collect())
}

async fn insert_people(tx: &mut PgConnection, target: Target, rows: &[PersonRow<'_>]) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "insert into run_person (run_id, organization_id, directory_user_id, end_user_id, name, address, outcome,
                                 reason, changes)
         select $1, $2, n.directory_user_id, n.end_user_id, n.name, n.address, n.outcome, n.reason, n.changes
         from jsonb_populate_recordset(null::run_person, $3) n",
        )
        .bind(target.run)
        .bind(target.organization)
        .bind(Json(rows))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn write_standing(
    tx: &mut PgConnection,
    target: Target,
    standing: &[StandingRow<'_>],
    settled: &[uuid::Uuid],
) -> Result<()> {
    for standing in standing.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "insert into standing_outcome (organization_id, microsoft_tenant_id, directory_user_id, outcome, reason)
             select $1, $2, n.directory_user_id, n.outcome, n.reason
             from jsonb_populate_recordset(null::standing_outcome, $3) n
             on conflict (organization_id, microsoft_tenant_id, directory_user_id) do update
             set outcome = excluded.outcome, reason = excluded.reason",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(Json(standing))
        .execute(&mut *tx)
        .await?;
    }
    if !settled.is_empty() {
        sqlx::query(
            "delete from standing_outcome
             where organization_id = $1 and microsoft_tenant_id = $2 and directory_user_id = any ($3)",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(settled)
        .execute(tx)
        .await?;
    }
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
            counts,
        };
        (row, progress)
    }
}

/// Runs, the latest first: of one Microsoft tenant or of all, or one run.
pub async fn rows(
    db: impl PgExecutor<'_>,
    tenant: Option<MicrosoftTenantId>,
    organization: Option<OrganizationId>,
    only: Option<RunId>,
    limit: i64,
    now: &Now,
) -> Result<Vec<(RunRow, Option<Progress>)>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select r.id, r.microsoft_tenant_id, m.display_name as microsoft_tenant, r.trigger, r.state, r.stage,
                r.progress_done, r.progress_total, r.error, r.started_at, r.finished_at,
                coalesce((select jsonb_agg(o.counts) from run_organization o
                          where o.run_id = r.id and ($2 is null or o.organization_id = $2)), '[]') as counts
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
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.into_model(now)).collect())
}

/// One run.
pub async fn get(db: impl PgExecutor<'_>, id: RunId, now: &Now) -> Result<(RunRow, Option<Progress>)> {
    rows(db, None, None, Some(id), 1, now)
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

/// What a run did to each Organization.
pub async fn organizations(db: impl PgExecutor<'_>, id: RunId) -> Result<Vec<RunOrganization>> {
    let rows: Vec<(OrganizationId, String, Json<Counts>, Option<String>)> = sqlx::query_as(
        "select o.id, o.name, r.counts, r.attention from run_organization r
         join organization o on o.id = r.organization_id where r.run_id = $1 order by lower(o.name), o.id",
    )
    .bind(id)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, name, Json(counts), attention)| RunOrganization {
            id,
            name,
            counts,
            attention,
        })
        .collect())
}

#[derive(FromRow)]
pub(super) struct PersonOut {
    organization: String,
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

/// A page of the people of a run, by name, and how many there are; `outcome` narrows to one, `search` to words.
pub async fn people(
    pool: &PgPool,
    id: RunId,
    outcome: Option<Outcome>,
    search: &str,
    page: i64,
    page_size: i64,
) -> Result<(Vec<RunPerson>, i64)> {
    let rows: Vec<PersonOut> = sqlx::query_as(
        "select o.name as organization, p.directory_user_id, p.end_user_id, p.name, p.address, p.outcome, p.reason,
                p.changes, count(*) over () as total
         from run_person p join organization o on o.id = p.organization_id
         where p.run_id = $1 and ($2 is null or p.outcome = $2)
           and ($3 = '%%' or p.name ilike $3 or p.address ilike $3)
         order by lower(p.name), p.directory_user_id, o.id limit $4 offset $5",
    )
    .bind(id)
    .bind(outcome.map(Outcome::key))
    .bind(pattern(search))
    .bind(page_size)
    .bind((page.max(1) - 1).saturating_mul(page_size))
    .fetch_all(pool)
    .await?;
    if rows.is_empty() && page > 1 {
        // Beyond the last page nobody tells the total but the first page.
        let (_, total) = Box::pin(people(pool, id, outcome, search, 1, page_size)).await?;
        return Ok((vec![], total));
    }
    let total = rows.first().map_or(0, |row| row.total);
    let people = rows.into_iter().map(PersonOut::into_model).collect();
    Ok((people, total))
}
