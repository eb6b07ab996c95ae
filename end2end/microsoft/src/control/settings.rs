//! What the service is like: its limits, and what Microsoft leaves open in delta queries.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};

use super::{Outcome, Shared};
use crate::cloud::Cloud;
use crate::deltas::Deltas;
use crate::throttle::{Throttle, Throttling};

/// The paths of the settings.
pub(super) fn router() -> Router<Arc<Cloud>> {
    Router::new()
        .route("/throttle", get(throttle).put(set_throttle))
        .route("/deltas", get(deltas).put(set_deltas))
}

async fn throttle(State(cloud): Shared) -> Json<Throttle> {
    Json(cloud.throttling().settings())
}

async fn set_throttle(State(cloud): Shared, body: Result<Json<Throttle>, JsonRejection>) -> Outcome {
    let Json(settings) = body?;
    *cloud.throttling() = Throttling::new(settings);
    Ok(Json(settings).into_response())
}

async fn deltas(State(cloud): Shared) -> Json<Deltas> {
    Json(*cloud.deltas())
}

async fn set_deltas(State(cloud): Shared, body: Result<Json<Deltas>, JsonRejection>) -> Outcome {
    let Json(settings) = body?;
    *cloud.deltas() = settings;
    Ok(Json(settings).into_response())
}
