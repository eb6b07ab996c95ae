//! Delta queries over HTTP: the first round, what changed since, and being sent back to the start.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{Cloud, cloud, texts};

/// Follows the links of a round and gives its items and the link for the next one.
pub async fn round(cloud: &Cloud, path: &str) -> (Vec<Value>, String) {
    let (mut items, mut link) = (Vec::new(), path.to_owned());
    loop {
        let page = cloud.get(&link).await;
        let template = if link.contains("/groups") {
            "/groups/delta"
        } else {
            "/users/delta"
        };
        Schema::check_path(template, 200, &page);
        items.extend(page["value"].as_array().unwrap().iter().cloned());
        if let Some(delta) = page["@odata.deltaLink"].as_str() {
            assert!(
                page.get("@odata.nextLink").is_none() && delta.contains("$deltatoken="),
                "{delta}"
            );
            return (items, delta.to_owned());
        }
        link = page["@odata.nextLink"].as_str().unwrap().to_owned();
        assert!(link.contains("$skiptoken="), "{link}");
    }
}

/// The items that are there, without those that the round tells as gone.
pub fn present(mut items: Vec<Value>) -> Vec<Value> {
    items.retain(|item| item.get("@removed").is_none());
    items
}

/// The members that each group has after the items of a round were taken in.
fn merge(groups: &mut BTreeMap<String, BTreeSet<String>>, items: &[Value]) {
    for item in items {
        let id = item["id"].as_str().unwrap();
        if item.get("@removed").is_some() {
            groups.remove(id);
            continue;
        }
        let members = groups.entry(id.to_owned()).or_default();
        for member in item["members@delta"].as_array().into_iter().flatten() {
            let member_id = member["id"].as_str().unwrap().to_owned();
            match member.get("@removed") {
                Some(_) => members.remove(&member_id),
                None => members.insert(member_id),
            };
        }
    }
}

#[tokio::test]
async fn the_first_round_holds_every_user_once_under_each_spelling_of_its_name() {
    let cloud = cloud(230).await;
    for spelling in ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"] {
        let (items, link) = round(&cloud, &format!("/users/{spelling}?$select=displayName,jobTitle")).await;
        let users = present(items);
        let ids: BTreeSet<&str> = texts(&users, "id").into_iter().collect();
        assert_eq!((users.len(), ids.len()), (230, 230));
        assert!(users.iter().all(|user| user.get("mail").is_none()));
        assert!(
            users.iter().any(|user| user.get("jobTitle").is_none()),
            "never set, so it is missing"
        );
        let (changes, next) = round(&cloud, &link).await;
        assert!(changes.is_empty());
        assert!(next.contains("$deltatoken="), "there is always a new link");
    }
}

#[tokio::test]
async fn what_changed_comes_whole_and_what_went_with_its_reason() {
    let cloud = cloud(30).await;
    let (users, link) = round(&cloud, "/users/delta?$select=displayName,department,mail").await;
    let users = present(users);
    let id = |at: usize| users[at]["id"].as_str().unwrap().to_owned();
    let path = |at: usize| format!("/tenants/contoso/users/{}", id(at));
    cloud
        .control(
            Method::PATCH,
            &path(0),
            Some(json!({"department": null, "displayName": "Renamed"})),
        )
        .await;
    cloud
        .control(Method::PATCH, &path(1), Some(json!({"jobTitle": "Not asked for"})))
        .await;
    cloud.control(Method::DELETE, &path(2), None).await;
    cloud
        .control(Method::DELETE, &format!("{}?permanent=true", path(3)), None)
        .await;
    cloud.control(Method::DELETE, &path(4), None).await;
    cloud.control(Method::POST, &format!("{}/restore", path(4)), None).await;
    let new = json!({"userPrincipalName": "new@contoso.example", "displayName": "New"});
    let new = cloud.control(Method::POST, "/tenants/contoso/users", Some(new)).await["id"]
        .as_str()
        .unwrap()
        .to_owned();

    let (changes, next) = round(&cloud, &link).await;
    let by_id: BTreeMap<&str, &Value> = changes
        .iter()
        .map(|item| (item["id"].as_str().unwrap(), item))
        .collect();
    let expected = [id(0), id(2), id(3), id(4), new.clone()];
    assert_eq!(
        by_id.keys().copied().collect::<BTreeSet<_>>(),
        expected.iter().map(String::as_str).collect()
    );
    let changed = by_id[id(0).as_str()];
    assert_eq!(changed["displayName"], "Renamed");
    assert_eq!(changed["mail"], users[0]["mail"], "unchanged properties come too");
    if users[0].get("department").is_some() {
        assert_eq!(changed.get("department"), Some(&Value::Null), "set once, and null now");
    }
    assert_eq!(by_id[id(2).as_str()]["@removed"], json!({"reason": "changed"}));
    assert_eq!(by_id[id(3).as_str()]["@removed"], json!({"reason": "deleted"}));
    assert!(by_id[id(4).as_str()].get("@removed").is_none(), "it is back");
    assert_eq!(by_id[new.as_str()]["displayName"], "New");
    assert!(round(&cloud, &next).await.0.is_empty());
    assert_eq!(round(&cloud, &link).await.0.len(), 5, "an old link can be used again");
}

