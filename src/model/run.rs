//! A run: one refresh of a Microsoft tenant, and what it applied to each Organization.

use super::{
    held::HeldRows,
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
    plan::{Counts, FieldChange, Outcome, Reason},
    time::Moment,
    undo::Undoing,
};
use serde::{Deserialize, Serialize};

/// Why a run was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The schedule.
    Hourly,
    /// **Enable Sync**.
    SetUp,
    /// Filters were saved.
    Edit,
    /// **Sync Now**.
    Manual,
    /// `entrain sync`.
    Command,
    /// **Approve** of held rows.
    Approved,
    /// **Undo Run**.
    Undo,
    /// **Sync Now** of one person.
    OnePerson,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Hourly,
        Self::SetUp,
        Self::Edit,
        Self::Manual,
        Self::Command,
        Self::Approved,
        Self::Undo,
        Self::OnePerson,
    ];

    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::SetUp => "set_up",
            Self::Edit => "edit",
            Self::Manual => "manual",
            Self::Command => "command",
            Self::Approved => "approved",
            Self::Undo => "undo",
            Self::OnePerson => "one_person",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|trigger| trigger.key() == key)
            .unwrap_or(Self::Hourly)
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hourly => "Hourly",
            Self::SetUp => "Set-up",
            Self::Edit => "Filters edited",
            Self::Manual => "By hand",
            Self::Command => "Command line",
            Self::Approved => "Approved",
            Self::Undo => "Undo",
            Self::OnePerson => "By hand, one person",
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// At work.
    Running,
    /// Done.
    Succeeded,
    /// Ended with an error; nothing half-written.
    Failed,
    /// Ended as Microsoft asked to wait; what it had read is kept, and the next run goes on.
    PutOff,
}

impl RunState {
    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        match key {
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            "put_off" => Self::PutOff,
            _ => Self::Failed,
        }
    }

    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::PutOff => "Put off",
        }
    }
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before the first request.
    Starting,
    /// Listing users.
    Users,
    /// Listing groups and their members.
    Groups,
    /// Listing managed devices and reading their Ethernet addresses.
    Devices,
    /// Planning Organizations: users, once for each.
    Planning,
    /// Writing the End Users that the plans name.
    Applying,
    /// Listing sign-in activity.
    SignIns,
    /// Listing MFA registration.
    Mfa,
}

impl Stage {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Devices => "devices",
            Self::Planning => "planning",
            Self::Applying => "applying",
            Self::SignIns => "sign_ins",
            Self::Mfa => "mfa",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        [
            Self::Users,
            Self::Groups,
            Self::Devices,
            Self::Planning,
            Self::Applying,
            Self::SignIns,
            Self::Mfa,
        ]
        .into_iter()
        .find(|s| s.key() == key)
        .unwrap_or(Self::Starting)
    }

    /// What a screen says while it lasts.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Starting => "Starting",
            Self::Users => "Reading users",
            Self::Groups => "Reading groups",
            Self::Devices => "Reading devices",
            Self::Planning => "Planning users",
            Self::Applying => "Writing End Users",
            Self::SignIns => "Reading sign-in activity",
            Self::Mfa => "Reading MFA registration",
        }
    }

    /// Whether the total is only about right: Microsoft says how many there are by the last page.
    pub const fn is_estimate(self) -> bool {
        matches!(self, Self::Users | Self::Devices | Self::SignIns | Self::Mfa)
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// How many are done.
    pub done: i32,
    /// Of about how many, where that is known.
    pub total: Option<i32>,
}

impl Progress {
    /// For whoever does not have the whole Tenant: what the run is doing. Its numbers tell how large the directory is.
    #[must_use]
    pub const fn uncounted(self) -> Self {
        Self {
            stage: self.stage,
            done: 0,
            total: None,
        }
    }

    /// As somebody sees it who has the Tenant whole, or does not.
    #[must_use]
    pub const fn seen(self, whole: bool) -> Self {
        if whole { self } else { self.uncounted() }
    }
}

/// A row of a list of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// Our id.
    pub id: RunId,
    /// Which Microsoft tenant.
    pub microsoft_tenant_id: MicrosoftTenantId,
    /// Its name.
    pub microsoft_tenant: String,
    /// Why it was started.
    pub trigger: Trigger,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    pub started: Moment,
    /// How long it took, in words.
    pub duration: Option<String>,
    /// What failed and what to do.
    pub error: Option<String>,
    /// Over all its Organizations.
    pub counts: Counts,
    /// It planned none of its Organizations, as nothing had changed for them.
    pub nothing_changed: bool,
}

/// A row of **Activity**: a run and what it did to one Organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunListRow {
    /// The run, with the numbers of this Organization.
    pub run: RunRow,
    /// The Organization; `None` for a run that came to none.
    pub organization: Option<(OrganizationId, String)>,
    /// Why it was not applied, and what to do.
    pub attention: Option<String>,
    /// How many rows the guard held.
    pub held: u32,
    /// How long the run took, once it has ended.
    pub seconds: Option<i64>,
}

/// What a run did to one Organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOrganization {
    /// Which.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// By outcome.
    pub counts: Counts,
    /// Why it was not applied, and what to do.
    pub attention: Option<String>,
    /// How many rows the guard held.
    pub held: u32,
    /// Whether it was planned at all; if not, nothing had changed for it.
    pub planned: bool,
}

/// What a run did about one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPerson {
    /// Whose Organization.
    pub organization: String,
    /// Its id.
    pub organization_id: OrganizationId,
    /// Microsoft's id.
    pub user: DirectoryUserId,
    /// The End User, where there is one.
    pub end_user: Option<EndUserId>,
    /// Name at the time of the run.
    pub name: String,
    /// Address at the time of the run.
    pub address: String,
    /// What happened.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// Each field with old and new value.
    pub changes: Vec<FieldChange>,
}

/// A run's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDetails {
    /// The run.
    pub run: RunRow,
    /// While it is at work.
    pub progress: Option<Progress>,
    /// What it did to each Organization.
    pub organizations: Vec<RunOrganization>,
    /// The people it wrote, or whose outcome differs from the run before; at most a page of them.
    pub people: Vec<RunPerson>,
    /// How many there are in all.
    pub people_total: i64,
    /// What the guard holds of its Organizations now, and what was dropped.
    pub held: HeldRows,
    /// What it undid, and what undid it.
    pub undoing: Undoing,
    /// Its whole Tenant is theirs who asked.
    pub whole: bool,
}
