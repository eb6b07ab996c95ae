//! The pass over users: what has changed, or everything, page by page.
//!
//! Into a directory that holds nobody every page goes together with its link, and so does every page of changes: a pass
//! that was cut off goes on there. A directory that is known is read whole or not at all, as whoever is missing at the end
//! has to be asked for.

mod bin;

use super::{
    super::{
        RunError, convert, measure,
        round::{MOST_RESTARTS, Start},
    },
    Refresh,
    words::Words,
};
use crate::{
    graph::{self, DeltaLink, GraphError, GraphErrorKind},
    model::{
        directory::Reading,
        ids::DirectoryUserId,
        run::{Progress, Stage},
    },
    store::{
        self,
        directory::Held,
        directory_pass::{Pass, PassKind, Stands},
        lease,
    },
};
use bin::Bin;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::timeout;

/// So many users of the pages of a round are stored in one transaction.
const AT_ONCE: usize = 1_000;
/// So many pages are read while those before them are stored. A page of users is about a megabyte.
const AHEAD: usize = 2;

/// How long a run waits to hear how many users there are, which is for whoever watches alone.
const TO_COUNT: Duration = Duration::from_secs(5);

/// What the pass brought besides the users.
#[derive(Debug, Default)]
pub(super) struct UsersRead {
    /// Something was written.
    pub changed: bool,
    /// The recycle bin, where it was asked for.
    pub bin: Option<Reading>,
}

/// The pass in progress.
pub(super) struct UsersPass<'a> {
    pub refresh: &'a Refresh<'a>,
    /// Where the next reader would go on now.
    pub at: Option<String>,
    /// Whether groups of newcomers are remembered for closing.
    pub remember_new: bool,
    /// Whether there is anybody of whom the recycle bin could not be asked and may still tell.
    pub has_undated: bool,
    /// What is known of the users held. Not of all of them where only changes are read.
    held: HashMap<DirectoryUserId, Held>,
    bin: Option<Bin>,
    read: UsersRead,
}

impl<'a> UsersPass<'a> {
    pub fn new(refresh: &'a Refresh<'a>, at: Option<String>, remember_new: bool, has_undated: bool) -> Self {
        Self {
            refresh,
            at,
            remember_new,
            has_undated,
            held: HashMap::new(),
            bin: None,
            read: UsersRead::default(),
        }
    }

    /// Reads to the end of a round. A place that has expired leads back to the beginning, a few times.
    pub async fn run(mut self, mut start: Start) -> Result<UsersRead, RunError> {
        // The settings may lead elsewhere than when the link was kept.
        if self.refresh.client.users_delta(start.link()).is_err() {
            start = Start::Whole;
        }
        let mut restarts = 0;
        loop {
            match self.round(&start).await? {
                None => {
                    self.date().await?;
                    return Ok(self.read);
                }
                Some(expired) if restarts < MOST_RESTARTS => {
                    restarts += 1;
                    tracing::info!(
                        error = %expired, restarts, tenant = %self.refresh.lease.tenant, "all users are read anew"
                    );
                    start = Start::Whole;
                }
                Some(expired) => return Err(expired.into()),
            }
        }
    }

