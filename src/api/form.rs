//! Why a form was not saved, for the forms that keep what was typed into them, with script or without.

use super::ApiError;
use crate::model::audit::AuditChange;
use leptos::server_fn::{codec::JsonEncoding, error::FromServerFnError, error::ServerFnErrorErr};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// Why a form with the fields `T` was not saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum FormError<T> {
    /// It reached us, and could not be done.
    #[error("{error}")]
    Refused {
        /// As it was sent.
        typed: Box<T>,
        /// Why.
        error: ApiError,
    },
    /// Some values can't be kept.
    #[error("Some fields need another value. Nothing was saved.")]
    Invalid {
        /// As it was sent.
        typed: Box<T>,
        /// What is wrong with which field, by its name in the form.
        problems: Vec<(String, String)>,
    },
    /// The record was written since the form was opened.
    #[error("{changed} after you opened this page. Nothing was saved.")]
    Stale {
        /// As it was sent.
        typed: Box<T>,
        /// Who changed what: "Somebody changed this Asset".
        changed: String,
        /// What differs: as it stands there now (old), and as it was typed (new).
        differences: Vec<AuditChange>,
        /// What the record is at now: saving again overwrites that.
        version: String,
    },
    /// Microsoft has the last word meanwhile.
    #[error("These fields are synced from Microsoft now. Nothing was saved.")]
    Locked {
        /// As it was sent.
        typed: Box<T>,
        /// Why.
        reason: String,
    },
    /// The form did not reach us, or nothing of it could be used. What stands before every server function, as the check
    /// of the session, answers with the bare error.
    #[error("{0}")]
    #[serde(untagged)]
    Failed(ApiError),
}

impl<T> FormError<T> {
    /// What was typed, where the form reached us.
    pub fn typed(&self) -> Option<&T> {
        match self {
            Self::Failed(_) => None,
            Self::Refused { typed, .. }
            | Self::Invalid { typed, .. }
            | Self::Stale { typed, .. }
            | Self::Locked { typed, .. } => Some(typed),
        }
    }

    /// What is wrong with one field.
    pub fn problem(&self, field: &str) -> Option<String> {
        match self {
            Self::Invalid { problems, .. } => problems
                .iter()
                .find(|(of, _)| of == field)
                .map(|(_, words)| words.clone()),
            _ => None,
        }
    }

    /// The version to save over, once somebody has been told of the change that they overwrite.
    pub fn told_version(&self) -> Option<&str> {
        match self {
            Self::Stale { version, .. } => Some(version),
            _ => None,
        }
    }
}

impl<T> From<ApiError> for FormError<T> {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl<T: Serialize + DeserializeOwned + Debug + 'static> FromServerFnError for FormError<T> {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::Failed(ApiError::from_server_fn_error(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_from_before_the_form_was_read_is_understood_as_well_as_one_of_the_form() {
        let read = |text: &str| serde_json::from_str::<FormError<String>>(text).unwrap();
        for error in [ApiError::SignedOut, ApiError::Refused("No.".into())] {
            let bare = serde_json::to_string(&error).unwrap();
            assert_eq!(read(&bare), FormError::Failed(error));
        }
        let refused = FormError::Refused {
            typed: Box::new("typed".to_owned()),
            error: ApiError::NotFound("Gone.".into()),
        };
        assert_eq!(read(&serde_json::to_string(&refused).unwrap()), refused);
    }
}
