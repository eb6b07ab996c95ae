//! Beginning a visit: a random `state` of which the hash is kept, and where the browser goes with it.

use super::DONE;
use crate::{
    api::ApiError,
    model::{
        connect::{Cloud, ConsentRequest, Purpose},
        ids::EntraTenantId,
    },
    server::{caller::SignedIn, guard::came_from_here, session, state::AppState},
    store,
};
use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

/// How long a visit of our own may take, in seconds.
const SHORT: i64 = 15 * 60;
/// How long a link for an administrator of a customer is good, in seconds.
const SEVEN_DAYS: i64 = 7 * 24 * 60 * 60;

/// What a visit is begun for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What for.
    pub purpose: Purpose,
    /// Where.
    pub cloud: Cloud,
    /// Which Microsoft tenant has to come back, and what it is called.
    pub expected: Option<(EntraTenantId, String)>,
    /// It is connected, and its consent is given anew.
    pub renewal: bool,
}

/// Keeps the hash of a new `state`, and gives the `state` itself, which is nowhere else.
pub async fn begin(
    state: &AppState,
    who: &SignedIn,
    session_hash: Option<Vec<u8>>,
    wanted: Wanted,
) -> Result<String, ApiError> {
    let token = session::random_text(32)?;
    let (expected, expected_name) = wanted.expected.unzip();
    let request = ConsentRequest {
        id: Uuid::now_v7(),
        purpose: wanted.purpose,
        cloud: wanted.cloud,
        session_hash,
        account_id: Some(who.account.id.0),
        account_name: who.account.name.clone(),
        expected,
        expected_name: expected_name.unwrap_or_default(),
        renewal: wanted.renewal,
        expires_at: Utc::now(),
        used: false,
        revoked: false,
        maker_may: true,
    };
    let seconds = if wanted.purpose == Purpose::Link {
        SEVEN_DAYS
    } else {
        SHORT
    };
    store::consent::begin(
        &state.engine.pool,
        &who.actor(),
        &request,
        &session::hash_token(&token),
        seconds,
    )
    .await?;
    Ok(token)
}

/// An Administrator on one of our own pages, and their session. A visit can't be begun by a link on another site.
pub fn administrator(
    state: &AppState,
    headers: &HeaderMap,
    who: Option<SignedIn>,
) -> Result<(SignedIn, String), ApiError> {
    let who = who.ok_or(ApiError::SignedOut)?;
    who.access
        .administrator()
        .map_err(|why| crate::server::asker::denied(why, ""))?;
    if !came_from_here(state, headers) {
        return Err(ApiError::Refused(
            "This was not begun on a page of Entrain. Open Microsoft Tenant Integrations, Integrate.".into(),
        ));
    }
    let session = session::token_of(state, headers).ok_or(ApiError::SignedOut)?;
    Ok((who, session))
}

/// Where Microsoft leads back to.
pub fn back(state: &AppState) -> Result<Url, ApiError> {
    state.settings.public_url.join(DONE).map_err(|_| ApiError::Internal)
}

/// The verifier of PKCE (RFC 7636) is made of the `state` and the session's token, of both of which hashes alone are
/// kept: nobody who reads our database or one redirect can make it.
pub fn verifier(token: &str, session: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("entrain pkce\n{token}\n{session}")))
}

/// Its challenge, S256.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_belongs_to_one_visit_of_one_session_and_is_as_long_as_it_must_be() {
        assert_eq!(verifier("a", "b"), verifier("a", "b"));
        assert_ne!(verifier("a", "b"), verifier("a", "c"));
        assert_ne!(verifier("a", "b"), verifier("c", "b"));
        assert_eq!(verifier("a", "b").len(), 43);
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
