//! What an administrator lets the application do: the consent pages, roles in tokens, and what they open.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use microsoft_sim::{Options, TenantSpec};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

use crate::support::{Cloud, cloud, good_form, location, options, patient, with};

const CLIENT: &str = "5a1e0000-0000-4000-8000-000000000001";
const BACK: &str = "https://entrain.example/consent";

async fn consent_cloud() -> Cloud {
    let tenants = ["contoso", "fabrikam"].map(|name| TenantSpec {
        name: name.to_owned(),
        users: 2,
    });
    let cloud = with(Options {
        tenants: tenants.to_vec(),
        redirect_uris: vec![BACK.to_owned()],
        ..options(0)
    })
    .await;
    set(&cloud, json!({"granted": false, "roles": []})).await;
    cloud
}

async fn set(cloud: &Cloud, consent: Value) {
    let path = format!("/tenants/{}/consent", cloud.tenant);
    cloud.control(Method::PUT, &path, Some(consent)).await;
}

fn page(cloud: &Cloud, path: &str, scope: Option<&str>) -> Url {
    let mut url = Url::parse(&format!("{}/{path}", cloud.base())).unwrap();
    let mut query = url.query_pairs_mut();
    query.extend_pairs([("client_id", CLIENT), ("redirect_uri", BACK), ("state", "a b&c")]);
    query.extend_pairs(scope.map(|scope| ("scope", scope)));
    drop(query);
    url
}

const DEFAULT: Option<&str> = Some("https://graph.microsoft.com/.default");

