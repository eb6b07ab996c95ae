//! A plan: for every directory user exactly one outcome with its reason, and what would be written.

use super::{
    end_user::{Field, Fields, Mark},
    filter::Section,
    ids::{DirectoryUserId, EndUserId},
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
}

impl Outcome {
    /// All outcomes, in the order in which screens count them.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Link,
        Self::Update,
        Self::Disable,
        Self::Enable,
        Self::Superseded,
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
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.key() == key)
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
        }
    }
}

/// Why an outcome is what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "why")]
pub enum Reason {
    /// In scope, and nobody has the address.
    NewPerson {
        /// The address.
        address: String,
    },
    /// Exactly one End User has the address.
    SameAddress {
        /// The address.
        address: String,
    },
    /// Takes over the End User of an account that was deleted.
    TakesOver {
        /// The address.
        address: String,
        /// The deleted account.
        from: DirectoryUserId,
    },
    /// Another account with the same address took over the End User.
    TakenOver {
        /// The account that took over.
        by: DirectoryUserId,
    },
    /// Fields differ.
    FieldsDiffer,
    /// Nothing differs.
    UpToDate,
    /// The account was disabled.
    DisabledInMicrosoft,
    /// The account was deleted.
    DeletedInMicrosoft,
    /// The account was enabled again or restored.
    EnabledInMicrosoft,
    /// These sections of the filters said no.
    OutOfScope {
        /// Which.
        sections: Vec<Section>,
    },
    /// An administrator keeps this person out.
    Excluded,
    /// The account has no address.
    NoAddress,
    /// Several End Users have the address.
    SeveralEndUsers {
        /// The address.
        address: String,
        /// Who.
        end_users: Vec<EndUserId>,
    },
    /// The End User with the address is mapped to another living account.
    MappedToAnother {
        /// The address.
        address: String,
        /// The End User.
        end_user: EndUserId,
        /// The account it is mapped to.
        user: DirectoryUserId,
    },
    /// An End User that an administrator excluded had the address.
    ExcludedAddress {
        /// The address.
        address: String,
        /// The excluded account.
        user: DirectoryUserId,
    },
    /// An older account in scope has the same address.
    OlderAccount {
        /// The address.
        address: String,
        /// The older account.
        user: DirectoryUserId,
    },
    /// The new address belongs to an End User that keeps it; the other fields are written.
    AddressKept {
        /// The address.
        address: String,
        /// Who keeps it.
        end_user: EndUserId,
    },
    /// A section rests on data that could not be read, so only disabled marks are written.
    NotReadable,
}

impl Reason {
    /// The value in the database: the same as the tag in JSON.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NewPerson { .. } => "newPerson",
            Self::SameAddress { .. } => "sameAddress",
            Self::TakesOver { .. } => "takesOver",
            Self::TakenOver { .. } => "takenOver",
            Self::FieldsDiffer => "fieldsDiffer",
            Self::UpToDate => "upToDate",
            Self::DisabledInMicrosoft => "disabledInMicrosoft",
            Self::DeletedInMicrosoft => "deletedInMicrosoft",
            Self::EnabledInMicrosoft => "enabledInMicrosoft",
            Self::OutOfScope { .. } => "outOfScope",
            Self::Excluded => "excluded",
            Self::NoAddress => "noAddress",
            Self::SeveralEndUsers { .. } => "severalEndUsers",
            Self::MappedToAnother { .. } => "mappedToAnother",
            Self::ExcludedAddress { .. } => "excludedAddress",
            Self::OlderAccount { .. } => "olderAccount",
            Self::AddressKept { .. } => "addressKept",
            Self::NotReadable => "notReadable",
        }
    }

    /// The reason in words, as screens and commands show it.
    pub fn words(&self) -> String {
        match self {
            Self::NewPerson { address } => format!("In scope, and no End User has the address {address}."),
            Self::SameAddress { address } => format!("Exactly one End User has the address {address}."),
            Self::TakesOver { address, .. } => {
                format!("Takes over the End User with the address {address}, whose account was deleted in Microsoft.")
            }
            Self::TakenOver { .. } => {
                "Deleted in Microsoft; another account with the same address took over the End User.".into()
            }
            Self::FieldsDiffer => "Microsoft has other values.".into(),
            Self::UpToDate => "Nothing differs.".into(),
            Self::DisabledInMicrosoft => "The account is disabled in Microsoft.".into(),
            Self::DeletedInMicrosoft => "The account was deleted in Microsoft.".into(),
            Self::EnabledInMicrosoft => "The account is enabled in Microsoft again.".into(),
            Self::OutOfScope { sections } => {
                let names: Vec<_> = sections.iter().map(|section| section.label()).collect();
                format!("The filters do not match: {}.", names.join(", "))
            }
            Self::Excluded => "An administrator keeps this person out of the sync.".into(),
            Self::NoAddress => "The account has no email address.".into(),
            Self::SeveralEndUsers { address, end_users } => format!(
                "{} End Users have the address {address}. Give each its own address, or delete the doubles.",
                end_users.len()
            ),
            Self::MappedToAnother { address, .. } => format!(
                "The End User with the address {address} belongs to another Microsoft account. \
                 Change one of the two addresses in Microsoft."
            ),
            Self::ExcludedAddress { address, .. } => format!(
                "A person with the address {address} is kept out of the sync. \
                 Let that person in again if this is the same one."
            ),
            Self::OlderAccount { address, .. } => {
                format!(
                    "An older Microsoft account has the same address {address}. Change one of the two in Microsoft."
                )
            }
            Self::AddressKept { address, .. } => {
                format!("Another End User keeps the new address {address}; the email was not changed.")
            }
            Self::NotReadable => {
                "The filters rest on data that Microsoft did not let us read; nothing was decided.".into()
            }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The last synced values as they will stand, where the person is mapped after the plan.
    pub last_synced: Fields,
}

impl PersonPlan {
    /// Whether anything is written for this person.
    pub fn writes(&self) -> bool {
        matches!(self.outcome, Outcome::Create | Outcome::Link) || !self.fields.is_empty() || self.mark.is_some()
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
}

impl Counts {
    /// Counts one more.
    pub const fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Create => self.create += 1,
            Outcome::Link => self.link += 1,
            Outcome::Update => self.update += 1,
            Outcome::Disable => self.disable += 1,
            Outcome::Enable => self.enable += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::OutOfScope => self.out_of_scope += 1,
            Outcome::Superseded => self.superseded += 1,
            Outcome::Skip => self.skip += 1,
            Outcome::Conflict => self.conflict += 1,
        }
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
        }
    }

    /// How many are written: everybody but the unchanged, the skipped, those out of scope and the conflicts.
    pub const fn written(&self) -> u32 {
        self.create + self.link + self.update + self.disable + self.enable
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
    pub matching: u32,
    /// By outcome.
    pub counts: Counts,
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
