//! A plan: for every directory user exactly one outcome with its reason, and what would be written.

pub use super::reason::Reason;
use super::{
    end_user::{Field, Fields, Mapping, Mark},
    ids::{DirectoryUserId, EndUserId},
    undo::Footprint,
};
use serde::{Deserialize, Serialize};

/// What a run does about one directory user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// A new End User.
    Create,
    /// An existing End User is mapped and updated.
    Link,
    /// Fields of a mapped End User are written.
    Update,
    /// The mark **Disabled in Microsoft** is set or changed.
    Disable,
    /// The mark goes.
    Enable,
    /// Mapped, and nothing differs.
    Unchanged,
    /// Mapped, but the filters do not match: not updated, not deleted.
    OutOfScope,
    /// Deleted in Microsoft, and another user takes over the End User.
    Superseded,
    /// Not mapped, and stays so.
    Skip,
    /// A person has to decide.
    Conflict,
    /// Nothing is written before a person approves it.
    Held,
    /// **Undo Run** put something back.
    Undo,
}

impl Outcome {
    /// All outcomes, in the order in which screens count them.
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Link,
        Self::Update,
        Self::Disable,
        Self::Enable,
        Self::Superseded,
        Self::Undo,
        Self::Held,
        Self::Conflict,
        Self::OutOfScope,
        Self::Skip,
        Self::Unchanged,
    ];

    /// The value in the database and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Link => "link",
            Self::Update => "update",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Unchanged => "unchanged",
            Self::OutOfScope => "outOfScope",
            Self::Superseded => "superseded",
            Self::Skip => "skip",
            Self::Conflict => "conflict",
            Self::Held => "held",
            Self::Undo => "undo",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.key() == key)
    }

    /// Whether it stays the same from run to run, other than being synced.
    pub const fn stands(self) -> bool {
        matches!(self, Self::Skip | Self::Conflict | Self::OutOfScope | Self::Held)
    }

    /// The word on screen for what a run did.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Create => "Created",
            Self::Link => "Linked",
            Self::Update => "Updated",
            Self::Disable => "Disabled",
            Self::Enable => "Enabled again",
            Self::Unchanged => "Unchanged",
            Self::OutOfScope => "Out of scope",
            Self::Superseded => "Superseded",
            Self::Skip => "Skipped",
            Self::Conflict => "Conflict",
            Self::Held => "Held",
            Self::Undo => "Undone",
        }
    }
}

/// One field that a plan writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// What the End User holds now; empty for a new one.
    pub old: String,
    /// What it will hold.
    pub new: String,
}

/// What is to become of the mark **Disabled in Microsoft**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkChange {
    /// Today's.
    pub old: Option<Mark>,
    /// Tomorrow's.
    pub new: Option<Mark>,
}

/// What is decided for one directory user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonPlan {
    /// For whom.
    pub user: DirectoryUserId,
    /// What happens.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The End User concerned; `None` where there is none, and for [`Outcome::Create`], whose id the executor gives.
    pub end_user: Option<EndUserId>,
    /// The fields to write; for [`Outcome::Create`] all that have a value.
    pub fields: Vec<FieldChange>,
    /// The mark to write.
    pub mark: Option<MarkChange>,
    /// The mapping that the End User has before the plan, where something is written. Apart, as most people have none and
    /// it is large.
    pub before: Option<Box<Mapping>>,
    /// How the person stands once this is written, where what is written hides it; `None` where that is simply synced.
    pub afterwards: Option<(Outcome, Reason)>,
}

impl PersonPlan {
    /// How the person stands after this plan, if nothing else changes; `None` where simply synced.
    pub fn stands(&self) -> Option<(Outcome, &Reason)> {
        if self.outcome.stands() {
            return Some((self.outcome, &self.reason));
        }
        self.afterwards.as_ref().map(|(outcome, reason)| (*outcome, reason))
    }

    /// Whether anything is written for this person.
    pub fn writes(&self) -> bool {
        matches!(self.outcome, Outcome::Create | Outcome::Link) || !self.fields.is_empty() || self.mark.is_some()
    }

    /// The last synced values as they will stand, where something is written. Whoever is linked begins anew, whatever was
    /// synced from the account before.
    pub fn last_synced(&self) -> Fields {
        let before = self.before.as_ref().filter(|_| self.outcome != Outcome::Link);
        let mut fields = before.map_or_else(Fields::default, |mapping| mapping.last_synced.clone());
        for change in &self.fields {
            fields.set(change.field, change.new.clone());
        }
        fields
    }

    /// What is written of the End User and its mapping besides the fields; none when nothing is.
    pub fn footprint(&self) -> Option<Footprint> {
        let mark = match self.mark {
            Some(change) => change.new,
            None => self.before.as_ref().and_then(|mapping| mapping.mark),
        };
        self.writes().then(|| Footprint {
            existed: self.outcome != Outcome::Create,
            exists: true,
            before: self.before.as_deref().cloned(),
            after: Some(Mapping {
                user: self.user,
                last_synced: self.last_synced(),
                mark,
            }),
        })
    }
}

