//! The sign-in of a partner's administrator, in whose name Partner Center is asked for consent. Their token lives in
//! memory for as long as the customers are gone through, and nowhere else.

use super::{
    page::{Reader, failure, trouble},
    visit::{Wanted, administrator, back, begin, challenge, verifier},
};
use crate::{
    api::ApiError,
    app::paths,
    engine::{RunError, consent::ConsentError, partner::ask_all},
    graph::PARTNER_SCOPE,
    model::{
        audit::Actor,
        connect::{ConsentRequest, LinkState, Purpose},
    },
    server::{caller::Caller, session, state::AppState},
    store,
    sync::consent::Refused,
};
use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};

/// On to Microsoft's sign-in, for the customers that this account has chosen.
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(Caller(who)): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    let begun = async {
        let (who, session) = administrator(&state, &headers, who)?;
        let pool = &state.engine.pool;
        let (partner, cloud) = store::partner::place(pool)
            .await?
            .ok_or_else(|| ApiError::Refused("No partner is chosen. Choose it first.".into()))?;
        if store::partner_consent::chosen(pool, &who.actor()).await? == 0 {
            return Err(ApiError::Refused(
                "No customer is chosen. Tick them in the table first.".into(),
            ));
        }
        let wanted = Wanted {
            purpose: Purpose::Bulk,
            cloud,
            expected: Some((partner, String::new())),
            renewal: false,
        };
        let token = begin(&state, &who, Some(session::hash_token(&session)), wanted).await?;
        let challenge = challenge(&verifier(&token, &session));
        let microsoft = state.engine.microsoft(cloud)?;
        Ok::<_, ApiError>(microsoft.sign_in_address(partner.0, PARTNER_SCOPE, &back(&state)?, &token, &challenge))
    };
    match begun.await {
        Ok(address) => Redirect::to(address.as_str()).into_response(),
        Err(error) => failure(&state, &error),
    }
}

/// Redeems the code, and goes through the customers while the browser is back on their table.
pub async fn signed_in(
    state: &AppState,
    actor: Actor,
    request: &ConsentRequest,
    token: &str,
    session: &str,
    code: &str,
) -> Response {
    let redeemed = async {
        let first = store::consent_outcome::refuse(&state.engine.pool, request, "Signed in for the partner.").await?;
        if !first {
            return Err(ConsentError::Refused(Refused::Over(LinkState::Used)));
        }
        let partner = request.expected.unwrap_or_default();
        let back = back(state).map_err(|error| ConsentError::NotSignedIn(error.to_string()))?;
        // The state is used up: to load the page again would not try again.
        let failed = |error: RunError| ConsentError::NotSignedIn(error.words());
        let microsoft = state.engine.microsoft(request.cloud).map_err(failed)?;
        let person = microsoft
            .redeem(partner.0, code, &verifier(token, session), &back)
            .await;
        let person = person.map_err(|error| failed(RunError::from(error)))?;
        store::partner_consent::queue_chosen(&state.engine.pool, &actor).await?;
        Ok(person)
    };
    let person = match redeemed.await {
        Ok(person) => person,
        Err(error) => return trouble(state, Reader::Ours, &error),
    };
    let (engine, url) = (state.engine.clone(), state.settings.partner_url.clone());
    state.tasks.spawn(async move {
        if let Err(error) = ask_all(&engine, &actor, &person, &url).await {
            tracing::warn!(%error, "consents through the partner stopped; what is left shows as interrupted");
        }
    });
    Redirect::to(&session::with_notice(paths::CLOUD_SOLUTION_PROVIDER, "consenting")).into_response()
}
