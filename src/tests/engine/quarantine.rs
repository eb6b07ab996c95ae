//! Five failed runs in a row: tried daily, and the ways out. And a run whose Microsoft tenant is removed under it.

use crate::{
    engine::{
        Engine, RunError,
        run::{RunEnd, run_tenant},
        worker::{DEAD_AFTER, POLL, WorkerSettings, schedule_all},
    },
    graph::{GraphClient, GraphSettings, Keyring},
    model::{
        audit::Action,
        filter::Filters,
        run::Trigger,
        tenant::{ConnectionStatus, MicrosoftTenantRow},
    },
    store::{self, StoreError, integration},
    tests::support::{Stage, tester},
};
use chrono::{DateTime, Duration, Utc};
use microsoft_sim::Options;
use serde_json::json;
use sqlx::PgPool;

const SETTINGS: WorkerSettings = WorkerSettings {
    interval: Duration::hours(1),
    concurrency: 1,
    dead_after: DEAD_AFTER,
    poll: POLL,
};

async fn row(stage: &Stage) -> MicrosoftTenantRow {
    let now = store::in_utc(Utc::now());
    let rows = store::microsoft_tenant::rows(&stage.pool, Some(stage.tenant), &now).await;
    rows.unwrap().remove(0)
}

/// Schedules anew and tells how far ahead the next run is.
async fn next_run(stage: &Stage) -> Duration {
    sqlx::query("delete from graphile_worker._private_jobs")
        .execute(&stage.pool)
        .await
        .unwrap();
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    let at: DateTime<Utc> = sqlx::query_scalar("select run_at from graphile_worker.jobs")
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    at - Utc::now()
}

/// A hash of the id may put the daily slot into the next hour; then a day's schedule can't be told from an hourly one.
async fn tried_daily(stage: &Stage) -> bool {
    let slot = crate::engine::schedule::next_slot(stage.tenant, Duration::days(1), Utc::now());
    let ahead = next_run(stage).await;
    ((slot - Utc::now()) - ahead).abs() < Duration::seconds(5)
}

#[sqlx::test(migrations = false)]
async fn five_failed_runs_in_a_row_are_quarantine_and_one_good_run_ends_it(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.fault(json!({ "path": "/v1.0/users", "kind": "malformed" })).await;
    for failed in 1..=4 {
        stage.run_badly().await;
        let row = row(&stage).await;
        assert_eq!(
            (row.status, row.quarantine),
            (ConnectionStatus::Attention, None),
            "after {failed}"
        );
    }
    assert!(next_run(&stage).await <= Duration::hours(1));
    let error = stage.run_badly().await;
    let quarantined = row(&stage).await;
    assert_eq!(quarantined.status, ConnectionStatus::Quarantine);
    assert_eq!(quarantined.status_reason, error.summary());
    assert_eq!(quarantined.quarantine.map(|it| it.failed_runs), Some(5));
    assert!(tried_daily(&stage).await);
    assert!(row(&stage).await.quarantine.unwrap().next_try.is_some());
    stage.run_badly().await;
    assert_eq!(row(&stage).await.quarantine.map(|it| it.failed_runs), Some(6));

    stage.lift_faults().await;
    stage.run_well().await;
    let well = row(&stage).await;
    assert_eq!((well.status, well.quarantine), (ConnectionStatus::Connected, None));
    assert!(next_run(&stage).await <= Duration::hours(1));
}

#[sqlx::test(migrations = false)]
async fn failures_that_pass_by_themselves_are_no_quarantine_and_end_none(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let busy = json!({ "path": "/v1.0/users", "kind": "status", "status": 429, "retryAfter": 0 });
    stage.fault(busy.clone()).await;
    for _ in 0..6 {
        stage.run_badly().await;
    }
    let throttled = row(&stage).await;
    assert_eq!(
        (throttled.status, throttled.quarantine),
        (ConnectionStatus::Attention, None)
    );
    assert!(!throttled.status_reason.is_empty() && next_run(&stage).await <= Duration::hours(1));

    stage.lift_faults().await;
    stage.fault(json!({ "path": "/v1.0/users", "kind": "malformed" })).await;
    for _ in 0..5 {
        stage.run_badly().await;
    }
    stage.lift_faults().await;
    stage.fault(busy).await;
    stage.run_badly().await;
    let still = row(&stage).await;
    assert_eq!(still.status, ConnectionStatus::Quarantine);
    assert_eq!(still.quarantine.map(|it| it.failed_runs), Some(5));
}

