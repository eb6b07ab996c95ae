//! Attacks on the way to the provider and back, each in the name of its test.

use super::{Browser, Stage, problem};
use crate::tests::{support::open_session, web::router};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tower::ServiceExt as _;
use url::Url;

const ANN: &str = "ann@contoso.example";

/// Begins a sign-in at this path, and has Ann sign in at the provider; the way back to us.
async fn way_back(stage: &Stage, browser: &mut Browser, path: &str) -> String {
    let away = browser.get(path).await;
    stage.at_microsoft(&away.location, &[("user", ANN)]).await
}

/// A value in the query of an address.
fn query(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.unwrap().1.into_owned()
}

#[sqlx::test(migrations = false)]
async fn a_replayed_way_back_signs_nobody_in_a_second_time(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite(ANN).await;
    let mut browser = Browser::new(&stage.state);
    let back = way_back(&stage, &mut browser, "/sign-in/microsoft").await;
    let with_cookie = browser.cookies.clone();
    assert_eq!(browser.get(&back).await.location, "/organizations");
    browser.cookies = with_cookie;
    assert_eq!(problem(&browser.get(&back).await), "expired");
    assert_eq!(stage.sessions().await.len(), 1);
}

#[sqlx::test(migrations = false)]
async fn a_replayed_code_is_refused_under_a_new_state(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite(ANN).await;
    let mut browser = Browser::new(&stage.state);
    let back = way_back(&stage, &mut browser, "/sign-in/microsoft").await;
    assert_eq!(browser.get(&back).await.location, "/organizations");
    let mut other = Browser::new(&stage.state);
    let away = other.get("/sign-in/microsoft").await;
    let (code, state) = (query(&back, "code"), query(&away.location, "state"));
    let replayed = format!("/sign-in/microsoft/callback?code={code}&state={state}");
    assert_eq!(problem(&other.get(&replayed).await), "failed");
    assert!(!other.is_signed_in().await);
}

#[sqlx::test(migrations = false)]
async fn a_stolen_code_is_of_no_use_in_another_browser_and_nobody_is_made_to_sign_in_as_somebody_else(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite(ANN).await;
    let (mut attacker, mut victim) = (Browser::new(&stage.state), Browser::new(&stage.state));
    let back = way_back(&stage, &mut attacker, "/sign-in/microsoft").await;
    assert_eq!(problem(&victim.get(&back).await), "expired", "without a cookie");
    victim.get("/sign-in/microsoft").await;
    assert_eq!(problem(&victim.get(&back).await), "expired", "with a cookie of its own");
    assert!(!victim.is_signed_in().await);
    // The code under the victim's own state: the verifier of another attempt does not fit it.
    let own = victim.get("/sign-in/microsoft").await;
    let injected = back.replace(&query(&back, "state"), &query(&own.location, "state"));
    assert_eq!(problem(&victim.get(&injected).await), "failed");
    assert_eq!(stage.sessions().await, []);
}

#[sqlx::test(migrations = false)]
async fn session_fixation_a_planted_session_ends_and_its_token_is_not_the_new_one(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let ann = stage.invite(ANN).await;
    let mallory = stage.invite("mallory@contoso.example").await;
    open_session(&pool, mallory.id, &Sha256::digest(b"planted")).await;
    for token in ["planted", "never given out"] {
        let mut browser = Browser::new(&stage.state);
        browser.cookies.insert("entrain".into(), token.into());
        stage.sign_in(&mut browser, ANN).await;
        assert_ne!(browser.cookies["entrain"], token);
        let mut attacker = Browser::new(&stage.state);
        attacker.cookies.insert("entrain".into(), token.into());
        assert!(!attacker.is_signed_in().await, "{token}");
    }
    assert_eq!(stage.sessions().await, [ann.id, ann.id]);
}

#[sqlx::test(migrations = false)]
async fn open_redirect_the_way_on_leads_to_no_other_site(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite(ANN).await;
    for (next, to) in [
        ("https%3A%2F%2Fevil.example", "/organizations"),
        ("%2F%2Fevil.example", "/organizations"),
        ("%2F%5Cevil.example", "/organizations"),
        ("%2Fassets%3Fsearch%3Da", "/assets?search=a"),
    ] {
        let mut browser = Browser::new(&stage.state);
        let back = way_back(&stage, &mut browser, &format!("/sign-in/microsoft?next={next}")).await;
        assert_eq!(browser.get(&back).await.location, to, "{next}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_foreign_tenant_is_refused_whatever_its_people_are_called(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite("eve@fabrikam.example").await;
    let eve = json!({ "userPrincipalName": "eve@fabrikam.example", "mail": ANN });
    stage.hire("fabrikam", eve).await;
    let mut browser = Browser::new(&stage.state);
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "eve@fabrikam.example").await),
        "tenant"
    );
    // The same from a tenant that is nowhere known.
    stage.forge("tenant").await;
    assert_eq!(problem(&stage.sign_in(&mut browser, ANN).await), "tenant");
    assert_eq!(stage.sessions().await, []);
}

