//! Refresh: copies a Microsoft tenant into the directory: what has changed since, or everything.
//!
//! A page is stored as soon as it is read, together with the link that goes on from it. Who is in which group follows
//! from the whole and is written at the end of the pass, so a pass that fails leaves only facts.

pub mod close;
mod groups;
mod users;
mod words;

use super::{
    Engine, RunError,
    devices::{DevicePass, DevicesRead},
    error::LONGEST_WORDS,
    facets, measure, probe,
    round::{self, Start},
    run::Reporter,
};
use crate::{
    graph::{GraphError, GraphErrorKind, TenantClient},
    model::{
        directory::{Reading, Readings},
        ids::GroupId,
    },
    store::{
        self,
        directory_pass::{Pass, Passes, Stands, Unclosed},
        directory_version::Concerns,
        lease::{self, Lease},
        subscribed_sku::Sku,
    },
    sync::{normalise::clean, permission::lost},
};
use chrono::{DateTime, Utc};
use groups::{GroupsPass, GroupsRead};
use std::{
    collections::HashMap,
    mem::{Discriminant, discriminant},
};
use tokio::time::Instant;
use users::{UsersPass, UsersRead};

/// The pass over devices, after people have waited for it for long enough.
pub struct RestOfDevices<'a>(DevicePass<'a>);

/// One refresh in progress.
pub struct Refresh<'a> {
    engine: &'a Engine,
    client: &'a TenantClient,
    lease: Lease,
    reporter: &'a Reporter<'a>,
    now: DateTime<Utc>,
    form: String,
}

impl<'a> Refresh<'a> {
    /// Prepares a refresh; `now` is the time at which what it sees counts as seen.
    pub fn new(
        engine: &'a Engine,
        client: &'a TenantClient,
        lease: Lease,
        reporter: &'a Reporter<'a>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            engine,
            client,
            lease,
            reporter,
            now,
            form: round::form(),
        }
    }

    /// Reads what has changed and stores it. Returns what could be read, and the pass over devices where that is still to
    /// go on; `before` is what could be read in the pass before.
    pub async fn run(&self, before: &Readings) -> Result<(Readings, Option<RestOfDevices<'a>>), RunError> {
        let Passes {
            users,
            groups,
            unclosed,
            has_hidden,
            unknown_licenses,
            has_undated,
            skus: held_skus,
        } = store::directory_pass::get(&self.engine.pool, self.lease.tenant).await?;
        let UsersRead { changed, bin } = self.users(users, unclosed != Unclosed::All, has_undated).await?;
        let GroupsRead {
            reading: groups,
            moved,
            hidden,
            told_hidden,
        } = self.groups(groups, has_hidden).await?;
        // Where groups can't be read there is nothing to close now; who is remembered stays so.
        let is_closed = !groups.is_read() || unclosed == Unclosed::Nobody && !changed && !moved;
        let (skus, licenses) = self.skus().await?;
        // Those that are held already are nothing to write.
        let skus = skus.filter(|skus| held_skus != Some(skus.iter().cloned().collect()));
        let mut pass = DevicePass::new(self.engine, self.client, self.lease, self.reporter, self.now);
        let devices = pass.run(Some(Instant::now() + self.engine.before_people)).await?;
        let rest = devices.reading.is_none().then_some(RestOfDevices(pass));
        // By what is stored: the pass that stored it may have been cut off before it said so.
        let unknown_licenses = if changed {
            store::directory::has_unknown_licenses(&self.engine.pool, self.lease.tenant).await?
        } else {
            unknown_licenses
        };
        let read_at = |is_read: bool, before: Option<DateTime<Utc>>| if is_read { Some(self.now) } else { before };
        let mut readings = Readings {
            groups,
            hidden_groups: hidden,
            hidden_members_read_at: read_at(told_hidden, before.hidden_members_read_at),
            licenses_read_at: read_at(licenses.is_read(), before.licenses_read_at),
            licenses,
            unknown_licenses,
            deleted_users_read_at: read_at(bin.as_ref().is_some_and(Reading::is_read), before.deleted_users_read_at),
            deleted_users: bin.unwrap_or_else(|| before.deleted_users.clone()),
            ..before.clone()
        };
        take(devices, self.now, &mut readings);
        probe::keep_lost(self.engine, self.lease, &lost(before, &readings)).await?;
        self.finish(skus, is_closed, before, &mut readings).await?;
        Ok((readings, rest))
    }

    /// Reads to its end what people did not wait for, and keeps how that went. Its news makes Organizations due again.
    pub async fn go_on(&self, rest: RestOfDevices<'_>, readings: &mut Readings) -> Result<(), RunError> {
        let RestOfDevices(mut pass) = rest;
        let devices = pass.run(None).await?;
        let before = readings.devices_read_at;
        take(devices, self.now, readings);
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        if before.is_none() && readings.devices_read_at.is_some() {
            // What was stored before the people were written told nothing while the listing was not whole.
            store::directory_version::bump(&mut tx, self.lease.tenant, Concerns::Devices).await?;
        }
        store::directory_fact::set_readings(&mut *tx, self.lease.tenant, readings).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn users(&self, kept: Option<Pass>, remember_new: bool, has_undated: bool) -> Result<UsersRead, RunError> {
        let at = kept.as_ref().map(|pass| pass.link.clone());
        let start = round::start(kept, &self.form, self.now);
        UsersPass::new(self, at, remember_new, has_undated).run(start).await
    }

    async fn groups(&self, kept: Option<Pass>, has_hidden: bool) -> Result<GroupsRead, RunError> {
        let at = kept.as_ref().map(|pass| pass.link.clone());
        let was_read_otherwise = kept.as_ref().is_some_and(|pass| pass.form != self.form);
        let start = round::start(kept, &self.form, self.now);
        GroupsPass::new(self, at, has_hidden, was_read_otherwise)
            .run(start)
            .await
    }

    /// A pass that stands at this link of the round.
    fn pass(&self, link: String, stands: Stands, start: &Start) -> Pass {
        Pass {
            link,
            stands,
            began_at: start.began_at(self.now),
            form: self.form.clone(),
        }
    }

    async fn skus(&self) -> Result<(Option<Vec<Sku>>, Reading), RunError> {
        match self.client.subscribed_skus().await {
            Ok(skus) => {
                // Each product once: a listing may repeat itself, and the last word wins.
                let by_id: HashMap<_, _> = skus.iter().map(super::convert::sku).map(|sku| (sku.id, sku)).collect();
                Ok((Some(by_id.into_values().collect()), Reading::Read))
            }
            Err(error) => Ok((None, without(&error))),
        }
    }

    /// Writes what follows from the whole pass: in one statement, where that is no more than that it was complete.
    async fn finish(
        &self,
        skus: Option<Vec<Sku>>,
        is_closed: bool,
        before: &Readings,
        readings: &mut Readings,
    ) -> Result<(), RunError> {
        let tenant = self.lease.tenant;
        if readings.groups.is_read() {
            close::hide_ancestors(&self.engine.pool, tenant, readings).await?;
        }
        if is_closed && skus.is_none() && planned_from(before) == planned_from(readings) {
            if store::directory::finish_pass(&self.engine.pool, self.lease, readings).await? {
                return Ok(());
            }
            // One person was read alone since, a group has another name, or the database comes from an older version.
            let mut tx = self.engine.pool.begin().await?;
            lease::check(&mut tx, self.lease).await?;
            facets::keep(&mut tx, tenant).await?;
            tx.commit().await?;
            return Ok(());
        }
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::directory::hold_tenant(&mut *tx, tenant).await?;
        let closed = if is_closed {
            0
        } else {
            close::close_groups(&mut tx, tenant, close::AT_ONCE).await?
        };
        let products = match skus {
            Some(skus) => store::subscribed_sku::replace_skus(&mut tx, tenant, &skus).await?,
            None => 0,
        };
        if planned_from(before) != planned_from(readings) {
            store::directory_version::bump(&mut tx, tenant, Concerns::Everybody).await?;
        }
        if !store::directory::finish_pass(&mut *tx, self.lease, readings).await? {
            facets::keep(&mut tx, tenant).await?;
        }
        tx.commit().await?;
        measure::wrote("directory_user_groups", "upsert", closed);
        measure::wrote("subscribed_sku", "upsert", products);
        Ok(())
    }
}

