//! The two addresses that a browser passes: away to the provider and back. Plain links, as a form that leads to another
//! site is against the policy of our pages. Whatever goes wrong ends on the sign-in page, which says what to do.

use super::{
    admit::{NotAdmitted, admit},
    attempt::{Attempt, SECONDS, no_cookie},
    exchange::ExchangeError,
    http::HttpError,
    provider::{Provider, ProviderError},
};
use crate::{
    api::ApiError,
    model::sign_in::{SignInProblem, Way},
    server::{
        client::Client,
        guard,
        session::{self, safe_path},
        state::AppState,
    },
    store::{self, sign_in::NewAttempt},
};
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::Utc;
use serde::Deserialize;
use url::Url;

/// So many sign-ins may be under way from one address: an office has one address, and a browser needs one.
const MOST_UNDER_WAY: i64 = 100;

/// The addresses.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/sign-in/{provider}", get(away))
        .route("/sign-in/{provider}/callback", get(back))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    next: String,
}

/// What a provider sends a browser back with (RFC 6749, section 4.1.2; `iss` is RFC 9207's).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A sign-in that did not end in a session, and where it was to go on to.
struct Ended(SignInProblem, String);

impl IntoResponse for Ended {
    fn into_response(self) -> Response {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("problem", self.0.key())
            .append_pair("next", &self.1)
            .finish();
        Redirect::to(&format!("/sign-in?{query}")).into_response()
    }
}

async fn away(
    State(state): State<AppState>,
    Path(key): Path<String>,
    Query(wanted): Query<Wanted>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let Some(provider) = state.providers.called(&key) else {
        return Err(Redirect::to("/sign-in").into_response());
    };
    // A picture or a frame on another page would begin one after the other, until the address may begin no more.
    if headers.get("sec-fetch-dest").is_some_and(|dest| dest != "document") {
        return Err((StatusCode::FORBIDDEN, "A sign-in begins by following a link to it.").into_response());
    }
    let next = safe_path(&wanted.next);
    let ended = |problem| Ended(problem, next.to_owned()).into_response();
    let attempt = Attempt::begin(&state, &headers).map_err(failed)?;
    let address = provider
        .address(&attempt, &way_back(&state, &key)?)
        .await
        .map_err(|error| {
            tracing::warn!(provider = provider.name, %error, "nobody can sign in with the provider");
            ended(SignInProblem::Unreachable)
        })?;
    let (state_hash, browser_hash) = (attempt.state_hash(), attempt.browser_hash());
    let new = NewAttempt {
        state_hash: &state_hash,
        browser_hash: &browser_hash,
        provider: &key,
        next,
        address: client.limited_as(),
        seconds: SECONDS,
    };
    let kept = store::sign_in::begin(&state.engine.pool, &new, MOST_UNDER_WAY).await;
    if !kept.map_err(|error| failed(error.into()))? {
        return Err(ended(SignInProblem::TooMany));
    }
    let cookie = attempt.cookie(&state).map_err(failed)?;
    Ok(to(address.as_str(), [cookie]))
}

async fn back(
    State(state): State<AppState>,
    Path(key): Path<String>,
    Query(returned): Query<Returned>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let Some(provider) = state.providers.called(&key) else {
        return Err(Redirect::to("/sign-in").into_response());
    };
    let over = || Ended(SignInProblem::Expired, String::new()).into_response();
    let asked = returned
        .state
        .as_deref()
        .and_then(|asked| Attempt::back(&state, &headers, asked));
    let attempt = asked.ok_or_else(over)?;
    let (state_hash, browser_hash) = (attempt.state_hash(), attempt.browser_hash());
    let next = store::sign_in::take(&state.engine.pool, &state_hash, &browser_hash, &key).await;
    let next = next.map_err(|error| failed(error.into()))?.ok_or_else(over)?;
    let ended = |problem| Ended(problem, next.clone()).into_response();
    let back = way_back(&state, &key)?;
    let who = who(provider, &returned, &attempt, &back).await.map_err(&ended)?;
    let settings = &state.settings.sign_in;
    let account = admit(&state.engine.pool, settings, &who, client.address_text()).await;
    let account = account.map_err(|why| match why {
        NotAdmitted::Problem(problem) => {
            let (authority, subject) = (&who.authority, &who.subject);
            tracing::warn!(provider = provider.name, ?authority, ?subject, %why, "somebody was not let in");
            ended(problem)
        }
        NotAdmitted::Store(error) => failed(error.into()),
    })?;
    let session = session::begin(&state, &headers, account.id, Way::Provider(provider.kind), &client).await;
    let cookies = [session.map_err(failed)?, no_cookie(&state).map_err(failed)?];
    Ok(to(safe_path(&next), cookies))
}

/// Whom the provider names, once its answer is believed.
async fn who(
    provider: &Provider,
    returned: &Returned,
    attempt: &Attempt,
    back: &Url,
) -> Result<super::token::Identity, SignInProblem> {
    if let Some(error) = &returned.error {
        // Quoted, as anybody can write it.
        let words = returned.error_description.as_deref().unwrap_or_default();
        let words: String = words.chars().take(500).collect();
        let error: String = error.chars().take(100).collect();
        tracing::warn!(
            provider = provider.name,
            ?error,
            ?words,
            "the provider signed nobody in"
        );
        return Err(match error.as_str() {
            "access_denied" | "consent_required" | "interaction_required" => SignInProblem::Declined,
            "temporarily_unavailable" | "server_error" => SignInProblem::Unreachable,
            _ => SignInProblem::Failed,
        });
    }
    let refused = |error: &dyn std::fmt::Display| {
        let error = error.to_string();
        tracing::warn!(
            provider = provider.name,
            ?error,
            "the provider's answer was not accepted"
        );
    };
    if !provider.is_of(returned.iss.as_deref()) {
        refused(&"it came from another issuer");
        return Err(SignInProblem::Refused);
    }
    let code = returned.code.as_deref().ok_or(SignInProblem::Failed)?;
    provider.redeem(code, attempt, back, Utc::now()).await.map_err(|error| {
        refused(&error);
        match error {
            ExchangeError::Provider(ProviderError::Away(..)) | ExchangeError::Http(HttpError::Network(_)) => {
                SignInProblem::Unreachable
            }
            ExchangeError::Code(_) | ExchangeError::NoCredential | ExchangeError::Assertion(_) => SignInProblem::Failed,
            _ => SignInProblem::Refused,
        }
    })
}

/// The address that a provider sends browsers back to; it has to be registered there.
#[expect(
    clippy::result_large_err,
    reason = "an answer that ends the request: it is made once and not passed on"
)]
fn way_back(state: &AppState, key: &str) -> Result<Url, Response> {
    let path = format!("/sign-in/{key}/callback");
    let joined = state.settings.public_url.join(&path);
    joined.map_err(|_| failed(ApiError::Internal))
}

fn to(address: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let cookies = cookies
        .into_iter()
        .map(|cookie| (SET_COOKIE, cookie))
        .collect::<Vec<_>>();
    (AppendHeaders(cookies), Redirect::to(address)).into_response()
}

fn failed(error: ApiError) -> Response {
    // A way back is good once, so that loading it again would only say that it is over.
    guard::shown(&error, false, None)
}
