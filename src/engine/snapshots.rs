//! Snapshots for the plan lines of the filter dialog: loaded by the first line, and kept while the dialog is open.

use super::{Engine, RunError, apply::attention};
use crate::{
    model::{
        directory::{DirectoryUser, Reading, Readings},
        filter::Filters,
        ids::{MicrosoftTenantId, OrganizationId},
        plan::PlanSummary,
    },
    store::{self, StoreError, user_sync::UserSync},
    sync::{
        filter::unreadable,
        guard::Share,
        snapshot::{Draft, Line, Roll, Standing, State, in_order},
    },
};
use moka::{future::Cache, policy::EvictionPolicy};
use sqlx::{Acquire as _, PgConnection, Postgres, Transaction};
use std::{
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, task::spawn_blocking};
use uuid::Uuid;

/// How much all snapshots of a process may take together. One of 100,000 users and their End Users takes about 7 MB; one
/// that is larger than all of this serves one line.
const MOST_BYTES: u64 = 128 << 20;
/// What nobody has asked for this long is dropped.
const IDLE: Duration = Duration::from_secs(5 * 60);
/// How often it is looked for.
const SWEPT: Duration = Duration::from_secs(60);
/// A state of more numbers is put together before it is looked at. Usually the worker does, far earlier.
const MANY: i64 = 64;
/// People named behind each number.
const NAMED: usize = 100;

type Key = (OrganizationId, MicrosoftTenantId);

/// A snapshot, and of which moment it is.
#[derive(Clone, Debug)]
struct Kept {
    version: i64,
    state: Vec<Uuid>,
    roll: Arc<Roll>,
    standing: Arc<Standing>,
}

impl Kept {
    /// Of each; a directory that several Organizations share is counted with each of them.
    fn weight(&self) -> u32 {
        u32::try_from(self.roll.bytes() + self.standing.bytes()).unwrap_or(u32::MAX)
    }
}

/// The snapshots of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshots {
    kept: Cache<Key, Kept>,
    /// Whose turn it is to make some: that takes the whole directory in memory. It is got before the moment begins, so
    /// that nobody waits with a connection in hand, and none is replaced by one of an older moment.
    making: Arc<Mutex<()>>,
    is_swept: Arc<AtomicBool>,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self::bounded(MOST_BYTES)
    }
}

/// One moment of a Microsoft tenant: whatever is read through it is of the same.
struct Moment {
    tenant: MicrosoftTenantId,
    tx: Transaction<'static, Postgres>,
    readings: Readings,
    version: i64,
    /// Whether what is not kept is made: only by who has the turn.
    makes: bool,
    /// Of the directory as a whole, where it had to be read.
    whole: Option<(Arc<Vec<DirectoryUser>>, Arc<Roll>)>,
}

/// A moment, and what of it was asked for.
struct Seen {
    moment: Moment,
    kept: Kept,
    together: Option<Share>,
}

impl Moment {
    async fn now(engine: &Engine, tenant: MicrosoftTenantId, makes: bool) -> Result<Self, RunError> {
        // Before the transaction: a snapshot of a state that is put together after it would be of no state at once.
        if makes {
            store::organization_state::settle(&engine.pool, MANY).await?;
        }
        let mut tx = store::change_set::begin(&engine.pool).await?;
        let readings = store::microsoft_tenant::get(&mut *tx, tenant).await?.readings;
        let version = store::directory_version::get(&mut *tx, tenant).await?;
        Ok(Self {
            tenant,
            tx,
            readings,
            version,
            makes,
            whole: None,
        })
    }

    async fn whole(&mut self) -> Result<(Arc<Vec<DirectoryUser>>, Arc<Roll>), RunError> {
        if let Some(whole) = &self.whole {
            return Ok(whole.clone());
        }
        let mut users = store::directory::users(&mut *self.tx, self.tenant).await?;
        let whole = aside(move || {
            in_order(&mut users);
            let roll = Roll::new(&users);
            (Arc::new(users), Arc::new(roll))
        })
        .await?;
        self.whole = Some(whole.clone());
        Ok(whole)
    }
}

impl Snapshots {
    /// Snapshots that take no more than so many bytes together, but for the one that is being made or used.
    pub fn bounded(bytes: u64) -> Self {
        Self {
            kept: Cache::builder()
                .max_capacity(bytes)
                .weigher(|_, kept: &Kept| kept.weight())
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(IDLE)
                .build(),
            making: Arc::default(),
            is_swept: Arc::default(),
        }
    }

