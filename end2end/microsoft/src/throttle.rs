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

/// What requests cost in resource units, before the options take off or add (graph.md §8; the table dates from about
/// 2023, graph.md §14). What is left out keeps its documented figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Costs {
    /// A page of users.
    pub users: u32,
    /// A page of a group's direct members.
    pub members: u32,
    /// A page of a group's members, nested ones included.
    pub transitive_members: u32,
    /// The groups that an object is in.
    pub member_of: u32,
    /// The same, those that hold these groups included.
    pub transitive_member_of: u32,
    /// Subscribed SKUs.
    pub subscribed_skus: u32,
    /// The licences of a user.
    pub license_details: u32,
    /// A page of a delta query: not in the table, so that it costs what every other read does.
    pub delta: u32,
    /// Contracts of a partner.
    pub contracts: u32,
    /// Every other read.
    pub other: u32,
    /// So much less with `$select`.
    pub select: u32,
    /// So much more with `$expand`.
    pub expand: u32,
    /// So much less with a `$top` below 20.
    pub small_page: u32,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            users: 2,
            members: 3,
            transitive_members: 5,
            member_of: 2,
            transitive_member_of: 2,
            subscribed_skus: 3,
            license_details: 2,
            delta: 1,
            contracts: 3,
            other: 1,
            select: 1,
            expand: 1,
            small_page: 1,
        }
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
    /// Requests of any kind per application over all tenants.
    pub global: Limit,
    /// Requests for identity reports, per application and tenant.
    pub reports: Limit,
    /// Whether users with sign-in activity count among the reports, which is likely but not documented.
    pub activity_is_report: bool,
    /// Requests for Intune's devices, per application and tenant.
    pub intune: Limit,
    /// Requests for Intune's devices per tenant, whoever asks. There is one application here, so that it counts only
    /// where it is set below the one before.
    pub intune_tenant: Limit,
    /// Whether a request that is refused costs what it would have cost, as "retries count against the quota" can be read;
    /// otherwise nothing, so that who waits as told is served.
    pub refused_counts: bool,
    /// What requests cost.
    pub costs: Costs,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            enabled: true,
            small: Limit::new(3_500, 10),
            medium: Limit::new(5_000, 10),
            large: Limit::new(8_000, 10),
            application: Limit::new(150_000, 20),
            global: Limit::new(130_000, 10),
            reports: Limit::new(5, 10),
            activity_is_report: false,
            intune: Limit::new(2_000, 20),
            intune_tenant: Limit::new(4_000, 20),
            refused_counts: false,
            costs: Costs::default(),
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
    global: Bucket,
    application: Bucket,
    tenants: HashMap<Uuid, Bucket>,
    reports: HashMap<Uuid, Bucket>,
    intune: HashMap<Uuid, (Bucket, Bucket)>,
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

    /// Counts a request and tells the greatest share that is used, if it is worth telling. Whether one that is refused
    /// costs something is a setting; how long to wait is told so that who does is served.
    pub fn spend(&mut self, demand: Demand, now: Instant) -> Result<Option<f64>, Exceeded> {
        if !self.settings.enabled {
            return Ok(None);
        }
        let refused = match self.admit(demand, now) {
            Ok(share) => return Ok((share >= TOLD_FROM).then_some(share)),
            Err(refused) => refused,
        };
        if !self.settings.refused_counts {
            return Err(refused);
        }
        self.charge(demand);
        // What it cost has to run out as well.
        Err(self.admit(demand, now).err().unwrap_or(refused))
    }

    /// Counts a request that fits, and tells the share that is used then.
    fn admit(&mut self, demand: Demand, now: Instant) -> Result<f64, Exceeded> {
        let requests = "RequestLimitExceeded";
        let global = self.settings.global;
        let all = self
            .global
            .fits(global, 1, now)
            .map_err(exceeded("Application", requests))?;
        let share = match demand.intune {
            true => self.intune(demand, now)?,
            false => self.units(demand, now)?,
        };
        self.global.used += 1.0;
        Ok(share.max(all))
    }

    /// Counts a request that did not fit.
    fn charge(&mut self, demand: Demand) {
        self.global.used += 1.0;
        if demand.intune {
            let (own, whole) = self.intune.entry(demand.tenant).or_default();
            own.used += 1.0;
            whole.used += 1.0;
            return;
        }
        let units = f64::from(demand.units);
        self.tenants.entry(demand.tenant).or_default().used += units;
        self.application.used += units;
        if self.is_report(demand) {
            self.reports.entry(demand.tenant).or_default().used += 1.0;
        }
    }

    fn is_report(&self, demand: Demand) -> bool {
        demand.report || (demand.activity && self.settings.activity_is_report)
    }

    /// Counts a request for Intune's devices.
    fn intune(&mut self, demand: Demand, now: Instant) -> Result<f64, Exceeded> {
        let requests = "RequestLimitExceeded";
        let (own, whole) = self.intune.entry(demand.tenant).or_default();
        let limit = self.settings.intune_tenant;
        let wide = whole.fits(limit, 1, now).map_err(exceeded("Tenant", requests))?;
        let used = own.take(self.settings.intune, 1, now);
        let used = used.map_err(exceeded("Tenant_Application", requests))?;
        whole.used += 1.0;
        Ok(used.max(wide))
    }

    /// Counts a request in resource units, and as a report where it is one.
    fn units(&mut self, demand: Demand, now: Instant) -> Result<f64, Exceeded> {
        let units = "ResourceUnitLimitExceeded";
        let is_report = self.is_report(demand);
        let limit = self.settings.of_size(demand.users);
        let own = self.tenants.entry(demand.tenant).or_default();
        let application = self.settings.application;
        let wide = self.application.fits(application, demand.units, now);
        let wide = wide.map_err(exceeded("Application", units))?;
        let share = own.fits(limit, demand.units, now);
        let mut share = share.map_err(exceeded("Tenant_Application", units))?.max(wide);
        if is_report {
            let report = self.reports.entry(demand.tenant).or_default();
            let used = report.take(self.settings.reports, 1, now);
            share = share.max(used.map_err(exceeded("Tenant_Application", "RequestLimitExceeded"))?);
        }
        own.used += f64::from(demand.units.min(limit.amount));
        self.application.used += f64::from(demand.units.min(application.amount));
        Ok(share)
    }
}

fn exceeded(scope: &'static str, information: &'static str) -> impl Fn(Duration) -> Exceeded {
    move |wait| Exceeded {
        scope,
        information,
        wait,
    }
}

#[cfg(test)]
mod tests;
