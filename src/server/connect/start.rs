//! **Integrate**, **Single Tenant**: on to Microsoft's consent page, from one of our own pages alone.

use super::{
    page::failure,
    visit::{Wanted, administrator, back, begin},
};
use crate::{
    api::ApiError,
    engine::{RunError, connect::plausible},
    graph::GraphClient,
    model::{
        connect::{Cloud, Purpose},
        ids::EntraTenantId,
    },
    server::{caller::Caller, session, state::AppState},
    store,
};
use axum::{
    Extension,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// The purpose of a visit for a Microsoft tenant that is connected.
const RENEWAL: &str = "renewal";

/// What the link says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The id or a domain of the Microsoft tenant, where it is known.
    tenant: String,
    /// Its cloud.
    cloud: String,
    /// `partner` for the partner's own, `renewal` for one that is connected.
    purpose: String,
}

/// Redirects to Microsoft, or says why not.
pub async fn single(
    State(state): State<AppState>,
    Extension(Caller(who)): Extension<Caller>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let begun = async {
        let (who, session) = administrator(&state, &headers, who)?;
        let cloud = cloud(&state, &asked).await?;
        let microsoft = state.engine.microsoft(cloud)?;
        let wanted = wanted(&state, microsoft, cloud, &asked).await?;
        let tenant = wanted.expected.as_ref().map(|(id, _)| id.0);
        let back = back(&state)?;
        let token = begin(&state, &who, Some(session::hash_token(&session)), wanted).await?;
        Ok::<_, ApiError>(microsoft.consent_address(tenant, &back, &token))
    };
    match begun.await {
        Ok(address) => Redirect::to(address.as_str()).into_response(),
        Err(error) => failure(&state, &error),
    }
}

/// The cloud of the link; that of a connected Microsoft tenant is known.
async fn cloud(state: &AppState, asked: &Asked) -> Result<Cloud, ApiError> {
    let pool = &state.engine.pool;
    if asked.purpose == RENEWAL
        && let Ok(tenant) = asked.tenant.trim().parse::<EntraTenantId>()
        && let Some((id, _)) = store::microsoft_tenant::connected(pool, tenant).await?
    {
        return Ok(store::microsoft_tenant::get(pool, id).await?.cloud);
    }
    Ok(Cloud::from_key(&asked.cloud))
}

async fn wanted(state: &AppState, microsoft: &GraphClient, cloud: Cloud, asked: &Asked) -> Result<Wanted, ApiError> {
    let purpose = if asked.purpose == "partner" {
        Purpose::Partner
    } else {
        Purpose::Single
    };
    let renewal = asked.purpose == RENEWAL;
    let expected = expected(state, microsoft, &asked.tenant, purpose == Purpose::Partner || renewal).await?;
    if expected.is_none() && (renewal || purpose == Purpose::Partner) {
        return Err(ApiError::Refused(
            "Enter the Microsoft tenant's ID or one of its domains.".into(),
        ));
    }
    Ok(Wanted {
        purpose,
        cloud,
        expected,
        renewal,
    })
}

/// The Microsoft tenant that somebody named by its id or a domain; nothing where they named none. One that is connected
/// is refused unless that is `fine`.
pub async fn expected(
    state: &AppState,
    microsoft: &GraphClient,
    typed: &str,
    fine: bool,
) -> Result<Option<(EntraTenantId, String)>, ApiError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let id = microsoft.tenant_id(plausible(typed)?).await.map_err(RunError::from)?;
    let id = EntraTenantId(id);
    let connected = store::microsoft_tenant::connected(&state.engine.pool, id).await?;
    match connected {
        Some((_, name)) if !fine => Err(ApiError::Refused(format!(
            "{name} is connected already. Check Permissions in its row tells how it is."
        ))),
        Some((_, name)) => Ok(Some((id, name))),
        None => Ok(Some((id, typed.to_owned()))),
    }
}
