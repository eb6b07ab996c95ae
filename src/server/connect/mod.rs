//! Visits to Microsoft by a browser: consent for one Microsoft tenant, by us or by an administrator of the customer with
//! a link, and the sign-in of a partner's administrator. Plain links and redirects, as a form that redirects to
//! Microsoft is blocked by our own policy.
//!
//! What is known of a visit lies behind the hash of its `state`; nothing that comes back is believed for what it says.

mod bulk;
mod done;
pub mod links;
mod page;
mod start;
mod visit;

use super::state::AppState;
use axum::{Router, routing::get};

/// Where Microsoft leads back to: to be registered with the app as a redirect address.
pub const DONE: &str = "/connect/done";
/// What the address of a link for an administrator of a customer begins with.
pub const LINK: &str = "/connect/link/";

/// Whether somebody without a session may ask for it.
pub fn is_public(path: &str) -> bool {
    path == DONE || path.starts_with(LINK)
}

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/connect/start", get(start::single))
        .route("/connect/partner", get(bulk::sign_in))
        .route("/connect/link/{token}", get(links::page))
        .route("/connect/done", get(done::done))
}
