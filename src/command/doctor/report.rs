//! What `entrain doctor` found, and how it is printed: pure.

use crate::command::line::line as shown;
use crate::model::permission_report::{PermissionRow, ProbeState};
use chrono::{DateTime, Utc};
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
    /// Of a Microsoft tenant: each permission and licence feature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
}

/// One permission or licence feature of a Microsoft tenant, as **Check Permissions** tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// What is read.
    pub what: &'static str,
    /// The application permission for it; none for tokens and licences.
    pub permission: Option<&'static str>,
    /// Its app role id.
    pub app_role_id: Option<&'static str>,
    /// What came of it: `works`, `refused`, `needsLicense`, `noAnswer` or `notTried`.
    pub state: &'static str,
    /// In words, for people.
    #[serde(skip)]
    word: &'static str,
    /// What to do, or why it was not tried.
    pub remedy: Option<String>,
    /// What is missing on screen because of it.
    pub missing: Option<&'static str>,
    /// When it last worked, as far as that is known.
    pub last_success: Option<DateTime<Utc>>,
    /// The same in words.
    #[serde(skip)]
    ago: Option<String>,
}

impl From<&PermissionRow> for Permission {
    fn from(row: &PermissionRow) -> Self {
        let entry = row.probe.entry();
        let (state, word) = match row.state {
            ProbeState::Works => ("works", "works"),
            ProbeState::Refused(_) => ("refused", "REFUSED"),
            ProbeState::NeedsLicense(_) => ("needsLicense", "license"),
            ProbeState::NoAnswer(_) => ("noAnswer", "no answer"),
            ProbeState::NotTried(_) => ("notTried", "not tried"),
        };
        let remedy = match &row.state {
            ProbeState::NotTried(why) => Some(why.clone()),
            state => state.trouble().map(|trouble| trouble.remedy.clone()),
        };
        Self {
            what: entry.what,
            permission: entry.role.map(|role| role.name),
            app_role_id: entry.role.map(|role| role.id),
            state,
            word,
            remedy,
            missing: row.missing(),
            last_success: row.last_success.as_ref().map(|moment| moment.at),
            ago: row.last_success.as_ref().map(|moment| moment.ago.clone()),
        }
    }
}

impl Permission {
    /// Its paragraphs for people, the first beside the word for its state.
    fn told(&self) -> Vec<String> {
        let mut told = vec![match self.permission {
            Some(permission) => format!("{} ({permission})", self.what),
            None => self.what.to_owned(),
        }];
        if self.state == "works" {
            return told;
        }
        if let (Some(ago), [first]) = (&self.ago, told.as_mut_slice()) {
            first.push_str(&format!(", last worked {ago}"));
        }
        if self.state == "notTried" {
            told.extend(self.remedy.clone());
            return told;
        }
        told.extend(self.missing.map(|missing| format!("Missing on screen: {missing}")));
        let id = self.app_role_id.filter(|_| self.state == "refused");
        let id = id.map(|id| format!(" App role ID: {id}.")).unwrap_or_default();
        told.extend(self.remedy.as_ref().map(|remedy| format!("What to do: {remedy}{id}")));
        told
    }
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
            permissions: vec![],
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
            // Where permissions are told one by one, each has its own remedy.
            let remedy = check.remedy.as_ref().filter(|_| check.permissions.is_empty());
            let to_do = remedy.map(|remedy| format!("What to do: {remedy}"));
            write_entry(&mut text, "  ", check.outcome.word(), [told].into_iter().chain(to_do));
            for permission in &check.permissions {
                write_entry(&mut text, "    ", permission.word, permission.told());
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

/// Columns of a terminal.
const COLUMNS: usize = 80;

/// A word for how something is, and beside it paragraphs, each in lines that fit a terminal.
fn write_entry(text: &mut String, indent: &str, word: &str, paragraphs: impl IntoIterator<Item = String>) {
    let width = COLUMNS - indent.len() - 11;
    let lines = paragraphs.into_iter().flat_map(|paragraph| wrapped(&paragraph, width));
    for (number, line) in lines.enumerate() {
        let word = if number == 0 { word } else { "" };
        let _ = writeln!(text, "{indent}{word:<9}  {}", shown(&line));
    }
}

/// A text in lines of at most so many characters, broken at blanks; a word that is longer stays whole, so that an
/// address or an id can be copied.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
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
        assert_eq!(wrapped(&format!("see {address} there"), 67), ["see", &address, "there"]);
    }

    #[test]
    fn a_failure_is_worse_than_attention_and_attention_worse_than_what_was_not_tried() {
        assert!(Outcome::Failed > Outcome::Attention && Outcome::Attention > Outcome::NotTried);
        assert_eq!(Report { checks: vec![] }.worst(), Outcome::Works);
    }

    #[test]
    fn permissions_stand_below_their_microsoft_tenant_with_what_is_missing_and_the_role_id() {
        use crate::model::{permission::Probe, permission_report::Trouble, time::Moment};
        let row = |probe, state, last: Option<i64>| PermissionRow {
            probe,
            state,
            last_success: last.map(|days| {
                let now = DateTime::UNIX_EPOCH + chrono::Duration::days(20);
                Moment::new(now - chrono::Duration::days(days), &now)
            }),
        };
        let trouble = Trouble {
            remedy: "Grant it.".into(),
            answer: "No.".into(),
            wants_consent: true,
        };
        let rows = [
            row(Probe::Users, ProbeState::Works, Some(0)),
            row(Probe::Groups, ProbeState::Refused(trouble), Some(3)),
            row(Probe::Intune, ProbeState::NotTried("Later.".into()), None),
        ];
        let failed = Check::failed(Area::MicrosoftTenants, "Contoso", "1 works", "Grant it.");
        let report = Report {
            checks: vec![Check {
                permissions: rows.iter().map(Permission::from).collect(),
                ..failed
            }],
        };
        assert_eq!(
            report.text(),
            "Microsoft tenants\n  FAILED     Contoso: 1 works\n\
             \x20   works      Users (User.Read.All)\n\
             \x20   REFUSED    Groups and their members (GroupMember.Read.All), last worked 3\n\
             \x20              days ago\n\
             \x20              Missing on screen: The section Group of the filters: a user sync\n\
             \x20              that chooses groups is not applied.\n\
             \x20              What to do: Grant it. App role ID:\n\
             \x20              98830695-27a2-44f7-8c18-0c3ebc9698f6.\n\
             \x20   not tried  Microsoft Intune\n\
             \x20              Later.\n\
             1 failed."
        );
        let json = serde_json::to_value(&report.checks[0]).unwrap();
        assert_eq!(
            json["permissions"][1]["appRoleId"],
            "98830695-27a2-44f7-8c18-0c3ebc9698f6"
        );
        assert_eq!(json["permissions"][2]["state"], "notTried");
    }
}
