//! Pacing: how fast we ask, so that Microsoft does not have to throttle us.
//!
//! Microsoft counts what one app reads in one tenant in resource units (learn.microsoft.com/graph/throttling-limits,
//! identity and access). Each tenant has a budget of its own here, so that a large one never slows a small one. What
//! the app may read over all tenants together is so much that a budget for it would never be felt.

use super::measure;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock, Reference},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use url::Url;

/// Resource units a second. The smallest class of tenants (fewer than 50 users) has 3,500 in 10 seconds; with
/// [`READ_BURST`] no 10 seconds can hold more than 3,360.
const READ_RATE: u32 = 280;
/// Resource units that may be spent at once after a pause.
const READ_BURST: NonZeroU32 = NonZeroU32::new(560).unwrap();
/// In how long so many requests for reports may be made, with a little more for what the way takes. Whether reading
/// `signInActivity` of users counts among reports is not documented; it counts here.
const REPORT_WINDOW: Duration = Duration::from_millis(10_250);

/// Requests to Intune a second. It counts requests and no units: 2,000 in 20 seconds; with [`INTUNE_BURST`] no 20
/// seconds can hold more than 1,980.
const INTUNE_RATE: u32 = 90;
/// Requests to Intune at once after a pause.
const INTUNE_BURST: NonZeroU32 = NonZeroU32::new(180).unwrap();

type Budget<C> = RateLimiter<Arc<str>, HashMapStateStore<Arc<str>>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The budgets of every tenant. The clock is an argument, so that a test need not wait.
#[derive(Debug)]
pub(super) struct Pace<C: Clock = MonotonicClock> {
    reads: Budget<C>,
    reports: Window<C::Instant>,
    intune: Budget<C>,
    clock: C,
}

/// At most so many requests of each tenant in any [`REPORT_WINDOW`]: a small tenant is read without a pause.
#[derive(Debug)]
struct Window<I> {
    most: usize,
    admitted: Mutex<HashMap<Arc<str>, VecDeque<I>>>,
}

impl<I: Reference> Window<I> {
    fn wait(&self, tenant: &Arc<str>, now: I) -> Option<Duration> {
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = admitted.entry(tenant.clone()).or_default();
        if admitted.len() >= self.most
            && let Some(oldest) = admitted.front()
        {
            let since: Duration = now.duration_since(*oldest).into();
            if since < REPORT_WINDOW {
                return Some(REPORT_WINDOW - since);
            }
            admitted.pop_front();
        }
        admitted.push_back(now);
        None
    }
}

/// What a request takes out of the budgets of its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    units: NonZeroU32,
    is_report: bool,
    /// Counted by Intune, in requests, and by nobody else.
    is_intune: bool,
}

impl<C: Clock + Clone> Pace<C> {
    pub fn new(clock: C, reports_in_ten_seconds: u32) -> Self {
        let reads = per(Duration::from_secs(1) / READ_RATE, READ_BURST);
        let intune = per(Duration::from_secs(1) / INTUNE_RATE, INTUNE_BURST);
        Self {
            reads: RateLimiter::hashmap_with_clock(reads, clock.clone()),
            reports: Window {
                most: usize::try_from(reports_in_ten_seconds.max(1)).unwrap_or(usize::MAX),
                admitted: Mutex::default(),
            },
            intune: RateLimiter::hashmap_with_clock(intune, clock.clone()),
            clock,
        }
    }

    /// Waits until a request to `url`, which counts as `weight` of them, fits into the tenant's budgets, and takes its
    /// part out of them.
    pub async fn admit(&self, tenant: &Arc<str>, url: &Url, weight: usize) {
        let cost = cost(url).times(weight);
        if cost.is_intune {
            while let Some(wait) = self.wait_for_intune(tenant, cost) {
                rest(tenant, "intune", wait).await;
            }
            return;
        }
        while let Some(wait) = self.wait_for_report(tenant, cost) {
            rest(tenant, "reports", wait).await;
        }
        while let Some(wait) = self.wait_for_units(tenant, cost) {
            rest(tenant, "reads", wait).await;
        }
    }

    fn wait_for_report(&self, tenant: &Arc<str>, cost: Cost) -> Option<Duration> {
        if !cost.is_report {
            return None;
        }
        self.reports.wait(tenant, self.clock.now())
    }

