//! When to ask again, as a pure function: no clock, no random, no waiting.
//!
//! Microsoft's rule (learn.microsoft.com/graph/throttling): wait as long as `Retry-After` says, and without it back
//! off exponentially with jitter. A caller that gives up may come back later, so nothing here tries for ever.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// Requests made for one question, the first included.
const MOST_ATTEMPTS: u32 = 6;
/// No wait is begun that would end later than this after the first request; a request has a limit of its own.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// The same for a throttled request of somebody who has time, as a run in the background has, and who is told how long.
const LONGEST_FOR_THE_PATIENT: Duration = Duration::from_secs(15 * 60);
/// The first back-off, doubled on each further attempt.
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
/// The longest back-off without a word from the service.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);
/// No single wait that the service asks for is begun that is longer than this. Somebody at a screen would not wait for it,
/// and a run would hold one of the few places of its process meanwhile: it comes back when it was told to.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One request that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// 1 for the first request.
    pub number: u32,
    /// Whether the same request may succeed later.
    pub transient: bool,
    /// What the answer asked for.
    pub retry_after: Option<Duration>,
    /// It was throttled, and whoever asks has time.
    pub patient: bool,
    /// Since the first request was sent.
    pub elapsed: Duration,
    /// Random in 0..=1, so that clients throttled together do not come back together.
    pub jitter: f64,
}

/// What to do after a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Ask again after this long.
    Wait(Duration),
    /// Hand the failure to the caller.
    GiveUp,
}

/// Whether, and after how long, to ask again.
pub(super) fn decide(attempt: Attempt) -> Decision {
    // A wait of no time is none: who is told so for ever has six attempts like everybody.
    let told_to_wait = attempt.patient && attempt.retry_after.is_some_and(|wait| wait >= FIRST_BACK_OFF);
    if !attempt.transient || (attempt.number >= MOST_ATTEMPTS && !told_to_wait) {
        return Decision::GiveUp;
    }
    let wait = attempt
        .retry_after
        .unwrap_or_else(|| back_off(attempt.number, attempt.jitter));
    if wait > LONGEST_WAIT {
        return Decision::GiveUp;
    }
    let longest = if told_to_wait { LONGEST_FOR_THE_PATIENT } else { LONGEST };
    if attempt.elapsed.saturating_add(wait) > longest {
        return Decision::GiveUp;
    }
    Decision::Wait(wait)
}

/// Half of the doubled time is certain and half is left to chance.
fn back_off(number: u32, jitter: f64) -> Duration {
    let doubled = FIRST_BACK_OFF
        .saturating_mul(1 << number.saturating_sub(1).min(16))
        .min(LONGEST_BACK_OFF);
    doubled.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

/// Statuses after which the same request may succeed later
/// (learn.microsoft.com/graph/errors, learn.microsoft.com/graph/best-practices-concept).
pub(super) fn is_transient_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 509)
}

/// Reads `Retry-After`: seconds, which Graph has sent with a fraction, or an HTTP date. A date already past is no wait.
pub(super) fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    Some((http_date(value)? - now).to_std().unwrap_or(Duration::ZERO))
}

