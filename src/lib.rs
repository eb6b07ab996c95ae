//! Entrain keeps the people of an MSP's customers true to Microsoft Entra ID.
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
    leptos::mount::hydrate_body(app::App);
    if let Some(root) = leptos::prelude::document().document_element() {
        // End-to-end tests wait for this before they touch the page.
        let _ = root.set_attribute("data-hydrated", "");
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
