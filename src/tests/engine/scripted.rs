//! Answers that the stand-in never gives: a small server says them word for word.

use crate::{
    engine::Engine,
    store,
    tests::{
        graph::microsoft::{Microsoft, error, ok, reply},
        support::Stage,
    },
};
use serde_json::{Value, json};
use sqlx::PgPool;

const USERS: &str = "/graph/v1.0/users";
const ANA: &str = "/graph/v1.0/users/00000000-0000-0000-0000-000000000007";

/// A stage over a server that lists nobody and nothing but what a test has it say.
async fn stage(pool: &PgPool, said_by_the_test: &[&str]) -> (Stage, Microsoft) {
    let mut stage = Stage::new(pool, 0).await;
    let microsoft = Microsoft::start().await;
    let paths = [
        "users",
        "directory/deletedItems/microsoft.graph.user",
        "groups",
        "subscribedSkus",
    ];
    for path in paths.iter().filter(|path| !said_by_the_test.contains(path)) {
        microsoft.on(&format!("/graph/v1.0/{path}"), ok(json!({ "value": [] })));
    }
    stage.engine = Engine {
        pool: pool.clone(),
        graph: Some(microsoft.client()),
    };
    (stage, microsoft)
}

fn ana(name: &str) -> Value {
    json!({ "id": "00000000-0000-0000-0000-000000000007", "displayName": name })
}

async fn stored(pool: &PgPool) -> (String, bool) {
    sqlx::query_as("select display_name, deleted_at is null from directory_user")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn who_is_missing_from_a_listing_is_deleted_on_graphs_word_alone(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &["users"]).await;
    microsoft
        .on(USERS, ok(json!({ "value": [ana("Ana")] })))
        .on(USERS, ok(json!({ "value": [] })));
    stage.run_well().await;
    microsoft.on(ANA, ok(ana("Ana, not listed")));
    stage.run_well().await;
    assert_eq!(stored(&pool).await, ("Ana, not listed".into(), true));

    microsoft.clear(ANA);
    microsoft.on(ANA, reply(404, "<html>a proxy's</html>"));
    stage.run_badly().await;
    assert!(stored(&pool).await.1, "a 404 that is not Graph's is no news of a user");

    microsoft.clear(ANA);
    microsoft.on(ANA, error(404, "Request_ResourceNotFound"));
    stage.run_well().await;
    assert!(!stored(&pool).await.1);
}

#[sqlx::test(migrations = false)]
async fn of_a_user_listed_twice_the_last_word_wins(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &["users"]).await;
    let old = || ok(json!({ "value": [ana("Old")] }));
    microsoft.on(USERS, old());
    stage.run_well().await;
    microsoft.clear(USERS);
    let between = json!({ "value": [ana("In between")], "@odata.nextLink": microsoft.link(USERS, "a") });
    microsoft.on(USERS, ok(between)).on(USERS, old());
    stage.run_well().await;
    assert_eq!(stored(&pool).await.0, "Old");
}

#[sqlx::test(migrations = false)]
async fn a_product_listed_twice_does_not_stop_the_run(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &["subscribedSkus"]).await;
    let sku = |used: i32| {
        json!({
            "skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "skuPartNumber": "SPE_E5", "consumedUnits": used,
            "prepaidUnits": { "enabled": 9 },
        })
    };
    microsoft.on("/graph/v1.0/subscribedSkus", ok(json!({ "value": [sku(1), sku(2)] })));
    stage.run_well().await;
    let skus = store::microsoft_tenant::subscribed_skus(&pool, stage.tenant)
        .await
        .unwrap();
    assert_eq!((skus.len(), skus[0].2), (1, 2));
}

#[sqlx::test(migrations = false)]
async fn a_microsoft_tenant_with_an_unspeakable_name_can_be_connected(pool: PgPool) {
    store::migrate::migrate(&pool).await.unwrap();
    let microsoft = Microsoft::start().await;
    let organization = json!({
        "id": "84841066-274d-4ec0-a5c1-276be684bdd3", "displayName": "Con\u{0}toso\n",
        "verifiedDomains": [{ "name": "contoso.example", "isDefault": true }],
    });
    microsoft.on("/graph/v1.0/organization", ok(json!({ "value": [organization] })));
    let engine = Engine {
        pool: pool.clone(),
        graph: Some(microsoft.client()),
    };
    let id = crate::engine::connect::connect(&engine, "contoso.example")
        .await
        .unwrap();
    assert_eq!(
        store::microsoft_tenant::get(&pool, id).await.unwrap().display_name,
        "Contoso"
    );
}