/// The three forms of RFC 9110 section 5.6.7; all are in GMT.
pub(super) fn http_date(value: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(value.trim()).ok().map(DateTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(number: u32) -> Attempt {
        Attempt {
            number,
            transient: true,
            retry_after: None,
            patient: false,
            elapsed: Duration::ZERO,
            jitter: 1.0,
        }
    }

    #[test]
    fn back_off_doubles_and_stays_below_its_ceiling() {
        let waits: Vec<_> = (1..=5).map(|number| decide(failed(number))).collect();
        assert_eq!(
            waits,
            [1, 2, 4, 8, 16].map(|seconds| Decision::Wait(Duration::from_secs(seconds)))
        );
        assert_eq!(back_off(40, 1.0), LONGEST_BACK_OFF);
    }

    #[test]
    fn jitter_takes_away_at_most_half_of_the_wait() {
        assert_eq!(
            decide(Attempt {
                jitter: 0.0,
                ..failed(3)
            }),
            Decision::Wait(Duration::from_secs(2))
        );
        assert_eq!(
            decide(Attempt {
                jitter: f64::MAX,
                ..failed(3)
            }),
            Decision::Wait(Duration::from_secs(4))
        );
    }

    #[test]
    fn retry_after_wins_over_the_curve_in_both_directions() {
        for wait in [Duration::ZERO, Duration::from_millis(2128), LONGEST_WAIT] {
            assert_eq!(
                decide(Attempt {
                    retry_after: Some(wait),
                    ..failed(3)
                }),
                Decision::Wait(wait)
            );
        }
    }

    #[test]
    fn the_sixth_failure_is_the_last() {
        assert_ne!(decide(failed(5)), Decision::GiveUp);
        assert_eq!(decide(failed(6)), Decision::GiveUp);
    }

    #[test]
    fn a_wait_that_would_end_after_five_minutes_is_not_begun() {
        let long = Attempt {
            retry_after: Some(Duration::from_secs(50)),
            elapsed: Duration::from_secs(250),
            ..failed(1)
        };
        assert_eq!(decide(long), Decision::Wait(Duration::from_secs(50)));
        assert_eq!(
            decide(Attempt {
                elapsed: Duration::from_secs(251),
                ..long
            }),
            Decision::GiveUp
        );
    }

    #[test]
    fn a_wait_of_more_than_a_minute_is_left_to_whoever_asks_however_patient() {
        for patient in [false, true] {
            for retry_after in [Duration::from_millis(60_001), Duration::from_secs(600), Duration::MAX] {
                let long = Attempt {
                    patient,
                    retry_after: Some(retry_after),
                    ..failed(1)
                };
                assert_eq!(decide(long), Decision::GiveUp, "{long:?}");
            }
        }
    }

    #[test]
    fn who_has_time_waits_longer_and_more_often_where_a_throttled_answer_says_how_long() {
        let told = |seconds, number| Attempt {
            patient: true,
            retry_after: Some(Duration::from_secs(seconds)),
            ..failed(number)
        };
        let still = Attempt {
            elapsed: Duration::from_secs(840),
            ..told(60, 2)
        };
        assert_eq!(decide(still), Decision::Wait(Duration::from_secs(60)));
        assert_eq!(decide(told(10, 40)), Decision::Wait(Duration::from_secs(10)));
        assert_eq!(
            decide(told(0, 6)),
            Decision::GiveUp,
            "no wait is no reason to ask for ever"
        );
        let late = Attempt {
            elapsed: Duration::from_secs(841),
            ..told(60, 2)
        };
        assert_eq!(decide(late), Decision::GiveUp);
        let untold = Attempt {
            patient: true,
            ..failed(6)
        };
        assert_eq!(decide(untold), Decision::GiveUp);
    }

    #[test]
    fn a_refusal_is_not_asked_again_even_with_retry_after() {
        let refused = Attempt {
            transient: false,
            retry_after: Some(Duration::ZERO),
            ..failed(1)
        };
        assert_eq!(decide(refused), Decision::GiveUp);
    }

    #[test]
    fn retry_after_is_read_as_seconds_with_or_without_a_fraction() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(retry_after("10", now), Some(Duration::from_secs(10)));
        assert_eq!(retry_after(" 2.128 ", now), Some(Duration::from_millis(2128)));
        assert_eq!(retry_after("0", now), Some(Duration::ZERO));
    }

    #[test]
    fn retry_after_is_read_as_a_date_and_a_past_date_is_no_wait() {
        let now = http_date("Wed, 21 Oct 2026 07:28:00 GMT").unwrap();
        assert_eq!(
            retry_after("Wed, 21 Oct 2026 07:28:30 GMT", now),
            Some(Duration::from_secs(30))
        );
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:27:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(
            retry_after("Wednesday, 21-Oct-26 07:28:30 GMT", now),
            Some(Duration::from_secs(30))
        );
    }

    #[test]
    fn an_unreadable_retry_after_counts_as_none() {
        for value in [
            "",
            "soon",
            "-1",
            "NaN",
            "inf",
            "Wed, 99 Oct 2026 07:28:30 GMT",
            "Wed, 21 Oct 2026 09:28:30 +0200",
            "Wed, 31 Dec +262142 23:59:59 GMT",
        ] {
            assert_eq!(retry_after(value, DateTime::UNIX_EPOCH), None, "{value:?}");
        }
    }

    #[test]
    fn only_statuses_that_can_pass_are_transient() {
        assert!([429, 500, 502, 503, 504, 509].into_iter().all(is_transient_status));
        assert!(![400, 401, 403, 404, 409, 410, 501].into_iter().any(is_transient_status));
    }
}