    /// How many are kept, and their bytes.
    pub async fn size(&self) -> (u64, u64) {
        self.kept.run_pending_tasks().await;
        (self.kept.entry_count(), self.kept.weighted_size())
    }

    /// What a run with these filters would do to an Organization now, in a line. `today` is its user sync: where it is
    /// enabled with other filters, the line tells who joins and who leaves.
    pub async fn line(
        &self,
        engine: &Engine,
        (organization, tenant): (OrganizationId, MicrosoftTenantId),
        filters: &Filters,
        today: Option<&UserSync>,
    ) -> Result<PlanSummary, RunError> {
        let seen = self.seen(engine, (organization, tenant), true).await?;
        let (mut moment, kept, together) = (seen.moment, seen.kept, seen.together);
        let today = today.filter(|sync| sync.enabled && sync.filters != *filters);
        let line = Line {
            roll: &kept.roll,
            standing: &kept.standing,
            readings: &moment.readings,
        };
        let draft = line.draft(filters, today.map(|sync| &sync.filters), together, NAMED);
        let mut summary = finish(&mut moment.tx, (organization, tenant), &draft).await?;
        summary.attention = (!unreadable(filters, &moment.readings).is_empty())
            .then(|| attention(filters, &moment.readings))
            .flatten();
        Ok(summary)
    }

    /// How many new people the line for these filters shows; none while they can't be counted, as what the filters rest on
    /// has not been read.
    pub async fn creates(
        &self,
        engine: &Engine,
        (organization, tenant): (OrganizationId, MicrosoftTenantId),
        filters: &Filters,
    ) -> Result<Option<u32>, RunError> {
        let readings = store::microsoft_tenant::get(&engine.pool, tenant).await?.readings;
        let is_countable =
            |readings: &Readings| readings.licenses != Reading::NeverRead && unreadable(filters, readings).is_empty();
        if !is_countable(&readings) {
            return Ok(None);
        }
        let Seen { moment, kept, .. } = self.seen(engine, (organization, tenant), false).await?;
        if !is_countable(&moment.readings) {
            return Ok(None);
        }
        let line = Line {
            roll: &kept.roll,
            standing: &kept.standing,
            readings: &moment.readings,
        };
        Ok(Some(u32::try_from(line.totals(filters).creates).unwrap_or(u32::MAX)))
    }

    /// The snapshot of an Organization now; with what all would disable together, where that is asked for. Where something
    /// has to be made, the moment is over while this waits for its turn, and what others made meanwhile is there for the
    /// next one. The turn lasts until all are made, and the directory as a whole is dropped with it.
    async fn seen(&self, engine: &Engine, (organization, tenant): Key, is_shared: bool) -> Result<Seen, RunError> {
        let mut turn = None;
        loop {
            let mut moment = Moment::now(engine, tenant, turn.is_some()).await?;
            if let Some((kept, together)) = self.look(&mut moment, organization, is_shared).await? {
                moment.whole = None;
                return Ok(Seen { moment, kept, together });
            }
            moment.tx.rollback().await?;
            // Who has the turn makes what is not there, and does not come here again.
            if turn.is_none() {
                turn = Some(self.making.lock().await);
            }
        }
    }

    /// None where something is not kept, and not this moment's to make.
    async fn look(
        &self,
        moment: &mut Moment,
        organization: OrganizationId,
        is_shared: bool,
    ) -> Result<Option<(Kept, Option<Share>)>, RunError> {
        let Some(kept) = self.get(moment, organization).await? else {
            return Ok(None);
        };
        if !is_shared {
            return Ok(Some((kept, None)));
        }
        let enabled = store::user_sync::enabled(&mut *moment.tx, moment.tenant).await?;
        if enabled.len() < 2 {
            return Ok(Some((kept, None)));
        }
        let share = self.together(moment, enabled).await?;
        Ok(share.map(|share| (kept, Some(share))))
    }

