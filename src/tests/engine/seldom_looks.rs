//! A queue that is looked into seldom: what is asked for starts at once all the same.

use crate::{
    engine::worker::{DEAD_AFTER, POLL, WorkerSettings, poll, work},
    model::{filter::Filters, run::Trigger},
    store::{self, queue},
    tests::support::{Stage, until},
};
use sqlx::PgPool;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A look that never comes.
const SETTINGS: WorkerSettings = WorkerSettings {
    interval: chrono::Duration::hours(1),
    concurrency: 2,
    dead_after: DEAD_AFTER,
    poll: Duration::from_secs(3_600),
};

async fn empty_queue(pool: &PgPool) {
    sqlx::query("delete from graphile_worker._private_jobs")
        .execute(pool)
        .await
        .unwrap();
}

async fn succeeded(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from run where state = 'succeeded'")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_request_during_a_run_is_taken_when_that_has_ended_and_waits_for_no_look(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    empty_queue(&pool).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(1_000).await;
    let stop = CancellationToken::new();
    let worker = tokio::spawn(work(stage.engine.clone(), SETTINGS, stop.clone()));
    stage.in_the_middle().await;
    queue::request_run(&pool, stage.tenant, Trigger::Manual).await.unwrap();
    until("both runs succeed", 60, || async { succeeded(&pool).await == 2 }).await;
    stop.cancel();
    worker.await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_job_that_a_look_passed_over_as_another_worker_was_looking_is_looked_for_again(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    empty_queue(&pool).await;
    // As a worker has them that looks.
    let mut another = pool.begin().await.unwrap();
    let queues = sqlx::query("select 1 from graphile_worker._private_job_queues for update")
        .fetch_all(&mut *another)
        .await
        .unwrap();
    assert!(!queues.is_empty());
    let stop = CancellationToken::new();
    let worker = tokio::spawn(work(stage.engine.clone(), SETTINGS, stop.clone()));
    queue::request_run(&pool, stage.tenant, Trigger::Manual).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(succeeded(&pool).await, 0);
    another.rollback().await.unwrap();
    until("it runs", 60, || async { succeeded(&pool).await == 1 }).await;
    stop.cancel();
    worker.await.unwrap();
}

#[test]
fn the_queue_is_looked_into_seldom_and_more_often_where_a_lease_is_short() {
    assert_eq!(poll(store::lease::LENGTH), POLL);
    assert_eq!(poll(Duration::from_secs(600)), POLL);
    assert_eq!(poll(Duration::from_secs(30)), Duration::from_secs(5));
    assert_eq!(poll(Duration::from_secs(2)), Duration::from_secs(2));
}
