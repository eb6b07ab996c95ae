//! A customer, and the state of its user sync.

use super::{
    held::seen_attention,
    ids::{MicrosoftTenantId, OrganizationId, RunId, TenantId},
    run::Progress,
};
use serde::{Deserialize, Serialize};

/// Why a new Organization was not made at once: it may be the same customer again, or another of the same name.
pub const SAME_NAME: &str = "There is an Organization of this name already. Choose another name, or tick the box below \
                             to add a second one.";

/// How many characters the name of an Organization or of a Tenant holds.
pub const MOST_NAME: usize = 320;
/// How many characters a contact address holds.
pub const MOST_EMAIL: usize = 320;
/// How many characters a contact number holds.
pub const MOST_PHONE: usize = 64;

/// The switch of one Organization, as the column **Microsoft User Sync** shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum UserSyncState {
    /// The Tenant is not mapped to a Microsoft tenant.
    NotMapped,
    /// Never set up, or disabled: **Set Up** is offered.
    NotSetUp {
        /// It was enabled before; the last filters are kept.
        before: bool,
    },
    /// Enabled, and the first run has not been applied.
    Syncing {
        /// What the run is doing now, once it has started.
        progress: Option<Progress>,
    },
    /// Enabled, and applied at least once.
    Enabled,
    /// Enabled, and something needs a person.
    Attention {
        /// What failed, and what to do.
        reason: String,
        /// The run whose page shows the held rows, if that is what it is about.
        held_in: Option<RunId>,
    },
}

impl UserSyncState {
    /// Set up and not disabled.
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::Syncing { .. } | Self::Enabled | Self::Attention { .. })
    }
}

/// A row of the Organizations table and of **Customer Organizations**.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationRow {
    /// Our id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// The Tenant it belongs to.
    pub tenant_id: TenantId,
    /// That Tenant's name.
    pub tenant_name: String,
    /// Contact address of the company.
    pub email: String,
    /// Contact number of the company.
    pub phone: String,
    /// How many End Users it has; none where nobody counted them, as a hundred thousand take a while.
    pub end_users: Option<i64>,
    /// The Microsoft tenant behind its Tenant.
    pub microsoft_tenant_id: Option<MicrosoftTenantId>,
    /// Its user sync.
    pub sync: UserSyncState,
    /// The latest run that touched it.
    pub last_run: Option<RunId>,
    /// Every Organization of its Tenant is theirs who asked.
    pub whole: bool,
}

impl OrganizationRow {
    /// As somebody sees it who has its Tenant whole, or does not.
    #[must_use]
    pub fn seen(mut self, whole: bool) -> Self {
        self.whole = whole;
        match &mut self.sync {
            UserSyncState::Syncing { progress } => *progress = progress.map(|progress| progress.seen(whole)),
            UserSyncState::Attention { reason, .. } => *reason = seen_attention(std::mem::take(reason), whole),
            UserSyncState::NotMapped | UserSyncState::NotSetUp { .. } | UserSyncState::Enabled => {}
        }
        self
    }
}
