//! When a Microsoft tenant runs: hourly, spread evenly over the interval by a hash of its id. Pure.

use crate::model::ids::MicrosoftTenantId;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

/// The next slot of a Microsoft tenant after `now`.
pub fn next_slot(tenant: MicrosoftTenantId, interval: Duration, now: DateTime<Utc>) -> DateTime<Utc> {
    let interval = interval.num_seconds().max(1);
    let digest = Sha256::digest(tenant.0.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let offset = (u64::from_be_bytes(first) % interval.unsigned_abs()).cast_signed();
    let since_slot = (now.timestamp() - offset).rem_euclid(interval);
    now - Duration::nanoseconds(i64::from(now.timestamp_subsec_nanos())) + Duration::seconds(interval - since_slot)
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