    /// What these Organizations of the Microsoft tenant would disable together, each with its saved filters. None as for
    /// [`Self::look`].
    async fn together(&self, moment: &mut Moment, enabled: Vec<OrganizationId>) -> Result<Option<Share>, RunError> {
        let mut share = Share::default();
        for organization in enabled {
            match self.disabling(moment, organization).await {
                Ok(Some(one)) => share = share.with(one),
                Ok(None) => return Ok(None),
                // A run goes on without it too: see `decide::disabling_over`.
                Err(RunError::Store(error @ StoreError::Query(_))) => {
                    tracing::warn!(%error, %organization, "an Organization could not be planned");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Some(share))
    }

    async fn disabling(&self, moment: &mut Moment, organization: OrganizationId) -> Result<Option<Share>, RunError> {
        let Some(sync) = store::user_sync::get(&mut *moment.tx, organization, moment.tenant).await? else {
            return Ok(Some(Share::default()));
        };
        let Some(kept) = self.get(moment, organization).await? else {
            return Ok(None);
        };
        let line = Line {
            roll: &kept.roll,
            standing: &kept.standing,
            readings: &moment.readings,
        };
        Ok(Some(line.totals(&sync.filters).disabling))
    }

    /// The snapshot of this moment. Where it is not there it is made, or none as for [`Self::look`].
    async fn get(&self, moment: &mut Moment, organization: OrganizationId) -> Result<Option<Kept>, RunError> {
        let state = store::organization_state::get(&mut *moment.tx, organization).await?;
        let key = (organization, moment.tenant);
        let is_of_now = |kept: &Kept| kept.version == moment.version && kept.state == state;
        let kept = self.kept.get(&key).await.filter(is_of_now);
        if kept.is_some() || !moment.makes {
            return Ok(kept);
        }
        let kept = make(moment, organization, state).await?;
        self.kept.insert(key, kept.clone()).await;
        self.sweep();
        Ok(Some(kept))
    }

    /// Looks for what is idle until nothing is left: the cache by itself does so only when it is used.
    fn sweep(&self) {
        if self.is_swept.swap(true, Ordering::SeqCst) {
            return;
        }
        let snapshots = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEPT).await;
                if snapshots.size().await.0 > 0 {
                    continue;
                }
                snapshots.is_swept.store(false, Ordering::SeqCst);
                // One may have come in between, and found the sweeper still there.
                if snapshots.size().await.0 == 0 || snapshots.is_swept.swap(true, Ordering::SeqCst) {
                    return;
                }
            }
        });
    }
}

/// Looks up whom the line names.
async fn finish(
    db: &mut PgConnection,
    (organization, tenant): Key,
    draft: &Draft<'_>,
) -> Result<PlanSummary, RunError> {
    let (users, end_users): (Vec<_>, Vec<_>) = draft.named().unzip();
    let end_users: Vec<_> = end_users.into_iter().flatten().collect();
    let users = store::directory::some_users(&mut *db, tenant, &users).await?;
    let end_users = store::end_user::some_states(db, organization, tenant, &end_users).await?;
    Ok(draft.finish(&users, &end_users))
}

/// Reads a directory, once in a moment, and an Organization.
async fn make(moment: &mut Moment, organization: OrganizationId, state: Vec<Uuid>) -> Result<Kept, RunError> {
    let tenant = moment.tenant;
    let (users, roll) = moment.whole().await?;
    // Where this Organization can't be read, the transaction goes on for the others.
    let mut apart = moment.tx.begin().await?;
    let read = read(&mut apart, (organization, tenant)).await;
    match read {
        Ok(_) => apart.commit().await?,
        Err(_) => apart.rollback().await?,
    }
    let read = read?;
    let standing = Arc::new(aside(move || Standing::new(&users, read)).await?);
    Ok(Kept {
        version: moment.version,
        state,
        roll,
        standing,
    })
}

/// Seconds of work for a large directory, which would keep pages waiting on a thread that serves them.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, RunError> {
    spawn_blocking(work)
        .await
        .map_err(|error| match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => RunError::Refused("Entrain is being stopped; try again when it is back.".to_owned()),
        })
}

/// What of an Organization a plan rests on.
async fn read(db: &mut PgConnection, (organization, tenant): Key) -> Result<State, RunError> {
    let held = store::held::of_organization(&mut *db, organization, tenant).await?;
    let left = held.into_iter().filter(|row| row.is_left);
    Ok(State {
        end_users: store::end_user::states(&mut *db, organization, tenant).await?,
        exclusions: store::end_user::exclusions(&mut *db, organization, tenant).await?,
        dropped: store::held::dropped(&mut *db, organization, tenant).await?,
        contended: store::contended::of_organization(db, organization, tenant).await?,
        left: left.map(|row| ((row.user, row.change.part()), row.change)).collect(),
    })
}
