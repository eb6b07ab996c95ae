//! What goes wrong at Microsoft: nothing is half-written, the reason is on record, and the next run makes it good.

use crate::{
    model::filter::Filters,
    tests::support::{Stage, contoso, only, tester},
};
use microsoft_sim::{Options, Simulator};
use serde_json::json;
use sqlx::PgPool;
use std::time::{Duration, Instant};

/// More people than a page of a delta holds, and a user sync that has not run yet.
async fn many_pages(pool: &PgPool) -> Stage {
    let stage = Stage::new(pool, 1_003).await;
    let sales = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    stage.enable(&sales).await;
    stage
}

/// After a failure: nobody was written, the reason is shown, and the next run makes it good.
async fn nothing_written_and_then_healed(stage: &Stage, words: &str) {
    assert_eq!(stage.count().await, 0);
    let attention = stage.attention(stage.organization).await.unwrap();
    assert!(attention.contains(words), "{attention}");
    let (status, reason) = stage.status().await;
    assert_eq!((status.as_str(), reason), ("attention", attention));
    let left: i64 = sqlx::query_scalar("select count(*) from run_lease")
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    assert_eq!(left, 0, "the lease was not given back");

    stage.lift_faults().await;
    stage.run_well().await;
    assert!(stage.count().await > 50);
    assert_eq!(stage.attention(stage.organization).await, None);
    assert_eq!(stage.status().await, ("connected".into(), String::new()));
}

#[sqlx::test(migrations = false)]
async fn a_second_page_that_cannot_be_read_ends_the_run_with_nobody_written(pool: PgPool) {
    let stage = many_pages(&pool).await;
    stage
        .fault(json!({ "path": "/v1.0/users/delta?*skiptoken*", "kind": "malformed" }))
        .await;
    stage.run_badly().await;
    let stored: i64 = sqlx::query_scalar("select count(*) from directory_user")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 100, "earlier pages stay as facts");
    nothing_written_and_then_healed(&stage, "can not be read").await;
}

#[sqlx::test(migrations = false)]
async fn a_listing_that_leads_back_to_itself_ends_the_run(pool: PgPool) {
    let stage = many_pages(&pool).await;
    stage
        .fault(json!({ "path": "/v1.0/users/delta?*skiptoken*", "kind": "loop" }))
        .await;
    stage.run_badly().await;
    nothing_written_and_then_healed(&stage, "does not come to an end").await;
}

