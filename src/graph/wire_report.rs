//! What Graph's reports send, as they send it: see [`super::wire`].

use super::wire::{date, list};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A user with nothing but the sign-in activity: learn.microsoft.com/graph/api/user-list
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct UserActivity {
    pub id: Uuid,
    /// Absent for who never signed in.
    pub sign_in_activity: Option<SignInActivity>,
}

/// learn.microsoft.com/graph/api/resources/signinactivity
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInActivity {
    /// Interactive, whether it succeeded or not.
    #[serde(default, deserialize_with = "date")]
    pub last_sign_in_date_time: Option<DateTime<Utc>>,
    /// By a program on the user's behalf, whether it succeeded or not.
    #[serde(default, deserialize_with = "date")]
    pub last_non_interactive_sign_in_date_time: Option<DateTime<Utc>>,
    /// Of either kind, and it succeeded.
    #[serde(default, deserialize_with = "date")]
    pub last_successful_sign_in_date_time: Option<DateTime<Utc>>,
}

/// learn.microsoft.com/graph/api/resources/userregistrationdetails
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct UserRegistrationDetails {
    /// The user's object id.
    pub id: Uuid,
    pub user_principal_name: Option<String>,
    /// A strong method is registered, whether the policy allows it or not.
    pub is_mfa_registered: Option<bool>,
    pub is_mfa_capable: Option<bool>,
    #[serde(default, deserialize_with = "list")]
    pub methods_registered: Vec<String>,
    #[serde(default, deserialize_with = "date")]
    pub last_updated_date_time: Option<DateTime<Utc>>,
}
