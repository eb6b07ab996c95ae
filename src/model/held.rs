//! What the guard holds back until a person approves or drops it, what was dropped, and fields that another program
//! writes too.

use super::{
    end_user::{Field, Mark},
    ids::{DirectoryUserId, EndUserId, OrganizationId},
    plan::{FieldChange, MarkChange},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What part of a person a row of a plan is about: these can be held and dropped one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// The End User itself.
    EndUser,
    /// Which Microsoft account it belongs to.
    Mapping,
    /// The mark **Disabled in Microsoft**.
    Mark,
    /// One field.
    Field(Field),
}

impl Part {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::EndUser => "endUser",
            Self::Mapping => "mapping",
            Self::Mark => "mark",
            Self::Field(field) => field.key(),
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::EndUser, Self::Mapping, Self::Mark]
            .into_iter()
            .chain(Field::ALL.map(Self::Field))
            .find(|part| part.key() == key)
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::EndUser => "New End User",
            Self::Mapping => "Microsoft account",
            Self::Mark => "Disabled in Microsoft",
            Self::Field(field) => field.label(),
        }
    }
}

/// One row of a plan with its old and new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum RowChange {
    /// A new End User with these values.
    Create {
        /// All that have a value.
        fields: Vec<FieldChange>,
    },
    /// The mark **Disabled in Microsoft**.
    Mark(MarkChange),
    /// One field.
    Field(FieldChange),
}

impl RowChange {
    /// What it is about.
    pub const fn part(&self) -> Part {
        match self {
            Self::Create { .. } => Part::EndUser,
            Self::Mark(_) => Part::Mark,
            Self::Field(change) => Part::Field(change.field),
        }
    }

    /// The old value as a screen shows it; empty for none.
    pub fn old(&self) -> String {
        match self {
            Self::Create { .. } => String::new(),
            Self::Mark(change) => mark_words(change.old.as_ref()),
            Self::Field(change) => change.old.clone(),
        }
    }

    /// The new value as a screen shows it; empty for none.
    pub fn new_value(&self) -> String {
        match self {
            Self::Create { fields } => fields
                .iter()
                .find(|change| change.field == Field::Email)
                .map(|change| change.new.clone())
                .unwrap_or_default(),
            Self::Mark(change) => mark_words(change.new.as_ref()),
            Self::Field(change) => change.new.clone(),
        }
    }
}

fn mark_words(mark: Option<&Mark>) -> String {
    mark.map(|mark| mark.kind.label().to_owned()).unwrap_or_default()
}

/// Why a row is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// Many of the Organization's mapped End Users would be marked at once.
    Disable,
    /// Many of all mapped End Users of the Microsoft tenant would be marked at once.
    DisableTogether,
    /// Many would change their address at once.
    Address,
    /// The same field would be cleared for many at once.
    Clear,
    /// Many would be created at once, and no preview showed as many.
    Create,
    /// The address belongs to somebody whose own change of address is held.
    AddressWaits,
    /// An administrator chose others of the held rows and left this one.
    Left,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Disable,
        Self::DisableTogether,
        Self::Address,
        Self::Clear,
        Self::Create,
        Self::AddressWaits,
        Self::Left,
    ];

    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::DisableTogether => "disableTogether",
            Self::Address => "address",
            Self::Clear => "clear",
            Self::Create => "create",
            Self::AddressWaits => "addressWaits",
            Self::Left => "left",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|rule| rule.key() == key)
            .unwrap_or(Self::Left)
    }

    /// The reason on screen.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Disable => "One run would mark many of this Organization's people as disabled.",
            Self::DisableTogether => "One run would mark many people of the whole Microsoft tenant as disabled.",
            Self::Address => "One run would change many addresses.",
            Self::Clear => "One run would clear this field for many people.",
            Self::Create => "One run would create more people than the preview showed.",
            Self::AddressWaits => "The address still belongs to somebody whose change of address is held.",
            Self::Left => "Left when other held rows were approved or dropped.",
        }
    }
}

