//! The token endpoint, and what Graph says to tokens.

use std::time::Duration;

use microsoft_sim::{Options, TenantSpec, TokenLifetime, start};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{cloud, form_with, good_form, options, with};

#[tokio::test]
async fn a_token_is_given_for_the_tenants_id_and_for_each_of_its_domains() {
    let cloud = cloud(5).await;
    let id = cloud.tenant.to_string();
    for tenant in [
        id.as_str(),
        "contoso.example",
        "contoso-group.example",
        "CONTOSO.onmicrosoft.example",
    ] {
        let answer = cloud.ask_token(tenant, &good_form()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{tenant}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["token_type"], "Bearer");
        assert!((3600..=5400).contains(&body["expires_in"].as_u64().unwrap()), "{body}");
        assert_eq!(body["access_token"].as_str().unwrap().split('.').count(), 3);
        Schema::check_named("TokenResponse", &body);
    }
}

#[tokio::test]
async fn client_and_secret_may_come_as_http_basic() {
    let cloud = cloud(1).await;
    let url = format!("{}/{}/oauth2/v2.0/token", cloud.base(), cloud.tenant);
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let request = cloud.client.post(url).form(&form);
    let request = request.basic_auth("5a1e0000-0000-4000-8000-000000000001", Some("simulated-secret"));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn every_mistake_in_a_token_request_has_its_number_and_its_status() {
    let cloud = cloud(1).await;
    let id = cloud.tenant.to_string();
    let cases = [
        (
            id.as_str(),
            form_with("client_secret", Some("wrong")),
            401,
            "invalid_client",
            7_000_215,
        ),
        (&id, form_with("client_secret", None), 401, "invalid_client", 7_000_218),
        (
            &id,
            form_with("client_id", Some("11111111-1111-1111-1111-111111111111")),
            400,
            "unauthorized_client",
            700_016,
        ),
        (&id, form_with("client_id", None), 400, "invalid_request", 900_144),
        (
            &id,
            form_with("scope", Some("https://graph.microsoft.com/User.Read")),
            400,
            "invalid_scope",
            70011,
        ),
        (
            &id,
            form_with("scope", Some("https://elsewhere.example/.default")),
            400,
            "invalid_resource",
            500_011,
        ),
        (&id, form_with("grant_type", None), 400, "invalid_request", 900_144),
        (
            &id,
            form_with("grant_type", Some("password")),
            400,
            "unsupported_grant_type",
            70003,
        ),
        ("nobody.example", good_form().to_vec(), 400, "invalid_request", 90002),
        ("common", good_form().to_vec(), 400, "invalid_request", 9_001_023),
        ("organizations", good_form().to_vec(), 400, "invalid_request", 50059),
    ];
    for (tenant, form, status, error, code) in cases {
        let answer = cloud.ask_token(tenant, &form).await;
        assert_eq!(answer.status().as_u16(), status, "{code}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"], error, "{body}");
        assert_eq!(body["error_codes"], json!([code]));
        assert!(body["error_description"].as_str().unwrap().contains("\r\nTrace ID: "));
        Schema::check_named("TokenError", &body);
    }
}

#[tokio::test]
async fn withdrawn_consent_refuses_new_tokens_and_stops_old_ones() {
    let cloud = cloud(1).await;
    let path = format!("/tenants/{}/consent", cloud.tenant);
    cloud.control(Method::PUT, &path, Some(json!({"granted": false}))).await;
    let answer = cloud.ask_token("contoso.example", &good_form()).await;
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error_codes"], json!([700_016]));
    assert_eq!(
        cloud.refused("/users").await,
        (401, "Authorization_IdentityNotFound".to_owned())
    );
    cloud.control(Method::PUT, &path, Some(json!({"granted": true}))).await;
    cloud.get("/users").await;
}

#[tokio::test]
async fn a_missing_a_foreign_and_an_expired_token_are_refused() {
    let mut cloud = cloud(3).await;
    let bare = cloud.client.get(cloud.url("/users")).send().await.unwrap();
    assert_eq!(bare.status().as_u16(), 401);
    let body: Value = bare.json().await.unwrap();
    assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    Schema::check_named("ODataError", &body);

    // A token of another cloud, as like ours as can be.
    let other = start(options(3)).await.unwrap();
    let url = format!("http://{}/contoso.example/oauth2/v2.0/token", other.address());
    let answer: Value = cloud
        .client
        .post(url)
        .form(&good_form())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let own = std::mem::replace(&mut cloud.token, answer["access_token"].as_str().unwrap().to_owned());
    assert_eq!(
        cloud.refused("/users").await,
        (401, "InvalidAuthenticationToken".to_owned())
    );

    cloud.token = own;
    cloud.get("/users").await;
    cloud.control(Method::POST, "/tokens/expire", None).await;
    assert_eq!(
        cloud.refused("/users").await,
        (401, "InvalidAuthenticationToken".to_owned())
    );
    cloud.token = cloud.sign_in(cloud.tenant).await;
    cloud.get("/users").await;
}

#[tokio::test]
async fn a_token_dies_when_its_life_is_over() {
    let cloud = with(Options {
        token_lifetime: TokenLifetime::Fixed(Duration::from_secs(1)),
        ..options(1)
    })
    .await;
    cloud.get("/users").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(cloud.refused("/users").await.0, 401);
}

#[tokio::test]
async fn a_token_shows_its_own_tenant_and_no_other() {
    let fabrikam = TenantSpec {
        name: "fabrikam".to_owned(),
        users: 7,
    };
    let tenants = vec![
        TenantSpec {
            name: "contoso".to_owned(),
            users: 4,
        },
        fabrikam,
    ];
    let mut cloud = with(Options { tenants, ..options(0) }).await;
    assert_eq!(cloud.all("/users").await.len(), 4);
    let foreign = cloud.get("/users?$top=2").await["@odata.nextLink"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = cloud.simulator.tenants()[1].clone();
    cloud.token = cloud.sign_in(other.id).await;
    assert_eq!(cloud.all("/users").await.len(), 7);
    assert_eq!(cloud.get("/organization").await["value"][0]["id"], other.id.to_string());
    assert_eq!(cloud.refused(&foreign).await.0, 400, "a page token of another tenant");
}

#[tokio::test]
async fn the_older_token_endpoint_takes_a_resource_and_writes_numbers_as_text() {
    let cloud = cloud(1).await;
    let url = format!("{}/contoso.example/oauth2/token", cloud.base());
    let mut form: Vec<(&str, &str)> = form_with("scope", None);
    form.push(("resource", "https://graph.microsoft.com"));
    let answer = cloud.client.post(&url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["resource"], "https://graph.microsoft.com");
    let seconds: u64 = body["expires_in"].as_str().unwrap().parse().unwrap();
    assert!((3600..=5400).contains(&seconds));
    let request = cloud.client.get(cloud.url("/users"));
    let request = request.bearer_auth(body["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);

    let missing = cloud.client.post(url).form(&good_form()).send().await.unwrap();
    assert_eq!(missing.json::<Value>().await.unwrap()["error_codes"], json!([900_144]));
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_refused() {
    let mut cloud = cloud(1).await;
    let token = cloud.token.clone();
    let parts: Vec<&str> = token.split('.').collect();
    for part in 0..3 {
        let mut changed: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let letter = if changed[part].as_bytes()[9] == b'A' { "B" } else { "A" };
        changed[part].replace_range(9..=9, letter);
        cloud.token = changed.join(".");
        assert_eq!(
            cloud.refused("/users").await,
            (401, "InvalidAuthenticationToken".to_owned())
        );
    }
    cloud.token = token;
    cloud.get("/users").await;
}
