//! Requests for runs, in the job queue. One named queue per Microsoft tenant, so that its runs follow one another
//! across processes; one job key per Microsoft tenant, so that further requests join the one that waits.

use super::{error::Result, microsoft_tenant::QUARANTINE_AFTER};
use crate::model::{ids::MicrosoftTenantId, run::Trigger};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// The schema of the queue's own tables.
pub const SCHEMA: &str = "graphile_worker";
/// The name of the task that runs a Microsoft tenant.
pub const RUN_TASK: &str = "run_microsoft_tenant";
/// The channel on which the queue tells of new jobs.
const CHANNEL: &str = "jobs:insert";
/// What is told there of jobs that are not new and are free again. Nobody but us reads what a notice says.
pub const LOOK: &str = "look";
/// What the name of a Microsoft tenant's queue begins with; its id follows.
const KEY: &str = "microsoft_tenant:";

/// Asks for a run at once. A request that waits is brought forward; during a run, one more is queued.
pub async fn request_run(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, trigger: Trigger) -> Result<()> {
    add(db, tenant, trigger, None, "replace").await
}

/// The Microsoft tenants that the schedule runs and that have no run waiting or at work, and whether each is in
/// quarantine. A job whose tries are used up waits for nothing.
pub async fn unscheduled(db: impl PgExecutor<'_>) -> Result<Vec<(MicrosoftTenantId, bool)>> {
    Ok(sqlx::query_as(
        "select m.id, m.failed_runs >= $1 from microsoft_tenant m
         where m.removed_at is null
           and not exists (select 1 from graphile_worker.jobs j
                           where j.key = $2::text || m.id and (j.attempts < j.max_attempts or j.locked_at is not null))
         order by m.id",
    )
    .bind(QUARANTINE_AFTER)
    .bind(KEY)
    .fetch_all(db)
    .await?)
}

/// Sees to it that each of these has a run scheduled, in one statement; nothing happens where one waits already, or is
/// at work. A job whose tries are used up still holds the key, and would keep its Microsoft tenant from ever running
/// again: it is used anew.
pub async fn schedule_runs(db: impl PgExecutor<'_>, slots: &[(MicrosoftTenantId, DateTime<Utc>)]) -> Result<()> {
    let (tenants, times): (Vec<_>, Vec<_>) = slots.iter().map(|(tenant, at)| (tenant.0, *at)).unzip();
    // Each by its own call, as the times differ, and only where there is no job: the call takes locks for the whole of
    // this transaction. Of two processes that get here together the later one's calls do nothing.
    sqlx::query(
        "with slot as (
             select $2::text || s.tenant as key, s.tenant, s.at from unnest($3::uuid[], $4::timestamptz[]) s (tenant, at)
         ), spent as (
             select s.at, j.id from slot s join graphile_worker.jobs j on j.key = s.key
             where j.attempts >= j.max_attempts and j.locked_at is null
         )
         select graphile_worker.add_job(
                    identifier => $1, queue_name => s.key, job_key => s.key, run_at => s.at,
                    job_key_mode => 'unsafe_dedupe',
                    payload => json_build_object('microsoft_tenant_id', s.tenant, 'trigger', $5::text))
         from slot s where not exists (select 1 from graphile_worker.jobs j where j.key = s.key)
         union all
         select graphile_worker.reschedule_jobs(array[s.id], run_at => s.at, attempts => 0) from spent s",
    )
    .bind(RUN_TASK)
    .bind(KEY)
    .bind(tenants)
    .bind(times)
    .bind(Trigger::Hourly.key())
    .execute(db)
    .await?;
    Ok(())
}

/// Asks again for a run that found the Microsoft tenant in other hands.
pub async fn postpone_run(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    trigger: Trigger,
    at: DateTime<Utc>,
) -> Result<()> {
    add(db, tenant, trigger, Some(at), "replace").await
}

/// Drops the run that waits: the Microsoft tenant was removed.
pub async fn forget(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<()> {
    sqlx::query("select graphile_worker.remove_job($1)")
        .bind(key(tenant))
        .execute(db)
        .await?;
    Ok(())
}

/// The name of a Microsoft tenant's queue, and the key of its one waiting job.
fn key(tenant: MicrosoftTenantId) -> String {
    format!("{KEY}{tenant}")
}

async fn add(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    trigger: Trigger,
    at: Option<DateTime<Utc>>,
    mode: &'static str,
) -> Result<()> {
    sqlx::query(
        "select graphile_worker.add_job(
             identifier => $1, payload => $2::jsonb::json, queue_name => $3, job_key => $3, run_at => coalesce($4, now()),
             job_key_mode => $5)",
    )
    .bind(RUN_TASK)
    .bind(sqlx::types::Json(
        serde_json::json!({ "microsoft_tenant_id": tenant, "trigger": trigger }),
    ))
    .bind(key(tenant))
    .bind(at)
    .bind(mode)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a run of this Microsoft tenant is due or at work in the queue.
pub async fn is_requested(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<bool> {
    Ok(
        sqlx::query_scalar("select exists (select 1 from graphile_worker.jobs where key = $1 and run_at <= now())")
            .bind(key(tenant))
            .fetch_one(db)
            .await?,
    )
}

/// Tells all workers that jobs are free again, which the queue itself does not: it tells of new ones alone.
pub async fn tell_all(db: impl PgExecutor<'_>) -> Result<()> {
    sqlx::query("select pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(LOOK)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether there is a job that is due and that any worker could take: none of its Microsoft tenant is at work.
pub async fn is_anything_free(db: impl PgExecutor<'_>) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from graphile_worker.jobs j
                        where j.run_at <= now() and j.locked_at is null and j.attempts < j.max_attempts
                          and not exists (select 1 from graphile_worker.jobs b
                                          where b.queue_name = j.queue_name and b.locked_at is not null))",
    )
    .fetch_one(db)
    .await?)
}

/// How many runs are due and wait, and for how many seconds the oldest has been due, by the database's clock. A run at
/// work does not wait; one that waits for a run of its own Microsoft tenant does.
pub async fn waiting(db: impl PgExecutor<'_>) -> Result<(f64, f64)> {
    Ok(sqlx::query_as(
        "select count(*)::float8, coalesce(extract(epoch from now() - min(run_at)), 0)::float8
         from graphile_worker.jobs
         where task_identifier = $1 and run_at <= now() and locked_at is null and attempts < max_attempts",
    )
    .bind(RUN_TASK)
    .fetch_one(db)
    .await?)
}
