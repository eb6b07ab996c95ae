//! Where a portal's token becomes a session.

use super::{
    cookie,
    place::page_path,
    portals,
    refusal::Refusal,
    token::{self, PostedFrom, TokenError, Verified},
};
use crate::{
    api::ApiError,
    server::{guard, plain_page::is_shown, session, state::AppState},
    store::{
        StoreError,
        embed_session::{self, Entered, MINUTES, Sent},
        portal::Portal,
    },
};
use axum::{
    Extension, Form, Json,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Added to the address of the page that a token leads to, so that a browser that did not keep the cookie is recognised.
pub const ENTERED: &str = "entered=1";

/// What a portal or our own frame posts.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Posted {
    token: String,
    /// The origin from which our frame was given it.
    from: String,
}

/// What our script is told.
#[derive(Serialize)]
struct Renewed {
    page: String,
    seconds: i32,
}

/// Why there is no session.
enum NotEntered {
    Refused(Refusal),
    Failed(ApiError),
}

impl From<ApiError> for NotEntered {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for NotEntered {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// The page that a token leads to, and the cookie where there is a new one.
struct Way {
    page: String,
    cookie: Option<HeaderValue>,
}

/// The frame before anybody is known: it tells the portal that it waits.
pub async fn waiting(State(state): State<AppState>, Extension(portal): Extension<Arc<Portal>>) -> Response {
    Refusal::Waiting.page(&state, Some(&portal))
}

/// Exchanges a token.
pub async fn enter(
    State(state): State<AppState>,
    Extension(portal): Extension<Arc<Portal>>,
    headers: HeaderMap,
    form: Result<Form<Posted>, FormRejection>,
) -> Response {
    let posted = form.map(|Form(posted)| posted).unwrap_or_default();
    let shown = is_shown(&headers);
    match exchange(&state, &portal, &headers, &posted).await {
        Ok(way) if shown => {
            // Without a new cookie there is one that has just come along.
            let mark = if way.cookie.is_some() {
                format!("?{ENTERED}")
            } else {
                String::new()
            };
            with_cookie(Redirect::to(&format!("{}{mark}", way.page)).into_response(), way.cookie)
        }
        Ok(way) => {
            let told = Renewed {
                page: way.page,
                seconds: MINUTES * 60,
            };
            with_cookie(Json(told).into_response(), way.cookie)
        }
        Err(NotEntered::Refused(refusal)) if shown => refusal.page(&state, Some(&portal)),
        Err(NotEntered::Refused(refusal)) => refusal.told(),
        Err(NotEntered::Failed(error)) => guard::shown(&error, false, Some(&state.assets.css)),
    }
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn exchange(state: &AppState, portal: &Portal, headers: &HeaderMap, posted: &Posted) -> Result<Way, NotEntered> {
    let refused = |refusal: Refusal, why: &str| refused(portal, refusal, why);
    let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let from = PostedFrom {
        origin: said(header::ORIGIN),
        into: said(SEC_FETCH_DEST),
        given_by: &posted.from,
    };
    let Verified { sent, expired } = verified(state, portal, from, &posted.token)?;
    let former = cookie::hash(state, headers);
    if expired {
        let living = living(state, portal, &sent, former.as_deref()).await?;
        return living.ok_or_else(|| refused(Refusal::Expired, "its end is over"));
    }
    if from.is_hidden() && others(state, portal, &sent, former.as_deref()).await? {
        return Err(refused(
            Refusal::WrongOrigin,
            "the page that posted it hides its origin, and so may not end the session of another person",
        ));
    }
    let fresh = session::random_text(32)?;
    let hash = session::hash_token(&fresh);
    match embed_session::enter(&state.engine.pool, portal, &sent, former.as_deref(), &hash).await? {
        Entered::Session(scope) => {
            let (sub, name, role) = (&sent.subject, &sent.name, sent.role.key());
            tracing::info!(portal = %portal.id, sub, name, role, scope = %sent.scope, "a portal has sent somebody");
            Ok(Way {
                page: page_path(portal.id, scope),
                cookie: Some(cookie::cookie(state, fresh)?),
            })
        }
        Entered::Changed => Err(refused(
            Refusal::Forged,
            "the portal was changed while it was taken: the next one is held against what is valid now",
        )),
        Entered::NoScope => Err(refused(
            Refusal::NoScope,
            "its scope is neither a Tenant nor an Organization",
        )),
        Entered::Used => {
            let living = living(state, portal, &sent, former.as_deref()).await?;
            living.ok_or_else(|| refused(Refusal::Used, "it was used before"))
        }
    }
}

/// What a token says, once it is the portal's and comes from where it may.
fn verified(state: &AppState, portal: &Portal, from: PostedFrom<'_>, token: &str) -> Result<Verified, NotEntered> {
    let secret = portals::secret(state, portal)?;
    let public_url = &state.settings.public_url;
    let verified = token::verify(token, portal, &secret, public_url.as_str(), Utc::now()).map_err(|error| {
        let refusal = match &error {
            TokenError::Forged(_) => Refusal::Forged,
            TokenError::Origin(_) => Refusal::WrongOrigin,
        };
        refused(portal, refusal, &error.to_string())
    })?;
    let ours = public_url.origin().ascii_serialization();
    if token::came_from(from, &verified.sent, &ours) {
        Ok(verified)
    } else {
        Err(refused(
            portal,
            Refusal::WrongOrigin,
            "it was posted from another page than its own, or from one that hides its origin and not into a frame",
        ))
    }
}

fn refused(portal: &Portal, refusal: Refusal, why: &str) -> NotEntered {
    tracing::warn!(portal = %portal.id, name = portal.name, why, "a portal's token was refused");
    NotEntered::Refused(refusal)
}

/// The page again for whoever reloads it: the token is over, and the session of the person is in this browser still. It
/// lives no longer for that.
async fn living(
    state: &AppState,
    portal: &Portal,
    sent: &Sent,
    cookie: Option<&[u8]>,
) -> Result<Option<Way>, ApiError> {
    let Some(cookie) = cookie else { return Ok(None) };
    let sessions = embed_session::of_cookie(&state.engine.pool, cookie, portal.id).await?;
    let found = sessions
        .into_iter()
        .find(|one| token::is_of(sent, one.scope, &one.subject));
    Ok(found.map(|session| Way {
        page: page_path(portal.id, session.scope),
        cookie: None,
    }))
}

/// Whether another person of the portal is in this browser still.
async fn others(state: &AppState, portal: &Portal, sent: &Sent, cookie: Option<&[u8]>) -> Result<bool, ApiError> {
    let Some(cookie) = cookie else { return Ok(false) };
    let sessions = embed_session::of_cookie(&state.engine.pool, cookie, portal.id).await?;
    Ok(sessions.iter().any(|one| one.subject != sent.subject))
}

/// The address of a page without the mark of [`ENTERED`]; nothing where it has none.
pub fn without_mark(path: &str, query: Option<&str>) -> Option<String> {
    let query = query?;
    let rest: Vec<_> = query.split('&').filter(|field| *field != ENTERED).collect();
    let marked = rest.len() < query.split('&').count();
    marked.then(|| {
        if rest.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", rest.join("&"))
        }
    })
}
