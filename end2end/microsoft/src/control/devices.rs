//! Devices enrolled into Intune, changed and taken out.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::{Body, Outcome, Shared, Wrong, change as change_directory};
use crate::model::change::ChangeError;
use crate::model::directory::Directory;

fn reply(directory: &Directory, id: uuid::Uuid, status: StatusCode) -> Outcome {
    let device = directory
        .managed_devices
        .get(&id)
        .ok_or_else(|| Wrong::from(ChangeError::NotFound("managed device", id.to_string())))?;
    Ok((status, Json(serde_json::to_value(device)?)).into_response())
}

pub async fn create(State(cloud): Shared, Path(key): Path<String>, body: Body) -> Outcome {
    let Json(map) = body?;
    change_directory(&cloud, &key, |directory| {
        let id = directory.create_managed_device(&map, cloud.now())?;
        reply(directory, id, StatusCode::CREATED)
    })
}

pub async fn change(State(cloud): Shared, Path((key, device)): Path<(String, String)>, body: Body) -> Outcome {
    let Json(map) = body?;
    change_directory(&cloud, &key, |directory| {
        let id = directory.patch_managed_device(&device, &map, cloud.now())?;
        reply(directory, id, StatusCode::OK)
    })
}

pub async fn delete(State(cloud): Shared, Path((key, device)): Path<(String, String)>) -> Outcome {
    change_directory(&cloud, &key, |directory| {
        directory.delete_managed_device(&device)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}
