//! A process that is told to stop in the middle of a run: it finishes what is nearly done and hands back the rest.

use crate::{
    engine::{
        RunError,
        one_person::{PersonEnd, Whom, sync_person},
        run::{RunEnd, run_tenant},
    },
    model::{
        filter::Filters,
        ids::DirectoryUserId,
        run::{Progress, RunState, Stage as At, Trigger},
    },
    store,
    tests::support::{Stage, until},
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;

async fn leases(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from run_lease where expires_at > clock_timestamp()")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_run_that_would_take_too_long_gives_its_lease_back_and_says_nothing_about_the_tenant(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(60_000).await;
    let (end, ()) = tokio::join!(stage.run(), async {
        stage.in_the_middle().await;
        stage.engine.stop.cancel();
    });
    let RunEnd::Failed(run, RunError::HandedBack) = end else {
        panic!("{end:?}")
    };
    let row = stage.run_row(run).await;
    assert_eq!(row.state, RunState::Failed);
    assert!(row.error.unwrap().contains("handed back"));
    assert_eq!(leases(&pool).await, 0);
    assert_eq!(stage.status().await.0, "connected");
    assert_eq!(stage.attention(stage.organization).await, None);
    let failed: i32 = sqlx::query_scalar("select failed_runs from microsoft_tenant")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(failed, 0, "a stop is no failure on the way to the quarantine");
    assert_eq!(stage.count().await, 0);

    let another = Stage {
        engine: crate::tests::support::engine(&pool, &stage.microsoft),
        ..stage
    };
    another.lift_faults().await;
    another.run_well().await;
    assert!(another.count().await > 0);
}

#[sqlx::test(migrations = false)]
async fn a_run_that_is_nearly_done_finishes(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    let watch = |progress: Progress| {
        if progress.stage == At::Applying {
            stage.engine.stop.cancel();
        }
    };
    let end = run_tenant(&stage.engine, stage.tenant, Trigger::Manual, Utc::now(), Some(&watch)).await;
    assert!(stage.engine.stop.is_cancelled());
    assert!(matches!(end, Ok(RunEnd::Succeeded(_))), "{end:?}");
    assert!(stage.count().await > 0);
}

#[sqlx::test(migrations = false)]
async fn the_sync_of_one_person_is_handed_back_like_every_run(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage
        .fault(json!({ "path": "/v1.0/users/*", "kind": "delay", "delayMs": 60_000 }))
        .await;
    stage.engine.stop.cancel();
    let whom = Whom::Id(DirectoryUserId(ana));
    let end = sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now())
        .await
        .unwrap();
    let PersonEnd::Failed(run, RunError::HandedBack) = end else {
        panic!("{end:?}")
    };
    assert_eq!(stage.run_row(run).await.state, RunState::Failed);
    assert_eq!(leases(&pool).await, 0);
}

#[sqlx::test(migrations = false)]
async fn a_pass_that_was_complete_is_not_forgotten_when_the_next_one_is_cut_off(pool: PgPool) {
    let stage = Stage::new(&pool, 5).await;
    stage.premium(true).await;
    stage.enable(&Filters::default()).await;
    let path = "/v1.0/reports/authenticationMethods/userRegistrationDetails";
    stage
        .fault(json!({ "path": path, "kind": "delay", "delayMs": 60_000 }))
        .await;
    let readings = async || {
        let tenant = store::microsoft_tenant::get(&stage.pool, stage.tenant).await;
        tenant.unwrap().readings
    };
    let (end, ()) = tokio::join!(stage.run(), async {
        until("the sign-ins are kept", 40, async || {
            readings().await.sign_ins.read_at.is_some()
        })
        .await;
        stage.engine.stop.cancel();
    });
    assert!(matches!(end, RunEnd::Failed(_, RunError::HandedBack)), "{end:?}");
    let kept = readings().await;
    assert!(kept.sign_ins.pages.is_some() && kept.mfa.tried_at.is_none(), "{kept:?}");
}
