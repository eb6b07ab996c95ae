//! What the service is like: its limits, its clock, and what Microsoft leaves open in delta queries.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::{Outcome, Shared};
use crate::cloud::Cloud;
use crate::deltas::Deltas;
use crate::throttle::{Throttle, Throttling};

/// The paths of the settings.
pub(super) fn router() -> Router<Arc<Cloud>> {
    Router::new()
        .route("/throttle", get(throttle).put(set_throttle))
        .route("/deltas", get(deltas).put(set_deltas))
        .route("/clock", get(clock).put(set_clock))
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

/// Where the clock stands: how many seconds ahead of the machine's.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    ahead: i64,
}

async fn clock(State(cloud): Shared) -> Json<Clock> {
    Json(Clock { ahead: cloud.ahead() })
}

async fn set_clock(State(cloud): Shared, body: Result<Json<Clock>, JsonRejection>) -> Outcome {
    let Json(clock) = body?;
    cloud.set_ahead(clock.ahead);
    Ok(Json(clock).into_response())
}
