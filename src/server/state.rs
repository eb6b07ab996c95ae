//! What every request can reach.

use super::{
    assets::Assets, connections::Limits, embed::KnownOrigins, oidc::Providers, permissions::Recent, settings::Settings,
};
use crate::{
    engine::{Engine, snapshots::Snapshots},
    store::vault::Vault,
};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// The state of the web server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Database and Microsoft.
    pub engine: Engine,
    /// What the plan lines of open filter dialogs are counted from.
    pub snapshots: Snapshots,
    /// What **Check Permissions** found in the last seconds.
    pub permission_reports: Recent,
    /// Who may frame the pages of portals.
    pub known_origins: KnownOrigins,
    /// Settings.
    pub settings: Arc<Settings>,
    /// What a connection may take.
    pub limits: Limits,
    /// With whose accounts people may sign in.
    pub providers: Providers,
    /// Seals and opens what is stored in confidence.
    pub vault: Arc<Vault>,
    /// The browser bundle.
    pub assets: Arc<Assets>,
    /// Work that goes on without the browser that asked for it. The process waits for it before it ends.
    pub tasks: TaskTracker,
    /// What Leptos wants to know.
    pub leptos: LeptosOptions,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
