//! Throttling (graph.md §8): buckets of resource units that fill up with use and run empty with time. The figures are
//! settings, because Microsoft changes them; the defaults are those it documents.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::SimError;

/// From this share of a limit on, answers say how much of it is used.
const TOLD_FROM: f64 = 0.8;

/// So much in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Resource units, or requests where the limit counts those.
    pub amount: u32,
    /// In how many seconds.
    pub seconds: u32,
}

impl Limit {
    const fn new(amount: u32, seconds: u32) -> Self {
        Self { amount, seconds }
    }

    /// How much runs out of the bucket in a second.
    fn rate(self) -> f64 {
        (f64::from(self.amount) / f64::from(self.seconds.max(1))).max(f64::MIN_POSITIVE)
    }
}

/// The limits in force. What is left out keeps its documented figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Throttle {
    /// Whether anything is throttled at all.
    pub enabled: bool,
    /// Resource units per application and tenant of fewer than 50 users.
    pub small: Limit,
    /// The same for 50 to 500 users.
    pub medium: Limit,
    /// The same for more than 500 users.
    pub large: Limit,
    /// Resource units per application over all tenants.
    pub application: Limit,
    /// Requests for identity reports, per application and tenant.
    pub reports: Limit,
    /// Whether users with sign-in activity count among the reports, which is likely but not documented.
    pub activity_is_report: bool,
    /// Requests for Intune's devices, per application and tenant.
    pub intune: Limit,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            enabled: true,
            small: Limit::new(3_500, 10),
            medium: Limit::new(5_000, 10),
            large: Limit::new(8_000, 10),
            application: Limit::new(150_000, 20),
            reports: Limit::new(5, 10),
            activity_is_report: false,
            intune: Limit::new(2_000, 20),
        }
    }
}

impl Throttle {
    /// The limit for a tenant of so many users.
    pub fn of_size(&self, users: usize) -> Limit {
        match users {
            0..50 => self.small,
            50..=500 => self.medium,
            _ => self.large,
        }
    }
}

/// Reads limits as `--throttle` takes them: `off`, or the JSON object of the control API's `/throttle`.
pub fn parse_throttle(text: &str) -> Result<Throttle, SimError> {
    match text.trim() {
        "off" => Ok(Throttle {
            enabled: false,
            ..Throttle::default()
        }),
        object => serde_json::from_str(object).map_err(|error| SimError::Throttle(error.to_string())),
    }
}

/// A bucket: how full it is, and when that was so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    used: f64,
    at: Option<Instant>,
}

impl Bucket {
    /// Puts an amount in and tells which share of the limit is used then, or how long to wait until it fits. A request
    /// dearer than the whole limit fits into an empty bucket.
    pub fn take(&mut self, limit: Limit, amount: u32, now: Instant) -> Result<f64, Duration> {
        let share = self.fits(limit, amount, now)?;
        self.used += f64::from(amount.min(limit.amount));
        Ok(share)
    }

    fn fits(&mut self, limit: Limit, amount: u32, now: Instant) -> Result<f64, Duration> {
        let passed = self
            .at
            .map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        self.used = (self.used - passed * limit.rate()).max(0.0);
        self.at = Some(now);
        let after = self.used + f64::from(amount.min(limit.amount));
        let over = after - f64::from(limit.amount);
        // Fractions of a unit are noise of the clock.
        if over > 1e-6 {
            return Err(Duration::from_secs_f64((over / limit.rate()).min(86_400.0)));
        }
        Ok(after / f64::from(limit.amount.max(1)))
    }
}

/// A limit that was exceeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Exceeded {
    /// Whose limit: `Tenant_Application` or `Application`.
    pub scope: &'static str,
    /// What ran out.
    pub information: &'static str,
    /// How long to wait.
    pub wait: Duration,
}

impl Exceeded {
    /// `Retry-After`, in whole seconds.
    pub fn retry_after(&self) -> u64 {
        self.wait.as_secs_f64().ceil().max(1.0) as u64
    }
}

/// What a request asks of the limits.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// The tenant.
    pub tenant: Uuid,
    /// How many users it has.
    pub users: usize,
    /// What the request costs.
    pub units: u32,
    /// Whether it asks for sign-in activity.
    pub activity: bool,
    /// Whether it asks Intune, which counts requests and no units.
    pub intune: bool,
    /// Whether it asks for a report.
    pub report: bool,
}

/// The limits and how much of each is used.
#[derive(Debug, Default)]
pub struct Throttling {
    settings: Throttle,
    application: Bucket,
    tenants: HashMap<Uuid, Bucket>,
    reports: HashMap<Uuid, Bucket>,
    intune: HashMap<Uuid, Bucket>,
}

impl Throttling {
    /// Nothing used yet.
    pub fn new(settings: Throttle) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// The limits in force.
    pub fn settings(&self) -> Throttle {
        self.settings
    }

