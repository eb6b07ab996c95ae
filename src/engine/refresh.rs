//! Refresh: copies a Microsoft tenant into the directory by full listing, page by page.
//!
//! A page is stored as soon as it is read. What follows from a whole pass (who is missing, which groups are gone,
//! transitive membership) is written in one transaction at its end, so a pass that fails leaves only facts.
//! Deltas will be a second way to fill the same tables.

use super::{
    Engine, RunError, convert,
    devices::{DevicePass, DevicesRead},
    error::LONGEST_WORDS,
    members::{HiddenGroups, direct_members, group_members, group_name, list_groups},
    run::Reporter,
};
use crate::{
    graph::{self, GraphError, GraphErrorKind, Step, TenantClient},
    model::{
        directory::{Reading, Readings},
        ids::{DirectoryUserId, GroupId},
        run::{Progress, Stage},
    },
    store::{
        self,
        directory::{GroupMembers, HashedUser},
        lease::{self, Lease},
        subscribed_sku::Sku,
    },
    sync::{
        groups::{close, with_all_ancestors},
        normalise::clean,
    },
};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What a whole listing of users told.
#[derive(Default)]
struct Listed {
    ids: HashSet<DirectoryUserId>,
    /// Of some of them nothing is known of their licences.
    unknown_licenses: bool,
}

/// One refresh in progress.
pub struct Refresh<'a> {
    engine: &'a Engine,
    client: &'a TenantClient,
    lease: Lease,
    reporter: &'a Reporter<'a>,
    now: DateTime<Utc>,
}

