//! Settings: what this browser keeps for whoever uses it, and what the server runs with.

use super::{ApiError, session::SignedIn, sessions::SessionRow};
use crate::model::{preferences::Appearance, time::Moment};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A time zone to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// `Europe/Zurich`.
    pub name: String,
    /// `UTC+01:00`.
    pub offset: String,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsContent {
    /// Who is signed in.
    pub account: SignedIn,
    /// Whether they have a password here, to change.
    pub has_password: bool,
    /// Where they are signed in.
    pub sessions: Vec<SessionRow>,
    /// The zone in force.
    pub zone: Zone,
    /// The time in it.
    pub now: Moment,
    /// The zone chosen here.
    pub chosen_zone: Option<String>,
    /// The zone that the browser told.
    pub browser_zone: Option<String>,
    /// Every zone.
    pub zones: Vec<Zone>,
    /// Light, dark, or as the system is.
    pub appearance: Appearance,
    /// `/` goes to the search.
    pub shortcuts: bool,
    /// The version of this program.
    pub version: String,
    /// How often a Microsoft tenant is read, in words.
    pub sync_interval: String,
    /// Microsoft's published product names: how many, when they were fetched, and when they were last asked for.
    pub product_names: (i64, Option<Moment>, Option<Moment>),
}

/// What the page shows.
#[server]
pub async fn settings() -> Result<SettingsContent, ApiError> {
    let asker = crate::server::caller::asker().await?;
    let preferences = crate::server::preferences::Preferences::asked().await;
    crate::server::settings_page::settings(asker, &preferences).await
}

/// **Save**. An empty zone is the browser's own; an unticked box is not sent.
#[server]
pub async fn save_settings(
    #[server(default)] zone: String,
    #[server(default)] appearance: String,
    #[server(default)] shortcuts: Option<String>,
) -> Result<(), ApiError> {
    let state = crate::server::caller::asker().await?.state;
    crate::server::settings_page::save(&state, &zone, &appearance, shortcuts.is_some()).await?;
    leptos_axum::redirect("/settings?notice=settings-saved");
    Ok(())
}
