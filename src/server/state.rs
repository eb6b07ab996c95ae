//! What every request can reach.

use super::{assets::Assets, settings::Settings};
use crate::engine::Engine;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::sync::Arc;

/// The state of the web server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Database and Microsoft.
    pub engine: Engine,
    /// Settings.
    pub settings: Arc<Settings>,
    /// The browser bundle.
    pub assets: Arc<Assets>,
    /// What Leptos wants to know.
    pub leptos: LeptosOptions,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
