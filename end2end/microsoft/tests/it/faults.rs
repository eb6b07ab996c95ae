//! What the control API breaks, as a client meets it.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{cloud, good_form, status_fault};

#[tokio::test]
async fn throttling_comes_with_retry_after_and_ends_when_it_was_told_to() {
    let cloud = cloud(5).await;
    let fault =
        json!({"path": "/v1.0/users", "kind": "status", "status": 429, "retryAfter": 2.128, "nth": 2, "times": 1});
    cloud.fault(fault).await;
    cloud.get("/users").await;
    let answer = cloud.send("/users").await;
    assert_eq!(answer.status().as_u16(), 429);
    assert_eq!(answer.headers()["retry-after"], "2.128");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["code"], "TooManyRequests");
    assert_eq!(body["error"]["innerError"]["code"], "429");
    cloud.get("/users").await;
}

#[tokio::test]
async fn a_fault_is_for_its_path_and_tenant_alone() {
    let cloud = cloud(25).await;
    let mut fault = status_fault("/v1.0/groups/*/members", 503);
    fault["tenant"] = json!("contoso");
    cloud.fault(fault).await;
    let group = cloud.group("All Staff").await;
    assert_eq!(
        cloud.refused(&format!("/groups/{group}/members")).await,
        (503, "serviceNotAvailable".to_owned())
    );
    cloud.get("/groups").await;
    cloud.get(&format!("/groups/{group}/transitiveMembers")).await;
    let mut elsewhere = status_fault("/v1.0/users", 503);
    elsewhere["tenant"] = json!("fabrikam");
    let (status, body) = cloud.try_control(Method::POST, "/faults", Some(elsewhere)).await;
    assert_eq!(
        (status.as_u16(), body["error"].as_str()),
        (404, Some("there is no tenant 'fabrikam'"))
    );
}

#[tokio::test]
async fn only_the_pages_after_the_first_can_be_broken() {
    let cloud = cloud(30).await;
    let fault = json!({
        "path": "/v1.0/users?*$skiptoken*", "kind": "status", "status": 400, "code": "Directory_ExpiredPageToken",
    });
    cloud.fault(fault).await;
    let link = cloud.get("/users?$top=10").await["@odata.nextLink"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        cloud.refused(&link).await,
        (400, "Directory_ExpiredPageToken".to_owned())
    );
}

#[tokio::test]
async fn a_page_can_be_malformed_blank_or_html() {
    let cloud = cloud(5).await;
    let id = cloud.fault(json!({"path": "/v1.0/users", "kind": "malformed"})).await;
    let text = cloud.send("/users").await.text().await.unwrap();
    assert!(!text.is_empty() && serde_json::from_str::<Value>(&text).is_err());
    cloud.control(Method::DELETE, &format!("/faults/{id}"), None).await;

    let id = cloud
        .fault(json!({"path": "/v1.0/users", "kind": "blank", "status": 502}))
        .await;
    let answer = cloud.send("/users").await;
    assert_eq!(answer.status().as_u16(), 502);
    assert!(answer.text().await.unwrap().is_empty());
    cloud.control(Method::DELETE, &format!("/faults/{id}"), None).await;

    cloud
        .fault(json!({"path": "/v1.0/users", "kind": "html", "status": 504}))
        .await;
    let answer = cloud.send("/users").await;
    assert_eq!(answer.status().as_u16(), 504);
    assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    cloud.control(Method::DELETE, "/faults", None).await;
    cloud.get("/users").await;
}

#[tokio::test]
async fn a_connection_can_be_cut_in_the_middle_of_a_page() {
    let cloud = cloud(50).await;
    cloud
        .fault(json!({"path": "/v1.0/users", "kind": "cut", "times": 1}))
        .await;
    let broken = match cloud
        .client
        .get(cloud.url("/users"))
        .bearer_auth(&cloud.token)
        .send()
        .await
    {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken);
    cloud.get("/users").await;
}

#[tokio::test]
async fn a_loop_of_links_leads_back_to_the_same_page() {
    let cloud = cloud(5).await;
    cloud.fault(json!({"path": "/v1.0/users", "kind": "loop"})).await;
    let page = cloud.get("/users?$top=2").await;
    let link = page["@odata.nextLink"].as_str().unwrap();
    assert_eq!(link, cloud.url("/users?$top=2"));
    assert_eq!(cloud.get(link).await, page);
    Schema::check_path("/users", 200, &page);
}

