//! Why? one person is in or out, and what the next run will do.

use super::ApiError;
use crate::model::{
    asset::Adapter,
    audit::AuditChange,
    end_user::MarkKind,
    explanation::{AddressSource, Rule, Standing, Verdict},
    filter::Section,
    ids::{AssetId, DirectoryUserId, EndUserId, OrganizationId, RunId},
    mac::Mac,
    organization::OrganizationRow,
    plan::{FieldChange, Outcome},
    search::{Found, FoundDirectoryPerson},
    time::Moment,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The page of one Organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyAnswer {
    /// Whose sync is explained.
    pub organization: OrganizationRow,
    /// The Microsoft tenant behind it and when that was last read; `None` while its Tenant is not mapped.
    pub microsoft_tenant: Option<(String, Option<Moment>)>,
    /// What was asked for.
    pub answer: Answer,
}

/// What a question got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing was asked yet.
    Nothing,
    /// Somebody was looked for: who is no End User of the Organization.
    Missing(Found<FoundDirectoryPerson>),
    /// The directory has nobody of this id or name.
    Nobody,
    /// One person.
    Person(Box<Explained>),
}

/// A value of a person or of a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// In words; groups by name.
    pub label: String,
    /// A value of the person that is ticked.
    pub ticked: bool,
}

/// One section's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionWords {
    /// Which.
    pub section: Section,
    /// What it says.
    pub verdict: Verdict,
    /// The person's values; none is `(none)`.
    pub values: Vec<Value>,
    /// What is ticked; `None` is `All`.
    pub ticked: Option<Vec<String>>,
}

/// An End User or an account that plays a part in a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Party {
    /// An End User of the Organization.
    EndUser {
        /// Our id.
        id: EndUserId,
        /// Name.
        name: String,
        /// Email.
        email: String,
        /// What it has to do with it.
        part: String,
    },
    /// An account of the Microsoft tenant.
    Account {
        /// Microsoft's id.
        id: DirectoryUserId,
        /// Name.
        name: String,
        /// How it signs in.
        upn: String,
        /// What it has to do with it.
        part: String,
    },
}

/// What keeps a run from doing what is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    /// The sync was never set up.
    NotSetUp,
    /// The sync was disabled.
    Disabled,
    /// The Microsoft tenant was never read whole.
    NeverRead,
    /// The Organization needs attention.
    Attention(String),
    /// A section of the filters rests on data that could not be read.
    NotReadable(String),
    /// An administrator keeps the person out.
    Excluded,
    /// The guard holds changes of this person.
    Held {
        /// Which.
        changes: Vec<HeldChange>,
        /// The run whose page has them to approve or drop, once a run has held them.
        run: Option<RunId>,
    },
}

/// A change that the guard holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldChange {
    /// What it is about, with old and new value.
    pub change: AuditChange,
    /// Why it is held.
    pub why: String,
}

/// An Asset that has an address of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetWords {
    /// Our id.
    pub id: AssetId,
    /// Its name.
    pub name: String,
    /// What was decided about it.
    pub words: String,
}

/// One address of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressWords {
    /// Which of the two.
    pub adapter: Adapter,
    /// The address.
    pub mac: Mac,
    /// What it proves.
    pub proves: String,
    /// The Assets of the Organization that have it.
    pub assets: Vec<AssetWords>,
}

/// One managed device of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceWords {
    /// Its name.
    pub name: String,
    /// Its serial number.
    pub serial_number: String,
    /// When it last spoke to Intune.
    pub seen: Option<Moment>,
    /// Its addresses.
    pub addresses: Vec<AddressWords>,
}

/// The managed devices of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Devices {
    /// Never read, and why not.
    NotReadable(String),
    /// As last read.
    Read(Vec<DeviceWords>, Moment),
}

/// What a run recorded last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// By which run.
    pub run: RunId,
    /// When that began.
    pub started: Moment,
    /// What happened.
    pub outcome: Outcome,
    /// Why, in words.
    pub reason: String,
    /// What was written.
    pub changes: Vec<FieldChange>,
}

/// One person, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Microsoft's id.
    pub user: DirectoryUserId,
    /// Name, else the UPN.
    pub name: String,
    /// How the account signs in.
    pub upn: String,
    /// When the account was made.
    pub created: Option<Moment>,
    /// Disabled (since it was first seen so) or deleted.
    pub state: Option<(MarkKind, Moment)>,
    /// The End User that the account is mapped to.
    pub mapped: Option<EndUserId>,
    /// In or out.
    pub standing: Standing,
    /// The rule that decided.
    pub rule: Rule,
    /// Why, in words.
    pub reason: String,
    /// The address that matches and where it comes from.
    pub address: Option<(String, AddressSource)>,
    /// Each section's answer.
    pub sections: Vec<SectionWords>,
    /// The match, in words.
    pub matching: String,
    /// Who plays a part in it, on both sides.
    pub parties: Vec<Party>,
    /// What the next run does, the guard included.
    pub outcome: Outcome,
    /// Why, in words, where that is another reason than the rule's: held, dropped, contended.
    pub next_reason: Option<String>,
    /// Each field with what it holds now and what it will.
    pub changes: Vec<FieldChange>,
    /// What is to become of the mark: today's and tomorrow's.
    pub mark: Option<(Option<MarkKind>, Option<MarkKind>)>,
    /// What stands in its way.
    pub obstacles: Vec<Obstacle>,
    /// The evidence for devices.
    pub devices: Devices,
    /// What a run recorded last.
    pub recorded: Option<Recorded>,
}

/// Explains `user` (an id, UPN or address) to an Organization, or looks for those who are no End User of it by `words`.
#[server]
pub async fn why(
    organization: OrganizationId,
    #[server(default)] user: String,
    #[server(default)] words: String,
) -> Result<WhyAnswer, ApiError> {
    let asker = crate::server::caller::asker().await?.reads(organization).await?;
    crate::server::why::why(&asker, organization, &user, &words, &crate::server::caller::now().await).await
}
