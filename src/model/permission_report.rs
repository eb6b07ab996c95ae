//! What came of the questions of [`super::permission`]: the report that **Check Permissions** draws and `entrain doctor`
//! prints.

use super::{
    permission::{AppRole, Probe},
    tenant::MicrosoftTenantRow,
    time::Moment,
};
use serde::{Deserialize, Serialize};

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What to do, with the code of Microsoft's.
    pub remedy: String,
    /// What Microsoft answered; empty where nobody said anything.
    pub answer: String,
    /// Whether consent that is given again mends it: a permission is missing, or consent itself.
    pub wants_consent: bool,
}

/// What came of a [`Probe`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProbeState {
    /// Microsoft answered.
    Works,
    /// Microsoft refused: a permission or consent is missing.
    Refused(Trouble),
    /// The Microsoft tenant has no licence for it, which is no fault of a permission.
    NeedsLicense(Trouble),
    /// Microsoft could not be asked, or its answer tells nothing.
    NoAnswer(Trouble),
    /// Not asked: why.
    NotTried(String),
}

impl ProbeState {
    /// The word on screen.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Works => "Works",
            Self::Refused(_) => "Refused",
            Self::NeedsLicense(_) => "Needs a license",
            Self::NoAnswer(_) => "No answer",
            Self::NotTried(_) => "Not tried",
        }
    }

    /// The value in the database.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Refused(_) => "refused",
            Self::NeedsLicense(_) => "needs_license",
            Self::NoAnswer(_) => "no_answer",
            Self::NotTried(_) => "not_tried",
        }
    }

    /// What stands in the way, where something was asked in vain.
    pub const fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Refused(trouble) | Self::NeedsLicense(trouble) | Self::NoAnswer(trouble) => Some(trouble),
            Self::Works | Self::NotTried(_) => None,
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRow {
    /// Of what.
    pub probe: Probe,
    /// What came of it a moment ago.
    pub state: ProbeState,
    /// When it last worked, as far as that is known.
    pub last_success: Option<Moment>,
}

impl PermissionRow {
    /// What is missing on screen because of it.
    pub fn missing(&self) -> Option<&'static str> {
        self.state.trouble().map(|_| self.probe.entry().missing)
    }

    /// The permission to grant, where Microsoft refuses for lack of one.
    pub const fn to_grant(&self) -> Option<AppRole> {
        match self.state {
            ProbeState::Refused(_) => self.probe.entry().role,
            _ => None,
        }
    }
}

/// What **Check Permissions** and `entrain doctor` tell of one Microsoft tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionReport {
    /// Of which.
    pub tenant: MicrosoftTenantRow,
    /// In the order of the table.
    pub rows: Vec<PermissionRow>,
}

impl PermissionReport {
    /// "11 work, 1 is refused, 1 needs a license".
    pub fn summary(&self) -> String {
        let count = |key: &str| self.rows.iter().filter(|row| row.state.key() == key).count();
        let words = [
            ("works", "works", "work"),
            ("refused", "is refused", "are refused"),
            ("needs_license", "needs a license", "need a license"),
            ("no_answer", "had no answer", "had no answer"),
            ("not_tried", "was not tried", "were not tried"),
        ];
        let parts = words.into_iter().filter_map(|(key, one, many)| match count(key) {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Whether consent that is given again mends anything. It does not mend a credential of ours, a policy of the
    /// customer's, or a tenant that is gone.
    pub fn wants_consent(&self) -> bool {
        self.rows
            .iter()
            .any(|row| matches!(&row.state, ProbeState::Refused(trouble) if trouble.wants_consent))
    }

    /// Why Microsoft issues no token, where consent is what is missing.
    pub fn lost_consent(&self) -> Option<&Trouble> {
        self.rows.iter().find_map(|row| match (row.probe, &row.state) {
            (Probe::SignIn, ProbeState::Refused(trouble)) if trouble.wants_consent => Some(trouble),
            _ => None,
        })
    }

    /// The first row that is refused, else the first without an answer: what a person sees to first. A licence that is
    /// missing is nobody's fault.
    pub fn worst(&self) -> Option<(&PermissionRow, &Trouble)> {
        ["refused", "no_answer"].iter().find_map(|key| {
            let row = self.rows.iter().find(|row| row.state.key() == *key)?;
            Some((row, row.state.trouble()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_in_vain_is_missing_on_screen() {
        let row = |state| PermissionRow {
            probe: Probe::Groups,
            state,
            last_success: None,
        };
        let trouble = || Trouble {
            remedy: "Grant it.".into(),
            answer: String::new(),
            wants_consent: true,
        };
        assert_eq!(row(ProbeState::Works).missing(), None);
        assert_eq!(row(ProbeState::NotTried("No token.".into())).missing(), None);
        let refused = row(ProbeState::Refused(trouble()));
        assert!(refused.missing().unwrap().contains("Group"));
        assert_eq!(refused.to_grant().map(|role| role.name), Some("GroupMember.Read.All"));
        assert_eq!(row(ProbeState::NeedsLicense(trouble())).to_grant(), None);
    }
}
