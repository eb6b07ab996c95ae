//! What reports say: registered authentication methods, and whether the tenant may have reports at all.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::{Body, Outcome, Shared, change, summary};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Premium {
    premium: bool,
}

pub(super) async fn patch_registration(
    State(cloud): Shared,
    Path((key, user)): Path<(String, String)>,
    body: Body,
) -> Outcome {
    let Json(map) = body?;
    change(&cloud, &key, |directory| {
        let id = directory.patch_registration(&user, &map, cloud.now())?;
        Ok(Json(serde_json::to_value(directory.registrations.get(&id))?).into_response())
    })
}

pub(super) async fn remove_registration(State(cloud): Shared, Path((key, user)): Path<(String, String)>) -> Outcome {
    change(&cloud, &key, |directory| {
        directory.remove_registration(&user)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

pub(super) async fn premium(
    State(cloud): Shared,
    Path(key): Path<String>,
    body: Result<Json<Premium>, JsonRejection>,
) -> Outcome {
    let Json(order) = body?;
    change(&cloud, &key, |directory| {
        directory.set_premium(order.premium);
        Ok(Json(summary(directory)).into_response())
    })
}
