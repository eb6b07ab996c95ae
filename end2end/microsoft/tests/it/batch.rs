//! `$batch` over HTTP: members that succeed and fail singly, each a request of its own.

use std::collections::BTreeMap;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{Cloud, cloud, status_fault};

async fn post(cloud: &Cloud, requests: Value) -> Response {
    let request = cloud.client.post(cloud.url("/$batch")).bearer_auth(&cloud.token);
    request.json(&json!({ "requests": requests })).send().await.unwrap()
}

/// The answers by id, checked against Microsoft's model.
async fn batch(cloud: &Cloud, requests: Value) -> BTreeMap<String, Value> {
    let answer = post(cloud, requests).await;
    assert_eq!(answer.status().as_u16(), 200);
    let body: Value = answer.json().await.unwrap();
    Schema::check_named("BatchResponse", &body);
    let answers = body["responses"].as_array().unwrap().iter();
    answers
        .map(|answer| (answer["id"].as_str().unwrap().to_owned(), answer.clone()))
        .collect()
}

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

#[tokio::test]
async fn members_succeed_and_fail_singly_with_headers_of_their_own() {
    let cloud = cloud(30).await;
    cloud
        .control(
            Method::PUT,
            "/tenants/contoso/permissions",
            Some(json!({"denied": ["domains"], "immediately": true})),
        )
        .await;
    let mut struck = status_fault("/v1.0/groups", 429);
    struck["retryAfter"] = json!(7);
    cloud.fault(struck).await;
    let count =
        json!({"id": "6", "method": "GET", "url": "/users/$count", "headers": {"consistencylevel": "eventual"}});
    let requests = json!([
        get("1", "/users?$select=id&$top=2"),
        get("2", "users/nobody@contoso.example"),
        get("3", "/domains"),
        get("4", "/groups"),
        get("5", "/users?$filter=accountEnabled ne true&$count=true"),
        count,
        get("7", "https://graph.microsoft.com/v1.0/users"),
    ]);
    let answers = batch(&cloud, requests).await;
    let status = |id: &str| answers[id]["status"].as_u64().unwrap();
    assert_eq!(status("7"), 400, "an address must be relative");
    let message = answers["7"]["body"]["error"]["message"].as_str().unwrap();
    assert_eq!(message, "Resource not found for the segment 'https:'.");
    assert_eq!(
        ["1", "2", "3", "4", "5", "6"].map(status),
        [200, 404, 403, 429, 400, 200]
    );
    assert_eq!(answers["4"]["headers"]["Retry-After"], "7");
    assert_eq!(answers["1"]["headers"]["x-ms-resource-unit"], "1");
    assert_eq!(answers["6"]["body"], "MzA=", "thirty, in base64");
    Schema::check_path("/users", 200, &answers["1"]["body"]);
    Schema::check_path("/domains", 403, &answers["3"]["body"]);
    let next = answers["1"]["body"]["@odata.nextLink"].as_str().unwrap();
    assert_eq!(
        cloud.all(next).await.len(),
        28,
        "a member's link is an ordinary address"
    );
}

#[tokio::test]
async fn a_member_whose_dependency_failed_fails_too_and_is_not_asked() {
    let cloud = cloud(5).await;
    let dependent = |id: &str, on: &str| json!({"id": id, "method": "GET", "url": "/users", "dependsOn": [on]});
    let requests = json!([
        get("1", "/users"),
        dependent("2", "1"),
        get("3", "/users/nobody"),
        dependent("4", "3"),
        dependent("5", "4")
    ]);
    let answers = batch(&cloud, requests).await;
    let statuses: Vec<u64> = answers
        .values()
        .map(|answer| answer["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [200, 200, 404, 424, 424]);
    let asked = cloud.simulator.requests();
    let paths = asked
        .iter()
        .map(|entry| entry.path.as_str())
        .filter(|path| path.starts_with("/v1.0"));
    assert_eq!(
        paths.collect::<Vec<_>>(),
        ["/v1.0/users", "/v1.0/users", "/v1.0/users/nobody", "/v1.0/$batch"]
    );
}

#[tokio::test]
async fn each_member_counts_against_the_limits() {
    let cloud = cloud(5).await;
    cloud
        .control(
            Method::PUT,
            "/throttle",
            Some(json!({"small": {"amount": 3, "seconds": 3600}})),
        )
        .await;
    let requests: Vec<Value> = (1..=5).map(|id| get(&id.to_string(), "/groups")).collect();
    let answers = batch(&cloud, json!(requests)).await;
    let refused: Vec<&Value> = answers.values().filter(|answer| answer["status"] == 429).collect();
    assert_eq!(refused.len(), 2);
    assert!(
        refused[0]["headers"]["Retry-After"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            > 0
    );
}

#[tokio::test]
async fn a_malformed_batch_a_foreign_token_and_another_method_are_refused_as_a_whole() {
    let cloud = cloud(1).await;
    let many: Vec<Value> = (0..21).map(|id| get(&id.to_string(), "/users")).collect();
    for wrong in [
        json!(many),
        json!([get("1", "/users"), get("1", "/groups")]),
        json!("none"),
        json!([get("1", "/$batch")]),
    ] {
        let answer = post(&cloud, wrong).await;
        assert_eq!(answer.status().as_u16(), 400);
        Schema::check_named("ODataError", &answer.json().await.unwrap());
    }
    let anonymous = cloud
        .client
        .post(cloud.url("/$batch"))
        .json(&json!({"requests": [get("1", "/users")]}));
    assert_eq!(anonymous.send().await.unwrap().status().as_u16(), 401);
    assert_eq!(cloud.send("/$batch").await.status().as_u16(), 405);
}

#[tokio::test]
async fn an_address_or_a_body_that_is_too_long_is_refused_at_once() {
    let cloud = cloud(5).await;
    let terms = vec!["department eq 'x'"; 40_000].join(" and ");
    let requests = json!([get("1", "/users?$top=1"), get("2", &format!("/users?$filter={terms}"))]);
    let answers = batch(&cloud, requests).await;
    assert_eq!(
        (&answers["1"]["status"], &answers["2"]["status"]),
        (&json!(200), &json!(414))
    );

    let request = cloud.client.post(cloud.url("/$batch")).bearer_auth(&cloud.token);
    let answer = request.body(vec![b' '; 5_000_000]).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 413);
    let body: Value = answer.json().await.unwrap();
    Schema::check_named("ODataError", &body);
}
