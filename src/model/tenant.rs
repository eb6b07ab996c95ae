//! Tenants (ours) and Microsoft tenants (theirs), as the screens show them.

use super::{
    ids::{EntraTenantId, MicrosoftTenantId, RunId, TenantId},
    microsoft_user::PassState,
    organization::OrganizationRow,
    run::Progress,
    time::Moment,
};
use serde::{Deserialize, Serialize};

/// How the connection to a Microsoft tenant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionStatus {
    /// The last run could read it.
    Connected,
    /// Microsoft refuses tokens until an administrator of the customer consents.
    ConsentNeeded,
    /// The last run failed, or something could not be read.
    Attention,
    /// Five runs in a row failed; tried daily.
    Quarantine,
}

impl ConnectionStatus {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::ConsentNeeded => "consent_needed",
            Self::Attention => "attention",
            Self::Quarantine => "quarantine",
        }
    }

    /// The value of the database, read; what is not known needs attention.
    pub fn from_key(key: &str) -> Self {
        [Self::Connected, Self::ConsentNeeded, Self::Quarantine]
            .into_iter()
            .find(|status| status.key() == key)
            .unwrap_or(Self::Attention)
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Connected => "Connected",
            Self::ConsentNeeded => "Consent needed",
            Self::Attention => "Attention",
            Self::Quarantine => "Quarantine",
        }
    }
}

/// A Tenant, to be chosen or linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRef {
    /// Our id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
}

/// A row of the table of **Microsoft Tenant Integrations**.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MicrosoftTenantRow {
    /// Our id.
    pub id: MicrosoftTenantId,
    /// Microsoft's id.
    pub entra_tenant_id: EntraTenantId,
    /// The name that Microsoft has.
    pub display_name: String,
    /// Its default domain.
    pub default_domain: String,
    /// The Tenant it is mapped to.
    pub tenant: Option<TenantRef>,
    /// How the connection is.
    pub status: ConnectionStatus,
    /// What is wrong and what to do; empty when all is well.
    pub status_reason: String,
    /// Living members.
    pub users: i64,
    /// When the directory was last read whole.
    pub last_sync: Option<Moment>,
    /// Five runs or more failed in a row: it is tried daily.
    pub quarantine: Option<Quarantine>,
    /// A run is waiting or at work.
    pub running: bool,
    /// How far the run at work is.
    pub progress: Option<Progress>,
}

impl MicrosoftTenantRow {
    /// How many living members there are. Before the first read nobody is known of, which is not the same as nobody.
    pub fn known_users(&self) -> Option<i64> {
        (self.users > 0 || self.last_sync.is_some()).then_some(self.users)
    }
}

/// A Microsoft tenant that is tried daily, whatever its status is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// How many runs failed in a row.
    pub failed_runs: i32,
    /// When it is tried next; not known until the schedule has been kept.
    pub next_try: Option<Moment>,
}

/// A suggestion of **Start Tenant Mapping**: a Tenant, and why it may be the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingSuggestion {
    /// The Tenant.
    pub tenant: TenantRef,
    /// Why, in words; empty when nothing speaks for it.
    pub why: String,
}

/// Used and bought licences of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseCount {
    /// The product.
    pub name: String,
    /// Assigned.
    pub used: i32,
    /// Bought.
    pub total: i32,
}

/// Section **Microsoft Details** of the Tenant Details page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MicrosoftDetails {
    /// The Microsoft tenant itself.
    pub tenant: MicrosoftTenantRow,
    /// By product name.
    pub licenses: Vec<LicenseCount>,
    /// How the reading of those stands.
    pub licenses_read: PassState,
    /// How the reading of managed devices stands.
    pub devices: PassState,
    /// How the pass over sign-in activity stands.
    pub sign_ins: PassState,
    /// How the pass over MFA registration stands.
    pub mfa: PassState,
    /// The run at work.
    pub progress: Option<Progress>,
    /// The latest run.
    pub last_run: Option<RunId>,
}

/// The Tenant Details page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantDetails {
    /// The Tenant.
    pub tenant: TenantRef,
    /// Its Microsoft tenant, if mapped.
    pub microsoft: Option<MicrosoftDetails>,
    /// **Customer Organizations**.
    pub organizations: Vec<OrganizationRow>,
    /// Every Organization of it is theirs who asked; else what tells of the whole directory is left out.
    pub whole: bool,
}