#[tokio::test]
async fn an_empty_page_leads_on_and_nobody_is_lost() {
    let cloud = cloud(30).await;
    cloud
        .fault(json!({"path": "/v1.0/users", "kind": "empty", "nth": 2, "times": 1}))
        .await;
    let first = cloud.get("/users?$top=10").await;
    let empty = cloud.get(first["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(empty["value"], json!([]));
    assert!(empty["@odata.nextLink"].is_string());
    assert_eq!(cloud.all(empty["@odata.nextLink"].as_str().unwrap()).await.len(), 20);
}

#[tokio::test]
async fn an_answer_can_be_late() {
    let cloud = cloud(1).await;
    cloud
        .fault(json!({"path": "/v1.0/organization", "kind": "delay", "delayMs": 150, "times": 1}))
        .await;
    let begun = Instant::now();
    cloud.get("/organization").await;
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn the_token_endpoint_breaks_in_its_own_words() {
    let cloud = cloud(1).await;
    let fault = json!({
        "path": "token", "kind": "status", "status": 401, "code": "AADSTS7000222", "times": 1,
        "message": "The provided client secret keys are expired.",
    });
    cloud.fault(fault).await;
    let answer = cloud.ask_token("contoso.example", &good_form()).await;
    assert_eq!(answer.status().as_u16(), 401);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        (&body["error"], &body["error_codes"]),
        (&json!("invalid_client"), &json!([7_000_222]))
    );
    Schema::check_named("TokenError", &body);
    assert_eq!(
        cloud.ask_token("contoso.example", &good_form()).await.status().as_u16(),
        200
    );
}

#[tokio::test]
async fn faults_are_listed_with_what_they_did() {
    let cloud = cloud(1).await;
    let id = cloud
        .fault(json!({"path": "/v1.0/users", "kind": "status", "nth": 2}))
        .await;
    cloud.send("/users").await;
    cloud.send("/users").await;
    let faults = cloud.control(Method::GET, "/faults", None).await;
    assert_eq!(
        (&faults[0]["id"], &faults[0]["matched"], &faults[0]["struck"]),
        (&json!(id), &json!(2), &json!(1))
    );
    let (status, _) = cloud
        .try_control(Method::POST, "/faults", Some(json!({"path": "x", "kind": "rain"})))
        .await;
    assert_eq!(status.as_u16(), 400);
}

#[tokio::test]
async fn a_fault_can_stand_from_the_start() {
    let cloud = cloud(1).await;
    let fault = |tenant: &str| serde_json::from_value(json!({"path": "/", "kind": "html", "tenant": tenant})).unwrap();
    assert_eq!(cloud.simulator.add_fault(fault("contoso")).unwrap(), 1);
    assert_eq!(cloud.send("/domains").await.status().as_u16(), 502);
    assert_eq!(
        cloud.simulator.add_fault(fault("nobody")).unwrap_err().to_string(),
        "there is no tenant 'nobody'"
    );
}

#[tokio::test]
async fn a_loop_can_have_two_pages() {
    let cloud = cloud(5).await;
    cloud
        .fault(json!({"path": "/v1.0/users", "kind": "loop", "pages": 2}))
        .await;
    let first = cloud.get("/users?$top=2").await;
    let second = cloud.get(first["@odata.nextLink"].as_str().unwrap()).await;
    assert_ne!(first["value"], second["value"]);
    assert_eq!(second["@odata.nextLink"], cloud.url("/users?$top=2"));
}

#[tokio::test]
async fn pages_without_end_have_ever_new_links() {
    let cloud = cloud(5).await;
    cloud.fault(json!({"path": "/v1.0/users", "kind": "endless"})).await;
    let mut links = vec![cloud.url("/users?$top=2")];
    for _ in 0..20 {
        let page = cloud.get(links.last().unwrap()).await;
        let next = page["@odata.nextLink"].as_str().unwrap().to_owned();
        assert!(!links.contains(&next), "{next}");
        links.push(next);
    }
}

#[tokio::test]
async fn links_and_redirects_can_lead_to_another_host() {
    let cloud = cloud(5).await;
    let fault = json!({"path": "/v1.0/users", "kind": "foreignLink", "to": "http://elsewhere.example:9", "times": 1});
    cloud.fault(fault).await;
    let page = cloud.get("/users?$top=2").await;
    assert_eq!(
        page["@odata.nextLink"],
        "http://elsewhere.example:9/v1.0/users?$skiptoken=elsewhere"
    );
    cloud
        .fault(json!({"path": "/v1.0/users", "kind": "redirect", "status": 307}))
        .await;
    let stays = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = stays.get(cloud.url("/users?$top=2")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 307);
    assert_eq!(
        answer.headers()["location"],
        "https://elsewhere.example/v1.0/users?$top=2"
    );
}

#[tokio::test]
async fn a_body_can_be_too_large_or_too_deep() {
    let cloud = cloud(1).await;
    let large = json!({"path": "/v1.0/users", "kind": "large", "size": 1_000_000, "status": 503, "times": 1});
    cloud.fault(large).await;
    let answer = cloud.send("/users").await;
    assert_eq!(answer.status().as_u16(), 503);
    let body = answer.text().await.unwrap();
    assert_eq!(body.len(), 1_000_000);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), json!({"value": []}));
    cloud
        .fault(json!({"path": "/v1.0/users", "kind": "deep", "size": 500}))
        .await;
    let body = cloud.send("/users").await.text().await.unwrap();
    assert_eq!((body.matches('[').count(), body.matches(']').count()), (500, 500));
    assert!(serde_json::from_str::<Value>(&body).is_err());
}

