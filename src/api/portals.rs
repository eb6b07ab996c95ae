//! **Portals** of the settings: programs of others in whose pages ours may stand. For Administrators.

use super::ApiError;
use crate::model::{ids::PortalId, portal::PortalRow};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A portal with a secret that is new.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadePortal {
    /// Our id: the issuer of its tokens.
    pub id: PortalId,
    /// What it is called.
    pub name: String,
    /// With what it signs, told this once.
    pub secret: String,
}

/// Whatever is logged of it, the secret is not.
impl std::fmt::Debug for MadePortal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadePortal")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// All portals.
#[server]
pub async fn portals() -> Result<Vec<PortalRow>, ApiError> {
    let state = crate::server::caller::asker().await?.administrator()?.state;
    let now = crate::server::caller::now().await;
    Ok(crate::store::portal::all(&state.engine.pool, &now).await?)
}

/// **Register Portal**. The origins come one a line.
#[server]
pub async fn register_portal(
    #[server(default)] name: String,
    #[server(default)] origins: String,
) -> Result<MadePortal, ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::embed::portals::register(&state, &actor, &name, &origins).await
}

/// **Save** of a portal's name and origins.
#[server]
pub async fn change_portal(
    id: PortalId,
    #[server(default)] name: String,
    #[server(default)] origins: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::embed::portals::change(&state, &actor, id, &name, &origins).await?;
    leptos_axum::redirect("/settings?notice=portal-saved");
    Ok(())
}

/// **Make New Secret**: the old one stops at once.
#[server]
pub async fn new_portal_secret(id: PortalId) -> Result<MadePortal, ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::embed::portals::new_secret(&state, &actor, id).await
}

/// **Remove Portal**: its sessions are over.
#[server]
pub async fn remove_portal(id: PortalId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::store::portal::remove(&state.engine.pool, &actor, id).await?;
    leptos_axum::redirect("/settings?notice=portal-removed");
    Ok(())
}
