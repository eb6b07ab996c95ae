//! A partner and its customers: Graph's lists, and consent through Partner Center.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use microsoft_sim::{Options, TenantSpec};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::schema::Schema;
use crate::support::{Cloud, good_form, location, options, patient, with};

const CLIENT: &str = "5a1e0000-0000-4000-8000-000000000001";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const SCOPE: &str = "https://api.partnercenter.microsoft.com/user_impersonation";
const BACK: &str = "http://localhost:8400/done";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A partner whose app may read its lists, and two tenants that have not consented.
async fn partner_cloud() -> Cloud {
    let tenants = ["partner", "contoso", "fabrikam"].map(|name| TenantSpec {
        name: name.to_owned(),
        users: 3,
    });
    let mut cloud = with(Options {
        tenants: tenants.to_vec(),
        roles: vec![
            "DelegatedAdminRelationship.Read.All".to_owned(),
            "Directory.Read.All".to_owned(),
        ],
        ..options(0)
    })
    .await;
    for tenant in ["contoso", "fabrikam"] {
        let path = format!("/tenants/{tenant}/consent");
        cloud
            .control(Method::PUT, &path, Some(json!({"granted": false, "roles": []})))
            .await;
    }
    cloud.token = cloud.sign_in(cloud.tenant).await;
    cloud
}

async fn order(cloud: &Cloud, partner: Value) {
    cloud
        .control(Method::PUT, "/tenants/partner/partner", Some(partner))
        .await;
}

