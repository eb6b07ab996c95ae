//! Who asks. The guard has looked up the session before a request arrives here.

use super::{preferences::Preferences, state::AppState};
use crate::{
    api::ApiError,
    model::audit::{Actor, ActorKind},
    store::{Now, administrator::Administrator},
};
use axum::{Extension, http::HeaderMap};
use chrono::Utc;
use leptos::prelude::use_context;

/// The signed-in administrator of this request, as the guard found it.
#[derive(Clone, Debug)]
pub struct Caller(pub Option<Administrator>);

/// Who is signed in, if anybody.
pub async fn caller() -> Result<Option<Administrator>, ApiError> {
    let Extension(Caller(who)) = leptos_axum::extract::<Extension<Caller>>()
        .await
        .map_err(|_| ApiError::Internal)?;
    Ok(who)
}

/// The state, for somebody who is signed in.
pub async fn required() -> Result<AppState, ApiError> {
    Ok(signed_in().await?.0)
}

/// The state, and who is signed in as the audit log names them: for whatever changes something.
pub async fn signed_in() -> Result<(AppState, Actor), ApiError> {
    let who = caller().await?.ok_or(ApiError::SignedOut)?;
    let state = use_context::<AppState>().ok_or(ApiError::Internal)?;
    let actor = Actor {
        kind: ActorKind::Administrator,
        id: Some(who.id),
        name: who.name,
    };
    Ok((state, actor))
}

/// Whether our own script asks, and not a form that a browser sends without it.
pub async fn has_script() -> bool {
    let headers = leptos_axum::extract::<HeaderMap>().await.unwrap_or_default();
    let accept = headers
        .get(axum::http::header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_none_or(|accept| !accept.contains("text/html"))
}

/// Leads a browser without script back to the page whose form it sent. Our script is on that page, or has gone on to
/// another one meanwhile, and must not be dragged back.
pub async fn back_to(next: &str) {
    if !has_script().await {
        leptos_axum::redirect(super::session::safe_path(next));
    }
}

/// The time now, in the zone of whoever asks; UTC until one is known.
pub async fn now() -> Now {
    Utc::now().with_timezone(&Preferences::asked().await.zone())
}
