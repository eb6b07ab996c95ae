//! **Microsoft App Registration** of the settings: its credentials. For Administrators. What is secret comes in and
//! never goes out again.

use super::ApiError;
use crate::model::credential::AppRegistration;
use leptos::prelude::*;
use uuid::Uuid;

/// The section.
#[server]
pub async fn app_credentials() -> Result<AppRegistration, ApiError> {
    let state = crate::server::caller::asker().await?.administrator()?.state;
    let (pool, now) = (&state.engine.pool, crate::server::caller::now().await);
    Ok(crate::server::app_credential::registration(pool, &state.settings, &now).await?)
}

/// **Add Client Secret**: tried with a request for a token, and kept if Microsoft does not refuse it.
#[server]
pub async fn add_client_secret(
    #[server(default)] secret: String,
    #[server(default)] ends: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::app_credential::add_secret(&state, &actor, secret.into(), &ends).await?;
    leptos_axum::redirect("/settings?notice=credential-added");
    Ok(())
}

/// **Add Certificate**, with its key: likewise.
#[server]
pub async fn add_client_certificate(#[server(default)] pem: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::app_credential::add_certificate(&state, &actor, pem.into()).await?;
    leptos_axum::redirect("/settings?notice=credential-added");
    Ok(())
}

/// **Remove** of one of them; the last one stays.
#[server]
pub async fn remove_credential(id: Uuid) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::app_credential::remove(&state, &actor, id).await?;
    leptos_axum::redirect("/settings?notice=credential-removed");
    Ok(())
}
