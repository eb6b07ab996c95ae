//! Consent that was withdrawn, whole or in part, is noticed by the next run, whatever token is at hand.

use crate::{
    engine::{
        error::LOST_CONSENT,
        one_person::{PersonEnd, Whom, sync_person},
    },
    model::{directory::Reading, filter::Filters, ids::DirectoryUserId},
    store,
    tests::support::Stage,
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;

async fn readings_of_groups(stage: &Stage) -> Reading {
    store::microsoft_tenant::get(&stage.pool, stage.tenant)
        .await
        .unwrap()
        .readings
        .groups
}

/// Replaces what is granted; tokens that were issued before keep what they open, as at Microsoft.
async fn grant(stage: &Stage, roles: &[&str]) {
    let body = json!({ "granted": true, "roles": roles });
    stage.control("PUT", "tenants/contoso/consent", Some(body)).await;
}

#[sqlx::test(migrations = false)]
async fn a_permission_taken_away_or_given_again_shows_with_the_next_run_and_not_with_the_next_token(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.run_well().await;
    assert_eq!(readings_of_groups(&stage).await, Reading::Read);
    grant(&stage, &["User.Read.All"]).await;
    stage.run_well().await;
    let Reading::Refused { remedy, .. } = readings_of_groups(&stage).await else {
        panic!("the run went on with its old token")
    };
    assert!(remedy.contains("GroupMember.Read.All"), "{remedy}");
    grant(&stage, &["User.Read.All", "GroupMember.Read.All"]).await;
    stage.run_well().await;
    assert_eq!(readings_of_groups(&stage).await, Reading::Read);
}

#[sqlx::test(migrations = false)]
async fn every_code_that_is_about_consent_makes_the_status_consent_needed_with_its_explanation(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    for code in LOST_CONSENT {
        stage.run_well().await;
        assert_eq!(stage.status().await.0, "connected");
        stage
            .fault(json!({ "path": "token", "kind": "status", "status": 400, "code": code.to_string() }))
            .await;
        let error = stage.run_badly().await;
        let (status, reason) = stage.status().await;
        assert_eq!(status, "consent_needed", "{code}");
        assert!(
            reason.contains(&format!("(AADSTS{code})")) && reason.len() > 60,
            "{reason}"
        );
        assert!(error.to_string().contains(&format!("AADSTS{code}")), "{error}");
        stage.lift_faults().await;
    }
    // What ends by no consent is told by another name.
    for code in [7_000_222, 5_000_224, 53_003, 90_002] {
        stage
            .fault(json!({ "path": "token", "kind": "status", "status": 400, "code": code.to_string() }))
            .await;
        stage.run_badly().await;
        let (status, reason) = stage.status().await;
        assert!(
            status == "attention" && reason.contains(&format!("(AADSTS{code})")),
            "{status}: {reason}"
        );
        stage.lift_faults().await;
        stage.run_well().await;
    }
}

#[sqlx::test(migrations = false)]
async fn the_run_of_one_person_notices_it_for_all(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.consent(false).await;
    let whom = Whom::Id(DirectoryUserId(ana));
    let end = sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now()).await;
    assert!(matches!(end, Ok(PersonEnd::Failed(..))), "{end:?}");
    let (status, reason) = stage.status().await;
    assert!(
        status == "consent_needed" && reason.contains("AADSTS700016"),
        "{status}: {reason}"
    );
    assert_eq!(stage.attention(stage.organization).await, Some(reason));
    let failed: i32 = sqlx::query_scalar("select failed_runs from microsoft_tenant")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(failed, 0, "people who try again and again are no quarantine");
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
async fn what_one_person_is_refused_says_nothing_of_the_rest(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.fault(json!({ "path": "/v1.0/users", "kind": "malformed" })).await;
    let whom = Whom::Id(DirectoryUserId(ana));
    let end = sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now()).await;
    assert!(matches!(end, Ok(PersonEnd::Failed(..))), "{end:?}");
    assert_eq!(
        (
            stage.status().await.0.as_str(),
            stage.attention(stage.organization).await
        ),
        ("connected", None)
    );
}
