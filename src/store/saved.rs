//! How a form ended in the database: a save that must not take back what somebody else wrote meanwhile, and a new thing
//! that must not be added twice.

use super::error::{Result, StoreError};
use crate::model::audit::AuditChange;
use chrono::{DateTime, Utc};

/// How a save ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The record holds what was sent.
    Done,
    /// Somebody wrote the record since the form was opened.
    Stale {
        /// What it holds now (old) where that is not what was sent (new).
        differences: Vec<AuditChange>,
        /// When it was written.
        version: DateTime<Utc>,
    },
}

/// What the second of two forms with one id is told: nothing where it says the same, as then it was sent twice.
pub(super) fn sent_already(held: &str, sent: &str) -> Result<()> {
    if held == sent {
        return Ok(());
    }
    Err(StoreError::Conflict(
        "This form was sent before, with another name. Close it and open it again to add another one.",
    ))
}
