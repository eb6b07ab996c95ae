//! The answer that a browser brings back from Microsoft.

use super::{
    bulk,
    page::{Reader, page, trouble, unknown},
};
use crate::{
    app::paths,
    engine::{
        consent::{self, ConsentError, Outcome},
        partner::read_customers,
    },
    model::{
        audit::{Actor, ActorKind},
        connect::{ConsentRequest, Purpose},
        ids::{AccountId, EntraTenantId},
    },
    server::{
        caller::{Caller, SignedIn},
        client::Client,
        session,
        state::AppState,
    },
    store,
    sync::consent::{Refused, hear},
};
use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// What Microsoft writes into the address. `admin_consent=True` comes with errors too and is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    state: String,
    tenant: String,
    code: String,
    error: String,
    error_description: String,
}

/// Hears an answer.
pub async fn done(
    State(state): State<AppState>,
    Extension(Caller(who)): Extension<Caller>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Response {
    let found = store::consent::by_state(&state.engine.pool, &session::hash_token(&answer.state)).await;
    let (request, now) = match found {
        Ok(Some(found)) => found,
        Ok(None) => return unknown(&state),
        Err(error) => return trouble(&state, Reader::Customer, &error.into()),
    };
    let reader = match request.purpose {
        Purpose::Link => Reader::Customer,
        Purpose::Single | Purpose::Partner | Purpose::Bulk => Reader::Ours,
    };
    let session = session::token_of(&state, &headers).filter(|_| who.is_some());
    let hash = session.as_deref().map(session::hash_token);
    if let Err(refused) = hear(&request, hash.as_deref(), now) {
        // Whoever is not signed in as who began it learns nothing of it.
        let reader = if who.is_some() { reader } else { Reader::Customer };
        return trouble(&state, reader, &refused.into());
    }
    let actor = match actor(&request, who, &client) {
        Ok(actor) => actor,
        Err(refused) => return trouble(&state, reader, &refused.into()),
    };
    if !answer.error.is_empty() {
        let told = consent::declined(
            &state.engine,
            &actor,
            &request,
            &answer.error,
            &answer.error_description,
        )
        .await;
        return trouble(&state, reader, &told.unwrap_or_else(ConsentError::Store));
    }
    if request.purpose == Purpose::Bulk {
        let session = session.unwrap_or_default();
        return bulk::signed_in(&state, actor, &request, &answer.state, &session, &answer.code).await;
    }
    let Ok(tenant) = answer.tenant.parse::<EntraTenantId>() else {
        return unknown(&state);
    };
    match consent::named(&state.engine, &actor, &request, tenant).await {
        Ok(outcome) => end(&state, reader, outcome).await,
        Err(error) => trouble(&state, reader, &error),
    }
}

/// Who does it: whoever is signed in, who must still be an Administrator, or somebody with a link.
fn actor(request: &ConsentRequest, who: Option<SignedIn>, client: &Client) -> Result<Actor, Refused> {
    match (request.purpose, who) {
        (Purpose::Link, _) => Ok(Actor {
            kind: ActorKind::Administrator,
            id: request.account_id.map(AccountId),
            name: format!("{}, by a link to the customer", request.account_name),
            address: client.address_text(),
        }),
        (_, Some(who)) if who.access.administrator().is_ok() => Ok(who.actor()),
        _ => Err(Refused::OtherSession),
    }
}

async fn end(state: &AppState, reader: Reader, outcome: Outcome) -> Response {
    if reader == Reader::Customer {
        let text = match outcome {
            Outcome::Pending(_) => {
                "Consent was given. Your service provider confirms it before anything but your organization's name and \
                 domains is read. You may close this page."
            }
            Outcome::Connected(_) | Outcome::Partner(_) => {
                "Consent was given, and your service provider sees it already. You may close this page."
            }
        };
        return page(state, reader, StatusCode::OK, "Thank you", text);
    }
    let (path, notice) = match outcome {
        Outcome::Connected(_) => (paths::MICROSOFT_TENANTS, "connected"),
        Outcome::Pending(_) => (paths::MICROSOFT_TENANTS, "pending"),
        Outcome::Partner(_) => {
            if let Err(error) = read_customers(&state.engine).await {
                // It is kept, and the page shows it.
                tracing::info!(%error, "the customers of the new partner could not be read");
            }
            (paths::CLOUD_SOLUTION_PROVIDER, "partner-chosen")
        }
    };
    Redirect::to(&session::with_notice(path, notice)).into_response()
}
