//! Microsoft's clock beside ours.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// `Date` has whole seconds (RFC 9110 section 5.6.7): the true time lies up to one second after it.
const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// How far Microsoft's clock is ahead of ours, measured by the `Date` of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// Microsoft's time minus ours; negative when our clock is ahead.
    pub ahead: TimeDelta,
    /// The true offset lies within so much on either side: half of the round trip, and half a second because `Date`
    /// has no fractions.
    pub uncertainty: Duration,
}

impl ClockOffset {
    /// From the `Date` of an answer to a request that was sent at `sent` and answered after `round_trip`.
    pub(super) fn measure(date: DateTime<Utc>, sent: DateTime<Utc>, round_trip: Duration) -> Self {
        let delta = |duration: Duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        let half = round_trip / 2;
        let ours = sent.checked_add_signed(delta(half)).unwrap_or(sent);
        Self {
            ahead: (date - ours) + delta(HALF_A_SECOND),
            uncertainty: half.saturating_add(HALF_A_SECOND),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_taken_in_the_middle_of_the_round_trip_and_of_the_second() {
        let sent = DateTime::from_timestamp(1_000, 0).unwrap();
        let date = DateTime::from_timestamp(1_010, 0).unwrap();
        let measured = ClockOffset::measure(date, sent, Duration::from_secs(2));
        assert_eq!(measured.ahead, TimeDelta::milliseconds(9_500));
        assert_eq!(measured.uncertainty, Duration::from_millis(1_500));
        let behind = ClockOffset::measure(sent, date, Duration::ZERO);
        assert_eq!(behind.ahead, TimeDelta::milliseconds(-9_500));
    }
}
