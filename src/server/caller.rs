//! Who asks. The guard has looked up the session before a request arrives here.

use super::{asker::Asker, preferences::Preferences, state::AppState};
use crate::{
    api::ApiError,
    model::{
        access::Access,
        audit::{Actor, ActorKind},
    },
    store::{Now, account::Account},
};
use axum::{
    Extension,
    http::{HeaderMap, Method},
};
use chrono::Utc;
use leptos::prelude::use_context;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// What they may, and where.
    pub access: Access,
    /// From where: the address of the client as our own socket saw it.
    pub address: Option<String>,
    /// Whom a portal has sent, as the audit log names them: the person there and the portal. The account is then that of
    /// nobody, and its id of none.
    pub portal: Option<String>,
}

impl SignedIn {
    /// As the audit log names them.
    pub fn actor(&self) -> Actor {
        if let Some(name) = &self.portal {
            return Actor {
                kind: ActorKind::Portal,
                id: None,
                name: name.clone(),
                address: self.address.clone(),
            };
        }
        Actor {
            kind: ActorKind::Administrator,
            id: Some(self.account.id),
            name: self.account.name.clone(),
            address: self.address.clone(),
        }
    }
}

/// Who is signed in at this request, if anybody, as the guard found it.
#[derive(Clone, Debug)]
pub struct Caller(pub Option<SignedIn>);

/// Who is signed in, if anybody.
pub async fn caller() -> Result<Option<SignedIn>, ApiError> {
    let Extension(Caller(who)) = leptos_axum::extract::<Extension<Caller>>()
        .await
        .map_err(|_| ApiError::Internal)?;
    Ok(who)
}

/// Whoever is signed in: to be held against what is asked for.
pub async fn asker() -> Result<Asker, ApiError> {
    let who = caller().await?.ok_or(ApiError::SignedOut)?;
    let state = use_context::<AppState>().ok_or(ApiError::Internal)?;
    Ok(Asker::new(state, who))
}

/// Whether our own script asks, and not a form that a browser sends without it.
pub async fn has_script() -> bool {
    let headers = leptos_axum::extract::<HeaderMap>().await.unwrap_or_default();
    let accept = headers
        .get(axum::http::header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_none_or(|accept| !accept.contains("text/html"))
}

/// Whether a page is being drawn, and no function called: whoever loads it again asks again for all that is on it.
pub async fn is_page() -> bool {
    let method = leptos_axum::extract::<Method>().await;
    method.is_ok_and(|method| method == Method::GET)
}

/// Leads a browser without script back to the page whose form it sent. Our script is on that page, or has gone on to
/// another one meanwhile, and must not be dragged back.
pub async fn back_to(next: &str) {
    if !has_script().await {
        leptos_axum::redirect(super::session::safe_path(next));
    }
}

/// The time now, in the zone of whoever asks; UTC until one is known.
pub async fn now() -> Now {
    Utc::now().with_timezone(&Preferences::asked().await.zone())
}
