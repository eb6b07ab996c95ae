//! What is answered where something panics.

use super::web;
use crate::{engine::Engine, server::router::guarded};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    routing::get,
};
use sqlx::PgPool;
use tower::ServiceExt as _;

async fn breaks() -> &'static str {
    panic!("as a test has it")
}

#[sqlx::test(migrations = false)]
async fn the_answer_to_a_panic_has_the_headers_of_all_answers(pool: PgPool) {
    let (state, _site) = web(Engine::new(pool, None));
    // Where no session is looked up.
    let routes = Router::new().route("/pkg/breaks", get(breaks));
    let request = Request::get("/pkg/breaks")
        .header("host", "localhost:3000")
        .body(Body::empty())
        .unwrap();
    let answer = guarded(routes, state).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        let found = answer.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(found, Some(value), "{name}");
    }
}
