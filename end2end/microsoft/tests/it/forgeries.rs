//! Id tokens that a fault makes wrong: each is wrong in the way that was ordered, and the next one is right again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::support::{Cloud, cloud, location, patient};

const BACK: &str = "http://localhost:1/cb";
const CLIENT: &str = "5a1e0000-0000-4000-8000-000000000001";

/// Header and claims of the id token of a sign-in, unverified.
async fn id_token(cloud: &Cloud) -> (Value, Value) {
    let url = Url::parse_with_params(
        &format!("{}/organizations/oauth2/v2.0/authorize", cloud.base()),
        [
            ("client_id", CLIENT),
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("scope", "openid profile"),
            ("nonce", "the nonce"),
        ],
    );
    let posted = patient().post(url.unwrap()).form(&[("user", "ann@contoso.example")]);
    let (_, sent) = location(&posted.send().await.unwrap());
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", "simulated-secret"),
        ("code", &sent[0].1),
        ("redirect_uri", BACK),
    ];
    let answer: Value = cloud.ask_token("organizations", &form).await.json().await.unwrap();
    let token = answer["id_token"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let mut parts = token
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap_or_default());
    (parts.next().unwrap(), parts.next().unwrap())
}

#[tokio::test]
async fn an_id_token_is_wrong_in_the_way_that_was_ordered_and_the_next_one_is_right() {
    let cloud = cloud(1).await;
    let ann = json!({"userPrincipalName": "ann@contoso.example"});
    cloud.control(Method::POST, "/tenants/contoso/users", Some(ann)).await;
    let (header, claims) = id_token(&cloud).await;
    let keys = format!("{}/organizations/discovery/v2.0/keys", cloud.base());
    let keys: Value = cloud.client.get(keys).send().await.unwrap().json().await.unwrap();
    assert_eq!(header["kid"], keys["keys"][0]["kid"]);
    let consumers = "9188040d-6c67-4c5b-b112-36a304b66dad";
    assert_eq!(
        keys["keys"][1]["issuer"],
        format!("{}/{consumers}/v2.0", cloud.base()),
        "as Microsoft publishes it"
    );
    for (forge, part, changed) in [
        ("issuer", "iss", &["iss"][..]),
        ("issuerHost", "iss", &["iss"]),
        ("tenant", "tid", &["iss", "tid"]),
        ("consumer", "tid", &["iss", "tid"]),
        ("consumerKey", "kid", &[]),
        ("strangerKey", "x5t", &[]),
        ("none", "alg", &[]),
        ("hmac", "alg", &[]),
        ("nonce", "nonce", &["nonce"]),
        ("noNonce", "nonce", &["nonce"]),
        ("audience", "aud", &["aud"]),
        ("expired", "exp", &["nbf", "exp"]),
        ("early", "nbf", &["nbf"]),
        ("guest", "idp", &["idp"]),
    ] {
        cloud
            .fault(json!({"path": "token", "kind": "idToken", "forge": forge, "times": 1}))
            .await;
        let (bad_header, bad) = id_token(&cloud).await;
        let of = |header: &Value, claims: &Value| claims.get(part).or(header.get(part)).cloned();
        assert_ne!(of(&bad_header, &bad), of(&header, &claims), "{forge}");
        for name in ["aud", "iss", "tid", "oid", "sub", "nonce", "idp"] {
            assert_eq!(bad[name] != claims[name], changed.contains(&name), "{forge}: {name}");
        }
    }
    assert_eq!(id_token(&cloud).await.0, header, "no fault is left");
}
