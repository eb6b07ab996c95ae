//! Sign-in and sign-out.

use super::ApiError;
use crate::model::access::Role;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Name.
    pub name: String,
    /// Email.
    pub email: String,
    /// How far they go.
    pub role: Role,
}

/// Who is signed in; `None` on the sign-in page.
#[server]
pub async fn account() -> Result<Option<SignedIn>, ApiError> {
    let caller = crate::server::caller::caller().await?;
    Ok(caller.map(|who| SignedIn {
        name: who.account.name,
        email: who.account.email,
        role: who.account.role,
    }))
}

/// A provider with whose account somebody may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInWay {
    /// Where that begins.
    pub path: String,
    /// "Microsoft".
    pub name: String,
}

/// The providers that the sign-in page offers, besides a password.
#[server]
pub async fn sign_in_ways() -> Result<Vec<SignInWay>, ApiError> {
    let state = use_context::<crate::server::state::AppState>().ok_or(ApiError::Internal)?;
    let ways = state.providers.all().iter().map(|provider| SignInWay {
        path: format!("/sign-in/{}", provider.kind.key()),
        name: provider.name.clone(),
    });
    Ok(ways.collect())
}

/// What the addresses of files begin with: the browser's router knows none of them.
pub const FILES: &str = "/export/";

/// Signs in, and goes on to `next`, a path of ours. A file our script fetches by itself, and shows the list it is of.
#[server]
pub async fn sign_in(email: String, password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    crate::server::session::sign_in(&email, &password).await?;
    if !next.starts_with(FILES) || !crate::server::caller::has_script().await {
        leptos_axum::redirect(crate::server::session::safe_path(&next));
    }
    Ok(())
}

/// Signs out.
#[server]
pub async fn sign_out() -> Result<(), ApiError> {
    crate::server::session::sign_out().await?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}
