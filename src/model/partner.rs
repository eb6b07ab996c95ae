//! A partner of Microsoft (Cloud Solution Provider) and its customers.

use super::{
    ids::{EntraTenantId, MicrosoftTenantId, TenantId},
    tenant::{ConnectionStatus, MappingSuggestion, TenantRef},
    time::Moment,
};
use serde::{Deserialize, Serialize};

/// How the partner stands to a customer (learn.microsoft.com/graph/api/resources/delegatedadminrelationship).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Relationship {
    /// In force.
    Active,
    /// Asked for, and not in force yet.
    Waiting,
    /// Expired or terminated.
    Ended,
    /// A contract alone.
    None,
    /// It could not be read.
    Unknown,
}

impl Relationship {
    const ALL: [Self; 5] = [Self::Active, Self::Waiting, Self::Ended, Self::None, Self::Unknown];

    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|one| one.key() == key)
            .unwrap_or(Self::Unknown)
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Waiting => "Not active yet",
            Self::Ended => "Ended",
            Self::None => "None",
            Self::Unknown => "Not readable",
        }
    }
}

/// From which list of Microsoft the customers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomerSource {
    /// Never read.
    NotRead,
    /// Delegated admin customers, and contracts as far as they can be read.
    Delegated,
    /// Contracts alone.
    Contracts,
}

impl CustomerSource {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotRead => "",
            Self::Delegated => "delegated",
            Self::Contracts => "contracts",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        match key {
            "delegated" => Self::Delegated,
            "contracts" => Self::Contracts,
            _ => Self::NotRead,
        }
    }
}

/// The partner's own tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerRow {
    /// Microsoft's id.
    pub entra_tenant_id: EntraTenantId,
    /// Its name.
    pub display_name: String,
    /// Its default domain.
    pub default_domain: String,
    /// From where the list of customers comes.
    pub source: CustomerSource,
    /// Why it could not be read last; empty when it could.
    pub problem: String,
    /// When it was last read.
    pub read: Option<Moment>,
}

/// A customer as Microsoft's lists tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCustomer {
    /// Microsoft's id of its tenant.
    pub entra_tenant_id: EntraTenantId,
    /// Its name.
    pub display_name: String,
    /// Its default domain when the contract was made; empty where no contract could be read.
    pub default_domain: String,
    /// How the partner stands to it.
    pub relationship: Relationship,
    /// When that ends.
    pub relationship_ends_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// How far a consent through the partner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConsentProgress {
    /// Nothing is under way.
    None,
    /// Chosen, and waits for the sign-in of a partner's administrator.
    Chosen,
    /// Waits for its turn.
    Queued,
    /// Microsoft is being asked.
    Asking,
    /// Given, and not seen to work yet.
    Granted,
    /// The program ended in the middle.
    Interrupted,
}

impl ConsentProgress {
    /// The value of the database, read; `stale` for one that nobody is at any more.
    pub fn from_key(key: &str, stale: bool) -> Self {
        match key {
            "chosen" => Self::Chosen,
            "queued" | "asking" if stale => Self::Interrupted,
            "queued" => Self::Queued,
            "asking" => Self::Asking,
            "granted" => Self::Granted,
            _ => Self::None,
        }
    }

    /// Whether something happens to it without anybody's doing.
    pub const fn is_at_work(self) -> bool {
        matches!(self, Self::Queued | Self::Asking | Self::Granted)
    }

    /// The words on screen; nothing for nothing.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Chosen => "Waits for the sign-in at Microsoft.",
            Self::Queued => "Waits for its turn.",
            Self::Asking => "Consenting…",
            Self::Granted => "Consented. Microsoft needs up to four minutes until it works; it is tried by itself.",
            Self::Interrupted => "Interrupted. Choose it again.",
        }
    }
}

/// What a customer lacks until its people can be synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lack {
    /// A relationship in force: without it the partner can't consent for the customer.
    Relationship,
    /// Consent to our app.
    Consent,
    /// One of the permissions.
    Permission,
    /// An Organization.
    Organization,
}

impl Lack {
    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Relationship => "Relationship",
            Self::Consent => "Consent",
            Self::Permission => "Permission",
            Self::Organization => "Organization",
        }
    }
}