    /// Reads to the end of the round, or to a place of its own that has expired: Microsoft's word about that. What else is
    /// asked on the way has pages too, and theirs say nothing about this one.
    async fn round(&mut self, start: &Start) -> Result<Option<GraphError>, RunError> {
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        self.held = match start {
            Start::Whole => store::directory::user_hashes(pool, tenant).await?,
            Start::Resumed(_) | Start::Changes(_) => HashMap::new(),
        };
        let is_whole = !matches!(start, Start::Changes(_));
        // Whoever is known and not told of again has to be asked for: that can't be told from the last pages alone.
        let is_known = *start == Start::Whole && !self.held.is_empty();
        let knows_all = is_known;
        let mut total = is_known.then(|| whole(self.held.len()));
        let mut may_count = is_whole && !is_known;
        let (mut told, mut words) = (HashSet::new(), Words::default());
        let mut done = match start {
            // Those of the pages before it was cut off.
            Start::Resumed(_) => store::directory::count(pool, tenant).await?,
            Start::Whole | Start::Changes(_) => 0,
        };
        let mut to = None;
        let mut delta = self.refresh.client.users_delta(start.link())?.ahead(AHEAD);
        loop {
            let page = match delta.next_page().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(None),
                Err(error) => {
                    // What came before it is stored all the same, so that the next reader goes on here.
                    if let Some(to) = &to {
                        self.store(words, knows_all, (!is_known).then_some(to)).await?;
                    }
                    return match error.kind {
                        GraphErrorKind::ExpiredPageToken => Ok(Some(error)),
                        _ => Err(error.into()),
                    };
                }
            };
            done += page.changes.len();
            for change in page.changes {
                words.add(change, self.refresh.now);
            }
            let (link, stands) = match page.link {
                DeltaLink::Next(link) if is_whole => (link, Stands::FirstRound),
                DeltaLink::Next(link) => (link, Stands::LaterRound),
                DeltaLink::Delta(link) => (link, Stands::Done),
            };
            let to = to.insert(self.refresh.pass(link, stands, start));
            let is_last = to.stands == Stands::Done;
            if is_last || words.len() >= AT_ONCE {
                let words = std::mem::take(&mut words);
                if is_known {
                    told.extend(words.here.keys().chain(words.gone.keys()).copied());
                }
                let ends_whole = is_whole && is_last;
                self.store(words, knows_all, (!is_known && !ends_whole).then_some(to))
                    .await?;
                if ends_whole {
                    self.finish(&told, is_known, to).await?;
                }
            }
            // Of a directory of one page nobody has to ask.
            if may_count && !is_last {
                may_count = false;
                total = self.count().await;
            }
            self.report(done, total).await;
        }
    }

    /// About how many users Microsoft has. Without an answer a run goes on as well.
    async fn count(&self) -> Option<i32> {
        match timeout(TO_COUNT, self.refresh.client.count_users()).await {
            Ok(Ok(count)) => count.map(|count| i32::try_from(count).unwrap_or(i32::MAX)),
            Ok(Err(error)) => {
                tracing::info!(%error, "Microsoft does not tell how many users there are");
                None
            }
            Err(_) => None,
        }
    }

    /// Stores what differs from what is held, and moves the link with it.
    async fn store(&mut self, words: Words, knows_all: bool, to: Option<&Pass>) -> Result<(), RunError> {
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        if !knows_all {
            // Only of these, so that what is kept does not grow with the directory.
            let asked: Vec<_> = words.here.keys().chain(words.gone.keys()).copied().collect();
            self.held = match asked.is_empty() {
                true => HashMap::new(),
                false => store::directory::hashes_of(pool, tenant, &asked).await?,
            };
        }
        let deleted = self.deleted(words.gone).await?;
        let users = words.here.into_values().map(|user| {
            let hash = self.held.get(&user.user.id).map(|(hash, _)| *hash);
            (user.marked(hash), hash)
        });
        let differing: Vec<_> = users
            .filter(|(user, held)| user.row_hash.is_nil() || *held != Some(user.row_hash))
            .map(|(user, _)| user)
            .collect();
        if differing.is_empty() && deleted.is_empty() {
            match (to, self.at.take()) {
                (None, at) => {
                    self.at = at;
                    return Ok(());
                }
                (Some(to), Some(at)) => {
                    let lease = self.refresh.lease;
                    store::directory_pass::move_on_alone(pool, lease, PassKind::Users, &at, to).await?;
                    self.at = Some(to.link.clone());
                    return Ok(());
                }
                (Some(_), None) => {}
            }
        }
        let new: Vec<_> = differing
            .iter()
            .filter(|user| self.remember_new && !self.held.contains_key(&user.user.id))
            .map(|user| user.user.id.0)
            .collect();
        // Whatever became of the pass that would have been the first one: by whom it stores, not by how it ends.
        let new_and_disabled: Vec<_> = differing
            .iter()
            .filter(|user| user.user.disabled_at.is_some() && !self.held.contains_key(&user.user.id))
            .map(|user| user.user.id)
            .collect();
        let mut tx = pool.begin().await?;
        lease::check(&mut tx, self.refresh.lease).await?;
        let mut licensed = 0;
        if !differing.is_empty() {
            let run = Some(self.refresh.reporter.run());
            // Of newcomers nothing is known that could differ.
            let known = differing.iter().filter(|user| self.held.contains_key(&user.user.id));
            licensed = store::directory_change::record_licenses(&mut tx, tenant, run, known).await?;
            store::directory::upsert_users(&mut tx, tenant, &differing).await?;
            store::directory::disabled_since_their_marks(&mut tx, tenant, &new_and_disabled).await?;
            store::directory_pass::remember_unclosed(&mut tx, tenant, &new).await?;
        }
        store::directory::mark_deleted(&mut tx, tenant, &deleted).await?;
        if let Some(to) = to {
            store::directory_pass::move_on(&mut tx, tenant, PassKind::Users, self.at.as_deref(), to).await?;
        }
        tx.commit().await?;
        measure::wrote("directory_user", "upsert", differing.len());
        measure::wrote("directory_user", "delete", deleted.len());
        measure::wrote("directory_user_change", "licenses", licensed);
        if let Some(to) = to {
            self.at = Some(to.link.clone());
        }
        self.read.changed |= !differing.is_empty() || !deleted.is_empty();
        if knows_all {
            let stored = differing.iter().map(|user| (user.user.id, (user.row_hash, true)));
            self.held.extend(stored);
            let nobody = uuid::Uuid::nil();
            self.held.extend(deleted.iter().map(|gone| (gone.id, (nobody, false))));
        }
        Ok(())
    }

    /// The end of a round over everything: who was known and not told of is deleted if Graph says so, by the recycle bin
    /// or by a 404 for the id. That a round was short proves nothing.
    async fn finish(&mut self, told: &HashSet<DirectoryUserId>, is_known: bool, to: &Pass) -> Result<(), RunError> {
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        let known = self.held.iter().filter(|_| is_known);
        let mut missing: Vec<_> = known
            .filter(|(id, (_, living))| *living && !told.contains(id))
            .map(|(id, _)| *id)
            .collect();
        // Whoever went while this Microsoft tenant was not connected is known by an old mapping alone.
        let unknown = store::directory::mapped_and_not_held(pool, tenant).await?;
        let unknown: HashSet<_> = unknown.into_iter().collect();
        if self.bin.is_none() || !unknown.is_empty() {
            // Nothing else will tell who these were.
            let found = self.read_bin(&unknown).await?;
            for user in &found {
                self.store_one(user).await?;
            }
        }
        missing.extend(unknown);
        let mut deleted = Vec::new();
        for id in missing {
            let in_bin = self.bin().await?.contains_key(&id);
            let there = if in_bin {
                None
            } else {
                self.refresh.client.user(&id.to_string()).await?
            };
            match there {
                Some(user) => self.store_one(&user).await?,
                None => deleted.push(self.by_bin(id).await?),
            }
        }
        let mut tx = pool.begin().await?;
        lease::check(&mut tx, self.refresh.lease).await?;
        store::directory::mark_deleted(&mut tx, tenant, &deleted).await?;
        store::directory_pass::move_on(&mut tx, tenant, PassKind::Users, self.at.as_deref(), to).await?;
        tx.commit().await?;
        measure::wrote("directory_user", "delete", deleted.len());
        self.at = Some(to.link.clone());
        self.read.changed |= !deleted.is_empty();
        Ok(())
    }

    async fn store_one(&mut self, user: &graph::User) -> Result<(), RunError> {
        let user = convert::user(user, self.refresh.now);
        let words = Words {
            here: HashMap::from([(user.user.id, user)]),
            ..Words::default()
        };
        self.store(words, false, None).await
    }

    async fn report(&self, done: usize, total: Option<i32>) {
        if done == 0 {
            return;
        }
        let done = whole(done);
        let progress = Progress {
            stage: Stage::Users,
            done,
            total: total.map(|total| total.max(done)),
        };
        self.refresh.reporter.report(progress).await;
    }
}

fn whole(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