/// A token for Partner Center of a person of the partner.
async fn person(cloud: &Cloud, user: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let url = format!("{}/partner.example/oauth2/v2.0/authorize", cloud.base());
    let query = [
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", SCOPE),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let url = Url::parse_with_params(&url, query).unwrap();
    let answer = patient().post(url).form(&[("user", user)]).send().await.unwrap();
    let (_, query) = location(&answer);
    let code = query.iter().find(|(name, _)| name == "code").unwrap().1.clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", "simulated-secret"),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let answer = cloud.ask_token("partner.example", &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let body: Value = answer.json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

async fn people(cloud: &Cloud) -> Vec<String> {
    let raw = cloud.raw().await;
    let users = raw["users"].as_array().unwrap().iter();
    users
        .filter(|user| user["accountEnabled"] != false)
        .map(|user| user["userPrincipalName"].as_str().unwrap().to_owned())
        .collect()
}

async fn consent(cloud: &Cloud, token: &str, customer: &str) -> Response {
    let url = format!("{}/v1/customers/{customer}/applicationconsents", cloud.base());
    let body = json!({
        "applicationId": CLIENT,
        "applicationGrants": [{"enterpriseApplicationId": GRAPH, "scope": "User.Read.All,Domain.Read.All"}],
    });
    cloud
        .client
        .post(url)
        .bearer_auth(token)
        .json(&body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_partners_lists_validate_against_microsofts_model_and_come_in_pages() {
    let cloud = partner_cloud().await;
    let many = (0..750).map(|number| {
        let id = uuid::Uuid::from_u128(0x4000_0000_0000_4000_8000_0000_0000_0000 + number);
        json!({"tenant": id, "name": format!("Customer {number}"), "domain": format!("c{number}.example")})
    });
    order(&cloud, json!({"customers": many.collect::<Vec<_>>()})).await;
    for path in [
        "/tenantRelationships/delegatedAdminCustomers",
        "/tenantRelationships/delegatedAdminRelationships",
        "/contracts",
    ] {
        let (mut next, mut seen, mut pages) = (Some(path.to_owned()), 0, 0);
        while let Some(link) = next {
            let body = cloud.get(&link).await;
            Schema::check_path(path, 200, &body);
            seen += body["value"].as_array().unwrap().len();
            pages += 1;
            next = body["@odata.nextLink"].as_str().map(str::to_owned);
        }
        assert_eq!(seen, 750, "{path}");
        assert!(pages > 1, "{path} came in {pages} pages");
    }
}

#[tokio::test]
async fn a_partners_lists_are_refused_without_their_permission_and_empty_for_who_is_no_partner() {
    let mut cloud = partner_cloud().await;
    assert_eq!(cloud.get("/contracts").await["value"], json!([]));
    let narrow = json!({"granted": true, "roles": ["Directory.Read.All"]});
    cloud
        .control(Method::PUT, "/tenants/partner/consent", Some(narrow))
        .await;
    cloud.token = cloud.sign_in(cloud.tenant).await;
    let denied = (403, "Authorization_RequestDenied".to_owned());
    assert_eq!(
        cloud.refused("/tenantRelationships/delegatedAdminCustomers").await,
        denied
    );
    cloud.get("/contracts").await;
}

#[tokio::test]
async fn a_consent_through_partner_center_works_after_its_delay_and_only_for_customers_that_are_served() {
    let cloud = partner_cloud().await;
    let admin = people(&cloud).await.remove(0);
    let customers = json!([
        {"tenant": "contoso"},
        {"tenant": "fabrikam", "relationship": "terminated"},
    ]);
    order(&cloud, json!({"customers": customers, "delaySeconds": 180})).await;
    let token = person(&cloud, &admin).await;
    let id = |name: &str| {
        cloud
            .simulator
            .tenants()
            .iter()
            .find(|tenant| tenant.name == name)
            .unwrap()
            .id
            .to_string()
    };

    assert_eq!(
        consent(&cloud, &token, &id("fabrikam")).await.status(),
        StatusCode::FORBIDDEN
    );
    let nobody = uuid::Uuid::from_u128(7).to_string();
    assert_eq!(consent(&cloud, &token, &nobody).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        consent(&cloud, &cloud.token, &id("contoso")).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        consent(&cloud, &token, &id("contoso")).await.status(),
        StatusCode::CREATED
    );
    assert_eq!(
        consent(&cloud, &token, &id("contoso")).await.status(),
        StatusCode::CONFLICT
    );

    let early = cloud.ask_token("contoso.example", &good_form()).await;
    assert_eq!(early.json::<Value>().await.unwrap()["error_codes"], json!([700_016]));
    cloud.control(Method::PUT, "/clock", Some(json!({"ahead": 181}))).await;
    let late = cloud.ask_token("contoso.example", &good_form()).await;
    let body: Value = late.json().await.unwrap();
    let middle = body["access_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap()
        .to_owned();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap();
    assert_eq!(claims["roles"], json!(["Domain.Read.All", "User.Read.All"]));
}

#[tokio::test]
async fn only_an_admin_agent_may_consent_where_they_are_named_and_such_a_token_opens_no_graph() {
    let cloud = partner_cloud().await;
    let people = people(&cloud).await;
    order(
        &cloud,
        json!({"customers": [{"tenant": "contoso"}], "agents": [people[1]]}),
    )
    .await;
    let contoso = cloud.simulator.tenants()[1].id.to_string();
    let token = person(&cloud, &people[0]).await;
    assert_eq!(consent(&cloud, &token, &contoso).await.status(), StatusCode::FORBIDDEN);
    let agent = person(&cloud, &people[1]).await;
    let graph = cloud
        .client
        .get(cloud.url("/organization"))
        .bearer_auth(&agent)
        .send()
        .await
        .unwrap();
    assert_eq!(graph.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(consent(&cloud, &agent, &contoso).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn whoever_can_not_consent_is_led_back_with_microsofts_code() {
    let cloud = partner_cloud().await;
    let url = format!("{}/contoso.example/v2.0/adminconsent", cloud.base());
    let query = [
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("scope", "https://graph.microsoft.com/.default"),
        ("state", "s"),
    ];
    let url = Url::parse_with_params(&url, query).unwrap();
    for (code, error) in [("90094", "access_denied"), ("900382", "invalid_client")] {
        let answer = patient()
            .post(url.clone())
            .form(&[("fail", code)])
            .send()
            .await
            .unwrap();
        let (_, query) = location(&answer);
        assert_eq!(query[0], ("error".to_owned(), error.to_owned()));
        assert!(query[1].1.starts_with(&format!("AADSTS{code}: ")), "{query:?}");
        assert_eq!(query[2], ("state".to_owned(), "s".to_owned()));
    }
    let refused = cloud.ask_token("contoso.example", &good_form()).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "nothing was granted");
}
