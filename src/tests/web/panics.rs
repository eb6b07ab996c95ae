//! What is answered where something panics.

use super::web;
use crate::{
    engine::Engine,
    server::{embed::portals, router::guarded, state::AppState, telemetry::log},
    store::migrate::migrate,
    tests::{
        engine::logged::Kept,
        said::with_errors_aloud,
        support::{ran_alone, tester},
    },
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    response::Response,
    routing::{get, post},
};
use sqlx::PgPool;
use tower::ServiceExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use uuid::Uuid;

async fn breaks() -> &'static str {
    panic!("as a test has it: {}the end", "é".repeat(400))
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

async fn answer(state: &AppState, routes: Router<AppState>, request: axum::http::request::Builder) -> Response {
    let request = request
        .header("host", "localhost:3000")
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty())
        .unwrap();
    let routes = with_errors_aloud(guarded(routes, state.clone()));
    routes.oneshot(request).await.unwrap()
}

fn policy(answer: &Response) -> &str {
    answer.headers()["content-security-policy"].to_str().unwrap()
}

/// The body, and the reference in it.
async fn told(answer: Response) -> (String, String) {
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(!body.contains("as a test has it"), "{body}");
    let at = body.find("the reference ").unwrap() + "the reference ".len();
    let reference = body[at..at + 36].to_owned();
    reference.parse::<Uuid>().unwrap();
    (body, reference)
}

#[sqlx::test(migrations = false)]
async fn a_panic_is_told_as_a_page_and_to_a_script_with_a_reference_that_is_in_the_log(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "a_panic_is_told_as_a_page_and_to_a_script_with_a_reference_that_is_in_the_log",
    )
    .await
    {
        return;
    }
    migrate(&pool).await.unwrap();
    let (state, _site) = web(Engine::new(pool, None));
    let kept = Kept::default();
    let references = {
        let _log = log("error", false, kept.clone()).set_default();
        let routes = || {
            Router::new()
                .route("/pkg/{file}", get(breaks))
                .route("/api/sign_in1", post(breaks))
        };
        let page = Request::get("/pkg/breaks").header("accept", "text/html");
        let page = answer(&state, routes(), page).await;
        assert!(policy(&page).contains("frame-ancestors 'none'"), "{page:?}");
        let (page, of_page) = told(page).await;
        assert!(page.contains("<h1") && page.contains("Something went wrong"), "{page}");
        let script = Request::post("/api/sign_in1").header("accept", "application/json");
        let script = answer(&state, routes(), script).await;
        assert_eq!(script.headers()["content-type"], "application/json");
        let (script, of_script) = told(script).await;
        assert!(script.contains("Refused"), "our script can read it: {script}");
        [of_page, of_script]
    };
    let logged = kept.text();
    for reference in references {
        assert!(logged.contains(&reference), "{reference}: {logged}");
    }
    assert!(
        logged.contains("as a test has it") && logged.contains("/pkg/{file}"),
        "{logged}"
    );
    assert!(!logged.contains("the end"), "a panic may say much: {logged}");
}

#[sqlx::test(migrations = false)]
async fn a_panic_in_a_portals_frame_is_told_in_that_frame(pool: PgPool) {
    const ORIGIN: &str = "https://portal.example";
    migrate(&pool).await.unwrap();
    let (state, _site) = web(Engine::new(pool, None));
    let portal = portals::register(&state, &tester(), "Acme Portal", ORIGIN)
        .await
        .unwrap();
    let routes = Router::new().route("/embed/{portal}/session", get(breaks));
    let request = Request::get(format!("/embed/{}/session", portal.id)).header("accept", "text/html");
    let framed = answer(&state, routes, request).await;
    let expected = format!("frame-ancestors {ORIGIN}");
    assert!(policy(&framed).ends_with(&expected), "{framed:?}");
    assert_eq!(framed.headers()["cache-control"], "no-store");
    let (page, _) = told(framed).await;
    assert!(page.contains("Something went wrong"), "{page}");
}
