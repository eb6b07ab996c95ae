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
