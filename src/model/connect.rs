//! Connecting Microsoft tenants: clouds, what is read and why, consents under way, and tenants that wait for a decision.

use super::{ids::EntraTenantId, time::Moment};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One of Microsoft's clouds (learn.microsoft.com/entra/identity-platform/authentication-national-cloud). An app
/// registration belongs to one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cloud {
    /// Everywhere but for the following.
    #[default]
    Global,
    /// US Government L4: GCC High.
    UsGov,
    /// US Government L5: DoD.
    UsDod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    /// All of them, the usual one first.
    pub const ALL: [Self; 4] = [Self::Global, Self::UsGov, Self::UsDod, Self::China];

    /// The value in the database and in forms.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGov => "us_gov",
            Self::UsDod => "us_dod",
            Self::China => "china",
        }
    }

    /// The value of a form or the database, read; what is not known is the usual one.
    pub fn from_key(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|cloud| cloud.key() == key)
            .unwrap_or_default()
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Global => "Microsoft's global cloud",
            Self::UsGov => "US Government (GCC High)",
            Self::UsDod => "US Government (DoD)",
            Self::China => "China (21Vianet)",
        }
    }

    /// Its sign-in service.
    pub const fn login_url(self) -> &'static str {
        match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::UsGov | Self::UsDod => "https://login.microsoftonline.us",
            Self::China => "https://login.partner.microsoftonline.cn",
        }
    }

    /// Its Microsoft Graph.
    pub const fn graph_url(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::UsDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }
}

/// One application permission, in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// As Microsoft's page calls it.
    pub permission: &'static str,
    /// What is read with it.
    pub what: &'static str,
    /// What for.
    pub why: &'static str,
}

/// What an administrator of a customer is asked for, all of it to read and none to write.
pub const ASKED: [Asked; 8] = [
    Asked {
        permission: "User.Read.All",
        what: "People: names, addresses, phones, job, place of work, whether the account is on",
        why: "They become End Users and are kept up to date.",
    },
    Asked {
        permission: "GroupMember.Read.All",
        what: "Groups and who is in them",
        why: "A user sync can be limited to groups.",
    },
    Asked {
        permission: "Member.Read.Hidden",
        what: "Members of groups that hide them",
        why: "Without it such a group counts as unknown, and nobody is synced by it.",
    },
    Asked {
        permission: "LicenseAssignment.Read.All",
        what: "Licenses: which were bought and who has them",
        why: "Shown with each person; a user sync can be limited to licensed people.",
    },
    Asked {
        permission: "Organization.Read.All",
        what: "The organization's name",
        why: "To see that this is the right customer.",
    },
    Asked {
        permission: "Domain.Read.All",
        what: "The organization's domains",
        why: "To match the customer, and to limit a user sync to domains.",
    },
    Asked {
        permission: "AuditLog.Read.All",
        what: "When somebody last signed in, and which methods of MFA are registered",
        why: "Shown with each person. No other log is read.",
    },
    Asked {
        permission: "DeviceManagementManagedDevices.Read.All",
        what: "Devices in Intune: name, serial number, MAC addresses, main user",
        why: "To tell whose Asset a device is.",
    },
];

/// What a visit to Microsoft is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// **Single Tenant**, by an Administrator who is signed in.
    Single,
    /// The same, by an administrator of the customer with a link.
    Link,
    /// The partner's own tenant, to list its customers.
    Partner,
    /// The sign-in of a partner's administrator, to consent for many customers.
    Bulk,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::Single, Self::Link, Self::Partner, Self::Bulk];

    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Link => "link",
            Self::Partner => "partner",
            Self::Bulk => "bulk",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.key() == key)
    }
}

/// A visit to Microsoft that was begun, as its `state` finds it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRequest {
    /// Our id.
    pub id: Uuid,
    /// What for.
    pub purpose: Purpose,
    /// To which cloud.
    pub cloud: Cloud,
    /// The session in which it was begun, hashed; none for a link.
    pub session_hash: Option<Vec<u8>>,
    /// Who began it, or made the link.
    pub account_id: Option<Uuid>,
    /// As they were called then.
    pub account_name: String,
    /// The Microsoft tenant that has to come back, where it is known.
    pub expected: Option<EntraTenantId>,
    /// What that is called, as far as it is known.
    pub expected_name: String,
    /// It is for a Microsoft tenant that is connected: its consent is given anew.
    pub renewal: bool,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// An answer has used it up.
    pub used: bool,
    /// An Administrator has revoked it.
    pub revoked: bool,
    /// Whoever began it is an Administrator who may sign in, now.
    pub maker_may: bool,
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LinkState {
    /// It can be used.
    Open,
    /// It was used.
    Used,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
}

impl LinkState {
    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Used => "Used",
            Self::Revoked => "Revoked",
            Self::Expired => "Expired",
        }
    }
}

/// A link for an administrator of a customer, without the link itself: that is known to whoever holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentLinkRow {
    /// Our id.
    pub id: Uuid,
    /// For whom: the expected Microsoft tenant, or nothing where any is taken.
    pub name: String,
    /// The expected Microsoft tenant.
    pub expected: Option<EntraTenantId>,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made: Moment,
    /// Until when it is good.
    pub ends: Moment,
    /// How it stands.
    pub state: LinkState,
    /// What came of it, in a sentence.
    pub outcome: String,
}

/// A link that was just made. It is shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewConsentLink {
    /// For whom; empty where any Microsoft tenant is taken.
    pub name: String,
    /// The link.
    pub address: String,
}

/// A Microsoft tenant whose consent nobody expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTenant {
    /// Microsoft's id.
    pub entra_tenant_id: EntraTenantId,
    /// The name that Microsoft has.
    pub display_name: String,
    /// Its default domain.
    pub default_domain: String,
    /// Its domains.
    pub domains: Vec<String>,
    /// How it came: "by a link of Ada Admin".
    pub how: String,
    /// When.
    pub at: Moment,
}

/// What a token and a read have proven of a Microsoft tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Microsoft's id.
    pub entra_tenant_id: EntraTenantId,
    /// Where it is.
    pub cloud: Cloud,
    /// Its name; its default domain where it has none.
    pub display_name: String,
    /// Its default domain.
    pub default_domain: String,
    /// All its verified domains.
    pub domains: Vec<String>,
}
