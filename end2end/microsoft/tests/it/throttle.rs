//! Throttling over HTTP: what a request costs, when it is too much, and what the answer says then.

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{cloud, options, with};

#[tokio::test]
async fn an_answer_says_what_it_cost_even_where_it_is_a_refusal() {
    let cloud = cloud(5).await;
    for (path, units) in [
        ("/users", "2"),
        ("/users?$select=id", "1"),
        ("/subscribedSkus", "3"),
        ("/users/nobody@contoso.example", "1"),
        ("/users?$top=5000", "1"),
    ] {
        let answer = cloud.send(path).await;
        assert_eq!(answer.headers()["x-ms-resource-unit"], units, "{path}");
        let diagnostic = answer.headers()["x-ms-ags-diagnostic"].to_str().unwrap();
        let diagnostic: Value = serde_json::from_str(diagnostic).unwrap();
        assert!(diagnostic["ServerInfo"]["DataCenter"].is_string());
        assert!(
            !answer.headers().contains_key("x-ms-throttle-limit-percentage"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn who_exceeds_a_limit_is_told_how_long_to_wait_and_served_after_that() {
    let cloud = cloud(5).await;
    let small = json!({"small": {"amount": 10, "seconds": 5}});
    cloud.control(Method::PUT, "/throttle", Some(small)).await;
    for percentage in [None, None, None, Some("0.80"), Some("1.00")] {
        let answer = cloud.send("/users").await;
        let told = answer.headers().get("x-ms-throttle-limit-percentage");
        // The bucket runs out a little between two requests.
        let near =
            |told: &str, wanted: &str| (told.parse::<f64>().unwrap() - wanted.parse::<f64>().unwrap()).abs() < 0.1;
        match (told.map(|told| told.to_str().unwrap()), percentage) {
            (Some(told), Some(wanted)) => assert!(near(told, wanted), "{told}"),
            (None, Some("0.80")) | (None, None) => {}
            (told, _) => panic!("{told:?} instead of {percentage:?}"),
        }
        assert_eq!(answer.status().as_u16(), 200);
    }
    let refused = cloud.send("/users").await;
    assert_eq!(refused.status().as_u16(), 429);
    let header = |name: &str| refused.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("retry-after"), "1");
    let scope = format!(
        "Tenant_Application/Read/5a1e0000-0000-4000-8000-000000000001/{}",
        cloud.tenant
    );
    assert_eq!(header("x-ms-throttle-scope"), scope);
    assert_eq!(header("x-ms-throttle-information"), "ResourceUnitLimitExceeded");
    let body: Value = refused.json().await.unwrap();
    Schema::check_path("/users", 429, &body);
    assert_eq!(body["error"]["code"], "TooManyRequests");
    assert_eq!(body["error"]["innerError"]["code"], "429");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(cloud.send("/users").await.status().as_u16(), 200);
    let journal = cloud.simulator.requests();
    assert_eq!(journal.iter().filter(|entry| entry.status == 429).count(), 1);
}

#[tokio::test]
async fn the_limits_are_settings_and_can_be_turned_off() {
    let documented = cloud(1).await.control(Method::GET, "/throttle", None).await;
    assert_eq!(documented["large"], json!({"amount": 8000, "seconds": 10}));
    assert_eq!(documented["enabled"], true);
    let mut options = options(5);
    options.throttle.small.amount = 1;
    options.throttle.small.seconds = 3600;
    let cloud = with(options).await;
    assert_eq!(cloud.send("/groups").await.status().as_u16(), 200);
    assert_eq!(cloud.send("/groups").await.status().as_u16(), 429);
    cloud
        .control(
            Method::PUT,
            "/throttle",
            Some(json!({"enabled": false, "small": {"amount": 1, "seconds": 3600}})),
        )
        .await;
    for _ in 0..3 {
        assert_eq!(cloud.send("/groups").await.status().as_u16(), 200);
    }
    let (status, _) = cloud
        .try_control(Method::PUT, "/throttle", Some(json!({"smal": 1})))
        .await;
    assert!(status.is_client_error());
}

#[tokio::test]
async fn the_page_limit_of_2023_can_be_asked_for() {
    let mut options = options(5);
    options.largest_page_with_activity = 120;
    let cloud = with(options).await;
    let answer = cloud.send("/users?$select=signInActivity&$top=500").await;
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        body["error"]["message"],
        "Cannot query data for more than 120 users at a time"
    );
}