/// The claims of a token; to be read in tests only.
fn claims(token: &str) -> Value {
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

#[tokio::test]
async fn accepting_grants_what_the_registration_requires_and_says_which_tenant() {
    let cloud = consent_cloud().await;
    let refused = cloud.ask_token("contoso.example", &good_form()).await;
    assert_eq!(refused.json::<Value>().await.unwrap()["error_codes"], json!([700_016]));

    let url = page(&cloud, "contoso.example/v2.0/adminconsent", DEFAULT);
    let shown = patient().get(url.clone()).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    assert!(shown.text().await.unwrap().contains("<li>User.Read.All</li>"));
    let accepted = patient().post(url).form(&[("accept", "1")]).send().await.unwrap();
    let (address, query) = location(&accepted);
    assert_eq!(address, BACK);
    let id = cloud.tenant.to_string();
    let expected = [
        ("admin_consent", "True"),
        ("tenant", &id),
        ("scope", "https://graph.microsoft.com/.default"),
        ("state", "a b&c"),
    ];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    let token = cloud.sign_in(cloud.tenant).await;
    let roles = claims(&token)["roles"].clone();
    assert!(roles.as_array().unwrap().contains(&json!("User.Read.All")), "{roles}");
    let request = cloud.client.get(cloud.url("/users")).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn the_older_page_lets_the_administrator_say_which_tenant() {
    let cloud = consent_cloud().await;
    let url = page(&cloud, "common/adminconsent", None);
    let form = [("accept", "1"), ("tenant", &*cloud.tenant.to_string())];
    let accepted = patient().post(url).form(&form).send().await.unwrap();
    let (_, query) = location(&accepted);
    let names: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["admin_consent", "tenant", "state"]);
    cloud.sign_in(cloud.tenant).await;
}

#[tokio::test]
async fn cancelling_leads_back_with_microsofts_words_and_grants_nothing() {
    let cloud = consent_cloud().await;
    let cancel = async |path, scope| {
        let request = patient().post(page(&cloud, path, scope)).form(&[("cancel", "1")]);
        location(&request.send().await.unwrap()).1
    };
    let newer = cancel("organizations/v2.0/adminconsent", DEFAULT).await;
    assert_eq!(newer[0], ("admin_consent".to_owned(), "True".to_owned()));
    assert_eq!(newer[1], ("error".to_owned(), "consent_required".to_owned()));
    assert!(newer[2].1.starts_with("AADSTS65004: "), "{newer:?}");
    assert_eq!(newer[3], ("state".to_owned(), "a b&c".to_owned()));
    let older = cancel("contoso.example/adminconsent", None).await;
    assert_eq!(older[0], ("error".to_owned(), "permission_denied".to_owned()));
    assert_eq!(older[1].1, "The admin canceled the request");
    let refused = cloud.ask_token("contoso.example", &good_form()).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn consent_never_leads_to_an_address_that_is_not_registered() {
    let cloud = consent_cloud().await;
    let cases = [
        (
            "contoso.example/v2.0/adminconsent",
            ("redirect_uri", "https://evil.example/"),
            "AADSTS50011",
        ),
        (
            "contoso.example/v2.0/adminconsent",
            ("client_id", "someone"),
            "AADSTS700016",
        ),
        ("contoso.example/v2.0/adminconsent", ("scope", ""), "AADSTS900144"),
        ("common/v2.0/adminconsent", ("unused", ""), "AADSTS90023"),
        ("nobody.example/v2.0/adminconsent", ("unused", ""), "AADSTS90002"),
    ];
    for (path, (name, value), code) in cases {
        let mut url = page(&cloud, path, DEFAULT);
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .into_owned()
            .filter(|(known, _)| known != name)
            .collect();
        url.query_pairs_mut()
            .clear()
            .extend_pairs(kept)
            .append_pair(name, value);
        let answer = patient().post(url).form(&[("accept", "1")]).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{code}");
        assert!(answer.headers().get("location").is_none());
        let text = answer.text().await.unwrap();
        assert!(text.contains(code), "{text}");
    }
}

#[tokio::test]
async fn a_token_opens_what_was_granted_when_it_was_issued() {
    let mut cloud = cloud(3).await;
    set(&cloud, json!({"granted": true, "roles": ["User.Read.All"]})).await;
    cloud.get("/groups").await;
    let narrow = cloud.sign_in(cloud.tenant).await;
    assert_eq!(claims(&narrow)["roles"], json!(["User.Read.All"]));
    let denied = (403, "Authorization_RequestDenied".to_owned());

    set(
        &cloud,
        json!({"granted": true, "roles": ["User.Read.All", "Directory.Read.All"]}),
    )
    .await;
    cloud.token = narrow;
    assert_eq!(
        cloud.refused("/groups").await,
        denied,
        "the old token still lacks the role"
    );
    cloud.get("/organization").await;
    cloud.get("/directory/deletedItems/microsoft.graph.user").await;
    cloud.token = cloud.sign_in(cloud.tenant).await;
    for path in ["/groups", "/subscribedSkus", "/domains", "/users"] {
        cloud.get(path).await;
    }

    let now = json!({"granted": true, "roles": ["Group.ReadBasic.All"], "immediately": true});
    set(&cloud, now).await;
    cloud.get("/groups").await;
    assert_eq!(cloud.refused("/users").await, denied);
}

#[tokio::test]
async fn a_token_without_roles_is_issued_and_opens_nothing() {
    let mut cloud = cloud(1).await;
    set(&cloud, json!({"granted": true, "roles": []})).await;
    cloud.token = cloud.sign_in(cloud.tenant).await;
    let claims = claims(&cloud.token);
    assert!(claims.get("roles").is_none(), "{claims}");
    assert_eq!(claims["tid"], cloud.tenant.to_string());
    assert_eq!(
        (&claims["appid"], &claims["aud"]),
        (&json!(CLIENT), &json!("https://graph.microsoft.com"))
    );
    assert_eq!(
        cloud.refused("/users").await,
        (403, "Authorization_RequestDenied".to_owned())
    );
}

#[tokio::test]
async fn a_denial_waits_for_the_next_token_unless_it_is_to_be_immediate() {
    let mut cloud = cloud(1).await;
    let path = "/tenants/contoso/permissions";
    cloud
        .control(Method::PUT, path, Some(json!({"denied": ["groups"]})))
        .await;
    cloud.get("/groups").await;
    cloud.token = cloud.sign_in(cloud.tenant).await;
    assert_eq!(cloud.refused("/groups").await.0, 403);
    let roles = claims(&cloud.token)["roles"].clone();
    assert!(
        !roles.as_array().unwrap().contains(&json!("GroupMember.Read.All")),
        "{roles}"
    );
    let lifted = json!({"denied": [], "immediately": true});
    cloud.control(Method::PUT, path, Some(lifted)).await;
    cloud.get("/groups").await;
}

#[tokio::test]
async fn roles_that_microsoft_does_not_know_are_refused_by_name() {
    let cloud = cloud(1).await;
    let body = json!({"granted": true, "roles": ["Everything.Read"]});
    let (status, answer) = cloud
        .try_control(Method::PUT, "/tenants/contoso/consent", Some(body))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        answer["error"].as_str().unwrap().contains("'Everything.Read'"),
        "{answer}"
    );
}

#[tokio::test]
async fn signing_out_leads_back_to_the_client_and_nowhere_else() {
    let cloud = consent_cloud().await;
    let url = |back: &str| {
        let url = format!("{}/organizations/oauth2/v2.0/logout", cloud.base());
        Url::parse_with_params(&url, [("post_logout_redirect_uri", back), ("state", "s")]).unwrap()
    };
    let (address, query) = location(&patient().get(url(BACK)).send().await.unwrap());
    assert_eq!(
        (address.as_str(), query),
        (BACK, vec![("state".to_owned(), "s".to_owned())])
    );
    let elsewhere = patient().get(url("https://evil.example/")).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::OK);
}
