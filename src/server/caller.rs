//! Who asks. The guard has looked up the session before a request arrives here.

use super::state::AppState;
use crate::{api::ApiError, store::administrator::Administrator};
use axum::Extension;
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
    caller().await?.ok_or(ApiError::SignedOut)?;
    use_context::<AppState>().ok_or(ApiError::Internal)
}
