//! `/healthz` and `/readyz`.

use super::{router, web};
use crate::{engine::Engine, store::migrate::migrate};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// Probes as a load balancer does: under another host's name, and with whatever cookie.
async fn probe(pool: &PgPool, path: &str) -> (StatusCode, String) {
    let (state, _site) = web(Engine::new(pool.clone(), None));
    let request = Request::get(path)
        .header("host", "10.0.0.7:3000")
        .header("cookie", "__Host-entrain=nobody; entrain=nobody")
        .body(Body::empty())
        .unwrap();
    let answer = router(state).oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A pool over an address, which connects when it is asked.
fn pool_at(port: u16) -> PgPool {
    let options = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username("entrain")
        .ssl_mode(PgSslMode::Disable);
    PgPoolOptions::new()
        .acquire_timeout(Duration::from_secs(60))
        .connect_lazy_with(options)
}

#[sqlx::test(migrations = false)]
async fn readyz_is_ready_once_every_migration_has_run_and_says_so_until_then(pool: PgPool) {
    let missing = async || {
        let (status, words) = probe(&pool, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{words}");
        assert!(
            words.contains("migrations are missing") && words.contains("entrain migrate"),
            "{words}"
        );
    };
    missing().await;
    migrate(&pool).await.unwrap();
    assert_eq!(probe(&pool, "/readyz").await, (StatusCode::OK, "ready".to_owned()));
    sqlx::query("delete from _sqlx_migrations where version = 2")
        .execute(&pool)
        .await
        .unwrap();
    missing().await;
}

#[tokio::test]
async fn readyz_says_that_the_database_is_away() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (status, words) = probe(&pool_at(port), "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(words.contains("the database"), "{words}");
}

#[tokio::test]
async fn readyz_does_not_wait_for_a_database_that_does_not_answer() {
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (status, words) = probe(&pool_at(silent.local_addr().unwrap().port()), "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(words.contains("did not answer"), "{words}");
}

#[tokio::test]
async fn healthz_asks_no_database() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = pool_at(silent.local_addr().unwrap().port());
    assert_eq!(probe(&pool, "/healthz").await, (StatusCode::OK, "ok".to_owned()));
    assert_eq!(pool.size(), 0, "a connection was opened");
}