    fn wait_for_intune(&self, tenant: &Arc<str>, cost: Cost) -> Option<Duration> {
        let refused = self.intune.check_key_n(tenant, cost.units).ok()?.err()?;
        Some(refused.wait_time_from(self.clock.now()))
    }

    fn wait_for_units(&self, tenant: &Arc<str>, cost: Cost) -> Option<Duration> {
        // A request above the burst could never be admitted; none costs a hundredth of it.
        let refused = self.reads.check_key_n(tenant, cost.units).ok()?.err()?;
        Some(refused.wait_time_from(self.clock.now()))
    }
}

/// One cell in each `period`, and `burst` of them after a pause.
fn per(period: Duration, burst: NonZeroU32) -> Quota {
    Quota::with_period(period).map_or(Quota::per_second(burst), |quota| quota.allow_burst(burst))
}

async fn rest(tenant: &str, budget: &'static str, wait: Duration) {
    measure::waits(budget, wait);
    tracing::debug!(tenant, budget, ?wait, "waiting, so that Microsoft need not throttle us");
    tokio::time::sleep(wait).await;
}

impl Cost {
    /// So many requests of this cost.
    fn times(self, weight: usize) -> Self {
        let weight = u32::try_from(weight).ok().and_then(NonZeroU32::new);
        Self {
            units: self.units.saturating_mul(weight.unwrap_or(NonZeroU32::MIN)),
            ..self
        }
    }
}

