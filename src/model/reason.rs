//! Why a plan does what it does with a person.

use super::{
    end_user::Field,
    filter::Section,
    held::Rule,
    ids::{DirectoryUserId, EndUserId},
    undo::Kept,
};
use serde::{Deserialize, Serialize};

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
    /// The guard holds it.
    Held {
        /// The rule that said so.
        rule: Rule,
    },
    /// An administrator dropped it, and Microsoft's value is still the same.
    Dropped,
    /// Another program writes the same fields again and again.
    Contended {
        /// Which.
        fields: Vec<Field>,
        /// Who wrote the End User last besides the sync; empty when nobody said so.
        writer: String,
    },
    /// **Undo Run** put back what the run wrote, but for what was touched since.
    Undone {
        /// What was left.
        left: Vec<Kept>,
    },
}

fn list<T>(items: &[T], words: impl Fn(&T) -> String) -> String {
    items.iter().map(words).collect::<Vec<_>>().join("; ")
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
            Self::Held { .. } => "held",
            Self::Dropped => "dropped",
            Self::Contended { .. } => "contended",
            Self::Undone { .. } => "undone",
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
            Self::Held { rule } => format!("Held: {}", rule.words()),
            Self::Dropped => {
                "An administrator dropped this change; it is planned again when Microsoft's value changes.".into()
            }
            Self::Contended { fields, writer } => {
                let names = fields.iter().map(|field| field.label()).collect::<Vec<_>>().join(", ");
                let writer = if writer.is_empty() { "Another program" } else { writer };
                format!("{writer} writes {names} again and again. Decide on the person's page who wins.")
            }
            Self::Undone { left } if left.is_empty() => "What the run wrote went back.".into(),
            Self::Undone { left } => format!("Left as it is. {}.", list(left, Kept::words)),
        }
    }
}
