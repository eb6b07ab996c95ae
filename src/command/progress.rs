//! Progress: a bar on a terminal, plain lines elsewhere. Always on stderr.

use crate::model::run::{Progress, Stage};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    sync::Mutex,
    time::Duration,
};

/// Shows what a long piece of work is doing.
pub struct Teller {
    bar: Option<ProgressBar>,
    last: Mutex<Option<Stage>>,
}

impl Teller {
    /// A teller for one piece of work.
    pub fn new(what: &str) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner().with_message(what.to_owned());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            eprintln!("{what}");
        }
        Self {
            bar,
            last: Mutex::new(None),
        }
    }

    /// Tells how far a run is; without a terminal, one line per stage.
    pub fn progress(&self, what: &str, progress: Progress) {
        let words = match progress.total {
            Some(total) => format!("{what}: {}, {} of about {total}", progress.stage.label(), progress.done),
            None => format!("{what}: {}, {}", progress.stage.label(), progress.done),
        };
        if let Some(bar) = &self.bar {
            bar.set_message(words);
            return;
        }
        let Ok(mut last) = self.last.lock() else { return };
        if last.replace(progress.stage) != Some(progress.stage) {
            eprintln!("{words}");
        }
    }

    /// Says what is being done now; on a terminal only, where it does not stay.
    pub fn say(&self, words: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(words.to_owned());
        }
    }

    /// Ends without a word.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Ends with a line that stays.
    pub fn done(&self, words: &str) {
        match &self.bar {
            Some(bar) => {
                bar.finish_and_clear();
                eprintln!("{words}");
            }
            None => eprintln!("{words}"),
        }
    }
}

/// Shows how much of a file is done: a bar on a terminal, a line per tenth elsewhere.
pub struct Meter {
    what: String,
    bar: Option<ProgressBar>,
    tenth: Mutex<i64>,
}

impl Meter {
    /// A meter for one file.
    pub fn new(what: &str) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0).with_message(what.to_owned());
            if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:32}] {percent} % {elapsed}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            what: what.to_owned(),
            bar,
            tenth: Mutex::new(0),
        }
    }

    /// So much of so much.
    pub fn told(&self, done: i64, total: i64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total.unsigned_abs());
            bar.set_position(done.unsigned_abs());
            return;
        }
        let Ok(mut tenth) = self.tenth.lock() else { return };
        let now = done.saturating_mul(10) / total.max(1);
        if now > *tenth {
            *tenth = now;
            eprintln!("{}: {} %", self.what, now * 10);
        }
    }

    /// Ends; the bar goes.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
