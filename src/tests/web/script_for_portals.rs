//! `/embed.js`, as the page of a portal loads it: from another origin, by CORS, without a session.

use super::{router, web};
use crate::engine::Engine;
use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::{fs, path::Path};
use tower::ServiceExt as _;

/// What the page of a portal is told at a path; no database is asked for it.
async fn asked_by_portal(path: &str) -> (StatusCode, HeaderMap) {
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(1);
    let pool = PgPoolOptions::new().connect_lazy_with(options);
    let (state, site) = web(Engine::new(pool, None));
    for name in ["embed.js", "favicon.svg"] {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("public").join(name);
        fs::copy(ours, site.path().join(name)).unwrap();
    }
    let request = Request::get(path)
        .header("host", "localhost:3000")
        .header("origin", "https://portal.example")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "cors")
        .header("sec-fetch-dest", "script")
        .body(Body::empty())
        .unwrap();
    let answer = router(state).oneshot(request).await.unwrap();
    (answer.status(), answer.headers().clone())
}

#[tokio::test]
async fn every_origin_may_load_the_script_for_portals_and_nothing_else() {
    let (status, headers) = asked_by_portal("/embed.js").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["access-control-allow-origin"], "*");
    // A module of any other kind is not run, as the answer says `nosniff`.
    assert_eq!(headers["content-type"], "text/javascript");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    for path in ["/favicon.svg", "/sign-in", "/organizations", "/healthz"] {
        let (_, headers) = asked_by_portal(path).await;
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}");
    }
}
