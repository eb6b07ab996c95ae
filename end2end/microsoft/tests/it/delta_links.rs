//! The links of delta queries: how long they are good, what they say of the objects that went before, how much a page
//! holds, and what a restart does to them.

use std::collections::BTreeSet;

use microsoft_sim::{Deltas, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::delta::{present, round};
use crate::schema::Schema;
use crate::support::{Cloud, cloud, options, texts, with};

const DAY: i64 = 24 * 3600;

/// Puts the service's clock ahead.
async fn ahead(cloud: &Cloud, seconds: i64) {
    let clock = json!({"ahead": seconds});
    cloud.control(Method::PUT, "/clock", Some(clock)).await;
}

async fn rename(cloud: &Cloud, user: &str, name: &str) {
    let path = format!("/tenants/contoso/users/{user}");
    cloud
        .control(Method::PATCH, &path, Some(json!({"displayName": name})))
        .await;
}

/// The link at the end of a page.
fn link(page: &Value, name: &str) -> String {
    page[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name}: {page}"))
        .to_owned()
}

#[tokio::test]
async fn a_delta_link_is_good_for_seven_days_and_each_use_gives_one_for_seven_more() {
    let cloud = cloud(5).await;
    let (_, first) = round(&cloud, "/users/delta?$select=displayName").await;
    ahead(&cloud, 6 * DAY).await;
    let (_, second) = round(&cloud, &first).await;
    ahead(&cloud, 8 * DAY).await;
    let answer = cloud.send(&first).await;
    assert_eq!(answer.status().as_u16(), 400);
    let body: Value = answer.json().await.unwrap();
    Schema::check_path("/users/delta", 400, &body);
    assert_eq!(body["error"]["code"], "syncStateNotFound");
    assert!(round(&cloud, &second).await.0.is_empty());
    ahead(&cloud, 14 * DAY).await;
    assert_eq!(cloud.refused(&second).await.1, "syncStateNotFound");
}

#[tokio::test]
async fn a_link_to_a_next_page_ends_sooner_and_in_its_own_words() {
    let cloud = cloud(150).await;
    let next = link(&cloud.get("/users/delta").await, "@odata.nextLink");
    ahead(&cloud, 3000).await;
    let third = link(&cloud.get(&next).await, "@odata.deltaLink");
    ahead(&cloud, 4000).await;
    let expired = (400, "Directory_ExpiredPageToken".to_owned());
    assert_eq!(cloud.refused(&next).await, expired);
    assert!(round(&cloud, &third).await.0.is_empty(), "delta links last longer");
    cloud
        .control(Method::PUT, "/deltas", Some(json!({"pageSeconds": 86_400})))
        .await;
    cloud.get(&next).await;
}

#[tokio::test]
async fn how_much_a_page_holds_is_the_services_choice() {
    let deltas = Deltas {
        objects: 7,
        members: 3,
        ..Deltas::default()
    };
    let cloud = with(Options { deltas, ..options(25) }).await;
    let page = cloud.get("/users/delta").await;
    assert_eq!(page["value"].as_array().unwrap().len(), 7);
    let told = cloud.control(Method::GET, "/deltas", None).await;
    assert_eq!((&told["objects"], &told["deltaSeconds"]), (&json!(7), &json!(7 * DAY)));

    let mut next = Some("/groups/delta?$select=displayName,members".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = cloud.get(&path).await;
        let groups = page["value"].as_array().unwrap();
        let members = groups.iter().filter_map(|group| group["members@delta"].as_array());
        assert!(members.map(Vec::len).sum::<usize>() <= 3);
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
        pages += 1;
    }
    assert!(pages > 10, "{pages}");
    let wide = json!({"objects": 1000, "members": 1000});
    cloud.control(Method::PUT, "/deltas", Some(wide)).await;
    assert!(cloud.get("/users/delta").await["@odata.deltaLink"].is_string());
    let (status, _) = cloud
        .try_control(Method::PUT, "/deltas", Some(json!({"objcts": 1})))
        .await;
    assert!(status.is_client_error());
}

#[tokio::test]
async fn the_first_round_tells_of_what_is_gone_unless_the_service_leaves_it_out() {
    let cloud = cloud(5).await;
    let users = cloud.all("/users").await;
    let (soft, hard) = (users[0]["id"].as_str().unwrap(), users[1]["id"].as_str().unwrap());
    for path in [soft.to_owned(), format!("{hard}?permanent=true")] {
        cloud
            .control(Method::DELETE, &format!("/tenants/contoso/users/{path}"), None)
            .await;
    }
    let (items, _) = round(&cloud, "/users/delta?$select=displayName").await;
    let reason = |id: &str| {
        let item = items.iter().find(|item| item["id"] == id).unwrap();
        item["@removed"]["reason"].as_str().unwrap()
    };
    assert_eq!((reason(soft), reason(hard)), ("changed", "deleted"));
    let deleted = cloud.raw().await["deletedUsers"].as_array().unwrap().len();
    let gone: Vec<&Value> = items.iter().filter(|item| item.get("@removed").is_some()).collect();
    assert_eq!(gone.len(), deleted + 1);
    assert_eq!(present(items.clone()).len(), 3);
    cloud
        .control(Method::PUT, "/deltas", Some(json!({"removedFirst": false})))
        .await;
    assert_eq!(round(&cloud, "/users/delta").await.0.len(), 3);
}

#[tokio::test]
async fn links_last_over_a_restart_where_the_state_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        state_file: Some(folder.path().join("state.json")),
        ..options(230)
    };
    let first = with(options.clone()).await;
    let (users, delta) = round(&first, "/users/delta?$select=displayName,department").await;
    let users = present(users);
    let ids = texts(&users, "id");
    let page = first.get("/users/delta?$select=displayName").await;
    let next = link(&page, "@odata.nextLink");
    rename(&first, ids[1], "Before").await;
    let path = format!("/tenants/contoso/users/{}", ids[2]);
    let no_department = Some(json!({"department": null, "displayName": "Set once"}));
    first
        .control(Method::PATCH, &path, Some(json!({"department": "Sales"})))
        .await;
    first.control(Method::PATCH, &path, no_department).await;
    let base = first.base();
    first.simulator.shutdown().await;

    let second = with(options).await;
    let (delta, next) = (
        delta.replace(&base, &second.base()),
        next.replace(&base, &second.base()),
    );
    rename(&second, ids[3], "After").await;
    let (changes, _) = round(&second, &delta).await;
    let named: BTreeSet<&str> = texts(&changes, "displayName").into_iter().collect();
    assert_eq!(named, BTreeSet::from(["Before", "After", "Set once"]));
    let set_once = changes.iter().find(|user| user["displayName"] == "Set once").unwrap();
    assert_eq!(set_once.get("department"), Some(&Value::Null), "null, and not missing");
    let (rest, _) = round(&second, &next).await;
    let first_page = page["value"].as_array().unwrap();
    let all: BTreeSet<&str> = texts(first_page, "id").into_iter().chain(texts(&rest, "id")).collect();
    assert!(ids.iter().all(|id| all.contains(id)), "a round goes on where it stood");
    assert!(
        second.raw().await.get("history").is_none(),
        "it is no part of the directory"
    );
}

