//! OpenID Connect: metadata, keys, sign-in of people with PKCE, and what it ends in.

use std::collections::HashMap;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use microsoft_sim::{Options, TenantSpec};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::{Value, json};

use crate::support::{Cloud, cloud, location, options, patient, with};

const CLIENT: &str = "5a1e0000-0000-4000-8000-000000000001";
const BACK: &str = "https://entrain.example/signed-in";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn two_tenants() -> Cloud {
    let tenants = ["contoso", "fabrikam"].map(|name| TenantSpec {
        name: name.to_owned(),
        users: 3,
    });
    with(Options {
        tenants: tenants.to_vec(),
        redirect_uris: vec![BACK.to_owned()],
        ..options(0)
    })
    .await
}

/// An authorization request with some parameters changed; an empty value counts as missing.
fn request(cloud: &Cloud, tenant: &str, changes: &[(&str, &str)]) -> Url {
    let mut parameters = vec![
        ("client_id", CLIENT),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid profile email"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        parameters.push((name, value));
    }
    let url = format!("{}/{tenant}/oauth2/v2.0/authorize", cloud.base());
    Url::parse_with_params(&url, parameters).unwrap()
}

async fn user(cloud: &Cloud, tenant: &str, name: &str) -> Value {
    let upn = format!("{name}@{tenant}.example");
    let user = json!({"userPrincipalName": upn, "displayName": "Ann <Lee>", "mail": format!("mail.{upn}")});
    cloud
        .control(Method::POST, &format!("/tenants/{tenant}/users"), Some(user))
        .await
}

async fn sign_in(url: Url, user: &str) -> HashMap<String, String> {
    let answer = patient().post(url).form(&[("user", user)]).send().await.unwrap();
    let (address, query) = location(&answer);
    assert_eq!(address, BACK);
    query.into_iter().collect()
}

async fn exchange(cloud: &Cloud, tenant: &str, code: &str, changes: &[(&str, &str)]) -> Response {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", "simulated-secret"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    cloud.ask_token(tenant, &form).await
}

async fn json_at(cloud: &Cloud, path: &str) -> Value {
    let answer = cloud
        .client
        .get(format!("{}/{path}", cloud.base()))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

/// The claims of an id token, verified with the published keys.
async fn verified(cloud: &Cloud, tenant: &str, token: &str) -> Value {
    let keys = json_at(cloud, &format!("{tenant}/discovery/v2.0/keys")).await;
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let key = keys.find(&decode_header(token).unwrap().kid.unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[CLIENT]);
    let claims = decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation);
    claims.unwrap().claims
}

#[tokio::test]
async fn metadata_names_the_tenant_by_its_id_or_leaves_it_open() {
    let cloud = cloud(1).await;
    let (base, id) = (cloud.base(), cloud.tenant.to_string());
    for tenant in [&*id, "contoso.example"] {
        let metadata = json_at(&cloud, &format!("{tenant}/v2.0/.well-known/openid-configuration")).await;
        assert_eq!(metadata["issuer"], format!("{base}/{id}/v2.0"));
        assert_eq!(metadata["token_endpoint"], format!("{base}/{id}/oauth2/v2.0/token"));
        let keys = json_at(
            &cloud,
            metadata["jwks_uri"]
                .as_str()
                .unwrap()
                .strip_prefix(&format!("{base}/"))
                .unwrap(),
        );
        assert_eq!(keys.await["keys"][0]["issuer"], metadata["issuer"]);
    }
    for tenant in ["organizations", "common"] {
        let metadata = json_at(&cloud, &format!("{tenant}/v2.0/.well-known/openid-configuration")).await;
        assert_eq!(metadata["issuer"], format!("{base}/{{tenantid}}/v2.0"));
        assert_eq!(
            metadata["authorization_endpoint"],
            format!("{base}/{tenant}/oauth2/v2.0/authorize")
        );
        let key = json_at(&cloud, &format!("{tenant}/discovery/v2.0/keys")).await["keys"][0].clone();
        assert_eq!(key["issuer"], metadata["issuer"]);
        assert_eq!(key["kid"], key["x5t"]);
        assert_eq!(key["x5c"].as_array().unwrap().len(), 1);
    }
    let older = json_at(&cloud, "common/.well-known/openid-configuration").await;
    assert_eq!(older["issuer"], "https://sts.windows.net/{tenantid}/");
    let key = json_at(&cloud, "common/discovery/keys").await["keys"][0].clone();
    assert!(key.get("issuer").is_none());

    let url = format!("{base}/nobody.example/v2.0/.well-known/openid-configuration");
    let unknown = cloud.client.get(url).send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    let body: Value = unknown.json().await.unwrap();
    assert_eq!(
        (&body["error"], &body["error_codes"]),
        (&json!("invalid_tenant"), &json!([90002]))
    );
}

