//! Probes without a session: `/healthz` (the process), `/readyz` (database and migrations).

use super::state::AppState;
use axum::{extract::State, http::StatusCode};

/// The process answers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// The database answers and is of this version.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, String) {
    match crate::store::migrate::is_current(&state.engine.pool).await {
        Ok(true) => (StatusCode::OK, "ready".into()),
        Ok(false) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "migrations are missing; run `entrain migrate`".into(),
        ),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}
