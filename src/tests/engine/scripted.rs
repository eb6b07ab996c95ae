//! Answers that the stand-in never gives: a small server says them word for word.

use crate::{
    engine::{
        Engine,
        one_person::{PersonEnd, Whom, sync_person},
        preview::Directory,
    },
    model::{filter::Filters, ids::DirectoryUserId},
    store,
    tests::{
        graph::microsoft::{ACTIVITY, Microsoft, Reply, error, ok, reply},
        support::{Stage, tester},
    },
};
use serde_json::{Value, json};
use sqlx::PgPool;

pub(super) const USERS: &str = "/graph/v1.0/users/delta";
pub(super) const GROUPS: &str = "/graph/v1.0/groups/delta";
const ANA: &str = "/graph/v1.0/users/00000000-0000-0000-0000-000000000007";

/// A stage over a server that lists nobody and nothing but what a test has it say.
pub(super) async fn stage(pool: &PgPool, said_by_the_test: &[&str]) -> (Stage, Microsoft) {
    let mut stage = Stage::new(pool, 0).await;
    let microsoft = Microsoft::start().await;
    for path in [USERS, GROUPS].iter().filter(|path| !said_by_the_test.contains(path)) {
        microsoft.on(path, round(&microsoft, path, json!([])));
    }
    let paths = [
        "users",
        "directory/deletedItems/microsoft.graph.user",
        "groups",
        "subscribedSkus",
    ];
    for path in paths.iter().filter(|path| !said_by_the_test.contains(path)) {
        microsoft.on(&format!("/graph/v1.0/{path}"), ok(json!({ "value": [] })));
    }
    microsoft.on(&format!("/graph/v1.0/users{ACTIVITY}"), ok(json!({ "value": [] })));
    stage.engine = Engine::new(pool.clone(), Some(microsoft.client()));
    (stage, microsoft)
}

/// A round of one page.
pub(super) fn round(microsoft: &Microsoft, path: &str, objects: Value) -> Reply {
    ok(json!({ "value": objects, "@odata.deltaLink": microsoft.delta_link(path, "later") }))
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
async fn who_is_missing_when_all_are_read_anew_is_deleted_on_graphs_word_alone(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[USERS]).await;
    // The link that was kept is worthless, and Ana is not told of any more.
    let anew = || {
        microsoft.clear(USERS);
        microsoft
            .on(USERS, error(400, "syncStateNotFound"))
            .on(USERS, round(&microsoft, USERS, json!([])));
    };
    microsoft.on(USERS, round(&microsoft, USERS, json!([ana("Ana")])));
    stage.run_well().await;
    anew();
    microsoft.on(ANA, ok(ana("Ana, not listed")));
    stage.run_well().await;
    assert_eq!(stored(&pool).await, ("Ana, not listed".into(), true));

    anew();
    microsoft.clear(ANA);
    microsoft.on(ANA, reply(404, "<html>a proxy's</html>"));
    stage.run_badly().await;
    assert!(stored(&pool).await.1, "a 404 that is not Graph's is no news of a user");

    // The link did not move, so that everybody is asked for again.
    anew();
    microsoft.clear(ANA);
    microsoft.on(ANA, error(404, "Request_ResourceNotFound"));
    stage.run_well().await;
    assert!(!stored(&pool).await.1);
}

#[sqlx::test(migrations = false)]
async fn the_recycle_bin_is_read_to_its_last_page_and_one_that_begins_anew_forgets_what_it_said(pool: PgPool) {
    const BIN: &str = "directory/deletedItems/microsoft.graph.user";
    let (stage, microsoft) = stage(&pool, &[USERS, BIN]).await;
    let bin = format!("/graph/v1.0/{BIN}");
    let gone = |at: &str| json!({ "id": ana("")["id"], "deletedDateTime": at });
    microsoft
        .on(USERS, round(&microsoft, USERS, json!([ana("Ana")])))
        .on(&bin, ok(json!({ "value": [] })));
    stage.run_well().await;
    microsoft.clear(USERS);
    microsoft.clear(&bin);
    let removed = json!({ "id": ana("")["id"], "@removed": { "reason": "changed" } });
    let another = json!({ "id": "00000000-0000-0000-0000-00000000000b", "deletedDateTime": "2026-01-01T00:00:00Z" });
    microsoft
        .on(USERS, round(&microsoft, USERS, json!([removed])))
        .on(
            &bin,
            ok(json!({ "value": [gone("2026-01-02T03:04:05Z")], "@odata.nextLink": microsoft.link(&bin, "a") })),
        )
        .on(&bin, error(400, "Directory_ExpiredPageToken"))
        .on(
            &bin,
            ok(json!({ "value": [another], "@odata.nextLink": microsoft.link(&bin, "b") })),
        )
        .on(&bin, ok(json!({ "value": [gone("2026-02-03T04:05:06Z")] })));
    stage.run_well().await;
    let at: String = sqlx::query_scalar(
        "select to_char(deleted_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from directory_user",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(at, "2026-02-03 04:05:06");
}

#[sqlx::test(migrations = false)]
async fn of_a_user_told_of_twice_the_last_word_wins_on_a_page_and_over_pages(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[USERS]).await;
    let gone = json!({ "id": ana("")["id"], "@removed": { "reason": "changed" } });
    microsoft.on(USERS, round(&microsoft, USERS, json!([gone, ana("Older"), ana("Old")])));
    stage.run_well().await;
    assert_eq!(stored(&pool).await, ("Old".into(), true));
    microsoft.clear(USERS);
    let between = json!({ "value": [ana("In between")], "@odata.nextLink": microsoft.link(USERS, "a") });
    microsoft
        .on(USERS, ok(between))
        .on(USERS, round(&microsoft, USERS, json!([ana("Old")])));
    stage.run_well().await;
    assert_eq!(stored(&pool).await, ("Old".into(), true));
    microsoft.clear(USERS);
    microsoft.on(USERS, round(&microsoft, USERS, json!([ana("New"), gone])));
    stage.run_well().await;
    assert_eq!(stored(&pool).await, ("Old".into(), false));
}

