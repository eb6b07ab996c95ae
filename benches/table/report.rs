//! The table.

use std::fmt;

/// How a row stands to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Within it.
    Met,
    /// Not within it.
    Missed,
    /// There is none.
    Report,
}

impl Verdict {
    /// Met if it is so.
    pub const fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::Missed }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "**missed**",
            Self::Report => "report",
        }
    }
}

/// A row.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub work: String,
    /// What it took, in the median.
    pub measured: String,
    /// What it is compared with, in the median.
    pub baseline: String,
    /// One to the other.
    pub ratio: String,
    /// What is wanted.
    pub target: &'static str,
    /// Whether that was reached.
    pub verdict: Verdict,
}

/// The rows in the order of their part, and notes below them.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<(u32, Row)>,
    notes: Vec<(u32, String)>,
}

impl Table {
    /// Adds a row of a part, and tells it at once: whoever watches sees how far it is.
    pub fn row(&mut self, part: u32, row: Row) {
        eprintln!("  {}: {} ({})", row.work, row.measured, row.verdict.word());
        self.rows.push((part, row));
    }

    /// Adds a note of a part.
    pub fn note(&mut self, part: u32, words: impl Into<String>) {
        let words = words.into();
        eprintln!("    {words}");
        self.notes.push((part, words));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| work | measured | baseline of the same run | ratio | target | |")?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- |")?;
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(part, _)| *part);
        for (_, row) in rows {
            let (work, measured, baseline) = (&row.work, &row.measured, &row.baseline);
            let (ratio, target, verdict) = (&row.ratio, row.target, row.verdict.word());
            writeln!(
                f,
                "| {work} | {measured} | {baseline} | {ratio} | {target} | {verdict} |"
            )?;
        }
        writeln!(f)?;
        let mut notes: Vec<_> = self.notes.iter().collect();
        notes.sort_by_key(|(part, _)| *part);
        for (_, note) in notes {
            writeln!(f, "- {note}")?;
        }
        Ok(())
    }
}
