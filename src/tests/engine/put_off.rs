//! Microsoft asks to wait for minutes: the run ends, and comes back later with what it had read.

use crate::{
    engine::{RunError, run::RunEnd},
    model::{filter::Filters, ids::RunId, run::RunState},
    store::{self, activity::RunFilter},
    tests::support::Stage,
};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use sqlx::PgPool;

async fn put_off(stage: &Stage) -> (RunId, DateTime<Utc>) {
    match stage.run().await {
        RunEnd::Failed(run, RunError::PutOff { until, .. }) => (run, until),
        other => panic!("{other:?}"),
    }
}

async fn leases(pool: &PgPool) -> i64 {
    let leases = sqlx::query_scalar("select count(*) from run_lease");
    leases.fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_run_that_is_asked_to_wait_for_minutes_is_put_off_and_goes_on_where_it_was(pool: PgPool) {
    let stage = Stage::new(&pool, 60).await;
    stage.small_pages().await;
    stage.enable(&Filters::default()).await;
    for (kind, status) in [("users", 429), ("groups", 503)] {
        let path = format!("/v1.0/{kind}/delta?*skiptoken*");
        stage
            .fault(json!({ "path": path, "kind": "status", "status": status, "retryAfter": 600, "nth": 3 }))
            .await;
        let asked_at = Utc::now();
        let (run, until) = put_off(&stage).await;
        assert!(until >= asked_at + Duration::seconds(600), "{until}");
        assert_eq!(leases(&pool).await, 0);
        let row = stage.run_row(run).await;
        assert_eq!(row.state, RunState::PutOff);
        let (words, told) = (row.error.unwrap(), until.format("%Y-%m-%d %H:%M UTC").to_string());
        assert!(words.contains(&format!("asked to wait until {told}")), "{words}");

        let asked = stage.asked_of_delta(kind);
        let refused = asked.last().unwrap().clone();
        assert_eq!(
            asked.iter().filter(|query| **query == refused).count(),
            1,
            "nobody insists"
        );
        stage.lift_faults().await;
        stage.forget_requests().await;
        if kind == "users" {
            assert!(stage.living().await > 0, "what was read is kept");
            // The pass over users goes on and ends well; the next fault is for the one over groups.
            stage
                .fault(json!({ "path": "/v1.0/groups/delta", "kind": "malformed", "times": 1 }))
                .await;
            stage.run_badly().await;
            stage.lift_faults().await;
        } else {
            stage.run_well().await;
        }
        assert_eq!(stage.asked_of_delta(kind)[0], refused, "{kind}");
        stage.forget_requests().await;
    }
    let users = stage.directory().await["users"].as_array().unwrap().len();
    assert_eq!(usize::try_from(stage.living().await).unwrap(), users);
    assert!(stage.count().await > 0);
}

#[sqlx::test(migrations = false)]
async fn runs_that_are_put_off_say_nothing_against_the_tenant_however_often(pool: PgPool) {
    let mut stage = Stage::new(&pool, 0).await;
    stage.enable(&Filters::default()).await;
    let busy = "TooManyRequests";
    for (path, code) in [("/v1.0/users", busy), ("/v1.0/groups", busy), ("token", "90055")] {
        stage
            .fault(json!({ "path": path, "kind": "status", "status": 429, "code": code, "retryAfter": 3_600 }))
            .await;
        // With no token at hand.
        stage.engine = crate::tests::support::engine(&pool, &stage.microsoft);
        for _ in 0..3 {
            put_off(&stage).await;
        }
        stage.lift_faults().await;
    }
    let failed: i32 = sqlx::query_scalar("select failed_runs from microsoft_tenant")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(failed, 0);
    assert_eq!(stage.status().await, ("connected".into(), String::new()));
    assert_eq!(stage.attention(stage.organization).await, None);
    let filter = RunFilter {
        result: "put_off".into(),
        ..RunFilter::default()
    };
    let (list, _) = store::activity::runs(&pool, &filter, 1, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    assert_eq!(list.len(), 9, "Activity lists them by their own name");
    stage.run_well().await;
}

#[sqlx::test(migrations = false)]
async fn whatever_microsoft_asks_for_the_run_comes_back_within_an_hour(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage
        .fault(json!({ "path": "/v1.0/users", "kind": "status", "status": 503, "retryAfter": 1e15 }))
        .await;
    let (_, until) = put_off(&stage).await;
    assert!(until <= Utc::now() + Duration::hours(1), "{until}");
}

#[sqlx::test(migrations = false)]
async fn a_report_that_is_throttled_for_minutes_is_left_to_the_next_run_and_keeps_no_one_from_being_applied(
    pool: PgPool,
) {
    let stage = Stage::new(&pool, 5).await;
    stage.enable(&Filters::default()).await;
    for path in ["/v1.0/reports", "/v1.0/deviceManagement"] {
        stage
            .fault(json!({ "path": path, "kind": "status", "status": 429, "retryAfter": 600 }))
            .await;
    }
    stage.run_well().await;
    assert!(stage.count().await > 0);
}
