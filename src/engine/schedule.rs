//! When a Microsoft tenant runs: hourly, spread evenly over the interval by a hash of its id. Pure.

use crate::model::ids::MicrosoftTenantId;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

/// The next slot of a Microsoft tenant after `now`.
pub fn next_slot(tenant: MicrosoftTenantId, interval: Duration, now: DateTime<Utc>) -> DateTime<Utc> {
    let interval = interval.num_seconds().max(1);
    let offset = offset(tenant, interval);
    let since_slot = (now.timestamp() - offset).rem_euclid(interval);
    now - Duration::nanoseconds(i64::from(now.timestamp_subsec_nanos())) + Duration::seconds(interval - since_slot)
}

/// When a run comes back that Microsoft asked to wait until then: up to a minute later, so that those who were throttled
/// together do not come back together.
pub fn come_back(tenant: MicrosoftTenantId, until: DateTime<Utc>) -> DateTime<Utc> {
    until + Duration::milliseconds(offset(tenant, LONGEST_OFFSET.num_milliseconds()))
}

/// The most that [`come_back`] adds.
const LONGEST_OFFSET: Duration = Duration::minutes(1);

/// The place of a Microsoft tenant among so many, spread evenly.
fn offset(tenant: MicrosoftTenantId, places: i64) -> i64 {
    let digest = Sha256::digest(tenant.0.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    (u64::from_be_bytes(first) % places.unsigned_abs()).cast_signed()
}

/// A pass that takes longer than this is not for every run.
const LONGEST_PASS: Duration = Duration::minutes(10);
/// A longer pass has ten minutes of every hour, so it rests until it has used no more: this many times its length.
const REST: i32 = 6;
/// Names and domains change rarely. A little less than a day, as runs are not to the minute.
const DAY: Duration = Duration::hours(23);

/// How long a pass over so many pages takes at the pace of reports.
pub fn pass_length(pages: u32, reports_in_ten_seconds: u32) -> Duration {
    Duration::seconds(i64::from(pages) * 10 / i64::from(reports_in_ten_seconds.max(1)))
}

/// Whether a pass over a report belongs to this run: to every run while it fits in ten minutes, else as often as it
/// takes up no more than ten minutes of every hour.
pub fn pass_is_due(length: Duration, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    match last {
        Some(last) if length > LONGEST_PASS => now - last >= length * REST,
        _ => true,
    }
}

/// Whether the Microsoft tenant's own name and domains are to be read: daily.
pub fn organization_is_due(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| now - last >= DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn a_slot_is_ahead_by_at_most_the_interval_and_the_next_one_follows_by_exactly_it(
            id in any::<u128>(), now in 0i64..4_000_000_000, interval in 1i64..90_000,
        ) {
            let tenant = MicrosoftTenantId(Uuid::from_u128(id));
            let (now, interval) = (DateTime::from_timestamp(now, 0).unwrap(), Duration::seconds(interval));
            let slot = next_slot(tenant, interval, now);
            prop_assert!(slot > now && slot <= now + interval);
            prop_assert_eq!(next_slot(tenant, interval, slot), slot + interval);
        }
    }

    proptest! {
        #[test]
        fn no_pass_takes_more_than_ten_minutes_of_an_hour_and_a_short_one_is_in_every_run(
            pages in 1u32..20_000, rate in 1u32..50, minutes in 0i64..600,
        ) {
            let (length, now) = (pass_length(pages, rate), DateTime::UNIX_EPOCH + Duration::days(9));
            let due = pass_is_due(length, Some(now - Duration::minutes(minutes)), now);
            if length <= Duration::minutes(10) {
                prop_assert!(due);
            } else {
                prop_assert_eq!(due, length <= Duration::minutes(minutes) / 6);
            }
            prop_assert!(pass_is_due(length, None, now), "the first one never waits");
        }
    }

    #[test]
    fn the_pass_over_a_hundred_thousand_users_is_in_every_run_and_in_smaller_pages_it_is_not() {
        let now = DateTime::UNIX_EPOCH + Duration::days(9);
        let hour = Some(now - Duration::hours(1));
        assert!(pass_is_due(pass_length(100_000 / 500, 5), hour, now));
        assert!(!pass_is_due(pass_length(100_000 / 120, 5), hour, now));
        assert!(organization_is_due(None, now) && !organization_is_due(hour, now));
        assert!(organization_is_due(Some(now - Duration::days(1)), now));
    }

    #[test]
    fn who_was_put_off_comes_back_within_a_minute_after_the_time_named_and_not_all_at_once() {
        let until = DateTime::UNIX_EPOCH;
        let late = |id| come_back(MicrosoftTenantId(Uuid::from_u128(id)), until) - until;
        let waits: Vec<_> = (0..400).map(late).collect();
        assert!(
            waits
                .iter()
                .all(|wait| (Duration::zero()..LONGEST_OFFSET).contains(wait))
        );
        let early = waits.iter().filter(|wait| **wait < LONGEST_OFFSET / 2).count();
        assert!((150..250).contains(&early), "{early}");
    }

    #[test]
    fn tenants_are_spread_over_the_hour() {
        let now = DateTime::UNIX_EPOCH;
        let mut quarters = [0; 4];
        for id in 0..400 {
            let slot = next_slot(MicrosoftTenantId(Uuid::from_u128(id)), Duration::hours(1), now);
            quarters[usize::try_from((slot - now).num_seconds() % 3_600 / 900).unwrap()] += 1;
        }
        assert!(quarters.iter().all(|n| (60..140).contains(n)), "{quarters:?}");
    }
}