#[tokio::test]
async fn links_of_before_a_restart_are_expired_where_nothing_is_kept_or_more_was_told_than_that() {
    let first = cloud(5).await;
    let (_, link) = round(&first, "/users/delta").await;
    let base = first.base();
    first.simulator.shutdown().await;
    let second = cloud(5).await;
    let expired = (400, "syncStateNotFound".to_owned());
    assert_eq!(second.refused(&link.replace(&base, &second.base())).await, expired);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let options = Options {
        state_file: Some(path.clone()),
        ..options(5)
    };
    let first = with(options.clone()).await;
    let (users, known) = round(&first, "/users/delta?$select=displayName").await;
    let users = present(users);
    first.simulator.shutdown().await;
    let kept = std::fs::read(&path).unwrap();
    let second = with(options.clone()).await;
    rename(&second, users[0]["id"].as_str().unwrap(), "Lost in a crash").await;
    let (_, heard) = round(&second, "/users/delta?$select=displayName").await;
    second.simulator.shutdown().await;
    std::fs::write(&path, kept).unwrap();
    let third = with(options).await;
    let here = |link: &str| format!("/users/delta?{}", link.split_once('?').unwrap().1);
    assert_eq!(third.refused(&here(&heard)).await, expired);
    assert!(round(&third, &here(&known)).await.0.is_empty());
}

#[tokio::test]
async fn what_would_be_passed_over_is_refused() {
    let cloud = cloud(5).await;
    let id = cloud.all("/users").await[0]["id"].as_str().unwrap().to_owned();
    let (_, link) = round(&cloud, "/users/delta").await;
    let token = link.split_once('?').unwrap().1;
    for refused in [
        format!("{token}&$filter=id eq '{id}'"),
        format!("{token}&$skiptoken=x"),
        format!("{token}&$top=5"),
        "$select=id&$select=mail".to_owned(),
    ] {
        assert_eq!(
            cloud.refused(&format!("/users/delta?{refused}")).await.0,
            400,
            "{refused}"
        );
    }
    let (items, _) = round(&cloud, &format!("{link}&$select=mail")).await;
    assert!(items.is_empty(), "names may be given again");
}

#[tokio::test]
async fn a_page_of_changes_costs_what_the_settings_say_and_is_throttled_like_every_read() {
    let cloud = cloud(5).await;
    let units = async |path: &str| {
        let answer = cloud.send(path).await;
        let units = answer.headers()["x-ms-resource-unit"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), units)
    };
    assert_eq!(units("/users/delta").await, (200, "1".to_owned()));
    let dear = json!({"costs": {"delta": 3}, "small": {"amount": 4, "seconds": 3600}});
    cloud.control(Method::PUT, "/throttle", Some(dear)).await;
    assert_eq!(units("/groups/delta").await, (200, "3".to_owned()));
    assert_eq!(units("/users/delta").await, (429, "3".to_owned()));
    cloud.control(Method::PUT, "/throttle", Some(json!({}))).await;
    let told = cloud.control(Method::GET, "/throttle", None).await;
    assert_eq!(told["costs"]["transitiveMembers"], 5);
    assert_eq!(told["global"], json!({"amount": 130_000, "seconds": 10}));
}
