//! One End User: its page, and changing it.

use super::ApiError;
use crate::model::{
    end_user::{Field, Fields},
    end_user_details::{Difference, EndUserDetails, ExcludedPerson, ToDelete},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
};
use leptos::{
    prelude::*,
    server_fn::{codec::JsonEncoding, error::FromServerFnError, error::ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// Lines of history on a page; **Show more** adds as many again.
pub const HISTORY: usize = 25;

/// Why a form of an End User was not saved. It carries what was typed, so that nothing of it is lost, with script or
/// without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum FormError {
    /// As for any other form.
    #[error("{0}")]
    Failed(ApiError),
    /// Some values can't be kept.
    #[error("Some fields need another value. Nothing was saved.")]
    Invalid {
        /// As it was sent.
        typed: Box<Fields>,
        /// What is wrong with which.
        problems: Vec<(Field, String)>,
    },
    /// The record was written since the form was opened.
    #[error("Somebody or a run changed this End User after you opened this page. Nothing was saved.")]
    Stale {
        /// As it was sent.
        typed: Box<Fields>,
        /// What differs now.
        differences: Vec<Difference>,
        /// What the record is at now: saving again overwrites that.
        version: String,
    },
    /// Microsoft has the last word meanwhile.
    #[error("These fields are synced from Microsoft now. Nothing was saved.")]
    Locked {
        /// As it was sent.
        typed: Box<Fields>,
        /// Why.
        reason: String,
    },
}

impl FormError {
    /// What was typed, where the form reached us.
    pub fn typed(&self) -> Option<&Fields> {
        match self {
            Self::Failed(_) => None,
            Self::Invalid { typed, .. } | Self::Stale { typed, .. } | Self::Locked { typed, .. } => Some(typed),
        }
    }

    /// What is wrong with one field.
    pub fn problem(&self, field: Field) -> Option<String> {
        match self {
            Self::Invalid { problems, .. } => problems
                .iter()
                .find(|(of, _)| *of == field)
                .map(|(_, words)| words.clone()),
            _ => None,
        }
    }
}

impl From<ApiError> for FormError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl FromServerFnError for FormError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::Failed(ApiError::from_server_fn_error(error))
    }
}

/// The page of one End User. `more` counts the pages of history beyond the first.
#[server]
pub async fn end_user(
    organization: OrganizationId,
    id: EndUserId,
    #[server(default)] more: usize,
) -> Result<EndUserDetails, ApiError> {
    let state = crate::server::caller::required().await?;
    let now = crate::server::caller::now().await;
    let history = HISTORY.saturating_mul(more.min(400).saturating_add(1));
    crate::server::end_user::details(&state, organization, id, history, &now).await
}

/// **Save Changes**. Comes back to the page.
#[server]
pub async fn save_end_user(
    organization: OrganizationId,
    id: EndUserId,
    version: String,
    #[server(default)] fields: Fields,
) -> Result<(), FormError> {
    let (state, actor) = crate::server::caller::signed_in().await?;
    crate::server::end_user::save(&state, organization, id, &version, fields, &actor).await?;
    let page = format!("/organizations/{organization}/end-users/{id}");
    leptos_axum::redirect(&crate::server::session::with_notice(&page, "end-user-saved"));
    Ok(())
}

/// The id of a person who is about to be added: it comes with the form, so that one sent twice adds one person.
#[server]
pub async fn new_end_user_id() -> Result<EndUserId, ApiError> {
    crate::server::caller::required().await?;
    Ok(EndUserId(uuid::Uuid::now_v7()))
}

/// **New End User**. Leads to the new person's page.
#[server]
pub async fn create_end_user(
    organization: OrganizationId,
    id: EndUserId,
    #[server(default)] fields: Fields,
) -> Result<(), FormError> {
    let (state, actor) = crate::server::caller::signed_in().await?;
    crate::server::end_user::create(&state, organization, id, fields, &actor).await?;
    let page = format!("/organizations/{organization}/end-users/{id}");
    leptos_axum::redirect(&crate::server::session::with_notice(&page, "end-user-created"));
    Ok(())
}

/// What the confirmation of **Delete** says of these people.
#[server]
pub async fn people_to_delete(
    organization: OrganizationId,
    #[server(default)] ids: Vec<EndUserId>,
) -> Result<ToDelete, ApiError> {
    let state = crate::server::caller::required().await?;
    Ok(crate::store::exclusion::to_delete(&state.engine.pool, organization, &ids).await?)
}

/// **Delete**, of one person or of several; `keep_out` is the box **Keep this person out of future syncs**. Comes back
/// to `next`.
#[server]
pub async fn delete_end_users(
    organization: OrganizationId,
    #[server(default)] ids: Vec<EndUserId>,
    #[server(default)] keep_out: Option<String>,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::signed_in().await?;
    let pool = &state.engine.pool;
    let keep_out = keep_out.is_some();
    crate::store::exclusion::delete(pool, organization, &ids, keep_out, &actor).await?;
    let done = if keep_out {
        "end-users-kept-out"
    } else {
        "end-users-deleted"
    };
    leptos_axum::redirect(&crate::server::session::with_notice(&next, done));
    Ok(())
}

/// People kept out of an Organization's sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedPage {
    /// Whose.
    pub organization: OrganizationId,
    /// That Organization's name.
    pub organization_name: String,
    /// A page of them.
    pub people: Vec<ExcludedPerson>,
    /// How many match in all.
    pub total: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// A page of the people kept out of an Organization's sync.
#[server]
pub async fn excluded_people(
    organization: OrganizationId,
    #[server(default)] search: String,
    #[server(default)] page: i64,
) -> Result<ExcludedPage, ApiError> {
    let state = crate::server::caller::required().await?;
    let (pool, now) = (&state.engine.pool, crate::server::caller::now().await);
    let organization_name = crate::store::organization::name(pool, organization).await?;
    let (people, total) = crate::store::exclusion::page(pool, organization, &search, page, &now).await?;
    Ok(ExcludedPage {
        organization,
        organization_name,
        people,
        total,
        page_size: crate::store::exclusion::PAGE,
    })
}

/// **Let In Again**. Comes back to `next`.
#[server]
pub async fn let_in(
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    user: DirectoryUserId,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::signed_in().await?;
    crate::store::exclusion::let_in(&state.engine.pool, organization, tenant, user, &actor).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(&next, "let-in"));
    Ok(())
}

/// **Sync Now** of one person. Comes back to the page.
#[server]
pub async fn sync_person_now(organization: OrganizationId, id: EndUserId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::signed_in().await?;
    let done = crate::server::sync_person::sync_now(&state, organization, id, &actor).await?;
    let page = format!("/organizations/{organization}/end-users/{id}");
    leptos_axum::redirect(&crate::server::session::with_notice(&page, done));
    Ok(())
}
