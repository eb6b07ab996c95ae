//! Refresh: copies a Microsoft tenant into the directory by full listing, page by page.
//!
//! A page is stored as soon as it is read. What follows from a whole pass (who is missing, which groups are gone,
//! transitive membership) is written in one transaction at its end, so a pass that fails leaves only facts.
//! Deltas will be a second way to fill the same tables.

use super::{Engine, RunError, convert, devices::DevicePass, error::LONGEST_WORDS, run::Reporter};
use crate::{
    graph::{self, GraphError, GraphErrorKind, MemberKind, Step, TenantClient},
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
        groups::{DirectMembers, close, with_all_ancestors},
        normalise::clean,
    },
};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

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
        let seen = self.users(&mut held).await?;
        let missing: Vec<_> = held
            .iter()
            .filter(|(id, (_, living))| *living && !seen.contains(id))
            .map(|(id, _)| *id)
            .collect();
        let (deleted, deleted_users) = self.deleted(&missing).await?;
        let (listed_groups, groups, hidden) = self.groups(&seen, before.groups.is_read()).await?;
        let (skus, licenses) = self.skus().await?;
        let devices = self.devices().await?;
        let devices_read_at = match devices {
            Reading::Read => Some(self.now),
            Reading::NeverRead | Reading::Refused { .. } => before.devices_read_at,
        };
        let mut readings = Readings {
            groups,
            hidden_groups: hidden,
            licenses,
            deleted_users,
            devices,
            devices_read_at,
            ..before.clone()
        };
        self.finish(&deleted, listed_groups, skus, &mut readings).await?;
        Ok(readings)
    }

    async fn users(
        &self,
        held: &mut HashMap<DirectoryUserId, (Uuid, bool)>,
    ) -> Result<HashSet<DirectoryUserId>, RunError> {
        let total = (!held.is_empty()).then(|| i32::try_from(held.len()).unwrap_or(i32::MAX));
        let mut seen = HashSet::new();
        let mut listing = self.client.users();
        loop {
            let page = match listing.step().await? {
                Step::Page(page) => page,
                // Who was listed and is not listed again has to be asked for; what was stored stays a fact.
                Step::Restarted => {
                    seen.clear();
                    continue;
                }
                Step::End => return Ok(seen),
            };
            let page: Vec<_> = page.iter().map(|user| convert::user(user, self.now)).collect();
            seen.extend(page.iter().map(|user| user.user.id));
            self.store_users(page, held).await?;
            let done = i32::try_from(seen.len()).unwrap_or(i32::MAX);
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
    /// last word wins.
    async fn store_users(
        &self,
        page: Vec<HashedUser>,
        held: &mut HashMap<DirectoryUserId, (Uuid, bool)>,
    ) -> Result<(), RunError> {
        let by_id: HashMap<_, _> = page.into_iter().map(|user| (user.user.id, user)).collect();
        let differing: Vec<_> = by_id
            .into_values()
            .filter(|user| held.get(&user.user.id).is_none_or(|(hash, _)| *hash != user.row_hash))
            .collect();
        if differing.is_empty() {
            return Ok(());
        }
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::directory_change::record_licenses(&mut tx, self.lease.tenant, Some(self.reporter.run()), &differing)
            .await?;
        store::directory::upsert_users(&mut tx, self.lease.tenant, &differing).await?;
        tx.commit().await?;
        held.extend(differing.iter().map(|user| (user.user.id, (user.row_hash, true))));
        Ok(())
    }

    /// Of the users that a listing no longer has, those of whom Graph says that they are deleted: by the recycle bin,
    /// or by a 404 for the id. A short listing alone proves nothing.
    async fn deleted(
        &self,
        missing: &[DirectoryUserId],
    ) -> Result<(Vec<(DirectoryUserId, DateTime<Utc>)>, Reading), RunError> {
        let (bin, reading) = match self.client.deleted_users().all().await {
            Ok(bin) => (bin, Reading::Read),
            Err(error) => (vec![], refused(error)?),
        };
        let bin: HashMap<_, _> = bin
            .into_iter()
            .map(|user| (DirectoryUserId(user.id), user.deleted_date_time))
            .collect();
        let mut deleted = Vec::new();
        for id in missing {
            if let Some(at) = bin.get(id) {
                deleted.push((*id, at.unwrap_or(self.now)));
            } else if let Some(user) = self.client.user(&id.to_string()).await? {
                self.store_users(vec![convert::user(&user, self.now)], &mut HashMap::new())
                    .await?;
            } else {
                deleted.push((*id, self.now));
            }
        }
        Ok((deleted, reading))
    }

    /// Stores groups with their direct members. Returns the groups listed, whether they could be read, and the groups
    /// whose members were refused.
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
        let (mut batch, mut hidden, mut done) = (Vec::new(), Vec::new(), 0);
        for group in &listed {
            match group_members(self.client, group, &ids, users).await {
                Ok(members) => batch.push(members),
                Err(error) if is_refusal(&error) => hidden.push(GroupId(group.id)),
                Err(error) => return Err(error.into()),
            }
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

    async fn devices(&self) -> Result<Reading, RunError> {
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
            remedy: clean(&format!("{error} {}", error.remedy()), LONGEST_WORDS),
        })
    } else {
        Err(error)
    }
}

fn is_refusal(error: &GraphError) -> bool {
    matches!(
        error.kind,
        GraphErrorKind::PermissionMissing | GraphErrorKind::Forbidden | GraphErrorKind::PremiumRequired
    )
}

pub(super) async fn list_groups(client: &TenantClient) -> Result<Vec<graph::Group>, GraphError> {
    let mut groups = client.groups().all().await?;
    let mut seen = HashSet::new();
    groups.retain(|group| seen.insert(group.id));
    Ok(groups)
}

/// The direct members of a group. A group that was deleted since it was listed has none; a 404 that is not Graph's is
/// an error, or a proxy could empty every group.
pub(super) async fn group_members(
    client: &TenantClient,
    group: &graph::Group,
    groups: &HashSet<GroupId>,
    users: &HashSet<DirectoryUserId>,
) -> Result<GroupMembers, GraphError> {
    let id = GroupId(group.id);
    let listed = match client.group_members(id).all().await {
        Ok(listed) => listed,
        Err(error) if error.is_gone() => vec![],
        Err(error) => return Err(error),
    };
    let members = listed.into_iter().filter_map(|member| match member.kind {
        MemberKind::User => Some((member.id, false)),
        MemberKind::Group => Some((member.id, true)),
        MemberKind::Other(_) => None,
        // Where Graph does not say what a member is, its id does.
        MemberKind::Unknown if groups.contains(&GroupId(member.id)) => Some((member.id, true)),
        MemberKind::Unknown => users
            .contains(&DirectoryUserId(member.id))
            .then_some((member.id, false)),
    });
    Ok(GroupMembers {
        id,
        name: group_name(group),
        members: members.collect(),
    })
}

/// What a group is called; its id where it has no name.
fn group_name(group: &graph::Group) -> String {
    let name = group.display_name.as_deref().map(|name| clean(name, 256));
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| group.id.to_string())
}

pub(super) fn direct_members(rows: impl IntoIterator<Item = (GroupId, Uuid, bool)>) -> DirectMembers {
    let mut direct = DirectMembers::default();
    for (group, member, is_group) in rows {
        if is_group {
            direct.groups.entry(group).or_default().push(GroupId(member));
        } else {
            direct.users.entry(group).or_default().push(DirectoryUserId(member));
        }
    }
    direct
}