#[tokio::test]
async fn a_name_can_hold_half_of_a_character() {
    let cloud = cloud(2).await;
    cloud.fault(json!({"path": "/v1.0/users", "kind": "surrogate"})).await;
    let body = cloud.send("/users").await.text().await.unwrap();
    assert!(body.contains(r#""half \ud800 name""#), "{body}");
}

#[tokio::test]
async fn the_servers_clock_can_be_wrong() {
    let cloud = cloud(1).await;
    cloud
        .fault(json!({"path": "/v1.0/users", "kind": "clock", "seconds": -7200}))
        .await;
    let answer = cloud.send("/users").await;
    assert_eq!(answer.status().as_u16(), 200);
    let date = answer.headers()["date"].to_str().unwrap();
    let date = chrono::NaiveDateTime::parse_from_str(date, "%a, %d %b %Y %H:%M:%S GMT").unwrap();
    let behind = chrono::Utc::now() - date.and_utc();
    assert!((7199..7260).contains(&behind.num_seconds()), "{behind}");
}

#[tokio::test]
async fn a_token_can_be_refused_until_a_newer_one_comes() {
    let mut cloud = cloud(1).await;
    let fault = json!({"path": "/v1.0/users", "kind": "refuseToken", "nth": 2, "tenant": cloud.tenant});
    cloud.fault(fault).await;
    cloud.get("/users").await;
    for _ in 0..2 {
        assert_eq!(
            cloud.refused("/users").await,
            (401, "InvalidAuthenticationToken".to_owned())
        );
    }
    cloud.token = cloud.sign_in(cloud.tenant).await;
    cloud.get("/users").await;
}

#[tokio::test]
async fn the_journal_tells_connection_priority_and_user_agent() {
    let cloud = cloud(1).await;
    let ask = |client: reqwest::Client| {
        let request = client.get(cloud.url("/users")).bearer_auth(&cloud.token);
        request
            .header("x-ms-throttle-priority", "Low")
            .header("user-agent", "test/1")
            .send()
    };
    let kept = reqwest::Client::new();
    ask(kept.clone()).await.unwrap().bytes().await.unwrap();
    ask(kept).await.unwrap().bytes().await.unwrap();
    ask(reqwest::Client::new()).await.unwrap().bytes().await.unwrap();
    let seen = cloud.control(Method::GET, "/requests", None).await;
    let seen: Vec<&Value> = seen
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["path"] == "/v1.0/users")
        .collect();
    let connection = |index: usize| seen[index]["connection"].as_u64().unwrap();
    assert!(connection(0) > 0 && connection(0) == connection(1) && connection(1) != connection(2));
    assert_eq!(
        (&seen[0]["throttlePriority"], &seen[0]["userAgent"]),
        (&json!("Low"), &json!("test/1"))
    );
}

#[tokio::test]
async fn a_list_of_faults_is_played_in_its_order() {
    let script = r#"[
        {"tenant": "contoso.example", "path": "/v1.0/users", "kind": "status", "status": 503, "times": 1},
        {"tenant": "contoso", "path": "/v1.0/users", "kind": "status", "status": 429, "nth": 2, "times": 2},
        {"path": "/v1.0/users?*skiptoken*", "kind": "html", "status": 504, "times": 1}
    ]"#;
    let mut played = Vec::new();
    for _ in 0..2 {
        let cloud = cloud(5).await;
        cloud
            .simulator
            .add_faults(microsoft_sim::parse_faults(script).unwrap())
            .unwrap();
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(cloud.send("/users?$top=2").await.status().as_u16());
        }
        let link = cloud.get("/users?$top=2").await["@odata.nextLink"].clone();
        for _ in 0..2 {
            statuses.push(cloud.send(link.as_str().unwrap()).await.status().as_u16());
        }
        played.push(statuses);
    }
    assert_eq!(played, vec![vec![503, 429, 429, 200, 504, 200]; 2]);
}

#[tokio::test]
async fn a_list_with_a_fault_for_nobody_names_the_entry() {
    let cloud = cloud(1).await;
    let list = r#"[{"path": "/", "kind": "html"}, {"path": "/", "kind": "html", "tenant": "nobody"}]"#;
    let error = cloud
        .simulator
        .add_faults(microsoft_sim::parse_faults(list).unwrap())
        .unwrap_err();
    assert_eq!(error.to_string(), "fault 2 of the list: there is no tenant 'nobody'");
}
