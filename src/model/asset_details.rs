//! The page of one Asset: what it shows besides the Asset itself.

use super::{
    asset::{AssetChange, AssetRow, DeviceMatch},
    audit::{Action, AuditChange},
    ids::{EndUserId, RunId},
    time::Moment,
};
use serde::{Deserialize, Serialize};

/// An End User to whom an Asset can be assigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignablePerson {
    /// Our id.
    pub id: EndUserId,
    /// Their name.
    pub name: String,
    /// Their address, which tells two of one name apart.
    pub email: String,
}

/// How well the sync knows the devices of the Organization's Microsoft tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum DeviceKnowledge {
    /// No user sync is enabled, so no run decides about Assets.
    NoSync,
    /// No run has read devices yet.
    NeverRead,
    /// The last run read all of them.
    Read {
        /// When.
        at: Moment,
    },
    /// The last run could not.
    NotReadable {
        /// Why, and what to do.
        reason: String,
        /// When they were last read whole.
        last: Option<Moment>,
    },
}

/// What happened to an Asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AssetHappening {
    /// A person or a program did it; `None` for what a later version wrote.
    ByHand(Option<Action>),
    /// The sync did it, or the deletion of an End User.
    Change(AssetChange),
}

/// A line of an Asset's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetHistory {
    /// When.
    pub at: Moment,
    /// What.
    pub what: AssetHappening,
    /// Who; empty for the sync.
    pub by: String,
    /// The run, for the sync.
    pub run: Option<RunId>,
    /// Old and new values.
    pub changes: Vec<AuditChange>,
    /// By which device and address the sync went.
    pub device: Option<DeviceMatch>,
}

/// The page of one Asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetDetails {
    /// The Asset with its **Assigned Contact**.
    pub row: AssetRow,
    /// Whoever wrote its fields last.
    pub written_by: String,
    /// When that was.
    pub written_at: Moment,
    /// Changes with every write: a form that carries an older one was opened before somebody else's change.
    pub version: String,
    /// Changes with every assignment, by hand or by a run; empty without one. **Assign** carries it.
    pub assigned: String,
    /// How well the sync knows the devices.
    pub devices: DeviceKnowledge,
    /// Some End Users of the Organization, for the choice before script.
    pub people: Vec<AssignablePerson>,
    /// The latest first.
    pub history: Vec<AssetHistory>,
}
