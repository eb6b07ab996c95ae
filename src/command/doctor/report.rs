//! What `entrain doctor` found, and how it is printed: pure.

use crate::command::line::line as shown;
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
        let mut text = String::new();
        let mut area = None;
        for check in &self.checks {
            if area.replace(check.area) != Some(check.area) {
                let _ = writeln!(text, "{}", check.area.title());
            }
            let told = format!("{}: {}", check.subject, check.detail);
            let to_do = check.remedy.as_ref().map(|remedy| format!("What to do: {remedy}"));
            let lines = wrapped(&told).into_iter();
            let lines = lines.chain(to_do.iter().flat_map(|remedy| wrapped(remedy)));
            for (number, line) in lines.enumerate() {
                let outcome = if number == 0 { check.outcome.word() } else { "" };
                let _ = writeln!(text, "  {outcome:<9}  {}", shown(&line));
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
            .map(|outcome| match (count(outcome), outcome) {
                (1, Outcome::Attention) => "1 wants attention".to_owned(),
                (many, Outcome::Attention) => format!("{many} want attention"),
                (many, Outcome::Works) if many != 1 => format!("{many} work"),
                (many, outcome) => format!("{many} {}", outcome.word().to_lowercase()),
            })
            .collect();
        format!("{}.", parts.join(", "))
    }
}

/// Columns for the words of a check: a terminal of 80, less those of the outcome.
const COLUMNS: usize = 80 - 13;

/// A text in lines of at most [`COLUMNS`] characters, broken at blanks; a word that is longer stays whole, so that an
/// address or an id can be copied.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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
            "Database\n  works      Postgres: version 15.4\n  works      migrations: all 3 done\n\
             Clock\n  FAILED     this machine: 9 minutes ahead\n             What to do: Set it by NTP.\n\
             Microsoft tenants\n  not tried  all: Microsoft can't be reached\n\
             2 work, 1 failed, 1 not tried."
        );
        assert_eq!(report.worst(), Outcome::Failed);
    }

    #[test]
    fn a_line_fits_a_terminal_of_80_columns_unless_one_word_does_not() {
        let long = "word ".repeat(60);
        let report = Report {
            checks: vec![Check::failed(Area::Clock, "this machine", &long, &long)],
        };
        let text = report.text();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("word").count(), 120);
        let address = "x".repeat(100);
        assert_eq!(wrapped(&format!("see {address} there")), ["see", &address, "there"]);
    }

    #[test]
    fn a_failure_is_worse_than_attention_and_attention_worse_than_what_was_not_tried() {
        assert!(Outcome::Failed > Outcome::Attention && Outcome::Attention > Outcome::NotTried);
        assert_eq!(Report { checks: vec![] }.worst(), Outcome::Works);
    }
}
