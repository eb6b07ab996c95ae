//! Who asks from a frame. Stands in the place of the look-up of an account's session for every address under `/embed/`.

use super::{
    cookie, enter,
    place::{Kind, Place, base_path, is_function, read},
    refusal::{Refusal, ancestors, set_policy},
};
use crate::{
    api::ApiError,
    model::{
        ids::{AccountId, PortalId},
        portal::Scope,
    },
    server::{
        caller::{Caller, SignedIn},
        client::Client,
        guard::{shown, told},
        plain_page::is_shown,
        state::AppState,
    },
    store::{
        self,
        account::Account,
        embed_session::{self, EmbedSession},
        portal::Portal,
    },
};
use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use std::sync::Arc;
use uuid::Uuid;

/// The frame in which a request is asked.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Whose.
    pub portal: PortalId,
    /// Where its pages stand.
    pub origins: Vec<String>,
    /// On which of these origins this one stands.
    pub origin: String,
    /// What the session is about.
    pub scope: Scope,
    /// So many seconds the session has left.
    pub seconds: i64,
}

impl Embedded {
    /// What the addresses of its server functions begin with.
    pub fn base(&self) -> String {
        base_path(self.portal, self.scope)
    }

    /// Where new tokens go.
    pub fn session(&self) -> String {
        super::place::session_path(self.portal)
    }

    /// Who may have its pages in a frame.
    pub fn ancestors(&self) -> String {
        ancestors(&self.origins)
    }
}

/// Looks up the portal and the session of a request under `/embed/`. No other cookie is read, and none of an account's.
pub async fn admit(state: &AppState, client: Client, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Some(place) = read(&path) else {
        return Refusal::UnknownPortal.page(state, None);
    };
    let portal = match store::portal::get(&state.engine.pool, place.portal).await {
        Ok(Some(portal)) => Arc::new(portal),
        Ok(None) => {
            state.known_origins.forget(place.portal).await;
            return Refusal::UnknownPortal.page(state, None);
        }
        Err(error) => {
            let ancestors = state.known_origins.ancestors(place.portal).await;
            return framed_by(failed(state, &path, &request, &error.into()), &ancestors);
        }
    };
    state.known_origins.keep(&portal).await;
    request.extensions_mut().insert(client.clone());
    request.extensions_mut().insert(portal.clone());
    let response = match place.kind {
        Some(Kind::Session) => next.run(request).await,
        _ => match session(state, &portal, place, Asked::of(&request)).await {
            Ok(Admitted::Session(session)) => {
                request.extensions_mut().insert(caller(&portal, &session, &client));
                request.extensions_mut().insert(embedded(&portal, &session));
                next.run(request).await
            }
            Ok(Admitted::Elsewhere(address)) => Redirect::to(&address).into_response(),
            Ok(Admitted::Refused(_)) if is_function(&path) && !is_shown(request.headers()) => {
                told(&ApiError::SignedOut)
            }
            Ok(Admitted::Refused(refusal)) => refusal.page(state, Some(&portal)),
            Err(error) => failed(state, &path, &request, &error),
        },
    };
    framed_by(response, &ancestors(&portal.origins))
}

/// An answer that these may have in a frame, also where whatever answered knows of no frames: such as the plain pages for
/// what is too large, too slow or out of reach.
pub fn framed_by(mut response: Response, ancestors: &str) -> Response {
    const NOBODY: &str = "frame-ancestors 'none'";
    let policy = match response.headers().get(header::CONTENT_SECURITY_POLICY) {
        None => format!("default-src 'none'; {NOBODY}"),
        Some(policy) => policy.to_str().unwrap_or_default().to_owned(),
    };
    if policy.contains(NOBODY) {
        let policy = policy.replace(NOBODY, &format!("frame-ancestors {ancestors}"));
        set_policy(&mut response, &policy);
    }
    response
}

enum Admitted {
    Session(EmbedSession),
    /// The mark of a token that was just exchanged has done its work.
    Elsewhere(String),
    Refused(Refusal),
}

/// What of a request counts; its body can't be held while the database is asked.
struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
        }
    }

    fn cookie(&self, state: &AppState) -> Option<Vec<u8>> {
        cookie::hash(state, &self.headers)
    }
}

async fn session(state: &AppState, portal: &Portal, place: Place<'_>, asked: Asked) -> Result<Admitted, ApiError> {
    let Some(kind) = place.kind else {
        return Ok(Admitted::Refused(Refusal::OutOfScope));
    };
    let unmarked = enter::without_mark(asked.uri.path(), asked.uri.query());
    let Some(hash) = asked.cookie(state) else {
        let refusal = match unmarked {
            Some(_) => Refusal::NoCookie,
            None => Refusal::NoSession,
        };
        return Ok(Admitted::Refused(refusal));
    };
    let sessions = embed_session::of_cookie(&state.engine.pool, &hash, portal.id).await?;
    if sessions.is_empty() {
        return Ok(Admitted::Refused(Refusal::Over));
    }
    let Some(found) = sessions.into_iter().find(|session| fits(session, kind)) else {
        return Ok(Admitted::Refused(without_session(kind, unmarked.is_some())));
    };
    Ok(match unmarked {
        Some(address) if asked.method == Method::GET => Admitted::Elsewhere(address),
        _ => Admitted::Session(found),
    })
}

/// Why a cookie opens nothing here. Two tabs that are opened at one moment each get a cookie that knows nothing of the
/// other, and the browser keeps the one that came last. What asks then with a token just exchanged (`marked`), or from a
/// document that was drawn for its scope, has lost its session to the other tab: its script asks the portal for a token, and
/// that one opens it beside what is there. Any other address is one of another scope.
const fn without_session(kind: Kind<'_>, marked: bool) -> Refusal {
    match kind {
        Kind::Page(_) if !marked => Refusal::OutOfScope,
        Kind::Page(_) | Kind::Function(..) | Kind::Session => Refusal::Over,
    }
}

/// Whether what is asked for is what a session is about: itself, or an Organization of its Tenant. A server function is
/// called from a document, which is of one session.
fn fits(session: &EmbedSession, kind: Kind<'_>) -> bool {
    match kind {
        Kind::Session => false,
        Kind::Function(scope, _) => session.scope == scope,
        Kind::Page(scope @ Scope::Organization(id)) => session.scope == scope || session.organizations.contains(&id),
        Kind::Page(scope @ Scope::Tenant(_)) => session.scope == scope,
    }
}

/// The person of the portal. The id is that of no account.
fn caller(portal: &Portal, session: &EmbedSession, client: &Client) -> Caller {
    let account = Account {
        id: AccountId(Uuid::nil()),
        email: String::new(),
        name: session.name.clone(),
        role: session.role,
    };
    Caller(Some(SignedIn {
        access: session
            .scope
            .access(session.role, session.organizations.iter().copied()),
        account,
        address: client.address_text(),
        portal: Some(format!("{} ({}), {}", session.name, session.subject, portal.name)),
    }))
}

fn embedded(portal: &Portal, session: &EmbedSession) -> Embedded {
    Embedded {
        portal: portal.id,
        origins: portal.origins.clone(),
        origin: session.origin.clone(),
        scope: session.scope,
        seconds: session.seconds,
    }
}

fn failed(state: &AppState, path: &str, request: &Request, error: &ApiError) -> Response {
    if is_function(path) && !is_shown(request.headers()) {
        told(error)
    } else {
        shown(error, request.method() == Method::GET, Some(&state.assets.css))
    }
}
