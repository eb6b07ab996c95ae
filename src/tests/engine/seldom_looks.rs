//! A queue that is looked into seldom: what is asked for starts at once all the same.

use crate::{
    engine::worker::{DEAD_AFTER, POLL, WorkerSettings, poll, work},
    model::{filter::Filters, run::Trigger},
    store::{self, queue},
    tests::{
        crash::several::connected,
        support::{Stage, engine, until},
    },
};
use serde_json::json;
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

#[sqlx::test(migrations = false)]
async fn a_job_that_a_worker_without_a_free_place_gives_back_is_taken_at_once_by_one_that_has_nothing_to_do(
    pool: PgPool,
) {
    let (microsoft, _) = connected(&pool, 2).await;
    // Whichever is first is at work for as long as this takes.
    let fault = json!({ "path": "/v1.0/groups/delta?*", "kind": "delay", "delayMs": 60_000, "times": 1 });
    microsoft.add_fault(serde_json::from_value(fault).unwrap()).unwrap();
    let settings = WorkerSettings {
        concurrency: 1,
        ..SETTINGS
    };
    let stop = CancellationToken::new();
    let full = tokio::spawn(work(engine(&pool, &microsoft), settings, stop.clone()));
    until("it has fetched the other one ahead", 60, || async {
        let taken: i64 = sqlx::query_scalar("select count(*) from graphile_worker.jobs where locked_at is not null")
            .fetch_one(&pool)
            .await
            .unwrap();
        taken == 2
    })
    .await;
    // As another process has it.
    let elsewhere = PgPool::connect_with((*pool.connect_options()).clone()).await.unwrap();
    let idle = tokio::spawn(work(engine(&elsewhere, &microsoft), settings, stop.clone()));
    until("the other one has run", 60, || async { succeeded(&pool).await == 1 }).await;
    let at_work: i64 = sqlx::query_scalar("select count(*) from run where state = 'running'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(at_work, 1, "it waited for the long one");
    stop.cancel();
    full.await.unwrap();
    idle.await.unwrap();
    elsewhere.close().await;
}

#[test]
fn the_queue_is_looked_into_seldom_and_more_often_where_a_lease_is_short() {
    assert_eq!(poll(store::lease::LENGTH), POLL);
    assert_eq!(poll(Duration::from_secs(600)), POLL);
    assert_eq!(poll(Duration::from_secs(30)), Duration::from_secs(5));
    assert_eq!(poll(Duration::from_secs(2)), Duration::from_secs(2));
}
