//! A time as a screen shows it. The server puts it in words, so that a view needs no clock.

use chrono::{DateTime, Duration, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// A time with its distance from the moment of the answer and its exact text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The time itself.
    pub at: DateTime<Utc>,
    /// "34 minutes ago".
    pub ago: String,
    /// "23 November 2026, 05:31 CET", in the zone of whoever looks.
    pub exact: String,
}

impl Moment {
    /// Puts a time in words, as seen at `now` and in its zone.
    pub fn new<Zone>(at: DateTime<Utc>, now: &DateTime<Zone>) -> Self
    where
        Zone: TimeZone,
        Zone::Offset: Display,
    {
        let there = at.with_timezone(&now.timezone());
        Self {
            at,
            ago: ago(now.to_utc() - at),
            exact: there.format("%-d %B %Y, %H:%M %Z").to_string(),
        }
    }

    /// "23 November 2026": the day of [`Self::exact`], for what does not end by the minute.
    pub fn day(&self) -> &str {
        self.exact.split(',').next().unwrap_or_default()
    }
}

fn ago(past: Duration) -> String {
    let (seconds, tense) = if past < Duration::zero() {
        (-past.num_seconds(), false)
    } else {
        (past.num_seconds(), true)
    };
    let (n, unit) = match seconds {
        0..45 => return if tense { "just now".into() } else { "in a moment".into() },
        45..5_400 => ((seconds + 30) / 60, "minute"),
        5_400..129_600 => ((seconds + 1_800) / 3_600, "hour"),
        129_600..5_184_000 => ((seconds + 43_200) / 86_400, "day"),
        5_184_000..63_072_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if n == 1 { "" } else { "s" };
    if tense {
        format!("{n} {unit}{plural} ago")
    } else {
        format!("in {n} {unit}{plural}")
    }
}

/// A duration in words: "4 seconds", "2 minutes 10 seconds".
pub fn duration_words(duration: Duration) -> String {
    let seconds = duration.num_seconds().max(0);
    let part = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match (seconds / 60, seconds % 60) {
        (0, 0) => "under a second".into(),
        (0, seconds) => part(seconds, "second"),
        (minutes, 0) => part(minutes, "minute"),
        (minutes, seconds) => format!("{} {}", part(minutes, "minute"), part(seconds, "second")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_put_in_the_unit_a_person_would_choose() {
        for (seconds, words) in [
            (3, "just now"),
            (60, "1 minute ago"),
            (34 * 60, "34 minutes ago"),
            (2 * 3_600, "2 hours ago"),
            (3 * 86_400, "3 days ago"),
            (90 * 86_400, "3 months ago"),
            (800 * 86_400, "2 years ago"),
            (-600, "in 10 minutes"),
        ] {
            assert_eq!(ago(Duration::seconds(seconds)), words);
        }
    }

    #[test]
    fn a_day_is_that_of_whoever_looks() {
        let at = "2026-11-22T23:31:00Z".parse().unwrap();
        let there = chrono::FixedOffset::east_opt(3_600).unwrap();
        let now = DateTime::<Utc>::UNIX_EPOCH.with_timezone(&there);
        assert_eq!(Moment::new(at, &now).day(), "23 November 2026");
    }

    #[test]
    fn durations_leave_out_what_is_zero() {
        assert_eq!(duration_words(Duration::seconds(130)), "2 minutes 10 seconds");
        assert_eq!(duration_words(Duration::seconds(60)), "1 minute");
        assert_eq!(duration_words(Duration::milliseconds(40)), "under a second");
    }
}
