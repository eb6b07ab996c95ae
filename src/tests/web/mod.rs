//! The web server as a whole: what it draws, its probes, and how it ends.

mod attacks;
mod credentials;
mod drawing;
mod embed;
mod lists;
mod locked;
mod panics;
mod previews;
mod probes;
mod roles;
mod script_for_portals;
mod sign_in;
mod stopping;

use crate::{
    engine::Engine,
    server::{self, serve::state, settings::Settings, state::AppState},
    tests::said,
};
use axum::Router;
use std::fs;
use tempfile::TempDir;

/// The routes of the web server. What they answer that is an error is searched for secrets.
pub(super) fn router(state: AppState) -> Router {
    said::with_errors_aloud(server::router::router(state))
}

/// A web server over an engine, with a bundle of no content. The folder lives as long as it is held.
fn web(engine: Engine) -> (AppState, TempDir) {
    web_with(engine, &[])
}

/// The same with more settings.
fn web_with(engine: Engine, more: &[(&str, String)]) -> (AppState, TempDir) {
    said::listen();
    let site = tempfile::tempdir().unwrap();
    let names = r#"{"js": "a.js", "wasm": "a.wasm", "css": "a.css"}"#;
    fs::write(site.path().join("assets.json"), names).unwrap();
    let folder = site.path().display().to_string();
    let env = |name: &str| match name {
        "ENTRAIN_SITE_DIR" | "ENTRAIN_DATA_DIR" => Some(folder.clone()),
        _ => more
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.clone()),
    };
    let settings = Settings::read(&env, None).unwrap();
    (state(engine, settings).unwrap(), site)
}
