//! The recycle bin, which tells when accounts went. Where it can't be read they count from when they were missed, and a
//! later pass asks it again.

use super::{super::without, UsersPass};
use crate::{
    engine::RunError,
    graph::{self, Removal, Step},
    model::{directory::Reading, ids::DirectoryUserId},
    store::{self, directory::Deleted, lease},
};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// When each user of the recycle bin went into it. The users themselves are not kept: there may be as many as anybody
/// deleted in thirty days.
pub(super) type Bin = HashMap<DirectoryUserId, Option<DateTime<Utc>>>;

impl UsersPass<'_> {
    /// Of those who are gone the ones that are held as living, and when they went: what the recycle bin says of those who
    /// are in it, else now.
    pub(super) async fn deleted(&mut self, gone: HashMap<DirectoryUserId, Removal>) -> Result<Vec<Deleted>, RunError> {
        let mut deleted = Vec::new();
        for (id, reason) in gone {
            if !self.held.get(&id).is_some_and(|(_, living)| *living) {
                continue;
            }
            deleted.push(if reason == Removal::Deleted {
                Deleted {
                    id,
                    at: self.refresh.now,
                    undated: false,
                }
            } else {
                self.by_bin(id).await?
            });
        }
        Ok(deleted)
    }

    /// Somebody who is gone, since when the recycle bin says, else now. That is a guess where it could not be read.
    pub(super) async fn by_bin(&mut self, id: DirectoryUserId) -> Result<Deleted, RunError> {
        let at = self.bin().await?.get(&id).copied().flatten();
        Ok(Deleted {
            id,
            at: at.unwrap_or(self.refresh.now),
            undated: !self.is_bin_read(),
        })
    }

    /// The recycle bin, asked for once.
    pub(super) async fn bin(&mut self) -> Result<&Bin, RunError> {
        if self.bin.is_none() {
            self.read_bin(&HashSet::new()).await?;
        }
        Ok(self.bin.get_or_insert_default())
    }

    fn is_bin_read(&self) -> bool {
        self.read.bin.as_ref().is_some_and(Reading::is_read)
    }

    /// Reads the recycle bin, page by page. Returns those of `wanted` who are in it.
    pub(super) async fn read_bin(&mut self, wanted: &HashSet<DirectoryUserId>) -> Result<Vec<graph::User>, RunError> {
        let mut listing = self.refresh.client.deleted_users();
        let (mut bin, mut found) = (Bin::new(), vec![]);
        let reading = loop {
            match listing.step().await {
                Ok(Step::Page(page)) => {
                    bin.extend(
                        page.iter()
                            .map(|user| (DirectoryUserId(user.id), user.deleted_date_time)),
                    );
                    found.extend(
                        page.into_iter()
                            .filter(|user| wanted.contains(&DirectoryUserId(user.id))),
                    );
                }
                Ok(Step::Restarted) => {
                    bin.clear();
                    found.clear();
                }
                Ok(Step::End) => break Reading::Read,
                Err(error) => {
                    bin.clear();
                    found.clear();
                    break without(&error);
                }
            }
        };
        self.read.bin = Some(reading);
        self.bin = Some(bin);
        Ok(found)
    }

    /// Once the recycle bin can be read: when those went of whom it could not be asked. Whoever is not in it any more stays
    /// with the time at which they were missed.
    pub(super) async fn date(&mut self) -> Result<(), RunError> {
        if self.has_undated {
            self.bin().await?;
        }
        if !self.is_bin_read() {
            return Ok(());
        }
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        let undated = store::directory::undated(pool, tenant).await?;
        if undated.is_empty() {
            return Ok(());
        }
        let bin = self.bin().await?;
        let dated: Vec<_> = undated
            .into_iter()
            .filter_map(|id| Some((id, bin.get(&id).copied().flatten()?)))
            .collect();
        let mut tx = pool.begin().await?;
        lease::check(&mut tx, self.refresh.lease).await?;
        store::directory::date_deleted(&mut tx, tenant, &dated).await?;
        tx.commit().await?;
        self.read.changed |= !dated.is_empty();
        Ok(())
    }
}