#[sqlx::test(migrations = false)]
async fn an_expired_page_token_begins_the_listing_anew_and_nobody_is_lost_or_doubled(pool: PgPool) {
    let stage = many_pages(&pool).await;
    for (path, nth) in [("/v1.0/users/delta?*skiptoken*", 1), ("/v1.0/groups/delta?*", 1)] {
        let fault = json!({
            "path": path, "nth": nth, "times": 2, "kind": "status", "status": 400, "code": "Directory_ExpiredPageToken",
        });
        stage.fault(fault).await;
    }
    stage.run_well().await;
    let expired = stage
        .microsoft
        .requests()
        .iter()
        .filter(|entry| entry.status == 400 && entry.fault.is_some())
        .count();
    assert_eq!(expired, 4, "both passes expired twice");
    let users: i64 = sqlx::query_scalar("select count(*) from directory_user where deleted_at is null")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(users, 1_003);
    // A run without faults finds that nothing is missing and nothing is to be changed.
    stage.lift_faults().await;
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn half_a_character_in_a_name_does_not_stop_the_run(pool: PgPool) {
    let stage = many_pages(&pool).await;
    stage
        .fault(json!({ "path": "/v1.0/users", "kind": "surrogate", "times": 1 }))
        .await;
    stage.run_well().await;
    let mended: i64 = sqlx::query_scalar("select count(*) from directory_user where display_name = $1")
        .bind("half \u{fffd} name")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(mended, 1);
}

#[sqlx::test(migrations = false)]
async fn an_expired_page_token_without_end_ends_the_run(pool: PgPool) {
    let stage = many_pages(&pool).await;
    let fault = json!({
        "path": "/v1.0/users/delta?*skiptoken*", "kind": "status", "status": 400, "code": "Directory_ExpiredPageToken",
    });
    stage.fault(fault).await;
    stage.run_badly().await;
    nothing_written_and_then_healed(&stage, "starts it anew").await;
}

#[sqlx::test(migrations = false)]
async fn an_error_for_ever_is_given_up_after_six_tries(pool: PgPool) {
    let stage = many_pages(&pool).await;
    stage
        .fault(json!({ "path": "/v1.0/groups/delta?*", "kind": "status", "status": 500, "retryAfter": 0 }))
        .await;
    stage.run_badly().await;
    nothing_written_and_then_healed(&stage, "out of order").await;
}

#[sqlx::test(migrations = false)]
async fn a_body_that_breaks_off_once_is_asked_for_again(pool: PgPool) {
    let stage = many_pages(&pool).await;
    stage
        .fault(json!({ "path": "/v1.0/users/delta?*skiptoken*", "kind": "cut", "times": 1 }))
        .await;
    stage.run_well().await;
    assert!(stage.count().await > 50);
}

#[sqlx::test(migrations = false)]
async fn a_page_of_groups_that_cannot_be_read_leaves_every_organization_alone(pool: PgPool) {
    let stage = many_pages(&pool).await;
    stage
        .fault(json!({ "path": "/v1.0/groups/delta", "nth": 3, "kind": "malformed" }))
        .await;
    stage.run_badly().await;
    nothing_written_and_then_healed(&stage, "can not be read").await;
}

#[sqlx::test(migrations = false)]
async fn withdrawn_consent_is_told_with_its_remedy_until_it_is_given_again(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let before = stage.people().await;
    stage.consent(false).await;
    let error = stage.run_badly().await;
    assert!(error.to_string().contains("consent"), "{error}");
    assert_eq!(stage.status().await.0, "consent_needed");
    assert!(stage.attention(stage.organization).await.unwrap().contains("consent"));
    assert_eq!(stage.people().await, before);

    stage.consent(true).await;
    stage.run_well().await;
    assert_eq!(
        (
            stage.status().await.0.as_str(),
            stage.attention(stage.organization).await
        ),
        ("connected", None)
    );
}

#[sqlx::test(migrations = false)]
async fn an_expired_token_is_renewed_without_anybody_noticing(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.control("POST", "tokens/expire", None).await;
    stage.run_well().await;
    assert!(stage.count().await > 0);
}

#[sqlx::test(migrations = false)]
async fn throttling_waits_as_long_as_it_is_told(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    let fault = json!({ "path": "/v1.0/users", "kind": "status", "status": 429, "retryAfter": 1, "times": 1 });
    stage.fault(fault).await;
    let started = Instant::now();
    stage.run_well().await;
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(stage.count().await > 0);
}

#[sqlx::test(migrations = false)]
async fn words_of_microsoft_that_postgres_cannot_hold_do_not_keep_a_failure_off_the_record(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.enable(&Filters::default()).await;
    stage
        .fault(json!({ "path": "/v1.0/users", "kind": "status", "status": 400, "message": "No\u{0}such\u{0}luck" }))
        .await;
    let error = stage.run_badly().await;
    assert!(error.words().contains("No such luck"), "{}", error.words());

    stage.lift_faults().await;
    stage
        .fault(json!({ "path": "/v1.0/groups", "kind": "status", "status": 403, "message": "No\u{0}" }))
        .await;
    stage.run_well().await;
}

#[sqlx::test(migrations = false)]
async fn an_organization_that_can_not_be_planned_keeps_no_other_from_being_applied(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.hire("Ana", "ana@contoso.example").await;
    let broken = stage.another_organization("Broken").await;
    for organization in [stage.organization, broken] {
        stage.enable_for(organization, &Filters::default()).await;
    }
    sqlx::query(r#"update user_sync set filters = '{"department": {"values": []}}' where organization_id = $1"#)
        .bind(broken)
        .execute(&pool)
        .await
        .unwrap();
    let error = stage.run_badly().await;
    assert!(
        error.to_string().contains("department") || error.to_string().contains("values"),
        "{error}"
    );
    assert_eq!(stage.people_of(stage.organization).await.len(), 1);
    assert_eq!(stage.people_of(broken).await, []);
}

#[sqlx::test(migrations = false)]
async fn a_fault_of_one_microsoft_tenant_does_not_touch_another(pool: PgPool) {
    let mut options: Options = contoso(25);
    options.tenants.push("fabrikam=25".parse().unwrap());
    let stage = Stage::with(&pool, options).await;
    let fabrikam = second_tenant(&stage.microsoft);
    let other = crate::engine::connect::connect(&stage.engine, &tester(), &fabrikam)
        .await
        .unwrap();
    stage
        .fault(json!({ "tenant": "contoso", "path": "/v1.0/users", "kind": "malformed" }))
        .await;
    stage.run_badly().await;
    let end = crate::engine::run::run_tenant(
        &stage.engine,
        other,
        crate::model::run::Trigger::Manual,
        chrono::Utc::now(),
        None,
    );
    assert!(matches!(end.await.unwrap(), crate::engine::run::RunEnd::Succeeded(_)));
}

fn second_tenant(microsoft: &Simulator) -> String {
    microsoft.tenants()[1].default_domain.clone()
}