#[tokio::test]
async fn who_prefers_the_minimum_gets_only_what_changed() {
    let cloud = cloud(10).await;
    let (users, link) = round(&cloud, "/users/delta?$select=displayName,mail").await;
    let users = present(users);
    let path = format!("/tenants/contoso/users/{}", users[0]["id"].as_str().unwrap());
    cloud
        .control(Method::PATCH, &path, Some(json!({"displayName": "Renamed"})))
        .await;
    let request = cloud.client.get(&link).bearer_auth(&cloud.token);
    let answer = request.header("Prefer", "return=minimal").send().await.unwrap();
    assert_eq!(answer.headers()["preference-applied"], "return=minimal");
    let page: Value = answer.json().await.unwrap();
    assert_eq!(page["value"], json!([{"id": users[0]["id"], "displayName": "Renamed"}]));
}

#[tokio::test]
async fn the_members_of_groups_can_be_followed_through_every_change() {
    let cloud = cloud(260).await;
    let (groups, mut link) = round(&cloud, "/groups/delta?$select=displayName,members").await;
    let mut followed = BTreeMap::new();
    merge(&mut followed, &groups);
    let ids: Vec<&str> = texts(&groups, "id");
    assert!(
        ids.len() > ids.iter().collect::<BTreeSet<_>>().len(),
        "a large group is spread over pages"
    );

    let staff = cloud.group("All Staff").await;
    let user = cloud.all("/users?$top=999&$select=id").await[7]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let made = json!({"displayName": "Made later", "members": [user]});
    let made = cloud.control(Method::POST, "/tenants/contoso/groups", Some(made)).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let steps = [
        (Method::PUT, format!("groups/{staff}/members/{user}")),
        (Method::DELETE, format!("groups/{staff}/members/{user}")),
        (Method::PUT, format!("groups/{staff}/members/{user}")),
        (Method::DELETE, format!("users/{user}")),
        (Method::POST, format!("users/{user}/restore")),
        (Method::PUT, format!("groups/{staff}/members/{made}")),
        (Method::DELETE, format!("groups/{made}")),
        (Method::DELETE, format!("users/{user}?permanent=true")),
    ];
    for (method, path) in steps {
        cloud
            .control(method.clone(), &format!("/tenants/contoso/{path}"), None)
            .await;
        let (changes, next) = round(&cloud, &link).await;
        merge(&mut followed, &changes);
        link = next;
        for group in cloud.all("/groups?$select=id").await {
            let id = group["id"].as_str().unwrap();
            let members = cloud.all(&format!("/groups/{id}/members?$top=999")).await;
            let members: BTreeSet<String> = texts(&members, "id").into_iter().map(str::to_owned).collect();
            assert_eq!(followed.get(id), Some(&members), "{id} after {method} {path}");
        }
    }
    assert!(!followed.contains_key(&made));
    let (named, _) = round(&cloud, "/groups/delta?$select=displayName").await;
    assert!(named.iter().all(|group| group.get("members@delta").is_none()));
}