/// The plan for one Organization: exactly one entry per directory user, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By directory user id.
    pub people: Vec<PersonPlan>,
}

impl Plan {
    /// How many people have each outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for person in &self.people {
            counts.add(person.outcome);
        }
        counts
    }

    /// How many people stand how after it.
    pub fn standing(&self) -> Counts {
        let mut counts = Counts::default();
        for (outcome, _) in self.people.iter().filter_map(PersonPlan::stands) {
            counts.add(outcome);
        }
        counts
    }

    /// Whether applying it would write anything.
    pub fn writes(&self) -> bool {
        self.people.iter().any(PersonPlan::writes)
    }
}

/// How many people have each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// See [`Outcome`], also for the others.
    pub create: u32,
    /// Linked.
    pub link: u32,
    /// Updated.
    pub update: u32,
    /// Disabled.
    pub disable: u32,
    /// Enabled again.
    pub enable: u32,
    /// Unchanged.
    pub unchanged: u32,
    /// Out of scope.
    pub out_of_scope: u32,
    /// Superseded.
    pub superseded: u32,
    /// Skipped.
    pub skip: u32,
    /// Conflicts.
    pub conflict: u32,
    /// Held.
    pub held: u32,
    /// Undone.
    pub undo: u32,
    /// Skipped, out of scope and unchanged are left out, and conflicts and held are of people who are seen: to whom this is
    /// told, the directory is not theirs whole.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

impl Counts {
    /// Counts one more.
    pub const fn add(&mut self, outcome: Outcome) {
        self.add_many(outcome, 1);
    }

    /// Adds the counts of another Organization.
    pub const fn merge(&mut self, other: &Self) {
        self.create += other.create;
        self.link += other.link;
        self.update += other.update;
        self.disable += other.disable;
        self.enable += other.enable;
        self.unchanged += other.unchanged;
        self.out_of_scope += other.out_of_scope;
        self.superseded += other.superseded;
        self.skip += other.skip;
        self.conflict += other.conflict;
        self.held += other.held;
        self.undo += other.undo;
        self.partial |= other.partial;
    }

    /// Counts so many more with an outcome.
    pub const fn add_many(&mut self, outcome: Outcome, number: u32) {
        let count = match outcome {
            Outcome::Create => &mut self.create,
            Outcome::Link => &mut self.link,
            Outcome::Update => &mut self.update,
            Outcome::Disable => &mut self.disable,
            Outcome::Enable => &mut self.enable,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::OutOfScope => &mut self.out_of_scope,
            Outcome::Superseded => &mut self.superseded,
            Outcome::Skip => &mut self.skip,
            Outcome::Conflict => &mut self.conflict,
            Outcome::Held => &mut self.held,
            Outcome::Undo => &mut self.undo,
        };
        *count = count.saturating_add(number);
    }

    /// The count of an outcome.
    pub const fn get(&self, outcome: Outcome) -> u32 {
        match outcome {
            Outcome::Create => self.create,
            Outcome::Link => self.link,
            Outcome::Update => self.update,
            Outcome::Disable => self.disable,
            Outcome::Enable => self.enable,
            Outcome::Unchanged => self.unchanged,
            Outcome::OutOfScope => self.out_of_scope,
            Outcome::Superseded => self.superseded,
            Outcome::Skip => self.skip,
            Outcome::Conflict => self.conflict,
            Outcome::Held => self.held,
            Outcome::Undo => self.undo,
        }
    }

    /// How many are written: everybody but the unchanged, the skipped, those out of scope, the held and the conflicts.
    pub const fn written(&self) -> u32 {
        self.create + self.link + self.update + self.disable + self.enable + self.undo
    }
}

/// One person of a plan, as the dialog and the command show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedPerson {
    /// Microsoft's id.
    pub user: DirectoryUserId,
    /// Name, else the UPN.
    pub name: String,
    /// Address, else the UPN.
    pub address: String,
    /// What happens.
    pub outcome: Outcome,
    /// Why, in words.
    pub why: String,
    /// What is written.
    pub changes: Vec<FieldChange>,
}

/// A plan in numbers, with the people behind each number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// Living users of the Microsoft tenant.
    pub users: u32,
    /// How many of them the filters match and the sync cares for: neither disabled strangers nor without an address.
    /// Never more than `users`.
    pub matching: u32,
    /// By outcome.
    pub counts: Counts,
    /// In the dialog: how many new people there are, held ones included. Saving confirms so many.
    pub creates: u32,
    /// People by outcome and name; of each outcome at most as many as were asked for.
    pub people: Vec<PlannedPerson>,
    /// Who would be synced and is not under today's filters.
    pub joins: Vec<PlannedPerson>,
    /// Who is synced under today's filters and would not be updated any more.
    pub leaves: Vec<PlannedPerson>,
    /// How many join in all.
    pub joining: u32,
    /// How many leave in all.
    pub leaving: u32,
    /// Why nothing would be applied yet, and what to do.
    pub attention: Option<String>,
}
