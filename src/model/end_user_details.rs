//! The page of one End User: what it holds, whether it may be changed by hand, and what happened to it.

use super::{
    audit::{Action, Actor, AuditChange},
    end_user::{Field, Fields},
    filter::Section,
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
    microsoft_user::{MicrosoftUser, PassState},
    plan::{FieldChange, Outcome, Reason},
    run::Trigger,
    time::Moment,
};
use serde::{Deserialize, Serialize};

/// Who has the last word on the synced fields of an End User.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "hold")]
pub enum Hold {
    /// Microsoft: the sync is enabled and the person in scope.
    Synced,
    /// Microsoft, perhaps: the filters rest on data that could not be read.
    Undecided,
    /// Whoever edits: no Microsoft account belongs to the person.
    NotMapped,
    /// Whoever edits: these sections of the filters say no.
    OutOfScope {
        /// Which.
        sections: Vec<Section>,
    },
    /// Whoever edits: the account was deleted in Microsoft.
    Deleted,
    /// Whoever edits: the user sync is not enabled.
    SyncOff,
    /// Whoever edits: the account belongs to a Microsoft tenant that is not mapped here any more.
    FormerTenant {
        /// Its name.
        name: String,
    },
}

impl Hold {
    /// Whether the form shows locked fields.
    pub const fn is_locked(&self) -> bool {
        matches!(self, Self::Synced | Self::Undecided)
    }

    /// Why they can or can't be changed, and what to do.
    pub fn words(&self) -> String {
        match self {
            Self::Synced => "Microsoft has the last word on these fields while the user sync is enabled and its \
                             filters match. Change them in Microsoft; the next run brings them here. A field that \
                             Microsoft leaves empty, and that the sync has not filled, is yours."
                .into(),
            Self::Undecided => "The filters rest on data that Microsoft did not let us read, so it can't be told \
                                whether the next run writes these fields. Change them in Microsoft."
                .into(),
            Self::NotMapped => "No Microsoft account belongs to this End User, so the fields are yours.".into(),
            Self::OutOfScope { sections } => {
                let names: Vec<_> = sections.iter().map(|section| section.label()).collect();
                format!(
                    "The filters do not match this person ({}), so the sync does not write these fields.",
                    names.join(", ")
                )
            }
            Self::Deleted => "The account was deleted in Microsoft, so the sync does not write these fields.".into(),
            Self::SyncOff => "The user sync is not enabled, so nothing but you writes these fields.".into(),
            Self::FormerTenant { name } => format!(
                "The account belongs to the Microsoft tenant {name}, which this Organization is not mapped to any \
                 more, so the fields are yours."
            ),
        }
    }
}

/// The page of one End User.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUserDetails {
    /// Which.
    pub id: EndUserId,
    /// Whose.
    pub organization: OrganizationId,
    /// That Organization's name.
    pub organization_name: String,
    /// What it holds.
    pub fields: Fields,
    /// Changes with every write: a form that carries an older one was opened before somebody else's change.
    pub version: String,
    /// Who has the last word on the fields.
    pub hold: Hold,
    /// The fields that can't be changed for that reason.
    pub locked: Vec<Field>,
    /// What Microsoft knows of the account, if one of the mapped Microsoft tenant belongs to it.
    pub microsoft: Option<MicrosoftUser>,
    /// How the reading of the devices stands by which Assets are assigned; nothing without a Microsoft account.
    pub devices: Option<PassState>,
    /// The user sync is enabled and the person mapped, so that this one can be synced.
    pub can_be_synced: bool,
    /// What happened, the latest first; a page of it.
    pub history: Vec<HistoryEntry>,
    /// There is more history.
    pub more_history: bool,
}

/// Who or what did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HistoryBy {
    /// A run.
    Run {
        /// Which.
        id: RunId,
        /// Why it was started, where that is told.
        trigger: Option<Trigger>,
    },
    /// A person or a command, by name alone: neither which account it is, nor from where.
    Actor(Actor),
    /// Seen in Microsoft when the directory was read.
    Microsoft,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HistoryWhat {
    /// What a run decided.
    Outcome(Outcome, Reason),
    /// What a person did; `None` for what a later version wrote.
    Action(Option<Action>),
    /// A fact of the directory changed.
    Directory,
}

/// One line of a person's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: HistoryBy,
    /// What.
    pub what: HistoryWhat,
    /// Old and new values.
    pub changes: Vec<AuditChange>,
}

/// A field change in the words of the screen.
pub fn in_words(changes: Vec<FieldChange>) -> Vec<AuditChange> {
    changes
        .into_iter()
        .map(|change| AuditChange {
            field: change.field.label().to_owned(),
            old: change.old,
            new: change.new,
        })
        .collect()
}

/// What a confirmation says of the End Users that are to be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToDelete {
    /// Those who are still there.
    pub ids: Vec<EndUserId>,
    /// The first names.
    pub names: Vec<String>,
    /// How many of them have a Microsoft account, so that the sync could bring them back.
    pub mapped: usize,
}

/// A person whom an administrator keeps out of an Organization's sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedPerson {
    /// In which Microsoft tenant.
    pub tenant: MicrosoftTenantId,
    /// Microsoft's id.
    pub user: DirectoryUserId,
    /// As the End User was called.
    pub name: String,
    /// The address that it had.
    pub address: String,
    /// Since when.
    pub since: Moment,
    /// Who decided it; empty where that is not known.
    pub by: String,
    /// That Microsoft tenant's name; empty for one that was removed.
    pub microsoft_tenant: String,
    /// The Organization is not mapped to that Microsoft tenant now.
    pub is_former: bool,
}
