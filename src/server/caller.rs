//! Who asks, and what they may. The guard has looked up the session before a request arrives here.

use super::{preferences::Preferences, state::AppState};
use crate::{
    api::ApiError,
    model::{
        access::{Access, Denied, Role},
        audit::{Actor, ActorKind},
        ids::{OrganizationId, TenantId},
    },
    store::{Now, StoreError, account::Account},
};
use axum::{Extension, http::HeaderMap};
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
}

impl SignedIn {
    /// As the audit log names them.
    pub fn actor(&self) -> Actor {
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

/// Somebody who asks, at the state they ask of. Whatever is done for them is first held against what they may, with one
/// of the functions here; a list is narrowed in its query by [`Asker::organizations`].
#[derive(Clone, Debug)]
pub struct Asker {
    /// The state.
    pub state: AppState,
    /// Who, and what they may.
    pub who: SignedIn,
}

impl Asker {
    /// As the audit log names them.
    pub fn actor(&self) -> Actor {
        self.who.actor()
    }

    /// Their Organizations, for a query; `None` is all.
    pub fn organizations(&self) -> Option<Vec<OrganizationId>> {
        self.who.access.organizations()
    }

    /// For Administrators: what belongs to no Organization.
    pub fn administrator(self) -> Result<Self, ApiError> {
        self.who.access.administrator().map_err(|why| denied(why, ""))?;
        Ok(self)
    }

    /// For those with at least this role in an Organization.
    pub fn may(self, least: Role, organization: OrganizationId) -> Result<Self, ApiError> {
        let may = self.who.access.may(least, organization);
        may.map_err(|why| denied(why, "This Organization"))?;
        Ok(self)
    }

    /// For those with at least this role in every Organization of a Tenant.
    pub async fn whole_tenant(self, least: Role, tenant: TenantId) -> Result<Self, ApiError> {
        let organizations = crate::store::access::of_tenant(&self.state.engine.pool, tenant).await?;
        let may = self.who.access.whole_tenant(least, &organizations);
        may.map_err(|why| denied(why, "This Tenant"))?;
        Ok(self)
    }
}

/// What a screen is told. What is not theirs has the words of what does not exist.
pub fn denied(why: Denied, what: &'static str) -> ApiError {
    match why {
        Denied::NotTheirs => StoreError::NotFound(what).into(),
        Denied::Role(_) | Denied::PartOfTenant(_) => ApiError::Forbidden(why.to_string()),
    }
}

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
    Ok(Asker { state, who })
}

/// The state, for somebody who is signed in.
pub async fn required() -> Result<AppState, ApiError> {
    Ok(asker().await?.state)
}

/// The state, and who is signed in as the audit log names them: for whatever changes something.
pub async fn signed_in() -> Result<(AppState, Actor), ApiError> {
    let asker = asker().await?;
    let actor = asker.actor();
    Ok((asker.state, actor))
}

/// Whether our own script asks, and not a form that a browser sends without it.
pub async fn has_script() -> bool {
    let headers = leptos_axum::extract::<HeaderMap>().await.unwrap_or_default();
    let accept = headers
        .get(axum::http::header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_none_or(|accept| !accept.contains("text/html"))
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