    /// Counts a request and tells the greatest share that is used, if it is worth telling. A request that is refused
    /// costs nothing, so that who waits as told is served.
    pub fn spend(&mut self, demand: Demand, now: Instant) -> Result<Option<f64>, Exceeded> {
        if !self.settings.enabled {
            return Ok(None);
        }
        let exceeded = |scope, information| {
            move |wait| Exceeded {
                scope,
                information,
                wait,
            }
        };
        if demand.intune {
            let used = self.intune.entry(demand.tenant).or_default();
            let share = used
                .take(self.settings.intune, 1, now)
                .map_err(exceeded("Tenant_Application", "RequestLimitExceeded"))?;
            return Ok((share >= TOLD_FROM).then_some(share));
        }
        let units = "ResourceUnitLimitExceeded";
        let limit = self.settings.of_size(demand.users);
        let own = self.tenants.entry(demand.tenant).or_default();
        let application = self.settings.application;
        let wide = self
            .application
            .fits(application, demand.units, now)
            .map_err(exceeded("Application", units))?;
        let mut share = own
            .fits(limit, demand.units, now)
            .map_err(exceeded("Tenant_Application", units))?
            .max(wide);
        if demand.report || (demand.activity && self.settings.activity_is_report) {
            let report = self.reports.entry(demand.tenant).or_default();
            let reports = self.settings.reports;
            let used = report
                .take(reports, 1, now)
                .map_err(exceeded("Tenant_Application", "RequestLimitExceeded"))?;
            share = share.max(used);
        }
        own.used += f64::from(demand.units.min(limit.amount));
        self.application.used += f64::from(demand.units.min(application.amount));
        Ok((share >= TOLD_FROM).then_some(share))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_bucket_tells_how_long_to_wait_and_after_that_it_fits() {
        let (limit, now) = (Limit::new(10, 5), Instant::now());
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(limit, 8, now), Ok(0.8));
        let wait = bucket.take(limit, 6, now).unwrap_err();
        assert_eq!(wait, Duration::from_secs(2));
        assert!(bucket.take(limit, 6, now + wait).is_ok());
    }

    #[test]
    fn the_size_of_the_tenant_sets_the_limit() {
        let settings = Throttle::default();
        let amounts = [0, 49, 50, 500, 501].map(|users| settings.of_size(users).amount);
        assert_eq!(amounts, [3_500, 3_500, 5_000, 5_000, 8_000]);
    }

    #[test]
    fn limits_are_read_as_off_or_as_an_object_that_names_only_what_differs() {
        assert!(!parse_throttle("off\n").unwrap().enabled);
        let read = parse_throttle(r#"{"small": {"amount": 10, "seconds": 2}}"#).unwrap();
        let expected = Throttle {
            small: Limit::new(10, 2),
            ..Throttle::default()
        };
        assert_eq!(read, expected);
        let error = parse_throttle(r#"{"tiny": 1}"#).unwrap_err().to_string();
        assert!(error.contains("tiny"), "{error}");
    }

    #[test]
    fn one_tenants_use_is_not_anothers_but_the_application_has_a_limit_of_its_own() {
        let settings = Throttle {
            small: Limit::new(4, 10),
            application: Limit::new(6, 20),
            ..Throttle::default()
        };
        let (mut throttling, now) = (Throttling::new(settings), Instant::now());
        let demand = |tenant: u128| Demand {
            tenant: Uuid::from_u128(tenant),
            users: 10,
            units: 3,
            activity: false,
            intune: false,
            report: false,
        };
        assert_eq!(throttling.spend(demand(1), now), Ok(None));
        assert_eq!(
            throttling.spend(demand(1), now).unwrap_err().scope,
            "Tenant_Application"
        );
        assert_eq!(
            throttling.spend(demand(2), now),
            Ok(Some(1.0)),
            "all of the application's six"
        );
        let exceeded = throttling.spend(demand(3), now).unwrap_err();
        assert_eq!((exceeded.scope, exceeded.retry_after()), ("Application", 10));
    }

    #[test]
    fn sign_in_activity_is_a_report_only_where_the_settings_say_so() {
        let demand = Demand {
            tenant: Uuid::nil(),
            users: 10,
            units: 1,
            activity: true,
            intune: false,
            report: false,
        };
        let now = Instant::now();
        for (counted, served) in [(false, 20), (true, 5)] {
            let mut throttling = Throttling::new(Throttle {
                activity_is_report: counted,
                ..Throttle::default()
            });
            assert_eq!(
                (0..20).filter(|_| throttling.spend(demand, now).is_ok()).count(),
                served
            );
        }
    }

    proptest! {
        #[test]
        fn no_window_ever_lets_through_more_than_twice_its_limit(
            costs in proptest::collection::vec((1u32..5, 0u64..400), 1..200),
        ) {
            let limit = Limit::new(10, 2);
            let (start, mut bucket, mut at, mut through) = (Instant::now(), Bucket::default(), 0, Vec::new());
            for (cost, pause) in costs {
                at += pause;
                if bucket.take(limit, cost, start + Duration::from_millis(at)).is_ok() {
                    through.push((at, cost));
                }
            }
            for (from, _) in &through {
                let within = through.iter().filter(|(at, _)| at >= from && *at < from + 2_000);
                prop_assert!(within.map(|(_, cost)| cost).sum::<u32>() <= 20);
            }
        }

        #[test]
        fn who_waits_as_told_is_served(costs in proptest::collection::vec(1u32..12, 1..100)) {
            let limit = Limit::new(10, 3);
            let (mut now, mut bucket) = (Instant::now(), Bucket::default());
            for cost in costs {
                if let Err(wait) = bucket.take(limit, cost, now) {
                    now += wait;
                    prop_assert!(bucket.take(limit, cost, now + Duration::from_micros(1)).is_ok());
                }
            }
        }
    }
}