impl<'a> Refresh<'a> {
    /// Prepares a refresh; `now` is the time at which what it sees counts as seen.
    pub const fn new(
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
        }
    }

    /// Reads everything and stores it. Returns what could be read; `before` is what could be in the pass before.
    pub async fn run(&self, before: &Readings) -> Result<Readings, RunError> {
        let mut held = store::directory::user_hashes(&self.engine.pool, self.lease.tenant).await?;
        let Listed {
            ids: seen,
            mut unknown_licenses,
        } = self.users(&mut held).await?;
        let mut missing: Vec<_> = held
            .iter()
            .filter(|(id, (_, living))| *living && !seen.contains(id))
            .map(|(id, _)| *id)
            .collect();
        // Whoever went while this Microsoft tenant was not connected is known by an old mapping alone.
        missing.extend(store::directory::mapped_and_not_held(&self.engine.pool, self.lease.tenant).await?);
        let (deleted, deleted_users) = self.deleted(&missing, &held, &mut unknown_licenses).await?;
        let (listed_groups, groups, hidden) = self.groups(&seen, before.groups.is_read()).await?;
        let (skus, licenses) = self.skus().await?;
        let devices = self.devices().await?;
        let devices_read_at = if devices.listed {
            Some(self.now)
        } else {
            before.devices_read_at
        };
        let licenses_read_at = if licenses.is_read() {
            Some(self.now)
        } else {
            before.licenses_read_at
        };
        let mut readings = Readings {
            groups,
            hidden_groups: hidden,
            licenses,
            licenses_read_at,
            unknown_licenses,
            deleted_users,
            devices: devices.reading,
            devices_read_at,
            ..before.clone()
        };
        self.finish(&deleted, listed_groups, skus, &mut readings).await?;
        Ok(readings)
    }

    async fn users(&self, held: &mut HashMap<DirectoryUserId, (Uuid, bool)>) -> Result<Listed, RunError> {
        let total = (!held.is_empty()).then(|| i32::try_from(held.len()).unwrap_or(i32::MAX));
        let mut listed = Listed::default();
        let mut listing = self.client.users();
        loop {
            let page = match listing.step().await? {
                Step::Page(page) => page,
                // Who was listed and is not listed again has to be asked for; what was stored stays a fact.
                Step::Restarted => {
                    listed = Listed::default();
                    continue;
                }
                Step::End => return Ok(listed),
            };
            let page: Vec<_> = page.iter().map(|user| convert::user(user, self.now)).collect();
            listed.ids.extend(page.iter().map(|user| user.user.id));
            listed.unknown_licenses |= self.store_users(page, held).await?;
            let done = i32::try_from(listed.ids.len()).unwrap_or(i32::MAX);
            let total = total.map(|total| total.max(done));
            self.reporter
                .report(Progress {
                    stage: Stage::Users,
                    done,
                    total,
                })
                .await;
        }
    }

    /// Stores the users of a page that differ from what is held, each id once: a listing may repeat itself, and the
    /// last word wins. Returns whether nothing is known of the licences of any of them.
    async fn store_users(
        &self,
        page: Vec<HashedUser>,
        held: &mut HashMap<DirectoryUserId, (Uuid, bool)>,
    ) -> Result<bool, RunError> {
        let by_id: HashMap<_, _> = page.into_iter().map(|user| (user.user.id, user)).collect();
        let hash_of = |user: &HashedUser| held.get(&user.user.id).map(|(hash, _)| *hash);
        let users = by_id.into_values().map(|user| {
            let hash = hash_of(&user);
            user.marked(hash)
        });
        let differing: Vec<_> = users
            .filter(|user| user.row_hash.is_nil() || hash_of(user) != Some(user.row_hash))
            .collect();
        if differing.is_empty() {
            return Ok(false);
        }
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::directory_change::record_licenses(&mut tx, self.lease.tenant, Some(self.reporter.run()), &differing)
            .await?;
        store::directory::upsert_users(&mut tx, self.lease.tenant, &differing).await?;
        tx.commit().await?;
        let unknown = |user: &HashedUser| user.row_hash.is_nil() && user.user.is_living();
        let unknown_licenses = differing.iter().any(unknown);
        held.extend(differing.iter().map(|user| (user.user.id, (user.row_hash, true))));
        Ok(unknown_licenses)
    }

    /// Of the users that a listing no longer has, those of whom Graph says that they are deleted: by the recycle bin,
    /// or by a 404 for the id. A short listing alone proves nothing.
    async fn deleted(
        &self,
        missing: &[DirectoryUserId],
        held: &HashMap<DirectoryUserId, (Uuid, bool)>,
        unknown_licenses: &mut bool,
    ) -> Result<(Vec<(DirectoryUserId, DateTime<Utc>)>, Reading), RunError> {
        let (bin, reading) = match self.client.deleted_users().all().await {
            Ok(bin) => (bin, Reading::Read),
            Err(error) => (vec![], refused(error)?),
        };
        let bin: HashMap<_, _> = bin.into_iter().map(|user| (DirectoryUserId(user.id), user)).collect();
        let mut deleted = Vec::new();
        for id in missing {
            if let Some(user) = bin.get(id) {
                // Nothing else will tell who this was.
                if !held.contains_key(id) {
                    self.store_users(vec![convert::user(user, self.now)], &mut HashMap::new())
                        .await?;
                }
                deleted.push((*id, user.deleted_date_time.unwrap_or(self.now)));
            } else if let Some(user) = self.client.user(&id.to_string()).await? {
                let held = held.get(id).map(|held| (*id, *held));
                *unknown_licenses |= self
                    .store_users(vec![convert::user(&user, self.now)], &mut held.into_iter().collect())
                    .await?;
            } else {
                deleted.push((*id, self.now));
            }
        }
        Ok((deleted, reading))
    }

    /// Stores groups with their direct members. Returns the groups listed, whether they could be read, and the groups
    /// whose members were refused or may be kept from us.
    async fn groups(
        &self,
        users: &HashSet<DirectoryUserId>,
        known: bool,
    ) -> Result<(Option<Vec<GroupId>>, Reading, Vec<GroupId>), RunError> {
        let listed = match list_groups(self.client).await {
            Ok(listed) => listed,
            Err(error) => return Ok((None, refused(error)?, vec![])),
        };
        // Who sets up a sync meanwhile can choose groups by name before their members have been read.
        if !known {
            self.name_groups(&listed).await?;
        }
        let ids: HashSet<_> = listed.iter().map(|group| GroupId(group.id)).collect();
        let total = i32::try_from(listed.len()).ok();
        let (mut batch, mut hidden, mut done) = (Vec::new(), HiddenGroups::default(), 0);
        for group in &listed {
            let answer = group_members(self.client, group, &ids, users).await;
            batch.extend(hidden.sort(group, answer)?);
            done += 1;
            if batch
                .iter()
                .map(|group: &GroupMembers| group.members.len() + 1)
                .sum::<usize>()
                >= 5_000
            {
                self.store_groups(&mut batch).await?;
            }
            if done % 20 == 0 {
                self.reporter
                    .report(Progress {
                        stage: Stage::Groups,
                        done,
                        total,
                    })
                    .await;
            }
        }
        let (hidden, empty) = hidden.settle();
        batch.extend(empty);
        self.store_groups(&mut batch).await?;
        Ok((Some(ids.into_iter().collect()), Reading::Read, hidden))
    }

    async fn name_groups(&self, listed: &[graph::Group]) -> Result<(), RunError> {
        let named: Vec<_> = listed
            .iter()
            .map(|group| (GroupId(group.id), group_name(group)))
            .collect();
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        let named = named.iter().map(|(id, name)| (*id, name.as_str()));
        store::directory::name_groups(&mut tx, self.lease.tenant, named).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn store_groups(&self, batch: &mut Vec<GroupMembers>) -> Result<(), RunError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::directory::replace_groups(&mut tx, self.lease.tenant, batch).await?;
        tx.commit().await?;
        batch.clear();
        Ok(())
    }

    async fn devices(&self) -> Result<DevicesRead, RunError> {
        let pass = DevicePass {
            engine: self.engine,
            client: self.client,
            lease: self.lease,
            reporter: self.reporter,
            now: self.now,
        };
        pass.run().await
    }

    async fn skus(&self) -> Result<(Option<Vec<Sku>>, Reading), RunError> {
        match self.client.subscribed_skus().await {
            Ok(skus) => {
                // Each product once: a listing may repeat itself, and the last word wins.
                let by_id: HashMap<_, _> = skus.iter().map(convert::sku).map(|sku| (sku.id, sku)).collect();
                Ok((Some(by_id.into_values().collect()), Reading::Read))
            }
            Err(error) => Ok((None, refused(error)?)),
        }
    }

    async fn finish(
        &self,
        deleted: &[(DirectoryUserId, DateTime<Utc>)],
        listed_groups: Option<Vec<GroupId>>,
        skus: Option<Vec<Sku>>,
        readings: &mut Readings,
    ) -> Result<(), RunError> {
        let tenant = self.lease.tenant;
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::directory::mark_deleted(&mut tx, tenant, deleted).await?;
        if let Some(listed) = listed_groups {
            store::directory::mark_groups_gone(&mut tx, tenant, &listed).await?;
            let direct = direct_members(store::directory::direct_members(&mut *tx, tenant).await?);
            readings.hidden_groups = with_all_ancestors(&readings.hidden_groups, &direct);
            store::directory::set_groups(&mut tx, tenant, &close(&direct)).await?;
        }
        if let Some(skus) = skus {
            store::subscribed_sku::replace_skus(&mut tx, tenant, &skus).await?;
        }
        store::directory::finish_pass(&mut tx, tenant, readings).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A refusal takes away one kind of data; any other failure ends the pass.
pub(super) fn refused(error: GraphError) -> Result<Reading, GraphError> {
    if is_refusal(&error) {
        Ok(Reading::Refused {
            remedy: clean(&format!("{} Microsoft's side: {error}", error.remedy()), LONGEST_WORDS),
        })
    } else {
        Err(error)
    }
}

pub(super) fn is_refusal(error: &GraphError) -> bool {
    matches!(
        error.kind,
        GraphErrorKind::PermissionMissing | GraphErrorKind::Forbidden | GraphErrorKind::PremiumRequired
    )
}
