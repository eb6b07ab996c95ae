//! Since when somebody is disabled or deleted in Microsoft, where it is not seen as it happens.

use super::scripted::{USERS, round, stage};
use crate::{
    engine::one_person::{PersonEnd, Whom, sync_person},
    model::{filter::Filters, ids::DirectoryUserId},
    tests::{
        graph::microsoft::{Microsoft, error, ok},
        support::{Person, Stage},
    },
};
use chrono::Utc;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

const ANA: Uuid = Uuid::from_u128(7);

fn ana(enabled: bool) -> Value {
    json!({
        "id": ANA, "displayName": "Ana", "mail": "ana@contoso.example", "userType": "Member", "assignedLicenses": [],
        "accountEnabled": enabled,
    })
}

const BIN: &str = "/v1.0/directory/deletedItems";

/// When Microsoft says that the one deleted account went.
async fn deleted(stage: &Stage) -> Value {
    stage.directory().await["deletedUsers"][0]["deletedDateTime"].clone()
}

/// When the mark says that somebody was deleted.
async fn marked(stage: &Stage, user: Uuid) -> Value {
    let person = stage.person(user).await;
    assert_eq!(person.mark_kind.as_deref(), Some("deleted"));
    json!(person.mark_at.unwrap())
}

/// The next rounds over users say this.
fn say(microsoft: &Microsoft, users: Value) {
    microsoft.clear(USERS);
    microsoft.on(USERS, round(microsoft, USERS, users));
}

/// Ana, synced and then disabled; and the same with the directory forgotten, as after an integration was removed.
async fn marked_and_forgotten(pool: &PgPool) -> (Stage, Microsoft, Person) {
    let (stage, microsoft) = stage(pool, &[USERS]).await;
    stage.enable(&Filters::default()).await;
    for enabled in [true, false] {
        say(&microsoft, json!([ana(enabled)]));
        stage.run_well().await;
    }
    let marked = stage.person(ANA).await;
    assert_eq!(marked.mark_kind.as_deref(), Some("disabled"));
    stage.forget_links().await;
    sqlx::query("delete from directory_user").execute(pool).await.unwrap();
    (stage, microsoft, marked)
}

#[sqlx::test(migrations = false)]
async fn a_mark_tells_since_when_though_the_first_reading_after_it_begins_anew(pool: PgPool) {
    let (stage, microsoft, marked) = marked_and_forgotten(&pool).await;
    let first = json!({ "value": [ana(false)], "@odata.nextLink": microsoft.link(USERS, "a") });
    microsoft.clear(USERS);
    microsoft
        .on(USERS, ok(first))
        .on(USERS, error(400, "Directory_ExpiredPageToken"))
        .on(USERS, round(&microsoft, USERS, json!([ana(false)])));
    stage.run_well().await;
    assert_eq!(stage.person(ANA).await.mark_at, marked.mark_at);
}

#[sqlx::test(migrations = false)]
async fn a_mark_tells_since_when_though_the_first_reading_after_it_was_of_one_person(pool: PgPool) {
    let (stage, microsoft, marked) = marked_and_forgotten(&pool).await;
    let path = format!("/graph/v1.0/users/{ANA}");
    microsoft
        .on(&path, ok(ana(false)))
        .on(&format!("{path}/transitiveMemberOf"), ok(json!({ "value": [] })));
    let whom = Whom::Id(DirectoryUserId(ANA));
    let end = sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now()).await;
    assert!(matches!(end, Ok(PersonEnd::Done(..))), "{end:?}");
    assert_eq!(stage.person(ANA).await.mark_at, marked.mark_at);
    say(&microsoft, json!([ana(false)]));
    stage.run_well().await;
    assert_eq!(stage.person(ANA).await.mark_at, marked.mark_at);
}

#[sqlx::test(migrations = false)]
async fn who_went_while_the_recycle_bin_was_out_of_order_is_dated_by_the_next_run_that_can_read_it(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.delete(ana).await;
    stage
        .fault(json!({ "path": BIN, "kind": "status", "status": 503, "retryAfter": "0" }))
        .await;
    let before = Utc::now();
    for _ in 0..2 {
        stage.run_well().await;
        let at = stage.person(ana).await.mark_at;
        assert!(at >= Some(before), "from when she was missed: {at:?}");
    }
    stage.lift_faults().await;
    stage.run_well().await;
    assert_eq!(marked(&stage, ana).await, deleted(&stage).await);

    stage.forget_requests().await;
    stage.run_quietly().await;
    let asked = stage.microsoft.requests();
    assert!(!asked.iter().any(|entry| entry.path.starts_with(BIN)), "{asked:?}");
}

#[sqlx::test(migrations = false)]
async fn who_is_in_the_recycle_bin_no_more_when_it_can_be_read_stays_with_the_time_at_which_they_were_missed(
    pool: PgPool,
) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.delete(ana).await;
    stage.deny(&["deletedItems"]).await;
    stage.run_well().await;
    let missed = marked(&stage, ana).await;
    stage.purge(ana).await;
    stage.deny(&[]).await;
    stage.run_well().await;
    assert_eq!(marked(&stage, ana).await, missed);
    // It is not asked for ever.
    stage.forget_requests().await;
    stage.run_quietly().await;
    let asked = stage.microsoft.requests();
    assert!(!asked.iter().any(|entry| entry.path.starts_with(BIN)), "{asked:?}");
}

#[sqlx::test(migrations = false)]
async fn the_recycle_bin_that_stays_refused_is_asked_for_no_longer_than_it_keeps_accounts(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.delete(ana).await;
    stage.deny(&["deletedItems"]).await;
    stage.run_well().await;
    for (days, is_asked) in [(29, true), (31, false)] {
        sqlx::query("update directory_user set deleted_at = now() - $1 * interval '1 day' where id = $2")
            .bind(days)
            .bind(ana)
            .execute(&pool)
            .await
            .unwrap();
        stage.forget_requests().await;
        stage.run_well().await;
        let asked = stage.microsoft.requests();
        assert_eq!(
            asked.iter().any(|entry| entry.path.starts_with(BIN)),
            is_asked,
            "after {days} days: {asked:?}"
        );
    }
}

#[sqlx::test(migrations = false)]
async fn one_person_found_gone_without_the_recycle_bin_is_dated_by_the_next_full_run(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.delete(ana).await;
    stage.deny(&["deletedItems"]).await;
    let before = Utc::now();
    let whom = Whom::Id(DirectoryUserId(ana));
    let end = sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now()).await;
    assert!(matches!(end, Ok(PersonEnd::Done(..))), "{end:?}");
    assert!(
        stage.person(ana).await.mark_at >= Some(before),
        "from when she was missed"
    );
    stage.deny(&[]).await;
    stage.run_well().await;
    assert_eq!(marked(&stage, ana).await, deleted(&stage).await);
}