/// A row that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRow {
    /// For whom.
    pub user: DirectoryUserId,
    /// The End User concerned; none for one that would be created.
    pub end_user: Option<EndUserId>,
    /// Old and new value.
    pub change: RowChange,
    /// Why.
    pub rule: Rule,
}

/// A row that an administrator dropped: not planned while Microsoft's value is still the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// For whom.
    pub user: DirectoryUserId,
    /// What.
    pub part: Part,
    /// Microsoft's value then.
    pub value: String,
}

/// How it stands about a field that the sync restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Contest {
    /// Restored, and not yet in three runs running.
    Counting,
    /// Restored in three runs running: left alone until somebody decides.
    Open,
    /// Decided: the sync restores it however often.
    Microsoft,
    /// Decided: the other program keeps it.
    Other,
}

impl Contest {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Open => "open",
            Self::Microsoft => "microsoft",
            Self::Other => "other",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        [Self::Counting, Self::Open, Self::Microsoft]
            .into_iter()
            .find(|contest| contest.key() == key)
            .unwrap_or(Self::Other)
    }
}

/// What is remembered of a field that the sync restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contended {
    /// The account.
    pub user: DirectoryUserId,
    /// The End User.
    pub end_user: EndUserId,
    /// Which field.
    pub field: Field,
    /// The value that was restored.
    pub value: String,
    /// In how many runs running.
    pub runs: u32,
    /// How it stands.
    pub state: Contest,
    /// Who wrote the End User last besides the sync; empty when nobody said so.
    pub writer: String,
}

/// A held or dropped row as a screen shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldPerson {
    /// The row's own id: another one as soon as a value of it changes.
    pub id: Uuid,
    /// Whose Organization.
    pub organization: (OrganizationId, String),
    /// The End User, where there is one.
    pub end_user: Option<EndUserId>,
    /// Name of the person.
    pub name: String,
    /// Address of the person.
    pub address: String,
    /// Old and new value.
    pub change: RowChange,
    /// Why it is held; none for a dropped row.
    pub rule: Option<Rule>,
    /// Since when.
    pub since: Moment,
}

/// The held and the dropped rows that a run's page shows, at most a page of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldRows {
    /// Held now.
    pub held: Vec<HeldPerson>,
    /// How many are held in all.
    pub held_total: i64,
    /// Stands for all that are held: **Approve All** and **Drop All** say with it what they are about.
    pub seen: Uuid,
    /// Dropped.
    pub dropped: Vec<HeldPerson>,
    /// How many are dropped in all.
    pub dropped_total: i64,
}

/// A contended field as a screen shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContendedField {
    /// The account.
    pub user: DirectoryUserId,
    /// The End User.
    pub end_user: EndUserId,
    /// Which field.
    pub field: Field,
    /// Microsoft's value.
    pub microsoft: String,
    /// What the End User holds now.
    pub held: String,
    /// How it stands: open or decided.
    pub state: Contest,
    /// The other writer; empty when nobody said who.
    pub writer: String,
}

/// The contended fields of an Organization that nobody has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContendedOverview {
    /// The first End Users concerned, by name.
    pub people: Vec<(EndUserId, String)>,
    /// How many fields in all.
    pub fields: i64,
}

/// The words on a user sync while one change is held.
pub const ONE_HELD: &str = "1 change is held, and waits for a person to approve or drop it.";
/// How the words end while several are.
pub const SOME_HELD: &str = " changes are held, and wait for a person to approve or drop them.";
const UNTOLD_HELD: &str = "Changes are held, and wait for a person to approve or drop them.";

/// What an Organization needs from a person while so many rows are held.
pub fn attention(rows: usize) -> Option<String> {
    match rows {
        0 => None,
        1 => Some(ONE_HELD.into()),
        rows => Some(format!("{rows}{SOME_HELD}")),
    }
}

/// What an Organization needs from a person, in words for somebody who has its Tenant whole or does not: of whom the held
/// rows are is not seen then, and so neither how many they are.
pub fn seen_attention(words: String, whole: bool) -> String {
    if whole || (words != ONE_HELD && !words.ends_with(SOME_HELD)) {
        words
    } else {
        UNTOLD_HELD.to_owned()
    }
}
