//! Progress: a bar on a terminal, plain lines elsewhere. Always on stderr.

use super::line::{line, tell};
use crate::model::run::{Progress, Stage};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    sync::Mutex,
    time::{Duration, Instant},
};

/// How long nothing is said of a stage after something was, where each word is a line.
const PAUSE: Duration = Duration::from_secs(10);

/// Shows what a long piece of work is doing.
pub struct Teller {
    bar: Option<ProgressBar>,
    last: Mutex<Option<(Stage, Instant)>>,
}

impl Teller {
    /// A teller for one piece of work.
    pub fn new(what: &str) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner().with_message(line(what).into_owned());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            tell(what);
        }
        Self {
            bar,
            last: Mutex::new(None),
        }
    }

    /// Tells how far a run is: a bar on a terminal, which fills where the total is known; elsewhere a line as each
    /// stage begins, and one now and then while it lasts.
    pub fn progress(&self, what: &str, progress: Progress) {
        let words = format!("{what}: {}", words(progress));
        if let Some(bar) = &self.bar {
            show(bar, line(&words).into_owned(), progress);
            return;
        }
        let Ok(mut last) = self.last.lock() else { return };
        if last.is_none_or(|last| is_news(last.0, progress.stage, last.1.elapsed())) {
            *last = Some((progress.stage, Instant::now()));
            tell(&words);
        }
    }

    /// Says what is being done now; on a terminal only, where it does not stay.
    pub fn say(&self, words: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(line(words).into_owned());
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
                tell(words);
            }
            None => tell(words),
        }
    }
}

/// "Reading users, 999 of about 2341"; "Writing End Users, 12 of 40"; "Reading users, 999".
fn words(progress: Progress) -> String {
    let Progress { stage, done, total } = progress;
    let label = stage.label();
    match total {
        Some(total) if stage.is_estimate() => format!("{label}, {done} of about {total}"),
        Some(total) => format!("{label}, {done} of {total}"),
        None => format!("{label}, {done}"),
    }
}

fn is_news(said: Stage, stage: Stage, ago: Duration) -> bool {
    said != stage || ago >= PAUSE
}

fn show(bar: &ProgressBar, words: String, progress: Progress) {
    let total = progress.total.filter(|total| *total > 0);
    let template = match total {
        Some(_) => "{spinner} {msg} [{bar:24}] {elapsed}",
        None => "{spinner} {msg} {elapsed}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if let Some(total) = total {
        bar.set_length(u64::from(total.unsigned_abs()));
        bar.set_position(u64::from(progress.done.min(total).unsigned_abs()));
    }
    bar.set_message(words);
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
            let bar = ProgressBar::new(0).with_message(line(what).into_owned());
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
            tell(&format!("{}: {} %", self.what, now * 10));
        }
    }

    /// Ends; the bar goes.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_progress_says_how_many_of_how_many() {
        for (stage, done, total, line) in [
            (Stage::Users, 999, None, "Reading users, 999"),
            (Stage::Users, 999, Some(2_341), "Reading users, 999 of about 2341"),
            (Stage::Planning, 2_341, Some(4_682), "Planning users, 2341 of 4682"),
            (Stage::Applying, 12, Some(40), "Writing End Users, 12 of 40"),
        ] {
            assert_eq!(words(Progress { stage, done, total }), line);
        }
    }

    #[test]
    fn without_a_terminal_a_stage_is_a_line_as_it_begins_and_one_now_and_then() {
        assert!(is_news(Stage::Users, Stage::Groups, Duration::ZERO));
        assert!(!is_news(Stage::Users, Stage::Users, Duration::from_secs(9)));
        assert!(is_news(Stage::Users, Stage::Users, PAUSE));
    }

    #[test]
    fn on_a_terminal_the_bar_fills_where_the_total_is_known() {
        let bar = ProgressBar::hidden();
        let (stage, done) = (Stage::Applying, 12);
        show(
            &bar,
            "Contoso".into(),
            Progress {
                stage,
                done,
                total: Some(40),
            },
        );
        assert_eq!((bar.position(), bar.length()), (12, Some(40)));
    }
}
