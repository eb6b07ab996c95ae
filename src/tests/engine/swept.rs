//! A worker that is gone, or was frozen for longer than its lease, leaves no run that is shown as at work.

use crate::{
    engine::worker::{DEAD_AFTER, POLL, WorkerSettings, schedule_all},
    model::{
        ids::RunId,
        run::{RunState, Trigger},
    },
    store::{
        self, StoreError,
        lease::{self, Lease},
    },
    tests::support::Stage,
};
use chrono::{Duration, Utc};
use sqlx::PgPool;
use uuid::Uuid;

const SETTINGS: WorkerSettings = WorkerSettings {
    interval: Duration::hours(1),
    concurrency: 1,
    dead_after: DEAD_AFTER,
    poll: POLL,
};

/// A run whose worker says nothing more.
async fn left(stage: &Stage) -> (RunId, Lease) {
    let (run, lease) = (RunId(Uuid::now_v7()), Lease::new(stage.tenant));
    assert!(lease::acquire(&stage.pool, lease).await.unwrap());
    let mut connection = stage.pool.acquire().await.unwrap();
    store::run::start(&mut connection, run, lease, Trigger::Hourly)
        .await
        .unwrap();
    // Connecting asked for a run, which would be shown as well.
    sqlx::query("delete from graphile_worker._private_jobs")
        .execute(&stage.pool)
        .await
        .unwrap();
    (run, lease)
}

async fn expire(stage: &Stage) {
    sqlx::query("update run_lease set expires_at = clock_timestamp()")
        .execute(&stage.pool)
        .await
        .unwrap();
}

async fn leases(stage: &Stage) -> i64 {
    let leases = sqlx::query_scalar("select count(*) from run_lease");
    leases.fetch_one(&stage.pool).await.unwrap()
}

/// Whether the page of the Microsoft tenant says that a run is at work.
async fn is_shown_at_work(stage: &Stage) -> bool {
    let now = store::in_utc(Utc::now());
    let rows = store::microsoft_tenant::rows(&stage.pool, Some(stage.tenant), &now).await;
    rows.unwrap().remove(0).running
}

#[sqlx::test(migrations = false)]
async fn the_schedule_ends_a_run_whose_lease_is_over_and_none_other(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (run, lease) = left(&stage).await;
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(stage.run_row(run).await.state, RunState::Running);
    assert!(is_shown_at_work(&stage).await);

    expire(&stage).await;
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    let row = stage.run_row(run).await;
    assert_eq!(row.state, RunState::Failed);
    assert!(row.error.unwrap().contains("worker stopped"));
    assert_eq!(leases(&stage).await, 0);
    assert!(!is_shown_at_work(&stage).await);
    // Who wakes up now writes nothing.
    let mut late = pool.begin().await.unwrap();
    let checked = lease::check(&mut late, lease).await;
    assert!(matches!(checked, Err(StoreError::LeaseLost)));
    stage.run_well().await;
}

#[sqlx::test(migrations = false)]
async fn a_transaction_that_may_yet_commit_keeps_its_run_and_nobody_waits_for_it(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (run, lease) = left(&stage).await;
    let mut tx = pool.begin().await.unwrap();
    lease::check(&mut tx, lease).await.unwrap();
    expire(&stage).await;
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(stage.run_row(run).await.state, RunState::Running);
    tx.rollback().await.unwrap();
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(stage.run_row(run).await.state, RunState::Failed);
}

#[sqlx::test(migrations = false)]
async fn a_run_without_any_lease_is_ended_too(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (run, lease) = left(&stage).await;
    lease::release(&pool, lease).await.unwrap();
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(stage.run_row(run).await.state, RunState::Failed);
    assert!(!is_shown_at_work(&stage).await);
}
