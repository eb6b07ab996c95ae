//! Local accounts: what somebody without the password learns, which is nothing.

use super::{Answer, Browser};
use crate::{
    api::{
        session::{SignIn, SignOut},
        sessions::{ChangePassword, SignOutEverywhere},
    },
    engine::Engine,
    server::session::create_administrator,
    store::migrate::migrate,
    tests::{
        samples::{OTHER_PASSWORD as ANOTHER, PASSWORD},
        support::tester,
        web::web_with,
    },
};
use axum::http::{Method, StatusCode};
use leptos::server_fn::ServerFn as _;
use sqlx::PgPool;

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
        let guesses = (1..26).map(|number| {
            let mut browser = browser.clone();
            browser.peer = format!("192.0.2.1:{number}").parse().unwrap();
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
    let mut elsewhere = browser.clone();
    elsewhere.peer = "198.51.100.7:1".parse().unwrap();
    guess(&mut elsewhere, "ana@msp.example", PASSWORD).await;
    assert!(elsewhere.is_signed_in().await, "who guesses locks nobody out elsewhere");
}

#[sqlx::test(migrations = false)]
async fn guesses_from_everywhere_stop_an_email_in_the_end_and_an_ipv6_network_is_one_address(pool: PgPool) {
    let (browser, _site) = browser(&pool).await;
    for number in 0..15 {
        let mut browser = browser.clone();
        browser.peer = format!("[2001:db8:1:2::{number:x}]:1").parse().unwrap();
        let words = guess(&mut browser, "ana@msp.example", "wrong").await.body;
        assert_eq!(words.contains("is wrong"), number < 10, "{number}: {words}");
    }
    sqlx::query(
        "insert into sign_in_failure (email, client_address)
         select 'ana@msp.example', '198.51.100.' || n from generate_series(1, 90) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let mut elsewhere = browser.clone();
    elsewhere.peer = "203.0.113.9:1".parse().unwrap();
    let stopped = guess(&mut elsewhere, "ana@msp.example", PASSWORD).await;
    assert!(stopped.body.contains("with this email. Try again"), "{stopped:?}");
}

async fn change(browser: &mut Browser, present: &str, password: &str) -> Answer {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("present", present), ("password", password)])
        .finish();
    browser.send(Method::POST, ChangePassword::PATH, form).await
}

#[sqlx::test(migrations = false)]
async fn a_password_is_changed_with_the_present_one_and_the_other_sessions_end(pool: PgPool) {
    let (mut browser, _site) = browser(&pool).await;
    let mut other = browser.clone();
    for browser in [&mut browser, &mut other] {
        guess(browser, "ana@msp.example", PASSWORD).await;
    }
    let wrong = change(&mut browser, "wrong", ANOTHER).await;
    assert!(wrong.body.contains("The present password is wrong"), "{wrong:?}");
    let short = change(&mut browser, PASSWORD, "eleven char").await;
    assert!(short.body.contains("at least 12 characters"), "{short:?}");
    assert!(other.is_signed_in().await);

    let done = change(&mut browser, PASSWORD, ANOTHER).await;
    assert!(
        !done.status.is_client_error() && !done.status.is_server_error(),
        "{done:?}"
    );
    assert!(browser.is_signed_in().await, "this session stays");
    assert!(!other.is_signed_in().await);
    guess(&mut other, "ana@msp.example", PASSWORD).await;
    assert!(!other.is_signed_in().await, "the old one is good for nothing");
    guess(&mut other, "ana@msp.example", ANOTHER).await;
    assert!(other.is_signed_in().await);
    let told: Vec<(String, Option<String>)> =
        sqlx::query_as("select actor_name, client_address from audit_event where action = 'change_password'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(told, [("ana@msp.example".into(), Some("192.0.2.1".into()))]);
}

#[sqlx::test(migrations = false)]
async fn sign_ins_and_their_ends_are_in_the_audit_log_and_of_guesses_one_row_for_a_lock_out(pool: PgPool) {
    let (mut browser, _site) = browser(&pool).await;
    for _ in 0..12 {
        for email in ["ana@msp.example", "nobody@msp.example"] {
            guess(&mut browser, email, "wrong").await;
        }
    }
    browser.peer = "198.51.100.7:1".parse().unwrap();
    for end in [SignOut::PATH, SignOutEverywhere::PATH] {
        guess(&mut browser, "ana@msp.example", PASSWORD).await;
        browser.send(Method::POST, end, String::new()).await;
        assert!(!browser.is_signed_in().await, "{end}");
    }
    let told: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select action, actor_name, client_address from audit_event where action <> 'create' order by at, id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let row = |action: &str, who: &str, address: &str| (action.to_owned(), who.to_owned(), Some(address.to_owned()));
    let (ana, there) = ("ana@msp.example", "198.51.100.7");
    let rows = [
        row("refuse_sign_in", "Somebody", "192.0.2.1"),
        row("sign_in", ana, there),
        row("sign_out", ana, there),
        row("sign_in", ana, there),
        row("end_session", ana, there),
    ];
    assert_eq!(told, rows);
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
