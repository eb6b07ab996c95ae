//! **Sessions** in Settings: where somebody is signed in, and ending it there.

use super::ApiError;
use crate::model::{sign_in::Way, time::Moment};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A session of whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Its id, which opens nothing.
    pub id: Uuid,
    /// "Firefox on Linux"; what the browser calls itself where that is unusual.
    pub browser: String,
    /// From where it was begun, if that is known.
    pub address: Option<String>,
    /// How it was begun.
    pub way: Way,
    /// When it was begun.
    pub begun: Moment,
    /// When it was last used.
    pub last_seen: Moment,
    /// Whether it is the one that asks.
    pub here: bool,
}

/// **End Session**.
#[server]
pub async fn end_session(id: Uuid) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::sessions::end(&asker, id).await?;
    leptos_axum::redirect("/settings?notice=session-ended");
    Ok(())
}

/// **Sign Out Everywhere**, here too.
#[server]
pub async fn sign_out_everywhere() -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::session::sign_out_everywhere(&asker).await?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// **Change Password**: takes the present one, and ends the other sessions.
#[server]
pub async fn change_password(
    #[server(default)] present: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::password::change(&asker, &present, &password).await?;
    leptos_axum::redirect("/settings?notice=password-changed");
    Ok(())
}
