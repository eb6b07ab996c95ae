//! The audit log: who did what to whom, with old and new values.

use super::{
    ids::{AccountId, OrganizationId},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What kind of hand did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// Somebody who is signed in, of whatever role; the value is called as when all were Administrators.
    Administrator,
    /// `entrain` on the command line.
    Command,
    /// Somebody in a frame, whom a portal has sent.
    Portal,
    /// Nobody who is signed in: a refused sign-in.
    Nobody,
}

impl ActorKind {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Command => "command",
            Self::Portal => "portal",
            Self::Nobody => "nobody",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        match key {
            "administrator" => Self::Administrator,
            "portal" => Self::Portal,
            "nobody" => Self::Nobody,
            _ => Self::Command,
        }
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Administrator => "Account",
            Self::Command => "Command line",
            Self::Portal => "Portal",
            Self::Nobody => "Not signed in",
        }
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A person or a program.
    pub kind: ActorKind,
    /// The person.
    pub id: Option<AccountId>,
    /// As it was called then: "Ada Admin", "entrain import".
    pub name: String,
    /// From where: the address of the client as our own socket saw it; none for a command line.
    pub address: Option<String>,
}

impl Actor {
    /// A command line: `entrain import`.
    pub fn command(name: &str) -> Self {
        Self {
            kind: ActorKind::Command,
            id: None,
            name: name.to_owned(),
            address: None,
        }
    }
}

macro_rules! keyed {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $key:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The value in the database.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)+ }
            }

            /// The words on screen.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The value of the database, read; `None` for one that a later version wrote.
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.key() == key)
            }
        }
    };
}

keyed! {
    /// What was done.
    Action {
        /// Made.
        Create = "create", "Created";
        /// Fields changed.
        Edit = "edit", "Edited";
        /// Taken away.
        Delete = "delete", "Deleted";
        /// Kept out of future syncs.
        Exclude = "exclude", "Kept out of future syncs";
        /// An exclusion lifted.
        LetIn = "let_in", "Let in again";
        /// **Enable Sync**.
        SetUp = "set_up", "User sync enabled";
        /// **Edit User Sync Filters**.
        EditFilters = "edit_filters", "User sync filters edited";
        /// **Disable User Sync**.
        Disable = "disable", "User sync disabled";
        /// A Microsoft tenant connected.
        Connect = "connect", "Connected";
        /// A link for an administrator of a customer made.
        MakeLink = "make_link", "Consent link made";
        /// Such a link revoked.
        RevokeLink = "revoke_link", "Consent link revoked";
        /// A consent that nobody expected.
        Hold = "hold", "Consented, waits for confirmation";
        /// One that is not wanted.
        Reject = "reject", "Rejected";
        /// The partner's own Microsoft tenant chosen.
        ChoosePartner = "choose_partner", "Chosen as the partner";
        /// Consent through the partner asked for.
        PartnerConsent = "partner_consent", "Consent through the partner";
        /// **Start Tenant Mapping**.
        Map = "map", "Mapped";
        /// **Unmap Tenant**.
        Unmap = "unmap", "Unmapped";
        /// An Organization moved to another Tenant.
        Move = "move", "Moved to another Tenant";
        /// **Remove Integration**.
        Remove = "remove", "Integration removed";
        /// **Sync Now**.
        SyncNow = "sync_now", "Sync asked for";
        /// An Asset assigned by hand, to somebody or to nobody.
        Assign = "assign", "Assigned by hand";
        /// **Let the sync decide**.
        LetSyncDecide = "let_sync_decide", "Left to the sync";
        /// A file read in.
        Import = "import", "Imported";
        /// Held rows applied.
        Approve = "approve", "Held rows approved";
        /// Held rows dropped.
        Drop = "drop", "Held rows dropped";
        /// A dropped row let in again.
        LetInDropped = "let_in_dropped", "Dropped row let in again";
        /// **Undo Run**.
        Undo = "undo", "Run undone";
        /// Who writes a contended field was decided.
        DecideContended = "decide_contended", "Contended field decided";
        /// An account may not sign in any more.
        DisableAccount = "disable_account", "Account disabled";
        /// It may again.
        EnableAccount = "enable_account", "Account enabled";
        /// A portal got another secret.
        NewSecret = "new_secret", "New secret made";
        /// A session begun.
        SignIn = "sign_in", "Signed in";
        /// **Sign Out**.
        SignOut = "sign_out", "Signed out";
        /// Somebody was not let in as an account there is: once per lock-out, not at every guess.
        RefuseSignIn = "refuse_sign_in", "Sign-in refused";
        /// **End Session** and **Sign Out Everywhere**.
        EndSession = "end_session", "Session ended";
        /// **Change Password**, and `entrain admin password`.
        ChangePassword = "change_password", "Password changed";
        /// An administrator at Microsoft said no.
        DeclineConsent = "decline_consent", "Consent declined";
        /// An answer of Microsoft's consent page that was not accepted.
        RefuseConsent = "refuse_consent", "Consent refused";
        /// The sign-in of **Consent in Bulk** was cancelled, or Microsoft refused it: no consent was asked for yet.
        EndPartnerSignIn = "end_partner_sign_in", "Partner sign-in ended";
    }
}

keyed! {
    /// To what kind of thing.
    Subject {
        /// A customer.
        Organization = "organization", "Organization";
        /// Our grouping.
        Tenant = "tenant", "Tenant";
        /// A connected Entra ID directory.
        MicrosoftTenant = "microsoft_tenant", "Microsoft tenant";
        /// A person.
        EndUser = "end_user", "End User";
        /// A device.
        Asset = "asset", "Asset";
        /// A run.
        Run = "run", "Run";
        /// Somebody who may sign in.
        Account = "account", "Account";
        /// A file that was read in.
        Import = "import", "Import";
        /// A portal in whose pages ours may stand.
        Portal = "portal", "Portal";
        /// A client secret or certificate of the app registration.
        AppCredential = "app_credential", "App registration credential";
    }
}

/// One value that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditChange {
    /// What, in the words of the screen: "Email", "Tenant", "Department".
    pub field: String,
    /// Before; empty for nothing.
    pub old: String,
    /// After; empty for nothing.
    pub new: String,
}

impl AuditChange {
    /// A change, unless nothing changed.
    pub fn new(field: &str, old: &str, new: &str) -> Option<Self> {
        (old != new).then(|| Self {
            field: field.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
        })
    }
}

/// What is to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditEvent {
    /// What was done.
    pub action: Action,
    /// To what.
    pub subject: Subject,
    /// Its id.
    pub subject_id: Uuid,
    /// What it was called then.
    pub subject_name: String,
    /// Whose it is, where it is one customer's.
    pub organization: Option<OrganizationId>,
    /// Old and new values.
    pub changes: Vec<AuditChange>,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Our id.
    pub id: Uuid,
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Actor,
    /// What; `None` for what a later version wrote.
    pub action: Option<Action>,
    /// To what kind of thing.
    pub subject: Option<Subject>,
    /// Which.
    pub subject_id: Uuid,
    /// What it was called then.
    pub subject_name: String,
    /// Whose it is: the customer, if it still exists.
    pub organization: Option<(OrganizationId, String)>,
    /// Old and new values.
    pub changes: Vec<AuditChange>,
}
