//! How far a run is, as it tells it itself.

use crate::{
    engine::{
        progress::Reporter,
        run::{RunEnd, run_tenant},
    },
    model::{
        filter::Filters,
        ids::RunId,
        run::{Progress, Stage as At, Trigger},
    },
    store::{self, lease::Lease},
    tests::support::{Stage, until},
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use std::sync::Mutex;
use uuid::Uuid;

#[sqlx::test(migrations = false)]
async fn a_run_tells_how_many_users_are_read_and_planned_and_how_many_end_users_are_written(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    let told = Mutex::new(Vec::new());
    let watch = |progress: Progress| told.lock().unwrap().push(progress);
    run_tenant(&stage.engine, stage.tenant, Trigger::Command, Utc::now(), Some(&watch))
        .await
        .unwrap();
    let users: i64 = sqlx::query_scalar("select count(*) from directory_user")
        .fetch_one(&pool)
        .await
        .unwrap();
    let (users, written) = (
        i32::try_from(users).unwrap(),
        i32::try_from(stage.count().await).unwrap(),
    );
    assert!(written > 0);
    let told = told.into_inner().unwrap();
    let of = |stage: At| {
        told.iter()
            .filter(|told| told.stage == stage)
            .copied()
            .collect::<Vec<_>>()
    };
    assert!(of(At::Users).last().unwrap().done > 0);
    let whole = |stage: At, done: i32, total: i32| Progress {
        stage,
        done,
        total: Some(total),
    };
    assert_eq!(of(At::Planning).first(), Some(&whole(At::Planning, 0, users)));
    assert_eq!(of(At::Planning).last(), Some(&whole(At::Planning, users, users)));
    let applying = of(At::Applying);
    assert_eq!(applying.first(), Some(&whole(At::Applying, 0, written)));
    assert_eq!(applying.last(), Some(&whole(At::Applying, written, written)));
    assert!(
        applying.iter().any(|told| (1..written).contains(&told.done)),
        "it is told while it is written: {applying:?}"
    );
    assert!(applying.is_sorted_by_key(|told| told.done), "{applying:?}");
}

#[sqlx::test(migrations = false)]
async fn a_first_run_tells_of_about_how_many_users_it_reads_and_goes_on_from_where_it_was_cut_off(pool: PgPool) {
    let stage = Stage::new(&pool, 60).await;
    stage.small_pages().await;
    let living = {
        let directory = stage.directory().await;
        i32::try_from(directory["users"].as_array().unwrap().len()).unwrap()
    };
    let run = async |told: &Mutex<Vec<Progress>>| {
        let watch = |progress: Progress| {
            if progress.stage == At::Users {
                told.lock().unwrap().push(progress);
            }
        };
        run_tenant(&stage.engine, stage.tenant, Trigger::Command, Utc::now(), Some(&watch))
            .await
            .unwrap()
    };
    // Cut off in the middle, by an answer that can't be read; and nobody tells how many there are.
    let broken = json!({ "path": "/v1.0/users/delta?*skiptoken*", "kind": "malformed", "nth": 4 });
    stage.fault(broken).await;
    stage
        .fault(json!({ "path": "/v1.0/users?*count*", "kind": "status", "status": 403 }))
        .await;
    let told = Mutex::new(vec![]);
    assert!(matches!(run(&told).await, RunEnd::Failed(..)));
    let told = told.into_inner().unwrap();
    assert!(
        told.len() > 1 && told.iter().all(|told| told.total.is_none()),
        "{told:?}"
    );
    let held: i64 = sqlx::query_scalar("select count(*) from directory_user")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(held > 0);

    stage.lift_faults().await;
    let told = Mutex::new(vec![]);
    assert!(matches!(run(&told).await, RunEnd::Succeeded(_)));
    let told = told.into_inner().unwrap();
    assert!(told.len() > 1 && i64::from(told[0].done) > held, "{told:?}");
    // What is told before the last page is of about as many as there are.
    for told in told {
        assert_eq!(told.total, Some(living.max(told.done)));
    }
}

#[sqlx::test(migrations = false)]
async fn over_several_organizations_the_numbers_add_up(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let another = stage.another_organization("Contoso Branch").await;
    for organization in [stage.organization, another] {
        stage.enable_for(organization, &Filters::default()).await;
    }
    let told = Mutex::new(Vec::new());
    let watch = |progress: Progress| told.lock().unwrap().push(progress);
    run_tenant(&stage.engine, stage.tenant, Trigger::Command, Utc::now(), Some(&watch))
        .await
        .unwrap();
    let told = told.into_inner().unwrap();
    let last = |stage: At| *told.iter().rev().find(|told| told.stage == stage).unwrap();
    let planned = last(At::Planning);
    assert_eq!(Some(planned.done), planned.total);
    let written = last(At::Applying);
    assert_eq!(i64::from(written.done), stage.count().await);
    let done: Vec<_> = told
        .iter()
        .filter(|told| told.stage == At::Applying)
        .map(|told| told.done)
        .collect();
    assert!(done.is_sorted(), "{done:?}");
}

#[sqlx::test(migrations = false)]
async fn a_known_directory_that_is_read_anew_is_told_of_as_so_many_users_of_about_so_many(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    let held: i64 = sqlx::query_scalar("select count(*) from directory_user")
        .fetch_one(&pool)
        .await
        .unwrap();
    stage.small_pages().await;
    stage.forget_links().await;
    let told = Mutex::new(Vec::new());
    let watch = |progress: Progress| told.lock().unwrap().push(progress);
    run_tenant(&stage.engine, stage.tenant, Trigger::Command, Utc::now(), Some(&watch))
        .await
        .unwrap();
    let told = told.into_inner().unwrap();
    let users: Vec<_> = told.iter().filter(|told| told.stage == At::Users).collect();
    let done: Vec<_> = users.iter().map(|told| told.done).collect();
    assert!(done.len() > 2 && done.is_sorted(), "{done:?}");
    let total = i32::try_from(held).unwrap();
    for told in users {
        assert_eq!(told.total, Some(total.max(told.done)));
    }
}

#[sqlx::test(migrations = false)]
async fn a_run_that_finds_nothing_changed_plans_nobody_and_says_so_of_nobody(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let told = Mutex::new(Vec::new());
    let watch = |progress: Progress| told.lock().unwrap().push(progress.stage);
    run_tenant(&stage.engine, stage.tenant, Trigger::Command, Utc::now(), Some(&watch))
        .await
        .unwrap();
    let told = told.into_inner().unwrap();
    for stage in [At::Users, At::Groups, At::Planning, At::Applying] {
        assert!(!told.contains(&stage), "{told:?}");
    }
}

#[sqlx::test(migrations = false)]
async fn of_many_words_in_a_row_the_last_one_stays_on_record(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (run, lease) = (RunId(Uuid::now_v7()), Lease::new(stage.tenant));
    let mut connection = pool.acquire().await.unwrap();
    store::run::start(&mut connection, run, lease, Trigger::Manual)
        .await
        .unwrap();
    let reporter = Reporter::new(&pool, run, None);
    let last = Progress {
        stage: At::Planning,
        done: 0,
        total: Some(100),
    };
    for done in 0..100 {
        let (stage, total) = (At::Users, None);
        reporter.report(Progress { stage, done, total }).await;
    }
    reporter.report(last).await;
    // Nothing more is told: what comes now may take minutes.
    until("the last word is on record", 60, || async {
        let (_, progress) = store::run::get(&pool, run, &store::in_utc(Utc::now())).await.unwrap();
        progress == Some(last)
    })
    .await;
    let now = store::in_utc(Utc::now());
    let rows = store::microsoft_tenant::rows(&pool, Some(stage.tenant), &now)
        .await
        .unwrap();
    assert_eq!(
        rows[0].progress,
        Some(last),
        "the table of Microsoft tenants tells it too"
    );
}

#[sqlx::test(migrations = false)]
async fn a_run_that_is_over_in_a_moment_writes_no_word_of_its_progress(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (run, lease) = (RunId(Uuid::now_v7()), Lease::new(stage.tenant));
    let mut connection = pool.acquire().await.unwrap();
    store::run::start(&mut connection, run, lease, Trigger::Manual)
        .await
        .unwrap();
    let reporter = Reporter::new(&pool, run, None);
    for done in 0..10 {
        let (stage, total) = (At::Users, None);
        reporter.report(Progress { stage, done, total }).await;
    }
    drop(reporter);
    // What was on its way to the database is there by then.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let told: (String, i32) = sqlx::query_as("select stage, progress_done from run")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(told, ("starting".to_owned(), 0));
}
