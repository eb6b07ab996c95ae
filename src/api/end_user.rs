//! One End User: its page, and changing it.

use super::ApiError;
use crate::model::{
    end_user::{Field, Fields},
    end_user_details::{Difference, EndUserDetails},
    ids::{EndUserId, OrganizationId},
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