#[tokio::test]
async fn who_wants_only_what_comes_from_now_on_gets_a_link_and_nothing_else() {
    let cloud = cloud(10).await;
    let page = cloud.get("/users/delta?$deltatoken=latest&$select=displayName").await;
    Schema::check_path("/users/delta", 200, &page);
    assert_eq!(page["value"], json!([]));
    let user = cloud.all("/users").await[3]["id"].as_str().unwrap().to_owned();
    let renamed = Some(json!({"displayName": "Renamed"}));
    cloud
        .control(Method::PATCH, &format!("/tenants/contoso/users/{user}"), renamed)
        .await;
    let (changes, _) = round(&cloud, page["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(changes, [json!({"id": user, "displayName": "Renamed"})]);
}

#[tokio::test]
async fn a_round_can_be_narrowed_to_ids_and_takes_no_other_options() {
    let cloud = cloud(10).await;
    let users = cloud.all("/users").await;
    let ids = texts(&users, "id");
    let path = format!("/users/delta?$filter=id eq '{}' or id eq '{}'", ids[2], ids[5]);
    let (scoped, link) = round(&cloud, &path).await;
    assert_eq!(texts(&scoped, "id"), [ids[2], ids[5]]);
    for id in &ids[..4] {
        let renamed = Some(json!({"displayName": "Renamed"}));
        cloud
            .control(Method::PATCH, &format!("/tenants/contoso/users/{id}"), renamed)
            .await;
    }
    assert_eq!(texts(&round(&cloud, &link).await.0, "id"), [ids[2]]);
    let many = vec![format!("id eq '{}'", ids[0]); 51].join(" or ");
    for refused in [
        "$top=5".to_owned(),
        "$orderby=displayName".to_owned(),
        "$expand=manager".to_owned(),
        "$filter=displayName eq 'a'".to_owned(),
        "$select=signInActivity".to_owned(),
        "$select=colour".to_owned(),
        "$skiptoken=made-up".to_owned(),
        format!("$filter={many}"),
    ] {
        assert_eq!(
            cloud.refused(&format!("/users/delta?{refused}")).await.0,
            400,
            "{refused}"
        );
    }
    assert_eq!(cloud.refused("/users/delta?$select=skills").await.0, 501);
}

#[tokio::test]
async fn a_wrong_or_old_token_sends_the_client_back_to_the_start() {
    let cloud = cloud(10).await;
    let expired = (400, "syncStateNotFound".to_owned());
    assert_eq!(cloud.refused("/users/delta?$deltatoken=made-up").await, expired);
    let (_, link) = round(&cloud, "/users/delta?$select=displayName").await;
    assert_eq!(
        cloud.refused(&link.replace("/users/", "/groups/")).await,
        expired,
        "another resource's token"
    );
    cloud
        .control(
            Method::POST,
            "/tenants/contoso/delta/reset",
            Some(json!({"as": "expired"})),
        )
        .await;
    assert_eq!(cloud.refused(&link).await, expired);

    let (_, link) = round(&cloud, "/users/delta?$select=displayName").await;
    cloud
        .control(
            Method::POST,
            "/tenants/contoso/delta/reset",
            Some(json!({"as": "gone"})),
        )
        .await;
    let answer = cloud.send(&link).await;
    assert_eq!(answer.status().as_u16(), 410);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(
        location.ends_with("/users/delta?$select=displayName&$deltatoken="),
        "{location}"
    );
    Schema::check_path("/users/delta", 410, &answer.json().await.unwrap());
    assert_eq!(present(round(&cloud, &location).await.0).len(), 10);
    let (status, _) = cloud
        .try_control(Method::POST, "/tenants/contoso/delta/reset", Some(json!({"as": "x"})))
        .await;
    assert!(status.is_client_error());
}

#[tokio::test]
async fn delta_queries_need_the_permission_of_their_lists() {
    let cloud = cloud(5).await;
    cloud
        .control(
            Method::PUT,
            "/tenants/contoso/permissions",
            Some(json!({"denied": ["users", "members"], "immediately": true})),
        )
        .await;
    assert_eq!(cloud.refused("/users/delta").await.0, 403);
    assert_eq!(cloud.refused("/groups/delta?$select=members").await.0, 403);
    assert!(!round(&cloud, "/groups/delta?$select=displayName").await.0.is_empty());
}

#[tokio::test]
async fn hidden_members_are_left_out_without_the_permission_for_them() {
    let cloud = cloud(12).await;
    let someone = cloud.all("/users?$select=id").await[0]["id"].clone();
    let group = json!({"displayName": "Hidden", "visibility": "HiddenMembership", "members": [someone]});
    let made = cloud
        .control(Method::POST, "/tenants/contoso/groups", Some(group))
        .await;
    let path = "/groups/delta?$select=displayName,members";
    let members = async || {
        let (items, _) = round(&cloud, path).await;
        let found = items.into_iter().find(|item| item["id"] == made["id"]).unwrap();
        found["members@delta"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(members().await, 1);
    let denied = json!({"denied": ["hiddenMembers"], "immediately": true});
    cloud
        .control(Method::PUT, "/tenants/contoso/permissions", Some(denied))
        .await;
    assert_eq!(members().await, 0);
}