#[sqlx::test(migrations = false)]
async fn a_404_that_is_not_graphs_is_no_news_of_hidden_members_and_a_removed_group_has_none(pool: PgPool) {
    const MEMBERS: &str = "/graph/v1.0/groups/00000000-0000-0000-0000-000000000009/members";
    let (stage, microsoft) = stage(&pool, &[USERS, GROUPS]).await;
    let group = json!({
        "id": "00000000-0000-0000-0000-000000000009", "displayName": "Sales", "visibility": "HiddenMembership",
    });
    let member = json!({ "id": ana("Ana")["id"], "@odata.type": "#microsoft.graph.user" });
    microsoft
        .on(USERS, round(&microsoft, USERS, json!([ana("Ana")])))
        .on(GROUPS, round(&microsoft, GROUPS, json!([group])))
        .on(MEMBERS, ok(json!({ "value": [member] })));
    stage.run_well().await;
    let members = async || -> i64 {
        let count = sqlx::query_scalar("select count(*) from directory_group_member");
        count.fetch_one(&pool).await.unwrap()
    };
    assert_eq!(members().await, 1);

    microsoft.clear(MEMBERS);
    microsoft.on(MEMBERS, reply(404, "<html>a proxy's</html>"));
    stage.run_badly().await;
    assert_eq!(members().await, 1, "a 404 that is not Graph's is no news of a group");

    microsoft.clear(GROUPS);
    let gone = json!({ "id": group["id"], "@removed": { "reason": "deleted" } });
    microsoft.on(GROUPS, round(&microsoft, GROUPS, json!([gone])));
    stage.run_well().await;
    assert_eq!(members().await, 0);
}

#[sqlx::test(migrations = false)]
async fn one_user_that_can_not_be_read_ends_the_run_with_its_place_and_nobody_counts_as_deleted(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[USERS]).await;
    microsoft.on(USERS, round(&microsoft, USERS, json!([ana("Ana")])));
    stage.run_well().await;
    for broken in [
        json!(null),
        json!({ "displayName": "nobody" }),
        json!({ "id": 7 }),
        json!({ "id": ana("")["id"], "@removed": {} }),
        ana_with("city", json!(7)),
    ] {
        microsoft.clear(USERS);
        microsoft.on(USERS, round(&microsoft, USERS, json!([broken])));
        let words = stage.run_badly().await.words();
        assert!(words.contains("value[0]"), "{words}");
        assert_eq!(stored(&pool).await, ("Ana".into(), true));
    }
}

#[sqlx::test(migrations = false)]
async fn a_member_whose_kind_is_not_told_is_known_by_its_id_whatever_comes_first(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[USERS, GROUPS]).await;
    let group = |id: &str, members: Value| json!({ "id": id, "displayName": id, "members@delta": members });
    let [outer, inner] = [
        "00000000-0000-0000-0000-000000000009",
        "00000000-0000-0000-0000-00000000000a",
    ];
    let groups = json!([
        group(outer, json!([{ "id": inner }])),
        group(
            inner,
            json!([{ "id": ana("")["id"] }, { "id": "00000000-0000-0000-0000-00000000000b" }])
        ),
    ]);
    microsoft
        .on(USERS, round(&microsoft, USERS, json!([ana("Ana")])))
        .on(GROUPS, round(&microsoft, GROUPS, groups));
    stage.run_well().await;
    let groups: Vec<uuid::Uuid> = sqlx::query_scalar("select groups from directory_user_groups")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(json!(groups), json!([outer, inner]));
}

