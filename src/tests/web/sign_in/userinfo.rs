//! An OpenID provider that tells the email at its userinfo endpoint only. The stand-in has none, so a provider of a few
//! lines stands here.

use super::{Answer, Browser, Stage, problem};
use crate::{
    store::identity,
    tests::{
        certificate::{Key, rsa_key},
        samples::{ACCESS_TOKEN, OIDC_SECRET},
        support::tester,
    },
};
use axum::{
    Json, Router,
    extract::State,
    http::HeaderMap,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use microsoft_sim::Options;
use rsa::{RsaPublicKey, pkcs1::DecodeRsaPublicKey as _, traits::PublicKeyParts as _};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use url::Url;

const CLIENT: &str = "entrain-at-the-provider";
const ANN: &str = "ann@contoso.example";

struct Provider {
    issuer: String,
    key: Key,
    next: Mutex<Next>,
}

/// What it tells whoever redeems a code next, and how often its userinfo endpoint was asked since.
#[derive(Default)]
struct Next {
    claims: Value,
    userinfo: Value,
    asked: u32,
}

impl Provider {
    async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Arc::new(Self {
            issuer: format!("http://{}/realm", listener.local_addr().unwrap()),
            key: rsa_key(),
            next: Mutex::default(),
        });
        let routes = Router::new()
            .route("/realm/.well-known/openid-configuration", get(metadata))
            .route("/realm/keys", get(keys))
            .route("/realm/token", post(token))
            .route("/realm/userinfo", get(userinfo))
            .with_state(Arc::clone(&provider));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        provider
    }

    fn asked(&self) -> u32 {
        self.next.lock().unwrap().asked
    }

    /// The whole way of a browser: `claims` come with the id token, `userinfo` from the endpoint.
    async fn sign_in(&self, stage: &Stage, claims: Value, userinfo: Value) -> Answer {
        let mut browser = Browser::new(&stage.state);
        let away = browser.get("/sign-in/openid?next=%2Fassets").await;
        let away = Url::parse(&away.location).unwrap();
        let sent = |name: &str| {
            let mut pairs = away.query_pairs();
            pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
        };
        let now = Utc::now().timestamp();
        let mut whole = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "ann-1", "nonce": sent("nonce"), "iat": now, "exp": now + 300,
        });
        for (name, value) in claims.as_object().unwrap() {
            whole[name] = value.clone();
        }
        *self.next.lock().unwrap() = Next {
            claims: whole,
            userinfo,
            asked: 0,
        };
        let back = format!("/sign-in/openid/callback?code=one&state={}", sent("state"));
        browser.get(&back).await
    }
}

async fn metadata(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let key = RsaPublicKey::from_pkcs1_der(&provider.key.public).unwrap();
    Json(json!({ "keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one",
        "n": URL_SAFE_NO_PAD.encode(key.n().to_bytes_be()),
        "e": URL_SAFE_NO_PAD.encode(key.e().to_bytes_be()),
    }] }))
}

async fn token(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let header = Header {
        kid: Some("one".into()),
        ..Header::new(Algorithm::RS256)
    };
    let key = EncodingKey::from_rsa_der(&provider.key.pkcs1);
    let id_token = encode(&header, &provider.next.lock().unwrap().claims, &key).unwrap();
    Json(json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
}

async fn userinfo(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["authorization"], format!("Bearer {ACCESS_TOKEN}"));
    let mut next = provider.next.lock().unwrap();
    next.asked += 1;
    Json(next.userinfo.clone())
}

/// Ann is invited by her address at the provider.
async fn stage(pool: &PgPool, provider: &Provider) -> Stage {
    let stage = Stage::with(pool, Options::default(), |_| {
        vec![
            ("ENTRAIN_OIDC_ISSUER", provider.issuer.clone()),
            ("ENTRAIN_OIDC_CLIENT_ID", CLIENT.into()),
            ("ENTRAIN_OIDC_CLIENT_SECRET", OIDC_SECRET.into()),
        ]
    })
    .await;
    let account = stage.invite(ANN).await;
    let realm = format!("openid:{}", provider.issuer);
    identity::invite(pool, &tester(), &account, &realm).await.unwrap();
    stage
}

#[sqlx::test(migrations = false)]
async fn an_email_that_userinfo_alone_tells_counts_once_it_is_verified(pool: PgPool) {
    let provider = Provider::start().await;
    let stage = stage(&pool, &provider).await;
    for unproved in [
        json!({ "sub": "ann-1" }),
        json!({ "sub": "ann-1", "email": ANN }),
        json!({ "sub": "ann-1", "email": ANN, "email_verified": false }),
    ] {
        let answer = provider.sign_in(&stage, json!({}), unproved.clone()).await;
        assert_eq!(problem(&answer), "unknown", "{unproved}");
        assert_eq!(provider.asked(), 1);
    }
    // An address of the id token that nobody has verified does not count, and is not made good by the question.
    let unverified = json!({ "email": ANN, "email_verified": false });
    let answer = provider.sign_in(&stage, unverified, json!({ "sub": "ann-1" })).await;
    assert_eq!(problem(&answer), "unknown");

    let verified = json!({ "sub": "ann-1", "email": ANN, "email_verified": true });
    let answer = provider.sign_in(&stage, json!({}), verified).await;
    assert_eq!(answer.location, "/assets", "{answer:?}");
    assert_eq!(stage.sessions().await.len(), 1);
}

#[sqlx::test(migrations = false)]
async fn userinfo_of_another_subject_is_refused_and_so_is_what_is_no_userinfo(pool: PgPool) {
    let provider = Provider::start().await;
    let stage = stage(&pool, &provider).await;
    for forged in [
        json!({ "sub": "mallory-1", "email": ANN, "email_verified": true }),
        json!({ "email": ANN, "email_verified": true }),
        json!("ann-1"),
    ] {
        let answer = provider.sign_in(&stage, json!({}), forged.clone()).await;
        assert_eq!(problem(&answer), "refused", "{forged}");
        assert_eq!(provider.asked(), 1);
    }
    assert_eq!(stage.sessions().await, []);
}

#[sqlx::test(migrations = false)]
async fn userinfo_is_not_asked_where_the_id_token_tells_a_verified_email(pool: PgPool) {
    let provider = Provider::start().await;
    let stage = stage(&pool, &provider).await;
    let told = json!({ "email": ANN, "email_verified": true });
    let other = json!({ "sub": "ann-1", "email": "other@contoso.example", "email_verified": true });
    let answer = provider.sign_in(&stage, told, other).await;
    assert_eq!((answer.location.as_str(), provider.asked()), ("/assets", 0));
}
