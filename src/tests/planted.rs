//! Secrets said on purpose: the search of what tests say fails unless it finds every one of them.

use super::{
    command::entrain,
    engine::logged::Kept,
    said::{aloud, listen, never, with_errors_aloud},
    support::ran_alone,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    response::Redirect,
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use sqlx::PgPool;
use std::io::Write as _;
use tower::ServiceExt as _;
use uuid::Uuid;

fn plant(place: &str) -> String {
    let secret = format!("planted-{}", Uuid::new_v4().simple());
    never(&format!("planted {place}"), &secret);
    secret
}

#[tokio::test]
async fn a_secret_planted_in_whatever_a_test_can_say_is_found_by_the_search() {
    listen();
    println!("{}", plant("in what a test prints"));
    aloud(&plant("in what is said aloud"));
    // Made before: what a log that nobody hears would hold is not even looked at.
    let line = plant("in a line of the log");
    tracing::debug!(line, "looked for by value");
    let kept = plant("in a log that a test keeps");
    Kept::default().write_all(kept.as_bytes()).unwrap();

    let (folder, word) = (tempfile::tempdir().unwrap(), plant("in what a program says"));
    let refused = entrain(&[word.as_str()], &[], folder.path()).await;
    assert_eq!(refused.code, 64, "{}", refused.stderr);

    let page = plant("on an error page");
    let error = URL_SAFE.encode(plant("in the error of a form without script"));
    let back = Redirect::to(&format!("/settings?__path=%2Fapi&__err={error}"));
    let routes = Router::new()
        .route("/", get(move || async move { (StatusCode::IM_A_TEAPOT, page) }))
        .route("/form", get(move || async move { back }));
    let routes = with_errors_aloud(routes);
    let ask = |path: &'static str| routes.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
    assert!(ask("/form").await.unwrap().status().is_redirection());
    let answer = ask("/").await.unwrap();
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    assert!(body.starts_with(b"planted-"), "who asked is answered all the same");
}

#[sqlx::test(migrations = false)]
async fn a_secret_planted_in_a_process_of_its_own_is_found_by_the_search(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "a_secret_planted_in_a_process_of_its_own_is_found_by_the_search",
    )
    .await
    {
        return;
    }
    println!("{}", plant("in a process of its own"));
}