#[sqlx::test(migrations = false)]
async fn failures_that_should_pass_by_themselves_count_after_a_day_of_nothing_else(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage
        .fault(json!({ "path": "/v1.0/users", "kind": "status", "status": 500, "retryAfter": "0" }))
        .await;
    for _ in 0..6 {
        stage.run_badly().await;
    }
    assert_eq!(row(&stage).await.quarantine, None);
    let a_day_passes = async || {
        let done = sqlx::query("update microsoft_tenant set failing_since = failing_since - interval '25 hours'")
            .execute(&pool)
            .await;
        done.unwrap();
    };
    // One good run in between, and the day begins anew.
    a_day_passes().await;
    stage.lift_faults().await;
    stage.run_well().await;
    stage
        .fault(json!({ "path": "/v1.0/users", "kind": "status", "status": 500, "retryAfter": "0" }))
        .await;
    for _ in 0..6 {
        stage.run_badly().await;
    }
    assert_eq!(row(&stage).await.quarantine, None);
    a_day_passes().await;
    for _ in 0..5 {
        assert_eq!(row(&stage).await.quarantine, None);
        stage.run_badly().await;
    }
    let out_of_order = row(&stage).await;
    assert_eq!(out_of_order.status, ConnectionStatus::Quarantine);
    assert_eq!(out_of_order.quarantine.map(|it| it.failed_runs), Some(5));
    stage.lift_faults().await;
    stage.run_well().await;
    assert_eq!(row(&stage).await.quarantine, None);
}

#[sqlx::test(migrations = false)]
async fn a_failure_of_our_own_database_is_no_word_about_microsoft_and_hides_no_good_one(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    sqlx::raw_sql(
        "create function out_of_order() returns trigger language plpgsql as $$ begin raise exception 'ours'; end $$",
    )
    .execute(&pool)
    .await
    .unwrap();
    // The table that can't be written while something is to be written to it.
    let by_our_fault = async |table: &str, title: &str| {
        stage.change(ana, json!({ "jobTitle": title })).await;
        let spoil = format!(
            "create trigger out_of_order before insert or update on {table} for each row
                 execute function out_of_order()"
        );
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(spoil)).execute(&pool).await;
        done.unwrap();
        let error = stage.run_badly().await;
        assert!(matches!(error, RunError::Store(StoreError::Query(_))), "{error:?}");
        let mend = format!("drop trigger out_of_order on {table}");
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(mend)).execute(&pool).await;
        done.unwrap();
    };
    let failing_since = async || -> Option<DateTime<Utc>> {
        let since = sqlx::query_scalar("select failing_since from microsoft_tenant");
        since.fetch_one(&pool).await.unwrap()
    };
    for n in 0..6 {
        by_our_fault("end_user", &format!("Clerk {n}")).await;
    }
    let ours = row(&stage).await;
    assert_eq!((ours.status, ours.quarantine), (ConnectionStatus::Connected, None));
    assert_eq!(failing_since().await, None);

    stage.fault(json!({ "path": "/v1.0/users", "kind": "malformed" })).await;
    for _ in 0..5 {
        stage.run_badly().await;
    }
    stage.lift_faults().await;
    let since = failing_since().await;
    by_our_fault("directory_user", "Buyer").await;
    assert_eq!(row(&stage).await.quarantine.map(|it| it.failed_runs), Some(5));
    assert_eq!(failing_since().await, since, "Microsoft was not read to the end");

    by_our_fault("end_user", "Head of Buying").await;
    let read = row(&stage).await;
    assert_eq!((read.status, read.quarantine), (ConnectionStatus::Connected, None));
    assert_eq!((read.status_reason.as_str(), failing_since().await), ("", None));
    assert!(next_run(&stage).await <= Duration::hours(1));
}

