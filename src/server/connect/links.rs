//! Links for administrators of customers: made and shown once, and the page that they open.

use super::{
    LINK,
    page::{self, Reader, trouble, unknown},
    start::expected,
    visit::{Wanted, back, begin},
};
use crate::{
    api::ApiError,
    model::{
        connect::{Cloud, NewConsentLink, Purpose},
        ids::EntraTenantId,
        tenant::ConnectionStatus,
    },
    server::{asker::Asker, session, state::AppState},
    store::{self, Now},
    sync::consent::hear,
};
use axum::{
    extract::{Path, State},
    response::Response,
};

/// A link for the Microsoft tenant with this id or domain, or for any where none is named.
pub async fn make_one(asker: &Asker, cloud: Cloud, typed: &str) -> Result<NewConsentLink, ApiError> {
    let microsoft = asker.state.engine.microsoft(cloud)?;
    let expected = expected(&asker.state, microsoft, typed, false).await?;
    make(asker, cloud, expected, false).await
}

/// A link for each of these customers of the partner. Those that are connected get one only where consent was lost.
pub async fn make_for(asker: &Asker, which: &[EntraTenantId], now: &Now) -> Result<Vec<NewConsentLink>, ApiError> {
    let pool = &asker.state.engine.pool;
    let (_, cloud) = store::partner::place(pool)
        .await?
        .ok_or_else(|| ApiError::Refused("No partner is chosen. Choose it first.".into()))?;
    let mut links = vec![];
    for row in store::partner_customer::rows(pool, which, now).await? {
        let renewal = match &row.connected {
            Some(connected) if connected.status == ConnectionStatus::ConsentNeeded || !connected.refused.is_empty() => {
                true
            }
            Some(_) => {
                let words = "It is connected, so no link was made.";
                store::partner_customer::tell(pool, row.entra_tenant_id, words, false).await?;
                continue;
            }
            None => false,
        };
        let expected = Some((row.entra_tenant_id, row.display_name));
        links.push(make(asker, cloud, expected, renewal).await?);
        let words = "A link was made. It is good for seven days.";
        store::partner_customer::tell(pool, row.entra_tenant_id, words, false).await?;
    }
    Ok(links)
}

async fn make(
    asker: &Asker,
    cloud: Cloud,
    expected: Option<(EntraTenantId, String)>,
    renewal: bool,
) -> Result<NewConsentLink, ApiError> {
    let name = expected.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
    let wanted = Wanted {
        purpose: Purpose::Link,
        cloud,
        expected,
        renewal,
    };
    let token = begin(&asker.state, &asker.who, None, wanted).await?;
    let address = asker.state.settings.public_url.join(&format!("{LINK}{token}"));
    Ok(NewConsentLink {
        name,
        address: address.map_err(|_| ApiError::Internal)?.into(),
    })
}

/// What a link opens: what will be read and why, and the way on to Microsoft. Opening it uses nothing up, as mail
/// programs open links by themselves.
pub async fn page(State(state): State<AppState>, Path(token): Path<String>) -> Response {
    let found = store::consent::by_state(&state.engine.pool, &session::hash_token(&token)).await;
    let (request, now) = match found {
        Ok(Some((request, now))) if request.purpose == Purpose::Link => (request, now),
        Ok(_) => return unknown(&state),
        Err(error) => return trouble(&state, Reader::Customer, &error.into()),
    };
    if let Err(refused) = hear(&request, None, now) {
        return trouble(&state, Reader::Customer, &refused.into());
    }
    let onward = state
        .engine
        .microsoft(request.cloud)
        .map_err(ApiError::from)
        .and_then(|microsoft| {
            let tenant = request.expected.map(|id| id.0);
            Ok(microsoft.consent_address(tenant, &back(&state)?, &token))
        });
    match onward {
        Ok(onward) => page::invitation(&state, &request.account_name, &request.expected_name, onward.as_str()),
        Err(_) => page::page(
            &state,
            Reader::Customer,
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            "This can't be done now",
            "The app of your service provider is not set up. Tell whoever sent you this link.",
        ),
    }
}