#[tokio::test]
async fn instance_discovery_knows_its_own_host_and_no_other() {
    let cloud = cloud(1).await;
    let host = cloud.simulator.address().to_string();
    let own = format!(
        "common/discovery/instance?api-version=1.1&authorization_endpoint=https://{host}/x/oauth2/v2.0/authorize"
    );
    let body = json_at(&cloud, &own).await;
    let endpoint = format!("https://{host}/x/v2.0/.well-known/openid-configuration");
    assert_eq!(body["tenant_discovery_endpoint"], endpoint);
    assert_eq!(body["metadata"][0]["aliases"], json!([host]));
    let other = "common/discovery/instance?authorization_endpoint=https://login.example/x/oauth2/v2.0/authorize";
    let refused = cloud
        .client
        .get(format!("{}/{other}", cloud.base()))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_instance");
}

#[tokio::test]
async fn a_person_signs_in_and_the_id_token_says_who_it_is() {
    let cloud = two_tenants().await;
    let ann = user(&cloud, "fabrikam", "ann").await;
    let path = "/tenants/fabrikam/users/ann@fabrikam.example/roles";
    cloud
        .control(Method::PUT, path, Some(json!({"roles": ["Technician"]})))
        .await;
    let tenant = cloud.simulator.tenants()[1].id.to_string();

    let url = request(&cloud, "organizations", &[("login_hint", "ann@fabrikam.example")]);
    let shown = patient().get(url.clone()).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("value=\"ann@fabrikam.example\""), "{shown}");
    assert!(shown.contains("Ann &lt;Lee&gt;"), "{shown}");
    let sent = sign_in(url, "ANN@fabrikam.example").await;
    assert_eq!(sent["state"], "the state");

    let answer = exchange(&cloud, "organizations", &sent["code"], &[("client_info", "1")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["scope"], "openid profile email");
    assert!(body["client_info"].is_string());
    let claims = verified(&cloud, "organizations", body["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["iss"], format!("{}/{tenant}/v2.0", cloud.base()));
    assert_eq!((&claims["tid"], &claims["oid"]), (&json!(tenant), &ann["id"]));
    assert_eq!(claims["preferred_username"], "ann@fabrikam.example");
    assert_eq!(
        (&claims["name"], &claims["nonce"]),
        (&json!("Ann <Lee>"), &json!("the nonce"))
    );
    assert_eq!(
        (&claims["ver"], &claims["roles"]),
        (&json!("2.0"), &json!(["Technician"]))
    );
    assert_ne!(claims["sub"], claims["oid"]);

    // Her access token is for her, and the application's permissions are not hers.
    let token = body["access_token"].as_str().unwrap();
    let request = cloud.client.get(cloud.url("/users")).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);

    let again = exchange(&cloud, "organizations", &sent["code"], &[]).await;
    assert_eq!(again.json::<Value>().await.unwrap()["error_codes"], json!([54005]));
}

#[tokio::test]
async fn a_code_is_good_only_for_who_asked_and_where_it_was_sent() {
    let cloud = two_tenants().await;
    user(&cloud, "contoso", "ann").await;
    let sent = sign_in(request(&cloud, "contoso.example", &[]), "mail.ann@contoso.example").await;
    let code = sent["code"].as_str();
    let cases = [
        (
            "contoso.example",
            code,
            ("code_verifier", CHALLENGE),
            "invalid_grant",
            501_481,
        ),
        ("contoso.example", code, ("code_verifier", ""), "invalid_grant", 501_481),
        (
            "contoso.example",
            code,
            ("redirect_uri", "http://localhost/"),
            "invalid_client",
            500_112,
        ),
        (
            "contoso.example",
            code,
            ("client_secret", "wrong"),
            "invalid_client",
            7_000_215,
        ),
        (
            "contoso.example",
            code,
            ("client_secret", ""),
            "invalid_client",
            7_000_218,
        ),
        (
            "contoso.example",
            code,
            ("client_id", "someone"),
            "unauthorized_client",
            700_016,
        ),
        ("fabrikam.example", code, ("unused", ""), "invalid_grant", 700_005),
        (
            "contoso.example",
            "0.made-up",
            ("unused", ""),
            "invalid_grant",
            9_002_313,
        ),
    ];
    for (tenant, code, change, error, number) in cases {
        let body: Value = exchange(&cloud, tenant, code, &[change]).await.json().await.unwrap();
        assert_eq!(
            (&body["error"], &body["error_codes"]),
            (&json!(error), &json!([number])),
            "{body}"
        );
    }
    let good = exchange(&cloud, &cloud.tenant.to_string(), code, &[]).await;
    assert_eq!(good.status(), StatusCode::OK, "no failed attempt has spent the code");
}

#[tokio::test]
async fn errors_are_sent_to_the_clients_address_only_when_it_is_the_clients() {
    let cloud = cloud_with_back().await;
    let shown = [
        ("client_id", "someone", "AADSTS700016"),
        ("redirect_uri", "https://evil.example/", "AADSTS50011"),
        ("redirect_uri", "", "AADSTS900144"),
        ("response_mode", "fragment", "AADSTS90023"),
    ];
    for (name, value, code) in shown {
        let answer = patient()
            .get(request(&cloud, "common", &[(name, value)]))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{code}");
        assert!(answer.text().await.unwrap().contains(code), "{code}");
    }
    let sent = [
        ("response_type", "token", "unsupported_response_type", "AADSTS700054"),
        ("scope", "", "invalid_request", "AADSTS900144"),
        ("prompt", "none", "login_required", "AADSTS50058"),
        ("prompt", "shout", "invalid_request", "AADSTS90023"),
        ("code_challenge", "short", "invalid_request", "AADSTS50147"),
        ("code_challenge_method", "plain", "invalid_request", "AADSTS50148"),
    ];
    for (name, value, error, code) in sent {
        let answer = patient()
            .get(request(&cloud, "common", &[(name, value)]))
            .send()
            .await
            .unwrap();
        let (address, query) = location(&answer);
        let query: HashMap<String, String> = query.into_iter().collect();
        assert_eq!((address.as_str(), query["error"].as_str()), (BACK, error), "{query:?}");
        assert!(query["error_description"].starts_with(code), "{query:?}");
        assert_eq!(query["state"], "the state");
    }
    let cancelled = patient().post(request(&cloud, "common", &[])).form(&[("cancel", "1")]);
    let (_, query) = location(&cancelled.send().await.unwrap());
    assert_eq!(query[0].1, "access_denied");
}

async fn cloud_with_back() -> Cloud {
    with(Options {
        redirect_uris: vec![BACK.to_owned()],
        ..options(3)
    })
    .await
}

#[tokio::test]
async fn who_cannot_sign_in_is_told_on_the_page_and_the_client_hears_nothing() {
    let cloud = two_tenants().await;
    user(&cloud, "contoso", "ann").await;
    user(&cloud, "contoso", "ben").await;
    let disabled = json!({"accountEnabled": false});
    cloud
        .control(
            Method::PATCH,
            "/tenants/contoso/users/ben@contoso.example",
            Some(disabled),
        )
        .await;
    let cases = [
        ("contoso.example", "nobody@contoso.example", "AADSTS50034"),
        ("fabrikam.example", "ann@contoso.example", "AADSTS50034"),
        ("contoso.example", "ben@contoso.example", "AADSTS50057"),
    ];
    for (tenant, who, code) in cases {
        let answer = patient()
            .post(request(&cloud, tenant, &[]))
            .form(&[("user", who)])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{code}");
        assert!(answer.text().await.unwrap().contains(code), "{code}");
    }
}

#[tokio::test]
async fn an_application_on_this_machine_has_no_secret_and_any_port_and_may_ask_for_a_post() {
    let cloud = cloud(1).await;
    user(&cloud, "contoso", "ann").await;
    let back = "http://localhost:53682/cb";
    let url = request(
        &cloud,
        "contoso.example",
        &[("redirect_uri", back), ("response_mode", "form_post")],
    );
    let page = patient()
        .post(url)
        .form(&[("user", "ann@contoso.example")])
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains(&format!("action=\"{back}\"")), "{page}");
    let code = page
        .split("name=\"code\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let public = [("client_secret", ""), ("redirect_uri", back)];
    let answer = exchange(&cloud, "contoso.example", code, &public).await;
    assert_eq!(answer.status(), StatusCode::OK);
}
