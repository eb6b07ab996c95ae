//! The frames in which our pages stand in those of registered portals. Everything under `/embed/` reads the frame's own
//! cookie and never that of an account; everything else never reads the frame's.
//!
//! A portal signs a token for a person, a role and a scope ([`token`]); it is posted once and becomes a session of a
//! quarter of an hour ([`enter`]); the guard ([`admit`]) finds the session of each request, and [`function`] lets through
//! the server functions that the two pages need, and no other.

mod admit;
mod cookie;
mod enter;
mod function;
mod known;
mod place;
pub mod portals;
mod refusal;
mod token;

pub use admit::{Embedded, admit, framed_by};
pub use function::{OF_ORGANIZATION, OF_TENANT, with_addresses};
pub use known::KnownOrigins;
pub use place::{is_embedded, is_function, is_session};

use super::state::AppState;
use axum::{
    Router,
    routing::{get, post},
};

/// Who may frame what is at an address, as the database told it last; nobody where that is not known.
pub async fn known_ancestors(state: &AppState, path: &str) -> String {
    match place::read(path) {
        Some(place) => state.known_origins.ancestors(place.portal).await,
        None => "'none'".to_owned(),
    }
}

/// Where a token is exchanged, and where a frame waits for one.
pub fn routes() -> Router<AppState> {
    Router::new().route("/embed/{portal}/session", get(enter::waiting).post(enter::enter))
}

/// The server functions of the pages in frames. Belongs inside the layers that those of the full pages have.
pub fn functions() -> Router<AppState> {
    Router::new()
        .route("/embed/{portal}/tenants/{id}/api/{*function}", post(function::call))
        .route(
            "/embed/{portal}/organizations/{id}/api/{*function}",
            post(function::call),
        )
}
