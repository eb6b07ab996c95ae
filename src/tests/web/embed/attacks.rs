use super::{HOME, House, ORIGIN, sign};
use crate::{model::access::Role, server::embed::portals, tests::support::tester};
use axum::http::{Method, StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

/// A token with this header and no right signature.
fn headed(alg: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": alg, "typ": "JWT" })), part(claims))
}

fn by_key_pair(claims: &Value) -> String {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let key = EncodingKey::from_ec_der(&pair.serialize_der());
    encode(&Header::new(Algorithm::ES256), claims, &key).unwrap()
}

#[sqlx::test(migrations = false)]
async fn attack_forged_tokens_algorithm_none_foreign_scopes_and_wrong_origins_end_on_pages_of_their_own(pool: PgPool) {
    let house = House::new(&pool).await;
    let other = portals::register(&house.state, &tester(), "Other", "https://other.example")
        .await
        .unwrap();
    let scope = house.stage.organization.0;
    let right = || house.claims(Role::Technician, scope);
    let with = |claim: &str, value: Value| {
        let mut claims = right();
        claims[claim] = value;
        house.signed(&claims)
    };
    let now = Utc::now().timestamp();
    let forged = (400, "Your portal's sign-in could not be verified");
    let expired = (401, "The sign-in from your portal has expired");
    let wrong_place = (403, "This page was opened from the wrong place");
    let nothing = (422, "Your portal asked for something that does not exist here");
    let table = [
        ("expired", with("exp", json!(now - 600)), expired),
        ("another portal's secret", sign(&right(), &other.secret), forged),
        ("another portal's issuer", with("iss", json!(other.id)), forged),
        ("algorithm none", headed("none", &right()), forged),
        ("RS256 without a signature", headed("RS256", &right()), forged),
        ("ES256 with a key pair", by_key_pair(&right()), forged),
        ("an end far ahead", with("exp", json!(now + 3600)), forged),
        ("another audience", with("aud", json!("https://other.example")), forged),
        ("a role of ours alone", with("role", json!("administrator")), forged),
        ("no token", String::new(), forged),
        ("a foreign scope", with("scope", json!(Uuid::now_v7())), nothing),
        (
            "another portal's origin",
            with("origin", json!("https://other.example")),
            wrong_place,
        ),
        ("our own origin", with("origin", json!(HOME)), wrong_place),
    ];
    for (attack, token, (status, heading)) in table {
        let answer = house.post(&token, "").await;
        assert_eq!(answer.status.as_u16(), status, "{attack}: {}", answer.body);
        assert_eq!(answer.heading(), heading, "{attack}");
        assert_eq!(answer.cookie(), "", "{attack}");
        for secret in [house.portal.secret.as_str(), "signature", "audience", "issuer", "HS256"] {
            assert!(!answer.body.contains(secret), "{attack} tells of {secret}");
        }
        assert!(
            token.is_empty() || !answer.body.contains(&token),
            "{attack} gives the token back"
        );
    }
    let open: i64 = sqlx::query_scalar("select count(*) from embed_session")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(open, 0);
}

#[sqlx::test(migrations = false)]
async fn attack_a_replayed_token_opens_nothing_where_its_session_is_not_and_the_page_where_it_is(pool: PgPool) {
    let house = House::new(&pool).await;
    let token = house.signed(&house.claims(Role::Viewer, house.stage.organization.0));
    let first = house.post(&token, "").await;
    let page = house.people_page(house.stage.organization);
    assert_eq!(first.header("location"), format!("{page}?entered=1"));

    let thief = house.post(&token, "").await;
    assert_eq!(
        (thief.status, thief.heading()),
        (StatusCode::CONFLICT, "This sign-in was used already")
    );
    assert_eq!(thief.cookie(), "");

    let reload = house.post(&token, &first.cookie()).await;
    assert_eq!(
        (reload.status, reload.header("location")),
        (StatusCode::SEE_OTHER, page.as_str())
    );
    assert_eq!(reload.cookie(), "", "a used token makes the session live no longer");

    sqlx::query("update embed_session set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    let late = house.post(&token, &first.cookie()).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
}

#[sqlx::test(migrations = false)]
async fn attack_a_stolen_token_is_refused_from_another_page(pool: PgPool) {
    let house = House::new(&pool).await;
    let post = async |origin: &str, site: &str, into: &str, from: &str| {
        let token = house.signed(&house.claims(Role::Viewer, house.stage.organization.0));
        let headers = [
            ("accept", "text/html"),
            ("origin", origin),
            ("sec-fetch-site", site),
            ("sec-fetch-dest", into),
        ];
        let body = format!("token={token}&from={from}");
        house
            .ask(Method::POST, &house.session(), "", &headers, body)
            .await
            .status
    };
    let (refused, taken) = (StatusCode::FORBIDDEN, StatusCode::SEE_OTHER);
    for (origin, site, into, from, expected) in [
        ("https://evil.example", "cross-site", "iframe", "", refused),
        (ORIGIN, "cross-site", "iframe", "", taken),
        (ORIGIN, "cross-site", "document", "", taken),
        // Our own frame, which tells who gave it the token.
        (HOME, "same-origin", "empty", ORIGIN, taken),
        (HOME, "same-origin", "empty", "https://evil.example", refused),
        // A portal that hides its address, and anybody who does.
        ("null", "cross-site", "iframe", "", taken),
        ("null", "cross-site", "document", "", refused),
    ] {
        assert_eq!(post(origin, site, into, from).await, expected, "{origin} {into} {from}");
    }
}

#[sqlx::test(migrations = false)]
async fn attack_a_page_that_hides_its_origin_ends_no_session_of_another_person(pool: PgPool) {
    let house = House::new(&pool).await;
    let scope = house.stage.organization;
    let victim = house.enter(Role::Viewer, scope.0).await;
    let post = async |person: &str, cookie: &str| {
        let mut claims = house.claims(Role::Viewer, scope.0);
        claims["sub"] = json!(person);
        let headers = [
            ("accept", "text/html"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-dest", "iframe"),
        ];
        let body = format!("token={}", house.signed(&claims));
        house.ask(Method::POST, &house.session(), cookie, &headers, body).await
    };
    let attack = post("43", &victim).await;
    assert_eq!((attack.status, attack.cookie().as_str()), (StatusCode::FORBIDDEN, ""));
    let page = house.people_page(scope);
    assert_eq!(house.open(&page, &victim).await.status, StatusCode::OK);
    assert_eq!(
        post("42", &victim).await.status,
        StatusCode::SEE_OTHER,
        "their own goes on"
    );
    assert_eq!(post("43", "").await.status, StatusCode::SEE_OTHER, "nobody is there");
}

#[sqlx::test(migrations = false)]
async fn attack_request_forgery_other_sites_reach_nothing_in_a_frame_but_the_exchange_of_tokens(pool: PgPool) {
    let house = House::new(&pool).await;
    let cookie = house.enter(Role::Technician, house.stage.our_tenant.0).await;
    let path = format!("{}{}", house.tenant_page(), super::function("disable_user_sync"));
    for (site, expected) in [("cross-site", 403), ("same-site", 403)] {
        let headers = [
            ("sec-fetch-site", site),
            ("accept", "application/json"),
            ("origin", ORIGIN),
        ];
        let body = format!("organization={}", house.stage.organization);
        let answer = house.ask(Method::POST, &path, &cookie, &headers, body).await;
        assert_eq!(answer.status.as_u16(), expected, "{site}");
        assert!(answer.body.contains("came from another site"), "{}", answer.body);
    }
    // A program with a token of its own and no cookie is no browser of somebody's; with a cookie it may be.
    let bearer = [
        ("authorization", "Bearer x"),
        ("sec-fetch-site", "cross-site"),
        ("accept", "application/json"),
    ];
    let answer = house.ask(Method::POST, "/api/none", "", &bearer, String::new()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = house
        .ask(Method::POST, "/api/none", "entrain=x", &bearer, String::new())
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = false)]
async fn attack_id_guessing_an_unknown_portal_has_one_answer_whatever_is_asked_of_it(pool: PgPool) {
    let house = House::new(&pool).await;
    let token = house.signed(&house.claims(Role::Viewer, house.stage.organization.0));
    let nobody = Uuid::now_v7();
    for path in [
        "/embed".to_owned(),
        "/embed/x/session".to_owned(),
        format!("/embed/{nobody}/session"),
        format!("/embed/{nobody}/tenants/{}", house.stage.our_tenant),
        format!(
            "/embed/{nobody}/tenants/{}{}",
            house.stage.our_tenant,
            super::function("tenant")
        ),
    ] {
        for method in [Method::GET, Method::POST] {
            let body = format!("token={token}");
            let answer = house.ask(method, &path, "", super::HTML, body).await;
            let told = (answer.status, answer.heading());
            assert_eq!(told, (StatusCode::NOT_FOUND, "This portal is not known here"), "{path}");
            assert_eq!(super::ancestors(&answer), ["'none'"], "{path}");
        }
    }
}
