//! What Prometheus is told of runs and of requests to Microsoft.

use crate::{
    model::{filter::Filters, ids::RunId, run::Trigger},
    server::metrics::{describe, recorder, router},
    store::{
        self,
        lease::{self, Lease},
    },
    tests::support::Stage,
};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header::CONTENT_TYPE},
};
use metrics::set_default_local_recorder;
use serde_json::json;
use sqlx::PgPool;
use tower::ServiceExt as _;
use uuid::Uuid;

/// The value of a series, by its whole name.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(line.parse().unwrap())
}

#[sqlx::test(migrations = false)]
async fn runs_requests_waits_and_rows_are_counted_without_naming_anybody(pool: PgPool) {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    let _measured = set_default_local_recorder(&recorder);
    describe();
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    // Its members are read by a listing of their own.
    let hidden = json!({ "displayName": "Hidden", "visibility": "HiddenMembership", "members": [] });
    stage.control("POST", "tenants/contoso/groups", Some(hidden)).await;
    stage
        .fault(json!({ "path": "/v1.0/groups/delta?*", "kind": "status", "status": 429, "retryAfter": 1, "times": 1 }))
        .await;
    stage
        .fault(json!({ "path": "/v1.0/users/delta", "kind": "status", "status": 503, "retryAfter": 1, "times": 1 }))
        .await;
    // Whose worker was killed.
    let dead = Lease::new(stage.tenant);
    assert!(lease::acquire(&pool, dead).await.unwrap());
    let mut connection = pool.acquire().await.unwrap();
    store::run::start(&mut connection, RunId(Uuid::now_v7()), dead, Trigger::Hourly)
        .await
        .unwrap();
    drop(connection);
    sqlx::query("update run_lease set expires_at = clock_timestamp() - interval '1 second'")
        .execute(&pool)
        .await
        .unwrap();
    stage.run_well().await;
    stage.lift_faults().await;
    stage.fault(json!({ "path": "/v1.0/users", "kind": "malformed" })).await;
    stage.run_badly().await;
    let text = handle.render();
    let told = |series: &str| value(&text, series).unwrap_or_default();
    let succeeded = "{trigger=\"manual\",end=\"succeeded\"}";
    assert_eq!(told(&format!("entrain_runs_total{succeeded}")), 1.0, "{text}");
    assert_eq!(told("entrain_runs_total{trigger=\"manual\",end=\"failed\"}"), 1.0);
    assert_eq!(told(&format!("entrain_run_duration_seconds_count{succeeded}")), 1.0);
    assert_eq!(told("entrain_runs_total{trigger=\"hourly\",end=\"cut_off\"}"), 1.0);
    assert_eq!(told("entrain_runs_at_work"), 0.0);
    let requests = |endpoint: &str, status: &str| {
        told(&format!(
            "entrain_graph_requests_total{{endpoint=\"{endpoint}\",status=\"{status}\"}}"
        ))
    };
    assert!(requests("/users/delta", "200") >= 1.0, "{text}");
    assert!(requests("/groups/{id}/members", "200") >= 1.0);
    assert_eq!(requests("/groups/delta", "429"), 1.0);
    assert!(requests("token", "200") >= 1.0);
    assert_eq!(requests("/users/delta", "503"), 1.0);
    assert_eq!(told("entrain_throttle_wait_seconds_count{cause=\"microsoft\"}"), 2.0);
    assert_eq!(told("entrain_throttle_wait_seconds_sum{cause=\"microsoft\"}"), 2.0);
    let people = f64::from(i32::try_from(stage.count().await).unwrap());
    assert!(people > 0.0);
    let created = told("entrain_rows_written_total{table=\"end_user\",outcome=\"create\"}");
    assert_eq!(created, people);
    for (table, outcome) in [
        ("directory_user", "upsert"),
        ("directory_user_groups", "upsert"),
        ("directory_group", "upsert"),
        ("directory_group_member", "change"),
        ("subscribed_sku", "upsert"),
        ("end_user_mapping", "upsert"),
    ] {
        let sql = format!("select count(*) from {table}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&pool)
            .await
            .unwrap();
        let written = told(&format!(
            "entrain_rows_written_total{{table=\"{table}\",outcome=\"{outcome}\"}}"
        ));
        assert!(rows > 0, "{table}");
        assert_eq!(written, f64::from(i32::try_from(rows).unwrap()), "{table}");
    }
    assert!(
        !text.contains("contoso") && !text.contains(&stage.tenant.to_string()),
        "{text}"
    );
    let ids: Vec<_> = text.split('"').filter(|label| label.split('/').any(is_id)).collect();
    assert!(ids.is_empty(), "an id became a label: {ids:?}");
}

#[sqlx::test(migrations = false)]
async fn a_run_that_was_cut_off_and_whose_lease_is_gone_is_counted_by_the_next(pool: PgPool) {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    let _measured = set_default_local_recorder(&recorder);
    describe();
    let stage = Stage::new(&pool, 0).await;
    // As a worker leaves it that was killed while an integration was removed, which takes the lease away.
    let (run, gone) = (RunId(Uuid::now_v7()), Lease::new(stage.tenant));
    let mut connection = pool.acquire().await.unwrap();
    store::run::start(&mut connection, run, gone, Trigger::Hourly)
        .await
        .unwrap();
    drop(connection);
    stage.run_well().await;
    let row = stage.run_row(run).await;
    assert!(row.error.unwrap().contains("worker stopped"));
    let text = handle.render();
    let series = "entrain_runs_total{trigger=\"hourly\",end=\"cut_off\"}";
    assert_eq!(value(&text, series), Some(1.0), "{text}");
    stage.run_well().await;
    assert_eq!(value(&handle.render(), series), Some(1.0), "counted once");
}

fn is_id(part: &str) -> bool {
    part.parse::<Uuid>().is_ok()
}

#[sqlx::test(migrations = false)]
async fn metrics_tell_how_long_the_queue_is_and_how_old(pool: PgPool) {
    let recorder = recorder().unwrap();
    let _measured = set_default_local_recorder(&recorder);
    describe();
    let stage = Stage::new(&pool, 0).await;
    sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '1 minute'")
        .execute(&pool)
        .await
        .unwrap();
    let scrape = async || {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let answer = router(recorder.handle(), pool.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let text = scrape().await;
    assert_eq!(value(&text, "entrain_queue_depth"), Some(1.0), "{text}");
    assert!(value(&text, "entrain_queue_age_seconds").unwrap() >= 60.0, "{text}");
    assert!(text.contains("# HELP entrain_queue_age_seconds "), "{text}");

    // A run that is scheduled does not wait.
    sqlx::query("update graphile_worker._private_jobs set run_at = now() + interval '1 minute'")
        .execute(&pool)
        .await
        .unwrap();
    let text = scrape().await;
    let queue = ["entrain_queue_depth", "entrain_queue_age_seconds"].map(|name| value(&text, name));
    assert_eq!(queue, [Some(0.0), Some(0.0)], "{text}");

    stage.pool.close().await;
    let probe = Request::get("/readyz").body(Body::empty()).unwrap();
    let answer = router(recorder.handle(), pool.clone()).oneshot(probe).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let text = scrape().await;
    assert!(
        value(&text, "entrain_queue_depth").unwrap().is_nan(),
        "not known is not none: {text}"
    );
}
