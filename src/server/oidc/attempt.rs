//! What binds the way back to the browser that left: a cookie of ten minutes. `state`, nonce and PKCE verifier all hang
//! on it, so that nobody can finish a sign-in in another browser than it was begun in, and the database holds nothing
//! that one could be finished with.

use crate::{
    api::ApiError,
    server::{session, state::AppState},
};
use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite, time::Duration};
use openidconnect::{CsrfToken, Nonce, PkceCodeVerifier};
use sha2::{Digest, Sha256};

/// How long somebody may take at the provider, in seconds.
pub const SECONDS: i64 = 600;

/// The name of the cookie. A browser keeps a `__Host-` cookie only over https and only for this very host.
const fn cookie_name(https: bool) -> &'static str {
    if https {
        "__Host-entrain-sign-in"
    } else {
        "entrain-sign-in"
    }
}

/// One sign-in under way: the browser's secret, and the `state` that goes around.
#[derive(Debug)]
pub struct Attempt {
    browser: String,
    state: String,
}

impl Attempt {
    /// A new one. A browser that has another under way in another tab keeps its secret, so that both can end.
    pub fn begin(state: &AppState, headers: &HeaderMap) -> Result<Self, ApiError> {
        let browser = match browser_of(state, headers) {
            Some(browser) => browser,
            None => session::random_text(32)?,
        };
        Ok(Self {
            browser,
            state: session::random_text(32)?,
        })
    }

    /// The one that comes back with this `state`, as far as the browser has a secret at all.
    pub fn back(state: &AppState, headers: &HeaderMap, returned: &str) -> Option<Self> {
        Some(Self {
            browser: browser_of(state, headers)?,
            state: returned.to_owned(),
        })
    }

    /// What goes around.
    pub fn state(&self) -> CsrfToken {
        CsrfToken::new(self.state.clone())
    }

    /// What the id token has to repeat.
    pub fn nonce(&self) -> Nonce {
        Nonce::new(self.derived("nonce"))
    }

    /// What only the browser's own way can show when the code is redeemed.
    pub fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.derived("pkce"))
    }

    /// What the database keeps of `state`.
    pub fn state_hash(&self) -> Vec<u8> {
        session::hash_token(&self.state)
    }

    /// What the database keeps of the browser's secret.
    pub fn browser_hash(&self) -> Vec<u8> {
        session::hash_token(&self.browser)
    }

    /// The cookie, for the whole time anew.
    pub fn cookie(&self, state: &AppState) -> Result<HeaderValue, ApiError> {
        cookie(state, &self.browser, Duration::seconds(SECONDS))
    }

    fn derived(&self, purpose: &str) -> String {
        let parts = [purpose, &self.browser, &self.state].join("\n");
        URL_SAFE_NO_PAD.encode(Sha256::digest(parts.as_bytes()))
    }
}

/// Takes the cookie away.
pub fn no_cookie(state: &AppState) -> Result<HeaderValue, ApiError> {
    cookie(state, "", Duration::ZERO)
}

fn cookie(state: &AppState, value: &str, age: Duration) -> Result<HeaderValue, ApiError> {
    let https = state.settings.is_https();
    let cookie = Cookie::build((cookie_name(https), value))
        .path("/")
        .http_only(true)
        .secure(https)
        // The way back is a navigation from another site: Lax lets the cookie come along, Strict would not.
        .same_site(SameSite::Lax)
        .max_age(age)
        .build();
    HeaderValue::from_str(&cookie.to_string()).map_err(|_| ApiError::Internal)
}

/// The secret in the cookie, unless it is none that we have made.
fn browser_of(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let found = session::cookie_of(headers, cookie_name(state.settings.is_https()))?;
    let ours = URL_SAFE_NO_PAD.decode(&found).is_ok_and(|bytes| bytes.len() == 32);
    ours.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_browser_or_another_state_has_another_nonce_and_another_verifier() {
        let of = |browser: &str, state: &str| Attempt {
            browser: browser.into(),
            state: state.into(),
        };
        let mut seen = std::collections::HashSet::new();
        for (browser, state) in [("a", "b"), ("a", "c"), ("b", "b")] {
            let attempt = of(browser, state);
            assert!(seen.insert(attempt.nonce().secret().clone()));
            assert!(seen.insert(attempt.verifier().into_secret()));
        }
        // RFC 7636, section 4.1: 43 to 128 letters.
        assert_eq!(of("a", "b").verifier().secret().len(), 43);
    }
}
