//! What `entrain doctor` found, and how it is printed: pure.

use serde::Serialize;
use std::fmt::Write as _;

/// What was looked at, in the order in which it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    /// Environment and `entrain.toml`.
    Settings,
    /// Postgres and its migrations.
    Database,
    /// The master key, and the app registration's secret or certificate.
    Key,
    /// Ours against Microsoft's.
    Clock,
    /// Each connected Microsoft tenant.
    MicrosoftTenants,
}

impl Area {
    const fn title(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Database => "Database",
            Self::Key => "Key",
            Self::Clock => "Clock",
            Self::MicrosoftTenants => "Microsoft tenants",
        }
    }
}

/// How one check ended; the worst of all decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// As it should be.
    Works,
    /// Something before it failed.
    NotTried,
    /// Works now, and will not for ever or not for everything.
    Attention,
    /// Does not work.
    Failed,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::NotTried => "not tried",
            Self::Attention => "attention",
            Self::Failed => "FAILED",
        }
    }
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Under which heading.
    pub area: Area,
    /// What was looked at: a setting's name, a Microsoft tenant.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen.
    pub detail: String,
    /// What to do, where something is to be done.
    pub remedy: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn works(area: Area, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            area,
            subject: subject.into(),
            outcome: Outcome::Works,
            detail: detail.into(),
            remedy: None,
        }
    }

    /// Not looked at, as something before it failed.
    pub fn not_tried(area: Area, subject: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::NotTried,
            ..Self::works(area, subject, why)
        }
    }

    /// Works, but somebody should do something.
    pub fn attention(
        area: Area,
        subject: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            outcome: Outcome::Attention,
            remedy: Some(remedy.into()),
            ..Self::works(area, subject, detail)
        }
    }

    /// Does not work.
    pub fn failed(
        area: Area,
        subject: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            outcome: Outcome::Failed,
            ..Self::attention(area, subject, detail, remedy)
        }
    }
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub struct Report {
    /// In the order of their areas.
    pub checks: Vec<Check>,
}

impl Report {
    /// The worst outcome: `Failed` ends the command with exit code 1.
    pub fn worst(&self) -> Outcome {
        let outcomes = self.checks.iter().map(|check| check.outcome);
        outcomes.max().unwrap_or(Outcome::Works)
    }

    /// For people: a block per area, a line per check, what to do below it, and a last line that sums up.
    pub fn text(&self) -> String {
        let width = self
            .checks
            .iter()
            .map(|check| check.subject.chars().count())
            .max()
            .unwrap_or(0)
            .min(40);
        let mut text = String::new();
        let mut area = None;
        for check in &self.checks {
            if area.replace(check.area) != Some(check.area) {
                let _ = writeln!(text, "{}", check.area.title());
            }
            let (outcome, subject, detail) = (check.outcome.word(), &check.subject, &check.detail);
            let _ = writeln!(text, "  {outcome:<9}  {subject:<width$}  {detail}");
            if let Some(remedy) = &check.remedy {
                let _ = writeln!(text, "  {:<9}  {:<width$}  What to do: {remedy}", "", "");
            }
        }
        let _ = write!(text, "{}", self.summary());
        text
    }

    fn summary(&self) -> String {
        let count = |outcome| self.checks.iter().filter(|check| check.outcome == outcome).count();
        let parts: Vec<String> = [Outcome::Works, Outcome::Attention, Outcome::Failed, Outcome::NotTried]
            .into_iter()
            .filter(|outcome| count(*outcome) > 0)
            .map(|outcome| format!("{} {}", count(outcome), outcome.word().to_lowercase()))
            .collect();
        format!("{}.", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_groups_by_area_says_what_to_do_and_sums_up() {
        let report = Report {
            checks: vec![
                Check::works(Area::Database, "Postgres", "version 15.4"),
                Check::works(Area::Database, "migrations", "all 3 done"),
                Check::failed(Area::Clock, "this machine", "9 minutes ahead", "Set it by NTP."),
                Check::not_tried(Area::MicrosoftTenants, "all", "Microsoft can't be reached"),
            ],
        };
        assert_eq!(
            report.text(),
            "Database\n  works      Postgres      version 15.4\n  works      migrations    all 3 done\n\
             Clock\n  FAILED     this machine  9 minutes ahead\n                           What to do: Set it by NTP.\n\
             Microsoft tenants\n  not tried  all           Microsoft can't be reached\n\
             2 works, 1 failed, 1 not tried."
        );
        assert_eq!(report.worst(), Outcome::Failed);
    }

    #[test]
    fn a_failure_is_worse_than_attention_and_attention_worse_than_what_was_not_tried() {
        assert!(Outcome::Failed > Outcome::Attention && Outcome::Attention > Outcome::NotTried);
        assert_eq!(Report { checks: vec![] }.worst(), Outcome::Works);
    }
}
