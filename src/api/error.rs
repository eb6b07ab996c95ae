//! What a screen is told when the server could not do what was asked.

use leptos::server_fn::{codec::JsonEncoding, error::FromServerFnError, error::ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// The list of answers that are errors. The text is a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// No session, or it is over.
    #[error("Your session is over. Sign in again.")]
    SignedOut,
    /// What was asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// It is theirs to see, and takes more than their role: what it takes, and who can give it.
    #[error("{0}")]
    Forbidden(String),
    /// What was asked can't be done, and what to do instead.
    #[error("{0}")]
    Refused(String),
    /// The database is away.
    #[error("The database can't be reached. Entrain goes on by itself when it is back; try again in a moment.")]
    Unavailable,
    /// The browser could not reach the server.
    #[error("The server can't be reached. Check your connection and try again.")]
    Offline,
    /// A bug, or a database that is not ours.
    #[error("Something went wrong on the server. Its log says what; try again, and report it if it stays.")]
    Internal,
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Offline,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::Refused("The form could not be read. Reload the page and try again.".into())
            }
            _ => Self::Internal,
        }
    }
}

#[cfg(feature = "ssr")]
impl From<crate::store::StoreError> for ApiError {
    fn from(error: crate::store::StoreError) -> Self {
        use crate::store::StoreError;
        match error {
            StoreError::NotFound(_) => Self::NotFound(error.to_string()),
            StoreError::Conflict(sentence) => Self::Refused(sentence.to_owned()),
            StoreError::Concurrent | StoreError::LeaseLost | StoreError::LinkMoved => {
                Self::Refused("Somebody changed the same thing at the same moment. Reload and try again.".into())
            }
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "the database is away");
                Self::Unavailable
            }
            StoreError::Vault(_) => {
                tracing::error!(%error, "a stored secret can't be used");
                Self::Internal
            }
            StoreError::Migrate(_) | StoreError::Query(_) => {
                tracing::error!(%error, "a query failed");
                Self::Internal
            }
        }
    }
}

#[cfg(feature = "ssr")]
impl From<crate::engine::RunError> for ApiError {
    fn from(error: crate::engine::RunError) -> Self {
        match error {
            crate::engine::RunError::Store(error) => error.into(),
            error => Self::Refused(error.to_string()),
        }
    }
}

/// Sets the answer's status, so that programs see what people read.
#[cfg(feature = "ssr")]
fn answer(status: axum::http::StatusCode) {
    if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}

/// The page says that something is not there.
#[cfg(feature = "ssr")]
pub fn answer_not_found() {
    answer(axum::http::StatusCode::NOT_FOUND);
}

/// The page says that something takes another role.
#[cfg(feature = "ssr")]
pub fn answer_forbidden() {
    answer(axum::http::StatusCode::FORBIDDEN);
}

/// The browser has its answer already.
#[cfg(not(feature = "ssr"))]
pub const fn answer_not_found() {}

/// The browser has its answer already.
#[cfg(not(feature = "ssr"))]
pub const fn answer_forbidden() {}
