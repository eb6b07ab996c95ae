//! Licences that Microsoft does not tell: those that are known stay, and filters wait for those that are not.

use super::scripted::{GROUPS, USERS, licensed, round, stage};
use crate::{
    model::filter::Filters,
    store,
    tests::{graph::microsoft::error, support::only},
};
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn licences_that_microsoft_does_not_tell_stay_what_they_were(pool: PgPool) {
    const SKU: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
    let (stage, microsoft) = stage(&pool, &[USERS]).await;
    microsoft.on(
        USERS,
        round(&microsoft, USERS, json!([licensed(json!([{ "skuId": SKU }]))])),
    );
    stage.run_well().await;
    let known = async || -> (Vec<uuid::Uuid>, i64) {
        let sql = "select licenses, (select count(*) from directory_user_change) from directory_user";
        sqlx::query_as(sql).fetch_one(&pool).await.unwrap()
    };
    let before = known().await;
    assert_eq!(json!(before.0), json!([SKU]));
    microsoft.clear(USERS);
    microsoft.on(USERS, round(&microsoft, USERS, json!([licensed(Value::Null)])));
    stage.run_well().await;
    assert_eq!(known().await, before);
    microsoft.clear(USERS);
    microsoft.on(USERS, round(&microsoft, USERS, json!([licensed(json!([]))])));
    stage.run_well().await;
    assert_eq!(
        known().await,
        (vec![], before.1 + 1),
        "that there are none is a word of its own"
    );
}

#[sqlx::test(migrations = false)]
async fn a_filter_on_licences_waits_until_microsoft_has_told_those_of_everybody(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[USERS]).await;
    let unlicensed = Filters {
        license_status: only(&["unlicensed"]),
        ..Filters::default()
    };
    stage.enable(&unlicensed).await;
    microsoft.on(USERS, round(&microsoft, USERS, json!([licensed(Value::Null)])));
    for _ in 0..2 {
        stage.run_well().await;
        assert_eq!(stage.count().await, 0);
        let attention = stage.attention(stage.organization).await.unwrap();
        assert!(attention.contains("licenses"), "{attention}");
    }
    microsoft.clear(USERS);
    microsoft.on(USERS, round(&microsoft, USERS, json!([licensed(json!([]))])));
    stage.run_well().await;
    assert_eq!(
        (stage.count().await, stage.attention(stage.organization).await),
        (1, None)
    );
}

#[sqlx::test(migrations = false)]
async fn licences_of_which_nothing_is_known_are_found_by_the_run_after_one_that_was_cut_off(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[USERS, GROUPS]).await;
    microsoft
        .on(USERS, round(&microsoft, USERS, json!([licensed(Value::Null)])))
        .on(GROUPS, error(400, "Request_BadRequest"));
    stage.run_badly().await;
    for path in [USERS, GROUPS] {
        microsoft.clear(path);
        microsoft.on(path, round(&microsoft, path, json!([])));
    }
    stage.run_well().await;
    let row = store::microsoft_tenant::get(&pool, stage.tenant).await.unwrap();
    assert!(
        row.readings.unknown_licenses,
        "what was stored before the end was forgotten"
    );
}