/// How far the pass over devices went. What did not come to an end leaves what was known.
fn take(devices: DevicesRead, now: DateTime<Utc>, readings: &mut Readings) {
    if devices.listed {
        readings.devices_read_at = Some(now);
    }
    if let Some(reading) = devices.reading {
        readings.devices = reading;
    }
}

/// What a plan sees of the readings. In which words something was refused is told anew each time, with a request-id.
fn planned_from(readings: &Readings) -> (Discriminant<Reading>, &[GroupId], bool, bool) {
    (
        discriminant(&readings.groups),
        &readings.hidden_groups,
        readings.unknown_licenses,
        readings.devices_read_at.is_some(),
    )
}

/// A refusal takes away one kind of data; any other failure ends the pass.
pub(super) fn refused(error: GraphError) -> Result<Reading, GraphError> {
    if is_refusal(&error) {
        Ok(without(&error))
    } else {
        Err(error)
    }
}

/// Whether it is for lack of a permission and not of a licence.
pub(super) fn lacks_permission(error: &GraphError) -> bool {
    matches!(
        error.kind,
        GraphErrorKind::PermissionMissing | GraphErrorKind::Forbidden
    )
}

/// Whatever Microsoft says takes away no more than a kind of data on which nothing else rests: the names of licences, the
/// recycle bin.
fn without(error: &GraphError) -> Reading {
    tracing::info!(%error, "one kind of data could not be read, and the run goes on without it");
    Reading::Refused {
        remedy: clean(&format!("{} Microsoft's side: {error}", error.remedy()), LONGEST_WORDS),
        lacks_permission: lacks_permission(error),
    }
}

pub(super) fn is_refusal(error: &GraphError) -> bool {
    matches!(
        error.kind,
        GraphErrorKind::PermissionMissing | GraphErrorKind::Forbidden | GraphErrorKind::PremiumRequired
    )
}
