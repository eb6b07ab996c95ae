//! Requests for runs, in the job queue. One named queue per Microsoft tenant, so that its runs follow one another
//! across processes; one job key per Microsoft tenant, so that further requests join the one that waits.

use super::error::Result;
use crate::model::{ids::MicrosoftTenantId, run::Trigger};
use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};

/// The schema of the queue's own tables.
pub const SCHEMA: &str = "graphile_worker";
/// The name of the task that runs a Microsoft tenant.
pub const RUN_TASK: &str = "run_microsoft_tenant";

/// Asks for a run at once. A request that waits is brought forward; during a run, one more is queued.
pub async fn request_run(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, trigger: Trigger) -> Result<()> {
    add(db, tenant, trigger, None, "replace").await
}

/// Sees to it that a run is scheduled: nothing happens when one waits already, or is at work.
pub async fn schedule_run(pool: &PgPool, tenant: MicrosoftTenantId, at: DateTime<Utc>) -> Result<()> {
    add(pool, tenant, Trigger::Hourly, Some(at), "unsafe_dedupe").await?;
    // A job whose tries are used up still holds the key, and would keep its Microsoft tenant from ever running again.
    sqlx::query(
        "select graphile_worker.reschedule_jobs(array_agg(id), run_at => $2, attempts => 0) from graphile_worker.jobs
         where key = $1 and attempts >= max_attempts and locked_at is null",
    )
    .bind(key(tenant))
    .bind(at)
    .execute(pool)
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
    format!("microsoft_tenant:{tenant}")
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