/// The price list of learn.microsoft.com/graph/throttling-limits, for what a user sync reads.
fn cost(url: &Url) -> Cost {
    let segments: Vec<_> = url.path_segments().into_iter().flatten().collect();
    let after_version = segments
        .iter()
        .position(|segment| *segment == "v1.0")
        .map_or(0, |at| at + 1);
    let path = &segments[after_version.min(segments.len())..];
    // The only batches are those of Intune's devices.
    if let ["deviceManagement" | "$batch", ..] = path {
        return Cost {
            units: NonZeroU32::MIN,
            is_report: false,
            is_intune: true,
        };
    }
    let base: u32 = match path {
        // A delta is none of the dearer reads of users: its links carry no $select that would say so.
        ["users", "delta"] => 1,
        ["users", ..] => 2,
        ["groups", _, "transitiveMembers", ..] => 5,
        ["groups", _, "members", ..] | ["subscribedSkus", ..] => 3,
        _ => 1,
    };
    let (mut more, mut less, mut is_report) = (0, 0, matches!(path, ["auditLogs" | "reports", ..]));
    for (name, value) in url.query_pairs() {
        match &*name {
            "$select" => less += 1,
            "$top" if value.parse().is_ok_and(|top: u32| top < 20) => less += 1,
            "$expand" => more += 1,
            _ => {}
        }
        is_report |= matches!(&*name, "$select" | "$filter") && value.contains("signInActivity");
    }
    Cost {
        units: NonZeroU32::new((base + more).saturating_sub(less)).unwrap_or(NonZeroU32::MIN),
        is_report,
        is_intune: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    const GRAPH: &str = "https://graph.microsoft.com/v1.0/";

    fn of(path: &str) -> Cost {
        cost(&format!("{GRAPH}{path}").parse().unwrap())
    }

    /// Asks without a pause for so long by the fake clock; returns when each request was admitted.
    fn admitted(
        pace: &Pace<FakeRelativeClock>,
        clock: &FakeRelativeClock,
        tenant: &Arc<str>,
        seconds: u64,
    ) -> Vec<f64> {
        let (mut now, mut times) = (Duration::ZERO, Vec::new());
        let cost = of("reports/authenticationMethods/userRegistrationDetails");
        while now < Duration::from_secs(seconds) {
            match pace.wait_for_report(tenant, cost) {
                None => times.push(now.as_secs_f64()),
                Some(wait) => {
                    assert!(!wait.is_zero());
                    clock.advance(wait);
                    now += wait;
                }
            }
        }
        times
    }

    #[test]
    fn a_request_costs_what_microsoft_says() {
        for (path, units) in [
            ("users", 2),
            ("users?$select=id&$top=999", 1),
            ("users?%24select=id&%24expand=manager", 2),
            ("users?$skiptoken=a", 2),
            ("users/delta?$skiptoken=a", 1),
            ("users/delta?$deltatoken=a", 1),
            ("users/adele@contoso.com?$select=id", 1),
            ("groups/1/members", 3),
            ("groups/1/members?$select=id&$top=5", 1),
            ("groups/1/transitiveMembers?$select=id", 4),
            ("groups", 1),
            ("groups?$select=id&$top=5", 1),
            ("subscribedSkus", 3),
            ("organization", 1),
            ("directory/deletedItems/microsoft.graph.user", 1),
        ] {
            let cost = of(path);
            assert_eq!((cost.units.get(), cost.is_report), (units, false), "{path}");
        }
        for path in ["auditLogs/signIns", "reports/x", "users?$select=id,signInActivity"] {
            assert!(of(path).is_report, "{path}");
        }
        let behind_a_proxy = cost(&"http://localhost:9/graph/v1.0/groups/1/members".parse().unwrap());
        assert_eq!(behind_a_proxy.units.get(), 3);
    }

    #[test]
    fn no_ten_seconds_hold_more_than_the_smallest_tenant_may_read() {
        let clock = FakeRelativeClock::default();
        let (pace, tenant) = (Pace::new(clock.clone(), 5), Arc::from("contoso"));
        let cost = of("groups/1/transitiveMembers");
        let (mut now, mut spent) = (Duration::ZERO, Vec::new());
        while now < Duration::from_secs(30) {
            match pace.wait_for_units(&tenant, cost) {
                None => spent.push((now, cost.units.get())),
                Some(wait) => {
                    clock.advance(wait);
                    now += wait;
                }
            }
        }
        for (from, _) in &spent {
            let window = spent
                .iter()
                .filter(|(at, _)| at >= from && *at < *from + Duration::from_secs(10));
            let units: u32 = window.map(|(_, units)| units).sum();
            assert!(units <= 3_500, "{units} from {from:?}");
        }
        let in_all: u32 = spent.iter().map(|(_, units)| units).sum();
        assert!(in_all > 30 * READ_RATE, "the budget is used: {in_all}");
    }

    #[test]
    fn reports_are_asked_for_at_most_five_times_in_any_ten_seconds() {
        let clock = FakeRelativeClock::default();
        let pace = Pace::new(clock.clone(), 5);
        let times = admitted(&pace, &clock, &Arc::from("contoso"), 60);
        assert_eq!(
            times[..6],
            [0.0, 0.0, 0.0, 0.0, 0.0, 10.25],
            "a small tenant does not wait"
        );
        assert_eq!(times.len(), 30);
        for (first, sixth) in times.iter().zip(&times[5..]) {
            assert!(sixth - first > 10.0, "{times:?}");
        }
    }

    #[test]
    fn no_twenty_seconds_hold_more_than_intune_allows_and_a_batch_counts_as_its_members() {
        let clock = FakeRelativeClock::default();
        let (pace, tenant) = (Pace::new(clock.clone(), 5), Arc::from("contoso"));
        let batch = of("$batch").times(20);
        assert_eq!((batch.units.get(), batch.is_intune), (20, true));
        assert!(of("deviceManagement/managedDevices?$select=id").is_intune);
        let (mut now, mut asked) = (Duration::ZERO, Vec::new());
        while now < Duration::from_secs(60) {
            match pace.wait_for_intune(&tenant, batch) {
                None => asked.push(now),
                Some(wait) => {
                    clock.advance(wait);
                    now += wait;
                }
            }
        }
        for from in &asked {
            let window = asked
                .iter()
                .filter(|at| *at >= from && **at < *from + Duration::from_secs(20));
            assert!(window.count() * 20 <= 2_000, "from {from:?}");
        }
        assert!(asked.len() * 20 > 60 * 80, "the budget is used: {}", asked.len());
        assert_eq!(
            pace.wait_for_units(&tenant, of("users")),
            None,
            "the directory counts for itself"
        );
    }

    #[test]
    fn one_tenant_does_not_slow_another() {
        let clock = FakeRelativeClock::default();
        let pace = Pace::new(clock, 5);
        let (busy, quiet): (Arc<str>, Arc<str>) = (Arc::from("contoso"), Arc::from("fabrikam"));
        let cost = of("groups/1/transitiveMembers");
        let admitted = (0..1_000)
            .take_while(|_| pace.wait_for_units(&busy, cost).is_none())
            .count();
        assert_eq!(admitted, 560 / 5);
        assert_eq!(pace.wait_for_units(&quiet, cost), None);
    }
}