#[sqlx::test(migrations = false)]
async fn an_account_is_not_taken_over_by_an_email_that_nobody_has_proved(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite("boss@msp.example").await;
    let eve = json!({ "userPrincipalName": "eve@contoso.example", "mail": "boss@msp.example" });
    stage.hire("contoso", eve).await;
    let mut browser = Browser::new(&stage.state);
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "eve@contoso.example").await),
        "unknown"
    );
    // A guest is called by any address, and is at home elsewhere.
    stage.invite(ANN).await;
    stage.forge("guest").await;
    assert_eq!(problem(&stage.sign_in(&mut browser, ANN).await), "unknown");
    assert_eq!(stage.sessions().await, []);
}

#[sqlx::test(migrations = false)]
async fn a_disabled_account_does_not_come_in_by_the_provider_and_its_sessions_are_over(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite(ANN).await;
    let disable = "update account set disabled_at = now()";
    sqlx::query(disable).execute(&pool).await.unwrap();
    let mut browser = Browser::new(&stage.state);
    let first = stage.sign_in(&mut browser, ANN).await;
    assert_eq!(problem(&first), "disabled", "before it is anybody's");
    sqlx::query("update account set disabled_at = null")
        .execute(&pool)
        .await
        .unwrap();
    stage.sign_in(&mut browser, ANN).await;
    assert!(browser.is_signed_in().await);
    sqlx::query(disable).execute(&pool).await.unwrap();
    assert!(!browser.is_signed_in().await);
    assert_eq!(problem(&stage.sign_in(&mut browser, ANN).await), "disabled");
}

#[sqlx::test(migrations = false)]
async fn an_expired_attempt_and_idle_and_absolute_ends_lead_back_to_the_sign_in(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite(ANN).await;
    let mut browser = Browser::new(&stage.state);
    let back = way_back(&stage, &mut browser, "/sign-in/microsoft").await;
    sqlx::query("update sign_in_attempt set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(problem(&browser.get(&back).await), "expired");
    for end in [
        "update session set last_seen_at = now() - interval '121 minutes'",
        "update session set expires_at = now()",
    ] {
        stage.sign_in(&mut browser, ANN).await;
        assert!(browser.is_signed_in().await);
        sqlx::query(end).execute(&pool).await.unwrap();
        assert!(!browser.is_signed_in().await, "{end}");
    }
}

#[sqlx::test(migrations = false)]
async fn many_attempts_from_one_address_are_turned_away_and_others_still_come_in(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    sqlx::query(
        "insert into sign_in_attempt (state_hash, browser_hash, provider, next, client_address, expires_at)
         select int4send(n), '', 'microsoft', '/', '192.0.2.1', now() + interval '5 minutes'
         from generate_series(1, 100) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let mut browser = Browser::new(&stage.state);
    assert_eq!(problem(&browser.get("/sign-in/microsoft").await), "too-many");
    browser.peer = "192.0.2.2:4711".parse().unwrap();
    let away = browser.get("/sign-in/microsoft").await;
    assert_eq!(away.status, StatusCode::SEE_OTHER);
    assert!(
        away.location.contains("/organizations/oauth2/v2.0/authorize"),
        "{away:?}"
    );
}

#[sqlx::test(migrations = false)]
async fn pictures_and_frames_on_other_pages_begin_no_sign_in(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    for (dest, begun) in [("image", 0), ("iframe", 0), ("empty", 0), ("document", 1)] {
        let request = Request::get("/sign-in/microsoft")
            .header("host", "localhost:3000")
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-dest", dest)
            .body(Body::empty())
            .unwrap();
        let answer = router(stage.state.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status() == StatusCode::FORBIDDEN, begun == 0, "{dest}");
        let kept: i64 = sqlx::query_scalar("select count(*) from sign_in_attempt")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(kept, begun, "{dest}");
    }
}
