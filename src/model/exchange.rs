//! Import and export as files: what can be exchanged, and what came of reading a file in.

use super::{ids::OrganizationId, time::Moment};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a file lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Customers.
    Organizations,
    /// People.
    EndUsers,
    /// Devices.
    Assets,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Organizations, Self::EndUsers, Self::Assets];

    /// The word in addresses, commands and the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::EndUsers => "end-users",
            Self::Assets => "assets",
        }
    }

    /// The word, read.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Organizations => "Organizations",
            Self::EndUsers => "End Users",
            Self::Assets => "Assets",
        }
    }
}

/// How an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImportState {
    /// At work.
    Running,
    /// Read to its end.
    Succeeded,
    /// Ended early; what was read until then is written.
    Failed,
}

impl ImportState {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        match key {
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            _ => Self::Failed,
        }
    }
}

/// What became of the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportNumbers {
    /// Rows of the file, without its head and blank lines.
    pub read: i64,
    /// New ones.
    pub created: i64,
    /// Changed ones.
    pub updated: i64,
    /// Those that were so already.
    pub unchanged: i64,
    /// Those that could not be used.
    pub rejected: i64,
}

impl ImportNumbers {
    /// Adds the numbers of more rows.
    pub const fn merge(&mut self, other: Self) {
        self.read += other.read;
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
    }

    /// The one sentence that says what came of it.
    pub fn words(&self) -> String {
        let part = |number: i64, word: &str| (number > 0).then(|| format!("{number} {word}"));
        if self.created + self.updated == 0 {
            let were = if self.unchanged == 1 { "was" } else { "were" };
            let rest = match (self.unchanged, self.rejected) {
                (0, 0) => "the file has no rows".to_owned(),
                (0, rejected) => format!("{rejected} rejected"),
                (unchanged, 0) => format!("{unchanged} {were} so already"),
                (unchanged, rejected) => format!("{unchanged} {were} so already, {rejected} rejected"),
            };
            return format!("Nothing changed: {rest}.");
        }
        let parts: Vec<_> = [
            part(self.created, "created"),
            part(self.updated, "updated"),
            part(self.unchanged, "unchanged"),
            part(self.rejected, "rejected"),
        ]
        .into_iter()
        .flatten()
        .collect();
        format!("{}.", parts.join(", "))
    }
}

/// A row of a file that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The line of the file at which it begins, from 1.
    pub line: i64,
    /// Why, and what to do.
    pub reason: String,
    /// Its cells as they stand in the file.
    pub cells: Vec<String>,
}

/// An import, at work or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Our id.
    pub id: Uuid,
    /// What the file lists.
    pub kind: Kind,
    /// What it is called.
    pub file_name: String,
    /// Whose people, where it was read in on a customer's page.
    pub organization: Option<(OrganizationId, String)>,
    /// Who read it in.
    pub actor: String,
    /// How it stands.
    pub state: ImportState,
    /// Why it ended early, and what to do.
    pub error: Option<String>,
    /// When it began.
    pub started: Moment,
    /// How long it took, in words.
    pub duration: Option<String>,
    /// Bytes read so far, and in all.
    pub bytes: (i64, i64),
    /// What became of the rows.
    pub numbers: ImportNumbers,
    /// The head of the file.
    pub columns: Vec<String>,
    /// Columns that mean nothing here.
    pub unknown_columns: Vec<String>,
    /// Columns that an export writes and an import leaves alone.
    pub read_only_columns: Vec<String>,
    /// The file was not UTF-8 and was read as Windows-1252.
    pub windows_1252: bool,
}

#[cfg(test)]
mod tests {
    use super::ImportNumbers;

    #[test]
    fn the_sentence_says_what_came_of_a_file_and_that_nothing_changed() {
        let words = |created, updated, unchanged, rejected| {
            let read = created + updated + unchanged + rejected;
            ImportNumbers {
                read,
                created,
                updated,
                unchanged,
                rejected,
            }
            .words()
        };
        assert_eq!(words(2, 1, 3, 4), "2 created, 1 updated, 3 unchanged, 4 rejected.");
        assert_eq!(words(0, 0, 1, 0), "Nothing changed: 1 was so already.");
        assert_eq!(words(0, 0, 2, 1), "Nothing changed: 2 were so already, 1 rejected.");
        assert_eq!(words(0, 0, 0, 0), "Nothing changed: the file has no rows.");
    }
}
