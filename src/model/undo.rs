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
    /// People of whom something goes back, and Assets whose assignment does: the first of them.
    pub back: Vec<UndoneItem>,
    /// How many in all.
    pub back_total: Tally,
    /// People of whom something was touched and is left, and Assets likewise: the first of them.
    pub left: Vec<UndoneItem>,
    /// How many in all.
    pub left_total: Tally,
    /// Organizations whose user sync the box disables.
    pub enabled: Vec<(OrganizationId, String)>,
}

/// How many people and Assets an undoing is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// People.
    pub people: usize,
    /// Assets.
    pub assets: usize,
}

impl Tally {
    /// Both together.
    pub const fn all(self) -> usize {
        self.people + self.assets
    }

    /// "1 person", "2 people and 1 Asset", with each number as `number` writes it. Who is not there is named only where
    /// nobody and nothing is: "0 people".
    pub fn words(self, number: impl Fn(usize) -> String) -> String {
        let people = match self.people {
            1 => "1 person".to_owned(),
            people => format!("{} people", number(people)),
        };
        let assets = match self.assets {
            0 => return people,
            1 => "1 Asset".to_owned(),
            assets => format!("{} Assets", number(assets)),
        };
        if self.people == 0 {
            assets
        } else {
            format!("{people} and {assets}")
        }
    }
}

/// What undoing does to one person or to the assignment of one Asset, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoneItem {
    /// Whose Organization.
    pub organization: String,
    /// Name at the time of the run; of an Asset its name today.
    pub name: String,
    /// Address at the time of the run; an Asset has none.
    pub address: String,
    /// What goes back, or what is left and why.
    pub words: String,
    /// Each value that goes back.
    pub changes: Vec<FieldChange>,
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn people_and_assets_are_counted_apart_each_in_its_number() {
        let words = |people, assets| Tally { people, assets }.words(|number| number.to_string());
        assert_eq!(words(0, 0), "0 people");
        assert_eq!(words(1, 0), "1 person");
        assert_eq!(words(0, 1), "1 Asset");
        assert_eq!(words(1, 2), "1 person and 2 Assets");
        assert_eq!(words(2, 1), "2 people and 1 Asset");
    }
}
