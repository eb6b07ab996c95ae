//! Why: the words of an explanation of one person.

use serde::{Deserialize, Serialize};

/// Where the address of an account comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AddressSource {
    /// `mail`.
    Mail,
    /// `userPrincipalName`, as there is no `mail`.
    UserPrincipalName,
    /// A guest's first of `otherMails`.
    OtherMails,
}

impl AddressSource {
    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mail => "the account's mail address",
            Self::UserPrincipalName => "the user principal name, as the account has no mail address",
            Self::OtherMails => "the first of the guest's other mail addresses, as there is no mail address",
        }
    }
}

/// The rules in the order in which they are asked; the first that applies decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// An End User of the Organization holds the account's id.
    Mapped,
    /// An administrator keeps this person out.
    Excluded,
    /// The account has no address.
    NoAddress,
    /// The account is disabled or deleted.
    DisabledOrDeleted,
    /// The filters rest on data that could not be read.
    NotReadable,
    /// A section of the filters said no.
    OutOfScope,
    /// In scope, enabled and not mapped: the address is looked for.
    Match,
}

impl Rule {
    /// All rules in their order.
    pub const ALL: [Self; 7] = [
        Self::Mapped,
        Self::Excluded,
        Self::NoAddress,
        Self::DisabledOrDeleted,
        Self::NotReadable,
        Self::OutOfScope,
        Self::Match,
    ];

    /// The question that the rule asks.
    pub const fn question(self) -> &'static str {
        match self {
            Self::Mapped => "Is the account mapped to an End User of this Organization?",
            Self::Excluded => "Does an administrator keep this person out?",
            Self::NoAddress => "Is the account without an address?",
            Self::DisabledOrDeleted => "Is the account disabled or deleted in Microsoft?",
            Self::NotReadable => "Do the filters rest on data that could not be read?",
            Self::OutOfScope => "Does a section of the filters say no?",
            Self::Match => "Who has the address?",
        }
    }
}

/// Whether a person is in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Synced, or to be synced by the next run.
    In,
    /// Not synced, or not any more.
    Out,
    /// A person has to decide.
    Conflict,
    /// Can't be told, as something could not be read.
    Undecided,
}

impl Standing {
    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::Out => "Out",
            Self::Conflict => "Conflict",
            Self::Undecided => "Undecided",
        }
    }
}

/// What a section of the filters says of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It accepts the person.
    Yes,
    /// It does not.
    No,
    /// It can't be told, as something could not be read.
    NotReadable,
}

impl Verdict {
    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::NotReadable => "Not readable",
        }
    }
}
