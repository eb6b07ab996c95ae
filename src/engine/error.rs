//! Why a run, a preview or a connection failed.

use crate::{
    graph::{GraphError, GraphErrorKind, LONGEST_WAIT},
    model::tenant::ConnectionStatus,
    store::StoreError,
    sync::normalise::clean,
};
use chrono::{DateTime, Utc};
use std::time::Duration;

/// How much of a reason is kept.
pub(super) const LONGEST_WORDS: usize = 2_000;

/// However long Microsoft asks to wait, it is asked again by then: what somebody asked for meanwhile waits as long.
const LONGEST_PUT_OFF: Duration = Duration::from_secs(60 * 60);

/// The AADSTS codes that consent, or what undoes it, is about.
pub(crate) const LOST_CONSENT: [u32; 11] = [
    65_001, 65_004, 70_001, 90_094, 90_095, 90_099, 650_056, 700_011, 700_016, 1_000_031, 7_000_112,
];

/// Why a run failed. Its text is what a person reads on screen: what failed, on what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Microsoft refused, or could not be understood.
    #[error("{remedy} Microsoft's side: {0}", remedy = .0.remedy())]
    Graph(#[from] GraphError),
    /// Our own database.
    #[error("The run stopped: {0}.")]
    Store(#[from] StoreError),
    /// What was asked for makes no sense, in a sentence that says what to do.
    #[error("{0}")]
    Refused(String),
    /// The process was told to stop, and the run would have taken longer than there was time for.
    #[error(
        "Entrain was told to stop in the middle of this run, so it was handed back. Nothing was half-written; a worker \
         that goes on, or Entrain once it is started again, runs this Microsoft tenant anew."
    )]
    HandedBack,
    /// Microsoft asked to wait for longer than a run stays for.
    #[error(
        "Microsoft asked to wait until {when}. What was read so far is kept, and the run goes on then: nothing to do. \
         Microsoft's side: {error}",
        when = .until.format("%Y-%m-%d %H:%M UTC")
    )]
    PutOff {
        /// When Microsoft wants to be asked again.
        until: DateTime<Utc>,
        /// In which words it said so.
        error: GraphError,
    },
}

impl RunError {
    /// The same; put off, where Microsoft said at `now` that it wants to be left alone for longer than a run waits.
    #[must_use]
    pub fn or_put_off(self, now: DateTime<Utc>) -> Self {
        let Self::Graph(error) = self else { return self };
        let long = error.retry_after.filter(|wait| *wait > LONGEST_WAIT);
        match long {
            Some(wait) if error.is_transient() => Self::PutOff {
                until: now + wait.min(LONGEST_PUT_OFF),
                error,
            },
            _ => Self::Graph(error),
        }
    }

    /// What a table has room for: what to do, with the code to look up. The run's page has it all.
    pub fn summary(&self) -> String {
        let words = match self {
            Self::Graph(error) => {
                let code = match error.kind {
                    GraphErrorKind::Token { aadsts: Some(number) } => Some(format!("AADSTS{number}")),
                    _ => error
                        .code
                        .clone()
                        .or_else(|| error.status.map(|status| format!("status {status}"))),
                };
                match code {
                    Some(code) => format!("{} ({code})", error.remedy()),
                    None => error.remedy(),
                }
            }
            Self::Store(_) | Self::Refused(_) | Self::HandedBack | Self::PutOff { .. } => self.to_string(),
        };
        clean(&words, LONGEST_WORDS)
    }

    /// The text as it is kept and shown. Microsoft's words may hold what Postgres can't.
    pub fn words(&self) -> String {
        clean(&self.to_string(), LONGEST_WORDS)
    }

    /// Whether the next run may well succeed without anybody's doing: Microsoft is busy, out of order or out of reach.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::PutOff { .. }) || matches!(self, Self::Graph(error) if error.is_transient())
    }

    /// Whether our own credentials or settings are at fault: it says nothing of the Microsoft tenant, and would be said
    /// of every one.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Graph(error) if error.is_ours())
    }

    /// Whether Entra gives no token until an administrator of the customer consents: no consent, or the customer disabled
    /// our service principal (learn.microsoft.com/entra/identity-platform/reference-error-codes).
    pub fn is_lost_consent(&self) -> bool {
        let Self::Graph(error) = self else { return false };
        let GraphErrorKind::Token { aadsts: Some(code) } = error.kind else {
            return false;
        };
        LOST_CONSENT.contains(&code)
    }

    /// What the failure says about the connection to the Microsoft tenant; `None` when it says nothing.
    pub fn connection_status(&self) -> Option<ConnectionStatus> {
        match self {
            Self::Graph(error) => Some(match error.kind {
                _ if self.is_lost_consent() => ConnectionStatus::ConsentNeeded,
                GraphErrorKind::Unauthorized | GraphErrorKind::PermissionMissing => ConnectionStatus::ConsentNeeded,
                _ => ConnectionStatus::Attention,
            }),
            Self::Store(_) | Self::Refused(_) | Self::HandedBack | Self::PutOff { .. } => None,
        }
    }
}

impl From<sqlx::Error> for RunError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
