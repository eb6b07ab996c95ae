//! Local accounts: what somebody without the password learns, which is nothing.

use super::{Answer, Browser};
use crate::{
    api::session::SignIn,
    engine::Engine,
    server::session::create_administrator,
    store::migrate::migrate,
    tests::{support::tester, web::web_with},
};
use axum::http::{Method, StatusCode};
use leptos::server_fn::ServerFn as _;
use sqlx::PgPool;

const PASSWORD: &str = "correct horse battery";

async fn guess(browser: &mut Browser, email: &str, password: &str) -> Answer {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", email), ("password", password)])
        .finish();
    browser.send(Method::POST, SignIn::PATH, form).await
}

async fn browser(pool: &PgPool) -> (Browser, tempfile::TempDir) {
    migrate(pool).await.unwrap();
    for email in ["ana@msp.example", "ben@msp.example", "eve@msp.example"] {
        create_administrator(pool, &tester(), email, "", PASSWORD)
            .await
            .unwrap();
    }
    sqlx::query("update account set disabled_at = now() where email like 'ben%'")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("update account set password_hash = null where email like 'eve%'")
        .execute(pool)
        .await
        .unwrap();
    let (state, site) = web_with(Engine::new(pool.clone(), None), &[]);
    (Browser::new(&state), site)
}

#[sqlx::test(migrations = false)]
async fn nobody_learns_whether_an_account_exists_is_disabled_or_has_a_password(pool: PgPool) {
    let (mut browser, _site) = browser(&pool).await;
    let wrong = guess(&mut browser, "ana@msp.example", "wrong").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (email, password) in [
        ("nobody@msp.example", PASSWORD),
        ("ben@msp.example", PASSWORD),
        ("eve@msp.example", PASSWORD),
        ("eve@msp.example", ""),
    ] {
        let answer = guess(&mut browser, email, password).await;
        assert_eq!((answer.status, &answer.body), (wrong.status, &wrong.body), "{email}");
    }
    assert!(!browser.is_signed_in().await);
    guess(&mut browser, "ANA@msp.example", PASSWORD).await;
    assert!(browser.is_signed_in().await);
}

#[sqlx::test(migrations = false)]
async fn guesses_are_stopped_by_email_even_many_at_once_and_the_same_for_nobodys_email(pool: PgPool) {
    let (browser, _site) = browser(&pool).await;
    for email in ["ana@msp.example", "nobody@msp.example"] {
        let guesses = (0..25).map(|number| {
            let mut browser = browser.clone();
            browser.peer = format!("192.0.2.{number}:1").parse().unwrap();
            async move { guess(&mut browser, email, "wrong").await.body }
        });
        let answers = futures::future::join_all(guesses).await;
        let looked_at = answers.iter().filter(|words| words.contains("is wrong")).count();
        assert!(looked_at <= 10, "{looked_at} of {email}");
        let stopped = guess(&mut browser.clone(), email, PASSWORD).await.body;
        // Those that were not looked at do not count on.
        assert!(
            stopped.contains("with this email. Try again") || looked_at < 10,
            "{stopped}"
        );
    }
}

#[sqlx::test(migrations = false)]
async fn guesses_are_stopped_by_address_whatever_the_emails_and_others_still_come_in(pool: PgPool) {
    let (mut browser, _site) = browser(&pool).await;
    sqlx::query(
        "insert into sign_in_failure (email, client_address)
         select n || '@msp.example', '192.0.2.1' from generate_series(1, 50) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let stopped = guess(&mut browser, "ana@msp.example", PASSWORD).await;
    assert!(stopped.body.contains("from your address. Try again"), "{stopped:?}");
    browser.peer = "192.0.2.2:1".parse().unwrap();
    guess(&mut browser, "ana@msp.example", PASSWORD).await;
    assert!(browser.is_signed_in().await);
}

#[sqlx::test(migrations = false)]
async fn over_https_the_cookie_is_bound_to_the_host_and_sent_over_https_only(pool: PgPool) {
    migrate(&pool).await.unwrap();
    create_administrator(&pool, &tester(), "ana@msp.example", "", PASSWORD)
        .await
        .unwrap();
    let address = [("ENTRAIN_PUBLIC_URL", "https://localhost:3000".to_owned())];
    let (state, _site) = web_with(Engine::new(pool.clone(), None), &address);
    let answer = guess(&mut Browser::new(&state), "ana@msp.example", PASSWORD).await;
    let cookie = &answer.cookies[0];
    assert!(cookie.starts_with("__Host-entrain="), "{cookie}");
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}
