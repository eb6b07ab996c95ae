//! Delta queries that go wrong, or go as they may: whoever follows the links ends with a copy all the same.

use std::sync::OnceLock;

use proptest::collection::vec;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::delta::{present, round};
use crate::replica::{Copied, Replica};
use crate::schema::Schema;
use crate::support::{Cloud, cloud, texts};

const NAMES: &[&str] = &["displayName", "department"];

/// Small pages, so that a few users make many.
async fn small_pages(users: usize) -> Cloud {
    let cloud = cloud(users).await;
    let small = json!({"objects": 5, "members": 7});
    cloud.control(Method::PUT, "/deltas", Some(small)).await;
    cloud
}

fn name(page: &Value, at: usize) -> &str {
    page["value"][at]["displayName"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_object_can_come_twice_and_the_last_one_is_right() {
    let cloud = small_pages(12).await;
    let right = cloud.get("/users/delta?$select=displayName").await;
    cloud
        .fault(json!({"path": "/v1.0/users/delta", "kind": "duplicate", "times": 1}))
        .await;
    let page = cloud.get("/users/delta?$select=displayName").await;
    Schema::check_path("/users/delta", 200, &page);
    let (items, once) = (page["value"].as_array().unwrap(), right["value"].as_array().unwrap());
    assert_eq!(items.len(), 2 * once.len());
    assert_eq!(&items[once.len()..], once);
    let named = (0..once.len()).find(|at| !name(&right, *at).is_empty()).unwrap();
    assert_eq!(name(&page, named), format!("{} (before)", name(&right, named)));
}

#[tokio::test]
async fn a_page_can_come_again_under_another_link_and_then_leads_on() {
    let cloud = small_pages(12).await;
    let fault = json!({"path": "/v1.0/users/delta", "kind": "replay"});
    cloud.fault(fault).await;
    let first = cloud.get("/users/delta?$select=displayName").await;
    Schema::check_path("/users/delta", 200, &first);
    let again = first["@odata.nextLink"].as_str().unwrap();
    let second = cloud.get(again).await;
    assert_eq!(first["value"], second["value"]);
    assert_ne!(second["@odata.nextLink"], json!(again));
    let (items, _) = round(&cloud, "/users/delta?$select=displayName").await;
    assert_eq!(present(items).len(), 2 * 12, "every page twice, the last one too");
}

#[tokio::test]
async fn a_delta_link_can_tell_changes_again_that_were_told_before_it() {
    let cloud = small_pages(12).await;
    let (users, link) = round(&cloud, "/users/delta?$select=displayName").await;
    let users = present(users);
    let path = |at: usize| format!("/tenants/contoso/users/{}", users[at]["id"].as_str().unwrap());
    let rename = Some(json!({"displayName": "Renamed"}));
    cloud.control(Method::PATCH, &path(0), rename).await;
    cloud.control(Method::DELETE, &path(1), None).await;
    let (changes, link) = round(&cloud, &link).await;
    assert_eq!(changes.len(), 2);
    cloud
        .fault(json!({"path": "/v1.0/users/delta?*deltatoken*", "kind": "replay", "times": 1}))
        .await;
    let (again, link) = round(&cloud, &link).await;
    assert_eq!(again, changes);
    assert!(round(&cloud, &link).await.0.is_empty());
}

#[tokio::test]
async fn the_objects_of_a_round_can_be_mixed_over_its_pages() {
    let cloud = small_pages(40).await;
    let (right, _) = round(&cloud, "/users/delta?$select=displayName").await;
    cloud
        .fault(json!({"path": "/v1.0/users/delta", "kind": "reorder", "times": 1}))
        .await;
    let (mixed, _) = round(&cloud, "/users/delta?$select=displayName").await;
    let sorted = |items: &[Value]| {
        let mut ids: Vec<String> = texts(items, "id").into_iter().map(str::to_owned).collect();
        let before = ids.clone();
        ids.sort();
        (before == ids, ids)
    };
    let ((ordered, all), (still_ordered, same)) = (sorted(&right), sorted(&mixed));
    assert!(ordered && !still_ordered);
    assert_eq!(all, same);
    let first: Vec<&str> = texts(&right[..5], "id");
    assert!(
        mixed[..5]
            .iter()
            .any(|item| !first.contains(&item["id"].as_str().unwrap()))
    );
}

#[tokio::test]
async fn empty_pages_in_a_row_have_a_link_each_and_lead_on() {
    let cloud = small_pages(12).await;
    cloud
        .fault(json!({"path": "/v1.0/users/delta", "kind": "empty", "nth": 2, "times": 3}))
        .await;
    let mut link = "/users/delta?$select=displayName".to_owned();
    let mut seen = vec![link.clone()];
    let mut empty = 0;
    loop {
        let page = cloud.get(&link).await;
        Schema::check_path("/users/delta", 200, &page);
        empty += usize::from(page["value"] == json!([]));
        let Some(next) = page["@odata.nextLink"].as_str() else {
            break;
        };
        assert!(!seen.contains(&next.to_owned()), "a link that was there before");
        link = next.to_owned();
        seen.push(link.clone());
    }
    assert_eq!(empty, 3);
}

#[tokio::test]
async fn links_can_expire_before_their_time() {
    let cloud = small_pages(12).await;
    cloud.fault(json!({"path": "/v1.0/", "kind": "expire"})).await;
    let page = cloud.get("/users/delta").await;
    let next = page["@odata.nextLink"].as_str().unwrap();
    assert_eq!(
        cloud.refused(next).await,
        (400, "Directory_ExpiredPageToken".to_owned())
    );
    let plain = cloud.get("/users?$top=3").await["@odata.nextLink"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        cloud.refused(&plain).await,
        (400, "Directory_ExpiredPageToken".to_owned())
    );
    let latest = cloud.get("/users/delta?$deltatoken=latest").await;
    let delta = latest["@odata.deltaLink"].as_str().unwrap();
    assert_eq!(cloud.refused(delta).await, (400, "syncStateNotFound".to_owned()));
}

#[tokio::test]
async fn the_service_can_send_everybody_back_to_the_start_with_the_same_options() {
    let cloud = small_pages(12).await;
    let ids = cloud.all("/users?$select=id").await;
    let id = ids[4]["id"].as_str().unwrap();
    let scoped = format!("/users/delta?$select=displayName,mail&$filter=id eq '{id}'");
    let (_, users) = round(&cloud, &scoped).await;
    let (_, groups) = round(&cloud, "/groups/delta").await;
    cloud
        .fault(json!({"path": "/v1.0/users/delta", "kind": "reset", "times": 2}))
        .await;
    let fresh = cloud.send("/users/delta").await;
    assert_eq!(fresh.status().as_u16(), 200, "who begins is not sent back");
    let answer = cloud.send(&users).await;
    assert_eq!(answer.status().as_u16(), 410);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.ends_with("&$deltatoken="), "{location}");
    Schema::check_path("/users/delta", 410, &answer.json().await.unwrap());
    let (again, _) = round(&cloud, &location).await;
    assert_eq!(texts(&again, "id"), [id]);
    assert!(again[0].get("userPrincipalName").is_none());
    assert_eq!(cloud.send(&users).await.status().as_u16(), 410, "it does not come back");
    assert_eq!(cloud.send(&groups).await.status().as_u16(), 410, "nor does any other");
}

#[tokio::test]
async fn a_page_that_was_cut_off_can_be_asked_for_again() {
    let cloud = small_pages(12).await;
    let path = "/users/delta?$select=displayName";
    cloud
        .fault(json!({"path": "/v1.0/users/delta", "kind": "cut", "times": 1}))
        .await;
    assert!(whole(&cloud, path).await.is_none());
    assert!(whole(&cloud, path).await.is_some());
}

/// A page, if it comes whole.
async fn whole(cloud: &Cloud, path: &str) -> Option<Value> {
    let request = cloud.client.get(cloud.url(path)).bearer_auth(&cloud.token);
    let answer = request.send().await.ok()?;
    assert_eq!(answer.status().as_u16(), 200);
    answer.json().await.ok()
}

/// Somebody who follows the links of a resource over HTTP, however the pages come.
struct Follower {
    path: &'static str,
    link: String,
    replica: Replica,
}

impl Follower {
    async fn round(&mut self, cloud: &Cloud) {
        for _ in 0..10_000 {
            let Some(page) = whole(cloud, &self.link).await else {
                continue;
            };
            Schema::check_path(self.path, 200, &page);
            self.replica.take(page["value"].as_array().unwrap(), false);
            let (next, delta) = (&page["@odata.nextLink"], &page["@odata.deltaLink"]);
            self.link = next.as_str().or(delta.as_str()).unwrap().to_owned();
            if delta.is_string() {
                return;
            }
        }
        panic!("a round without end");
    }
}

/// What happens before a round, and what goes wrong in it.
#[derive(Debug, Clone)]
struct Turn {
    changes: Vec<(u8, usize, u8)>,
    faults: Vec<(&'static str, u8, u8)>,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let kinds = prop::sample::select(vec!["duplicate", "replay", "reorder", "empty", "cut"]);
    let changes = vec((any::<u8>(), any::<usize>(), any::<u8>()), 0..6);
    let faults = vec((kinds, 1u8..6, 1u8..4), 0..4);
    let turn = (changes, faults).prop_map(|(changes, faults)| Turn { changes, faults });
    vec(turn, 1..5)
}

async fn change(cloud: &Cloud, (what, who, value): (u8, usize, u8)) {
    let raw = cloud.raw().await;
    let one = |list: &str| {
        let list = raw[list].as_array().unwrap();
        (!list.is_empty()).then(|| list[who % list.len()]["id"].as_str().unwrap().to_owned())
    };
    let (Some(user), Some(group)) = (one("users"), one("groups")) else {
        return;
    };
    let deleted = one("deletedUsers").unwrap_or_else(|| user.clone());
    let patched = json!({"department": (value % 3 > 0).then(|| format!("Department {value}"))});
    let (method, path, body) = match what % 8 {
        0 => (
            Method::POST,
            "users".to_owned(),
            Some(json!({"displayName": format!("New {value}")})),
        ),
        1 | 2 => (Method::PATCH, format!("users/{user}"), Some(patched)),
        3 => (Method::DELETE, format!("users/{user}"), None),
        4 => (Method::DELETE, format!("users/{user}?permanent=true"), None),
        5 => (Method::POST, format!("users/{deleted}/restore"), None),
        6 => (Method::PUT, format!("groups/{group}/members/{user}"), None),
        _ => (Method::DELETE, format!("groups/{group}/members/{user}"), None),
    };
    cloud
        .try_control(method, &format!("/tenants/contoso/{path}"), body)
        .await;
}

async fn play(cloud: &Cloud, turns: &[Turn]) -> [(Replica, Replica); 2] {
    let mut users = Follower {
        path: "/users/delta",
        link: "/users/delta?$select=displayName,department".to_owned(),
        replica: Replica::default(),
    };
    let mut groups = Follower {
        path: "/groups/delta",
        link: "/groups/delta?$select=displayName,members".to_owned(),
        replica: Replica::default(),
    };
    for turn in turns {
        for wanted in &turn.changes {
            change(cloud, *wanted).await;
        }
        for (kind, nth, times) in &turn.faults {
            cloud
                .fault(json!({"path": "/v1.0/*/delta", "kind": kind, "nth": nth, "times": times}))
                .await;
        }
        users.round(cloud).await;
        groups.round(cloud).await;
        cloud.control(Method::DELETE, "/faults", None).await;
    }
    let raw = cloud.raw().await;
    let objects = |list: &str, names: &[&str]| Replica {
        objects: raw[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| (object["id"].as_str().unwrap().to_owned(), Copied::of(object, names)))
            .collect(),
    };
    let mut expected = objects("groups", &NAMES[..1]);
    for (group, copied) in &mut expected.objects {
        let members = cloud.all(&format!("/groups/{group}/members?$top=999")).await;
        copied.members = texts(&members, "id").into_iter().map(str::to_owned).collect();
    }
    [(users.replica, objects("users", NAMES)), (groups.replica, expected)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_copy_is_right_whatever_goes_wrong_on_the_way(turns in turns()) {
        static CLOUD: OnceLock<(Runtime, Cloud)> = OnceLock::new();
        let (runtime, cloud) = CLOUD.get_or_init(|| {
            let runtime = Runtime::new().unwrap();
            let cloud = runtime.block_on(async {
                let cloud = small_pages(15).await;
                let unlimited = json!({"enabled": false});
                cloud.control(Method::PUT, "/throttle", Some(unlimited)).await;
                cloud
            });
            (runtime, cloud)
        });
        for (copied, expected) in runtime.block_on(play(cloud, &turns)) {
            prop_assert_eq!(copied, expected);
        }
    }
}
