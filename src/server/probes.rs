//! Probes without a session: `/healthz` (the process), `/readyz` (database and migrations).

use super::state::AppState;
use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::timeout;

/// How long the database has for its answer: who probes gives up after some seconds, and wants the reason before.
const PATIENCE: Duration = Duration::from_secs(3);

/// The process answers. It asks nobody: a database that is away is no reason to start the process anew.
pub async fn healthz() -> &'static str {
    "ok"
}

/// The database answers and is of this version; else 503 with the reason.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, String) {
    readiness(&state.engine.pool).await
}

/// The same for the listener of the metrics, which a worker without pages has too.
pub(super) async fn readiness(pool: &PgPool) -> (StatusCode, String) {
    let problem = match timeout(PATIENCE, crate::store::migrate::is_current(pool)).await {
        Ok(Ok(true)) => return (StatusCode::OK, "ready".into()),
        Ok(Ok(false)) => "migrations are missing; run `entrain migrate`".into(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!(
            "the database did not answer within {} s; check that Postgres is running",
            PATIENCE.as_secs()
        ),
    };
    (StatusCode::SERVICE_UNAVAILABLE, problem)
}