fn ana_with(property: &str, value: Value) -> Value {
    let mut ana = ana("Ana");
    ana[property] = value;
    ana
}

#[sqlx::test(migrations = false)]
async fn a_run_asks_with_low_priority_and_a_person_who_connects_with_normal(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[]).await;
    stage.run_well().await;
    assert_eq!(microsoft.seen(USERS)[0].header("x-ms-throttle-priority"), "Low");
    const ORGANIZATION: &str = "/graph/v1.0/organization";
    microsoft.on(
        ORGANIZATION,
        ok(json!({ "value": [{ "id": "84841066-274d-4ec0-a5c1-276be684bdd3" }] })),
    );
    crate::engine::connect::connect(&stage.engine, &tester(), "contoso.example")
        .await
        .unwrap();
    // The run asks for the organization too, once a day.
    let asked = microsoft.seen(ORGANIZATION);
    let priorities: Vec<_> = asked.iter().map(|seen| seen.header("x-ms-throttle-priority")).collect();
    assert_eq!(priorities, ["Low", "Normal"]);
}

#[sqlx::test(migrations = false)]
async fn who_was_listed_before_a_new_beginning_and_not_after_it_is_asked_for_by_id(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &[USERS]).await;
    listed_once_then_expired(&microsoft, USERS, "@odata.deltaLink");
    microsoft.on(ANA, error(404, "Request_ResourceNotFound"));
    stage.run_well().await;
    assert_eq!(microsoft.seen(ANA).len(), 1);
    assert!(
        !stored(&pool).await.1,
        "a fact of the listing that expired, and gone since"
    );
}

#[sqlx::test(migrations = false)]
async fn who_was_listed_before_a_new_beginning_and_not_after_it_is_not_in_the_plan(pool: PgPool) {
    let (stage, microsoft) = stage(&pool, &["users"]).await;
    listed_once_then_expired(&microsoft, "/graph/v1.0/users", "@odata.context");
    let read = Directory::read(&stage.engine, stage.tenant, chrono::Utc::now(), |_| {})
        .await
        .unwrap();
    assert!(read.users.is_empty(), "{:?}", read.users);
}

/// Ana on the first page, a second page whose place has expired, and a listing without Ana.
fn listed_once_then_expired(microsoft: &Microsoft, path: &str, end: &str) {
    let first = json!({ "value": [ana("Ana")], "@odata.nextLink": microsoft.link(path, "a") });
    microsoft
        .on(path, ok(first))
        .on(path, error(400, "Directory_ExpiredPageToken"))
        .on(
            path,
            ok(json!({ "value": [], end: microsoft.delta_link(path, "later") })),
        );
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
    let engine = Engine::new(pool.clone(), Some(microsoft.client()));
    let id = crate::engine::connect::connect(&engine, &tester(), "contoso.example")
        .await
        .unwrap();
    assert_eq!(
        store::microsoft_tenant::get(&pool, id).await.unwrap().display_name,
        "Contoso"
    );
}

pub(super) fn licensed(licenses: Value) -> Value {
    let mut ana = ana_with("mail", json!("ana@contoso.example"));
    ana["assignedLicenses"] = licenses;
    ana
}

#[sqlx::test(migrations = false)]
async fn a_group_of_one_person_whose_kind_is_not_told_is_known_by_its_id(pool: PgPool) {
    const GROUP: &str = "00000000-0000-0000-0000-000000000009";
    let (stage, microsoft) = stage(&pool, &[USERS, GROUPS]).await;
    stage.enable(&Filters::default()).await;
    let member = json!({ "id": ana("Ana")["id"], "@odata.type": "#microsoft.graph.user" });
    let groups = json!([{ "id": GROUP, "displayName": "Sales", "members@delta": [member] }]);
    let of_ana = json!({ "value": [{ "id": GROUP }, { "id": "00000000-0000-0000-0000-00000000000a" }] });
    microsoft
        .on(USERS, round(&microsoft, USERS, json!([licensed(json!([]))])))
        .on(GROUPS, round(&microsoft, GROUPS, groups))
        .on(ANA, ok(licensed(json!([]))))
        .on(&format!("{ANA}/transitiveMemberOf"), ok(of_ana));
    stage.run_well().await;
    let whom = Whom::Id(DirectoryUserId(uuid::Uuid::from_u128(7)));
    let end = sync_person(
        &stage.engine,
        stage.tenant,
        stage.organization,
        whom,
        chrono::Utc::now(),
    )
    .await;
    assert!(matches!(end, Ok(PersonEnd::Done(..))), "{end:?}");
    let groups: Vec<uuid::Uuid> = sqlx::query_scalar("select groups from directory_user_groups")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(json!(groups), json!([GROUP]));
}
