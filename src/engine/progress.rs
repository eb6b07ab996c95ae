//! Progress of a run, for people: on its record for the screens, and to whoever watches a command.

use crate::{
    model::{
        ids::RunId,
        run::{Progress, Stage},
    },
    store,
};
use sqlx::PgPool;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::{sync::watch, task::yield_now, time::sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

/// How long a word waits for the next one, which takes its place: each word is a write.
const PAUSE: Duration = Duration::from_millis(500);

/// What sees the progress at once, beside the record.
pub type Watch<'a> = &'a (dyn Fn(Progress) + Sync);

/// Tells how far a run is, at most twice a second. What is told last is always written, so that a long stretch without
/// a word shows what it is about; a run that is over sooner writes nothing.
pub struct Reporter<'a> {
    run: RunId,
    latest: watch::Sender<Option<Progress>>,
    watch: Option<Watch<'a>>,
    /// Ends with the run.
    _writer: AbortOnDropHandle<()>,
}

impl<'a> Reporter<'a> {
    /// Begins to write the progress of a run.
    pub fn new(pool: &PgPool, run: RunId, watch: Option<Watch<'a>>) -> Self {
        let latest = watch::Sender::new(None);
        let writer = write(pool.clone(), run, latest.subscribe()).in_current_span();
        Self {
            run,
            latest,
            watch,
            _writer: AbortOnDropHandle::new(tokio::spawn(writer)),
        }
    }

    /// Whose progress it is.
    pub const fn run(&self) -> RunId {
        self.run
    }

    /// Reports progress. Lets others go first, so that it is told before work that lets nobody in between.
    pub async fn report(&self, progress: Progress) {
        self.mention(progress);
        yield_now().await;
    }

    /// Reports progress from within work that waits often enough by itself.
    fn mention(&self, progress: Progress) {
        if let Some(watch) = self.watch {
            watch(progress);
        }
        self.latest.send_replace(Some(progress));
    }
}

/// Writes the latest word. That it can't be told is no reason to fail.
async fn write(pool: PgPool, run: RunId, mut latest: watch::Receiver<Option<Progress>>) {
    while latest.changed().await.is_ok() {
        // First of all, as a run that finds nothing is over by then and shall write nothing but itself.
        sleep(PAUSE).await;
        let Some(progress) = *latest.borrow_and_update() else {
            continue;
        };
        if let Err(error) = store::run::set_progress(&pool, run, progress).await {
            tracing::debug!(%error, %run, "progress could not be told");
        }
    }
}

/// How far a run is with applying its Organizations: over all of them together, though each is planned and written by
/// itself.
pub struct ApplyProgress<'a> {
    reporter: &'a Reporter<'a>,
    /// So many users there are.
    users: usize,
    /// Users to be planned: everybody, once for each Organization.
    total: usize,
    planned: AtomicUsize,
    written: AtomicUsize,
}

impl<'a> ApplyProgress<'a> {
    /// Nothing is planned yet of so many users for so many Organizations.
    pub const fn new(reporter: &'a Reporter<'a>, users: usize, organizations: usize) -> Self {
        Self {
            reporter,
            users,
            total: users.saturating_mul(organizations),
            planned: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
        }
    }

    /// The next Organization is being planned.
    pub async fn planning(&self) {
        self.tell(Stage::Planning, self.planned.load(Ordering::Relaxed), self.total)
            .await;
    }

    /// An Organization was planned, of most people perhaps that nothing changed, and so many End Users are to be written.
    pub async fn writing(&self, end_users: usize) {
        let planned = self.planned.fetch_add(self.users, Ordering::Relaxed) + self.users;
        self.tell(Stage::Planning, planned, self.total.max(planned)).await;
        if end_users > 0 {
            let written = self.written.load(Ordering::Relaxed);
            self.tell(Stage::Applying, written, written + end_users).await;
        }
    }

    /// So many of so many End Users of an Organization are written, though not committed yet.
    pub fn is_writing(&self, done: usize, of: usize) {
        let written = self.written.load(Ordering::Relaxed);
        self.reporter
            .mention(step(Stage::Applying, written + done, written + of));
    }

    /// So many End Users of an Organization were written.
    pub async fn wrote(&self, end_users: usize) {
        if end_users > 0 {
            let written = self.written.fetch_add(end_users, Ordering::Relaxed) + end_users;
            self.tell(Stage::Applying, written, written).await;
        }
    }

    async fn tell(&self, stage: Stage, done: usize, total: usize) {
        self.reporter.report(step(stage, done, total)).await;
    }
}

fn step(stage: Stage, done: usize, total: usize) -> Progress {
    let whole = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    Progress {
        stage,
        done: whole(done),
        total: Some(whole(total)),
    }
}
