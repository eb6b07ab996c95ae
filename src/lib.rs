//! Entrain keeps the people of an MSP's customers true to Microsoft Entra ID.
//!
//! The map of the house: [`model`] is what server and browser both speak of; [`sync`] decides, purely; `graph` asks
//! Microsoft; `store` holds all SQL; `engine` refreshes and applies; `server` and `command` are the edges; [`api`] is
//! the only door from the screens in [`app`] to the server; [`ui`] is the design system. What a run does and why things
//! are as they are stands in [`what_a_run_does`], [`operation`], [`import_and_export`] and [`decisions`], and what it
//! costs in [`performance`].
// Component types nest deeper than the default of 128.
#![recursion_limit = "256"]
#![forbid(unsafe_code)]

pub mod api;
pub mod app;
#[cfg(feature = "ssr")]
pub mod command;
#[cfg(feature = "ssr")]
pub mod engine;
#[cfg(feature = "ssr")]
pub mod graph;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod store;
pub mod sync;
pub mod ui;

/// Takes over the page that the server has drawn.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let base = leptos::prelude::document()
        .document_element()
        .and_then(|root| root.get_attribute("data-embed"));
    if let Some(base) = base {
        // In a frame the server functions have addresses of their own, as long as the document stands.
        leptos::server_fn::client::set_server_url(base.leak());
    }
    leptos::mount::hydrate_body(app::App);
    if let Some(root) = leptos::prelude::document().document_element() {
        // End-to-end tests wait for this before they touch the page.
        let _ = root.set_attribute("data-hydrated", "");
    }
}

#[doc = include_str!("docs/operation.md")]
pub mod operation {}
#[doc = include_str!("docs/connecting.md")]
pub mod connecting {}
#[doc = include_str!("docs/credentials.md")]
pub mod credentials_and_secrets {}
#[doc = include_str!("docs/sign-in.md")]
pub mod signing_in {}
#[doc = include_str!("docs/embedding.md")]
pub mod embedding {}
#[doc = include_str!("docs/sync.md")]
pub mod what_a_run_does {}
#[doc = include_str!("docs/exchange.md")]
pub mod import_and_export {}
#[doc = include_str!("docs/decisions.md")]
pub mod decisions {}
#[doc = include_str!("docs/performance.md")]
pub mod performance {}

#[cfg(all(test, feature = "ssr"))]
mod tests;
