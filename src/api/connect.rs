//! Connecting a single Microsoft tenant: the app that consent is given to, links for administrators of customers, and
//! tenants that wait for a decision. For Administrators only.

use super::ApiError;
use crate::model::{
    connect::{ConsentLinkRow, NewConsentLink},
    ids::EntraTenantId,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The app that consent is given to, as far as whoever registers it has to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentApp {
    /// Its application (client) id.
    pub client_id: String,
    /// The redirect address that has to be registered with it.
    pub redirect: String,
}

/// The app that consent is given to, if one is set.
#[server]
pub async fn microsoft_app() -> Result<Option<ConsentApp>, ApiError> {
    let settings = crate::server::caller::asker().await?.administrator()?.state.settings;
    let redirect = settings.public_url.join(crate::server::connect::DONE);
    let redirect = redirect.map_err(|_| ApiError::Internal)?.to_string();
    Ok(settings.microsoft.as_ref().map(|app| ConsentApp {
        client_id: app.client_id.clone(),
        redirect,
    }))
}

/// **Make a Link**: for the Microsoft tenant with this id or domain, or for any.
#[server]
pub async fn make_consent_link(
    #[server(default)] tenant: String,
    #[server(default)] cloud: String,
) -> Result<NewConsentLink, ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    let cloud = crate::model::connect::Cloud::from_key(&cloud);
    crate::server::connect::links::make_one(&asker, cloud, &tenant).await
}

/// The links of the last months.
#[server]
pub async fn consent_links() -> Result<Vec<ConsentLinkRow>, ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    let now = crate::server::caller::now().await;
    Ok(crate::store::consent::links(&asker.state.engine.pool, &now).await?)
}

/// **Revoke**.
#[server]
pub async fn revoke_consent_link(id: Uuid) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    crate::store::consent::revoke(&asker.state.engine.pool, &asker.actor(), id).await?;
    crate::server::caller::back_to("/microsoft-tenants/consent-links").await;
    Ok(())
}

/// **Confirm**: connects a Microsoft tenant whose consent nobody expected; comes back to `next`.
#[server]
pub async fn confirm_tenant(tenant: EntraTenantId, #[server(default)] next: String) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    let id = crate::model::ids::MicrosoftTenantId(Uuid::now_v7());
    crate::store::pending_tenant::confirm(&asker.state.engine.pool, &asker.actor(), id, tenant).await?;
    crate::server::caller::back_to(&next).await;
    Ok(())
}

/// **Reject**: forgets it; comes back to `next`.
#[server]
pub async fn reject_tenant(tenant: EntraTenantId, #[server(default)] next: String) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    crate::store::pending_tenant::reject(&asker.state.engine.pool, &asker.actor(), tenant).await?;
    crate::server::caller::back_to(&next).await;
    Ok(())
}