#[sqlx::test(migrations = false)]
async fn a_credential_that_ended_or_is_wrong_or_missing_is_no_quarantine_of_a_customer(pool: PgPool) {
    let mut stage = Stage::new(&pool, 0).await;
    for code in ["7000222", "7000215", "700027", "700021"] {
        stage
            .fault(json!({ "path": "token", "kind": "status", "status": 401, "code": code }))
            .await;
        for _ in 0..5 {
            stage.run_badly().await;
        }
        let row = row(&stage).await;
        assert_eq!(
            (row.status, row.quarantine),
            (ConnectionStatus::Attention, None),
            "{code}"
        );
        assert!(row.status_reason.contains(code), "{}", row.status_reason);
        stage.lift_faults().await;
    }
    // Nothing is set but the client ID.
    let address = format!("http://{}", stage.microsoft.address());
    let client = GraphClient::new(GraphSettings {
        reports_in_ten_seconds: 1_000,
        login_url: address.parse().unwrap(),
        graph_url: address.parse().unwrap(),
        client_id: Options::default().client_id,
        credential: Keyring::default(),
    });
    stage.engine = Engine::new(pool.clone(), Some(client.unwrap()));
    for _ in 0..6 {
        stage.run_badly().await;
    }
    let row = row(&stage).await;
    assert_eq!((row.status, row.quarantine), (ConnectionStatus::Attention, None));
    assert!(next_run(&stage).await <= Duration::hours(1));
}

#[sqlx::test(migrations = false)]
async fn lost_consent_keeps_its_name_in_quarantine_and_retry_now_ends_that_at_once(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.consent(false).await;
    for _ in 0..5 {
        stage.run_badly().await;
    }
    let lost = row(&stage).await;
    assert_eq!(
        lost.status,
        ConnectionStatus::ConsentNeeded,
        "the name tells the remedy"
    );
    assert!(lost.quarantine.is_some() && tried_daily(&stage).await);

    integration::retry_now(&pool, &tester(), stage.tenant).await.unwrap();
    let retried = row(&stage).await;
    assert_eq!(
        (retried.status, retried.quarantine),
        (ConnectionStatus::ConsentNeeded, None)
    );
    assert!(retried.running, "Retry Now asks for a run at once");
    let told = store::audit::of_subject(&pool, stage.tenant.0, 1, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    assert_eq!(told[0].action, Some(Action::SyncNow));
    // It fails again: that is the first of five.
    stage.run_badly().await;
    assert_eq!(row(&stage).await.quarantine, None);
    assert!(next_run(&stage).await <= Duration::hours(1));
}

#[sqlx::test(migrations = false)]
async fn an_integration_removed_in_the_middle_of_a_run_is_written_nothing_more(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(600).await;
    let (end, ()) = tokio::join!(stage.run(), async {
        stage.in_the_middle().await;
        integration::remove(&pool, &tester(), stage.tenant).await.unwrap();
        integration::forget_directory(&pool, stage.tenant).await.unwrap();
    });
    assert!(matches!(end, RunEnd::Failed(..)), "{end:?}");
    assert_eq!(stage.count().await, 0);
    assert_eq!(
        integration::to_forget(&pool).await.unwrap(),
        [],
        "the run wrote after the removal"
    );
    assert_eq!(stage.status().await, ("connected".into(), String::new()));
    let next = run_tenant(&stage.engine, stage.tenant, Trigger::Manual, Utc::now(), None).await;
    assert!(
        matches!(next, Err(RunError::Store(StoreError::NotFound(_)))),
        "{next:?}"
    );
}

#[sqlx::test(migrations = false)]
async fn what_a_cut_off_removal_left_is_deleted_by_the_schedule_and_not_after_connecting_again(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    integration::remove(&pool, &tester(), stage.tenant).await.unwrap();
    assert_eq!(integration::to_forget(&pool).await.unwrap(), [stage.tenant]);
    schedule_all(&stage.engine, SETTINGS).await.unwrap();
    assert_eq!(integration::to_forget(&pool).await.unwrap(), []);

    let domain = stage.microsoft.tenants()[0].default_domain.clone();
    crate::engine::connect::connect(&stage.engine, &tester(), &domain)
        .await
        .unwrap();
    stage.run_well().await;
    integration::forget_directory(&pool, stage.tenant).await.unwrap();
    let users: i64 = sqlx::query_scalar("select count(*) from directory_user")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(users > 0, "a connected directory was deleted");
}
