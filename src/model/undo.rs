//! What a run wrote, in a form that can be turned round, and what **Undo Run** shows.

use super::{
    end_user::Mapping,
    held::Part,
    ids::{DirectoryUserId, EndUserId, OrganizationId, RunId},
    plan::FieldChange,
    time::Moment,
};
use serde::{Deserialize, Serialize};

/// What of an End User and its mapping a run changed, besides the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Footprint {
    /// The End User was there before.
    pub existed: bool,
    /// It is there after.
    pub exists: bool,
    /// Its mapping before.
    pub before: Option<Mapping>,
    /// Its mapping after.
    pub after: Option<Mapping>,
}

/// What a run wrote of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The account.
    pub user: DirectoryUserId,
    /// The End User.
    pub end_user: EndUserId,
    /// Each field with old and new value.
    pub fields: Vec<FieldChange>,
    /// The rest.
    pub footprint: Footprint,
}

/// What **Undo Run** leaves, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What.
    pub part: Part,
    /// Why.
    pub why: Touched,
}

/// Why **Undo Run** leaves something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "touched")]
pub enum Touched {
    /// It is not what the run wrote any more.
    Changed,
    /// A later run wrote it.
    LaterRun,
    /// A person or another program wrote the End User.
    Written {
        /// Who.
        by: String,
    },
    /// An Asset was assigned by hand.
    Assigned,
    /// The End User was deleted.
    Gone,
    /// The Microsoft account belongs to another End User now.
    MappedElsewhere,
    /// The address belongs to another End User now.
    AddressTaken,
}

impl Kept {
    /// "Email: a later run wrote it".
    pub fn words(&self) -> String {
        let why = match &self.why {
            Touched::Changed => "it is not what the run wrote any more".to_owned(),
            Touched::LaterRun => "a later run wrote it".to_owned(),
            Touched::Written { by } => format!("it was written by {by}"),
            Touched::Assigned => "an Asset was assigned to it by hand".to_owned(),
            Touched::Gone => "the End User was deleted".to_owned(),
            Touched::AddressTaken => "the address belongs to another End User now".to_owned(),
            Touched::MappedElsewhere => "the Microsoft account belongs to another End User now".to_owned(),
        };
        let part = match self.part {
            Part::EndUser => "End User",
            part => part.label(),
        };
        format!("{part}: {why}")
    }
}

/// How a run hangs together with others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undoing {
    /// The run that this one undid, and when it began.
    pub undoes: Option<(RunId, Moment)>,
    /// The latest run that undid this one.
    pub undone_by: Option<(RunId, Moment)>,
    /// It wrote somebody, so that there is something to undo.
    pub wrote: bool,
}

/// What undoing a run would do, before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoPlan {
    /// The run.
    pub run: RunId,
    /// People of whom something goes back, the first of them.
    pub back: Vec<UndonePerson>,
    /// How many in all.
    pub back_total: usize,
    /// People of whom something was touched and is left, the first of them.
    pub left: Vec<UndonePerson>,
    /// How many in all.
    pub left_total: usize,
    /// Organizations whose user sync the box disables.
    pub enabled: Vec<(OrganizationId, String)>,
}

/// What undoing does to one person, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndonePerson {
    /// Whose Organization.
    pub organization: String,
    /// Name at the time of the run.
    pub name: String,
    /// Address at the time of the run.
    pub address: String,
    /// What goes back, or what is left and why.
    pub words: String,
    /// Each value that goes back.
    pub changes: Vec<FieldChange>,
}
