//! A person in one Organization, and the fields that the sync writes onto them.

use super::{
    ids::{DirectoryUserId, EndUserId},
    microsoft_user::{LastActivity, Mfa, Told},
    reason::Reason,
    time::Moment,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A field that the sync writes onto an End User.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// Full name.
    Name,
    /// The address.
    Email,
    /// Office phone.
    Phone,
    /// Mobile phone.
    Mobile,
    /// Street and number.
    StreetAddress,
    /// City.
    City,
    /// State or province.
    State,
    /// Postal code.
    PostalCode,
    /// Job title.
    JobTitle,
}

impl Field {
    /// Every synced field, in the order of the form.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Mobile,
        Self::StreetAddress,
        Self::City,
        Self::State,
        Self::PostalCode,
        Self::JobTitle,
    ];

    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Email => "Email",
            Self::Phone => "Phone",
            Self::Mobile => "Mobile",
            Self::StreetAddress => "Street Address",
            Self::City => "City",
            Self::State => "State",
            Self::PostalCode => "Postal Code",
            Self::JobTitle => "Job Title",
        }
    }

    /// The name in the database and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Mobile => "mobile",
            Self::StreetAddress => "streetAddress",
            Self::City => "city",
            Self::State => "state",
            Self::PostalCode => "postalCode",
            Self::JobTitle => "jobTitle",
        }
    }

    /// How many characters the column holds; a longer value is cut, never refused.
    pub const fn max_chars(self) -> usize {
        match self {
            Self::Name | Self::Email | Self::StreetAddress => 320,
            Self::Phone | Self::Mobile | Self::PostalCode => 64,
            Self::City | Self::State | Self::JobTitle => 128,
        }
    }
}

/// The synced fields of one person; an empty text is "no value".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Fields {
    /// See [`Field::Name`]; the others likewise.
    pub name: String,
    /// Email.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// Mobile.
    pub mobile: String,
    /// Street address.
    pub street_address: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Postal code.
    pub postal_code: String,
    /// Job title.
    pub job_title: String,
}

impl Fields {
    /// The value of a field.
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::Email => &self.email,
            Field::Phone => &self.phone,
            Field::Mobile => &self.mobile,
            Field::StreetAddress => &self.street_address,
            Field::City => &self.city,
            Field::State => &self.state,
            Field::PostalCode => &self.postal_code,
            Field::JobTitle => &self.job_title,
        }
    }

    /// Replaces the value of a field.
    pub fn set(&mut self, field: Field, value: String) {
        *match field {
            Field::Name => &mut self.name,
            Field::Email => &mut self.email,
            Field::Phone => &mut self.phone,
            Field::Mobile => &mut self.mobile,
            Field::StreetAddress => &mut self.street_address,
            Field::City => &mut self.city,
            Field::State => &mut self.state,
            Field::PostalCode => &mut self.postal_code,
            Field::JobTitle => &mut self.job_title,
        } = value;
    }
}

/// What happened to a person's Microsoft account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MarkKind {
    /// The account may not sign in.
    Disabled,
    /// The account is in the recycle bin or gone for good.
    Deleted,
}

impl MarkKind {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Deleted => "Deleted",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        match key {
            "disabled" => Some(Self::Disabled),
            "deleted" => Some(Self::Deleted),
            _ => None,
        }
    }
}

/// The mark **Disabled in Microsoft**: what happened, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Disabled or deleted.
    pub kind: MarkKind,
    /// When it was done (deleted) or first seen (disabled).
    pub at: DateTime<Utc>,
}

/// The link from an End User to a directory user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    /// Whom in Microsoft.
    pub user: DirectoryUserId,
    /// The value that the sync last wrote to each field; empty where it never did.
    pub last_synced: Fields,
    /// The mark, if the account is disabled or deleted.
    pub mark: Option<Mark>,
}

/// An End User as the plan sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndUserState {
    /// Our id.
    pub id: EndUserId,
    /// What the record holds today.
    pub fields: Fields,
    /// Its mapping to a user of the Microsoft tenant that the Organization's Tenant is mapped to.
    pub mapping: Option<Mapping>,
}

/// A directory user whom an administrator keeps out of the sync of an Organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Whom.
    pub user: DirectoryUserId,
    /// The address that their End User had.
    pub address: String,
}

/// One row of the End Users table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndUserRow {
    /// Our id.
    pub id: EndUserId,
    /// The synced fields that the table shows.
    pub name: String,
    /// Email.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// Job title.
    pub job_title: String,
    /// Product names of the assigned licences, first by name; nothing for somebody who is not mapped.
    pub licenses: Option<Told<Vec<String>>>,
    /// Mapped, and the Organization's user sync is on: Microsoft has the last word.
    pub synced: bool,
    /// The mark, with its time.
    pub mark: Option<(MarkKind, Moment)>,
    /// Why the filters do not match a mapped person any more, who is then no longer updated.
    pub out_of_scope: Option<Reason>,
    /// Last Microsoft activity; nothing for somebody who is not mapped.
    pub activity: Option<Told<LastActivity>>,
    /// MFA, likewise.
    pub mfa: Option<Told<Mfa>>,
}