/// What is connected of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// Our id.
    pub id: MicrosoftTenantId,
    /// How the connection is.
    pub status: ConnectionStatus,
    /// What could not be read for lack of a permission, in the words of **Check Permissions**.
    pub refused: Vec<String>,
}

/// A row of the table of customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    /// Microsoft's id of its tenant.
    pub entra_tenant_id: EntraTenantId,
    /// Its name.
    pub display_name: String,
    /// Its default domain; empty where it is not known.
    pub default_domain: String,
    /// How the partner stands to it.
    pub relationship: Relationship,
    /// When that ends.
    pub relationship_ends: Option<Moment>,
    /// The connection, if there is one.
    pub connected: Option<Connected>,
    /// The Tenant that it is mapped to, or will be once it is connected.
    pub tenant: Option<TenantRef>,
    /// Whether it is mapped to it already.
    pub mapped: bool,
    /// The Tenant that it probably is, where none is chosen.
    pub suggestion: Option<MappingSuggestion>,
    /// How far a consent through the partner is.
    pub consent: ConsentProgress,
    /// What came of the last thing done to it.
    pub outcome: String,
    /// Whether that failed.
    pub outcome_failed: bool,
}

impl CustomerRow {
    /// What it lacks, in the order in which it is mended.
    pub fn lacks(&self) -> Vec<Lack> {
        let consented = match &self.connected {
            Some(connected) => connected.status != ConnectionStatus::ConsentNeeded,
            None => false,
        };
        let refused = self.connected.as_ref().is_some_and(|one| !one.refused.is_empty());
        let lacks = [
            // Only the way through the partner needs it.
            (
                Lack::Relationship,
                !consented && !matches!(self.relationship, Relationship::Active | Relationship::Unknown),
            ),
            (Lack::Consent, !consented),
            (Lack::Permission, consented && refused),
            (Lack::Organization, self.tenant.is_none()),
        ];
        lacks.into_iter().filter(|(_, so)| *so).map(|(lack, _)| lack).collect()
    }
}

/// A Tenant that a customer can be matched with, and what speaks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The Tenant.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// The domains of its Organizations and their people.
    pub domains: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(relationship: Relationship, connected: Option<(ConnectionStatus, &[&str])>, mapped: bool) -> CustomerRow {
        CustomerRow {
            entra_tenant_id: EntraTenantId::default(),
            display_name: "Contoso".into(),
            default_domain: String::new(),
            relationship,
            relationship_ends: None,
            connected: connected.map(|(status, refused)| Connected {
                id: MicrosoftTenantId::default(),
                status,
                refused: refused.iter().map(|what| (*what).to_owned()).collect(),
            }),
            tenant: mapped.then(|| TenantRef {
                id: TenantId::default(),
                name: "Contoso".into(),
            }),
            mapped,
            suggestion: None,
            consent: ConsentProgress::None,
            outcome: String::new(),
            outcome_failed: false,
        }
    }

    #[test]
    fn a_customer_lacks_what_stands_between_it_and_a_sync() {
        use ConnectionStatus::{Connected, ConsentNeeded};
        let lacks = |relationship, connected, mapped| row(relationship, connected, mapped).lacks();
        assert_eq!(
            lacks(Relationship::Ended, None, false),
            [Lack::Relationship, Lack::Consent, Lack::Organization]
        );
        assert_eq!(
            lacks(Relationship::Active, Some((ConsentNeeded, &[])), true),
            [Lack::Consent]
        );
        assert_eq!(
            lacks(Relationship::None, Some((Connected, &["Licenses"])), true),
            [Lack::Permission],
            "who is connected needs no relationship"
        );
        assert_eq!(lacks(Relationship::Unknown, Some((Connected, &[])), true), []);
    }

    #[test]
    fn a_consent_that_nobody_is_at_any_more_is_interrupted_and_one_that_was_given_is_not() {
        assert_eq!(ConsentProgress::from_key("asking", true), ConsentProgress::Interrupted);
        assert_eq!(ConsentProgress::from_key("queued", false), ConsentProgress::Queued);
        assert_eq!(ConsentProgress::from_key("granted", true), ConsentProgress::Granted);
    }
}
