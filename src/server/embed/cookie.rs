//! The cookie of a frame.

use crate::{
    api::ApiError,
    server::{
        session::{cookie_of, hash_token},
        state::AppState,
    },
    store::embed_session::MINUTES,
};
use axum::http::{HeaderMap, HeaderValue};
use cookie::{Cookie, SameSite, time::Duration};

/// Its name. A browser keeps a `__Host-` cookie only over https.
pub const fn name(https: bool) -> &'static str {
    if https { "__Host-entrain-embed" } else { "entrain-embed" }
}

/// The cookie with this token. `SameSite=None`, as the page around the frame is of another site, and `Partitioned`, so that
/// it is kept where cookies of other sites are not: it is sent back under that page's site alone. Both take `Secure`, which
/// browsers accept from a plain-http loopback address, where alone we speak plain http.
pub fn cookie(state: &AppState, token: String) -> Result<HeaderValue, ApiError> {
    let cookie = Cookie::build((name(state.settings.is_https()), token))
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::None)
        .partitioned(true)
        .max_age(Duration::minutes(MINUTES.into()))
        .build();
    HeaderValue::from_str(&cookie.to_string()).map_err(|_| ApiError::Internal)
}

/// The hash of the token that came with a request.
pub fn hash(state: &AppState, headers: &HeaderMap) -> Option<Vec<u8>> {
    cookie_of(headers, name(state.settings.is_https()))
        .filter(|token| !token.is_empty())
        .map(|token| hash_token(&token))
}
