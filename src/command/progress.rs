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
