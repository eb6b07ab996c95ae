//! The worker and its queue.

use crate::{
    engine::{
        Engine,
        worker::{WorkerSettings, schedule_all, work},
    },
    model::{filter::Filters, run::Trigger},
    store::{self, queue},
    tests::{
        crash::several::connected,
        support::{Stage, engine, tester, until},
    },
};
use serde_json::json;
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const SETTINGS: WorkerSettings = WorkerSettings {
    interval: chrono::Duration::hours(1),
    concurrency: 2,
    dead_after: Duration::from_secs(2),
    // Of a dead worker's job no notice tells.
    poll: Duration::from_secs(2),
};

async fn runs(pool: &PgPool, state: &str) -> i64 {
    sqlx::query_scalar("select count(*) from run where state = $1")
        .bind(state)
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Jobs that wait or are at work, and when the waiting one is due.
async fn jobs(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select count(*) from graphile_worker.jobs where attempts < max_attempts or locked_at is not null",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Drops what connecting asked for, so that a test begins with an empty queue.
async fn empty_queue(pool: &PgPool) {
    sqlx::query("delete from graphile_worker._private_jobs")
        .execute(pool)
        .await
        .unwrap();
}

struct Worker {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Worker {
    fn start(engine: &Engine) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(work(engine.clone(), SETTINGS, stop.clone()));
        Self { stop, task }
    }

    async fn stop(self) -> Duration {
        let started = Instant::now();
        self.stop.cancel();
        self.task.await.unwrap();
        started.elapsed()
    }
}

#[sqlx::test(migrations = false)]
async fn enabling_a_sync_is_enough_for_a_worker_to_write_its_people(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    empty_queue(&pool).await;
    stage.enable(&Filters::default()).await;
    let worker = Worker::start(&stage.engine);
    until("a run succeeds", 60, || async { runs(&pool, "succeeded").await == 1 }).await;
    let took = worker.stop().await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(stage.count().await > 0);
    let trigger: String = sqlx::query_scalar("select trigger from run")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(trigger, Trigger::SetUp.key());
}

#[sqlx::test(migrations = false)]
async fn a_request_is_queued_with_the_switch_or_not_at_all(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    empty_queue(&pool).await;
    // What fails at the very end takes the request back.
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
         create constraint trigger refuse after insert on user_sync deferrable initially deferred
         for each row execute function refuse();",
    )
    .execute(&pool)
    .await
    .unwrap();
    let refused = store::user_sync::save(
        &pool,
        &tester(),
        stage.organization,
        stage.tenant,
        &Filters::default(),
        None,
    )
    .await;
    assert!(refused.is_err());
    assert_eq!(jobs(&pool).await, 0);
    sqlx::raw_sql("drop trigger refuse on user_sync")
        .execute(&pool)
        .await
        .unwrap();
    stage.enable(&Filters::default()).await;
    stage.enable(&Filters::default()).await;
    assert_eq!(jobs(&pool).await, 1, "further requests join the one that waits");
}

#[sqlx::test(migrations = false)]
async fn a_request_during_a_run_queues_one_more_and_further_ones_join_it(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    empty_queue(&pool).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(1_000).await;
    let worker = Worker::start(&stage.engine);
    stage.in_the_middle().await;
    for _ in 0..3 {
        queue::request_run(&pool, stage.tenant, Trigger::Manual).await.unwrap();
    }
    assert!(queue::is_requested(&pool, stage.tenant).await.unwrap());
    assert_eq!(runs(&pool, "running").await, 1);
    until("both runs succeed", 60, || async {
        runs(&pool, "succeeded").await == 2
    })
    .await;
    until("nothing waits but the next hour", 60, || async {
        !queue::is_requested(&pool, stage.tenant).await.unwrap()
    })
    .await;
    assert_eq!(runs(&pool, "succeeded").await, 2);
    worker.stop().await;
}

#[sqlx::test(migrations = false)]
async fn scheduling_twice_is_scheduling_once_and_leaves_a_request_as_soon_as_it_was(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    assert!(
        queue::is_requested(&pool, stage.tenant).await.unwrap(),
        "connecting asks for a run"
    );
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(jobs(&pool).await, 1);
    assert!(
        queue::is_requested(&pool, stage.tenant).await.unwrap(),
        "the schedule put a request off"
    );

    empty_queue(&pool).await;
    for _ in 0..2 {
        schedule_all(&stage.engine, SETTINGS).await.unwrap();
    }
    assert_eq!(jobs(&pool).await, 1);
    assert!(!queue::is_requested(&pool, stage.tenant).await.unwrap());
    queue::request_run(&pool, stage.tenant, Trigger::Manual).await.unwrap();
    assert_eq!(jobs(&pool).await, 1, "a request brings the waiting run forward");
    assert!(queue::is_requested(&pool, stage.tenant).await.unwrap());
}

#[sqlx::test(migrations = false)]
async fn many_tenants_are_scheduled_in_one_transaction_and_once(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    empty_queue(&pool).await;
    sqlx::query(
        "insert into microsoft_tenant (id, entra_tenant_id, display_name, failed_runs)
         select gen_random_uuid(), gen_random_uuid(), 'Customer ' || n, 0 from generate_series(1, 199) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let written = async || -> Vec<(String, String)> {
        sqlx::query_as("select key, xmin::text from graphile_worker._private_jobs order by key")
            .fetch_all(&pool)
            .await
            .unwrap()
    };
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    let jobs = written().await;
    let transactions: std::collections::BTreeSet<_> = jobs.iter().map(|(_, transaction)| transaction).collect();
    assert_eq!((jobs.len(), transactions.len()), (200, 1));
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(written().await, jobs, "a second look wrote something");
    let due: i64 = sqlx::query_scalar(
        "select count(*) from graphile_worker.jobs where run_at > now() and run_at <= now() + interval '1 hour'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(due, 200);
}

#[sqlx::test(migrations = false)]
async fn a_worker_that_has_done_a_job_takes_the_next_one_and_waits_for_no_look(pool: PgPool) {
    let (microsoft, tenants) = connected(&pool, 6).await;
    let stop = CancellationToken::new();
    // One place, and a look that never comes.
    let settings = WorkerSettings {
        concurrency: 1,
        poll: Duration::from_secs(3_600),
        ..SETTINGS
    };
    let worker = tokio::spawn(work(engine(&pool, &microsoft), settings, stop.clone()));
    until("all have run", 60, || async {
        runs(&pool, "succeeded").await >= i64::try_from(tenants.len()).unwrap()
    })
    .await;
    stop.cancel();
    worker.await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_run_that_is_asked_to_wait_for_minutes_comes_back_then_and_keeps_its_place_from_nobody(pool: PgPool) {
    let (microsoft, _) = connected(&pool, 3).await;
    for tenant in ["customer0", "customer1"] {
        let fault = json!({
            "tenant": tenant, "path": "/v1.0/users/delta", "kind": "status", "status": 503, "retryAfter": 600,
        });
        microsoft.add_fault(serde_json::from_value(fault).unwrap()).unwrap();
    }
    let stop = CancellationToken::new();
    let settings = WorkerSettings {
        concurrency: 1,
        ..SETTINGS
    };
    let worker = tokio::spawn(work(engine(&pool, &microsoft), settings, stop.clone()));
    until("two are put off and the third has run", 60, || async {
        runs(&pool, "put_off").await == 2 && runs(&pool, "succeeded").await == 1
    })
    .await;
    stop.cancel();
    worker.await.unwrap();
    let waits: Vec<f64> = sqlx::query_scalar(
        "select extract(epoch from j.run_at - r.finished_at)::float8
         from run r join graphile_worker.jobs j on j.key = 'microsoft_tenant:' || r.microsoft_tenant_id
         where r.state = 'put_off'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let as_told = waits.iter().filter(|wait| (540.0..=660.0).contains(*wait)).count();
    assert_eq!((waits.len(), as_told), (2, 2), "{waits:?}");
}

#[sqlx::test(migrations = false)]
async fn a_job_that_used_up_its_tries_does_not_keep_its_tenant_from_the_schedule(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    sqlx::query("update graphile_worker._private_jobs set attempts = max_attempts")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(jobs(&pool).await, 0);
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(jobs(&pool).await, 1);
}

/// A worker in a runtime of its own, which ends as a process does when it is killed.
fn doomed_worker(stage: &Stage) -> (tokio::runtime::Runtime, std::net::SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let options = (*stage.pool.connect_options()).clone();
    let graph = stage.engine.graph.clone();
    runtime.spawn(async move {
        let pool = PgPool::connect_with(options).await.unwrap();
        work(Engine::new(pool, graph), SETTINGS, CancellationToken::new()).await;
    });
    (runtime, stage.microsoft.address())
}

#[sqlx::test(migrations = false)]
async fn a_killed_worker_does_not_keep_its_tenant_from_running(pool: PgPool) {
    let mut stage = Stage::new(&pool, 25).await;
    empty_queue(&pool).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(60_000).await;
    let (doomed, _) = doomed_worker(&stage);
    stage.in_the_middle().await;
    doomed.shutdown_background();
    // Connections of the dead runtime are dead too.
    stage.engine = engine(&pool, &stage.microsoft);
    stage.lift_faults().await;
    sqlx::query("update run_lease set expires_at = now() + interval '1 second'")
        .execute(&pool)
        .await
        .unwrap();

    let worker = Worker::start(&stage.engine);
    until("the tenant runs again", 60, || async {
        runs(&pool, "succeeded").await > 0
    })
    .await;
    assert_eq!(
        runs(&pool, "running").await,
        0,
        "the run of the dead worker still calls itself running"
    );
    assert!(stage.count().await > 0);
    worker.stop().await;
}

#[sqlx::test(migrations = false)]
async fn a_worker_told_to_stop_in_the_middle_of_a_run_hands_it_to_another_at_once(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    empty_queue(&pool).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(60_000).await;
    let worker = Worker::start(&stage.engine);
    stage.in_the_middle().await;
    let took = worker.stop().await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!((runs(&pool, "running").await, runs(&pool, "failed").await), (0, 1));
    let error: String = sqlx::query_scalar("select error from run")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(error.contains("handed back"), "{error}");
    let leases: i64 = sqlx::query_scalar("select count(*) from run_lease where expires_at > clock_timestamp()")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(leases, 0, "the next worker would wait for the lease to end");
    assert_eq!(jobs(&pool).await, 1, "the run that was broken off comes again");
    assert!(queue::is_requested(&pool, stage.tenant).await.unwrap(), "and at once");

    let another = Worker::start(&stage.engine);
    // Far less than the lease, which nobody has to wait for.
    until("the tenant runs again", 60, || async {
        runs(&pool, "succeeded").await == 1
    })
    .await;
    let triggers: Vec<String> = sqlx::query_scalar("select trigger from run")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(triggers, [Trigger::SetUp.key(), Trigger::SetUp.key()]);
    assert!(stage.count().await > 0);
    another.stop().await;
}

/// Transactions that Postgres has counted in this database; each connection tells of its own within a second.
async fn transactions(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select xact_commit from pg_stat_database where datname = current_database()")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_worker_with_an_empty_queue_looks_into_it_now_and_then_and_not_all_the_time(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    empty_queue(&pool).await;
    stage.enable(&Filters::default()).await;
    let worker = Worker::start(&stage.engine);
    until("a run succeeds", 60, || async { runs(&pool, "succeeded").await == 1 }).await;
    // What the run did is told of by then.
    sleep(Duration::from_secs(2)).await;
    let before = transactions(&pool).await;
    sleep(Duration::from_secs(4)).await;
    let told = transactions(&pool).await - before;
    worker.stop().await;
    // Some looks into the queue and at the lease of the schedule; asked without a rest there are hundreds in each second.
    assert!(told < 100, "{told} transactions with nothing to do");
}
