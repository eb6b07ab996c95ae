//! One run of a Microsoft tenant: lease, refresh, apply to each Organization, and a record of it all.

pub use super::progress::Reporter;
use super::{
    Engine, RunError,
    apply::Apply,
    closure::{Known, Whom},
    decide::{Source, disabling_over},
    facts::Facts,
    measure::{self, AtWork},
    progress::ApplyProgress,
    refresh::Refresh,
    round,
};
use crate::{
    model::{
        directory::Readings,
        ids::{MicrosoftTenantId, OrganizationId, RunId},
        run::{Progress, Trigger},
    },
    store::{
        self, StoreError,
        due::AsOf,
        lease::{self, Lease},
        microsoft_tenant::Failure,
    },
    sync::guard::Share,
};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;
use uuid::Uuid;

/// How long a run may still take when the process is told to stop. What is left of ten seconds is for handing it back
/// and for everything else that has to end.
const TO_FINISH: Duration = Duration::from_secs(3);

/// How a request for a run ended.
#[derive(Debug)]
pub enum RunEnd {
    /// It ran and everything was applied.
    Succeeded(RunId),
    /// It ran and failed; the failure is on record.
    Failed(RunId, RunError),
    /// Another worker holds the Microsoft tenant.
    Busy,
}

/// Runs a Microsoft tenant once. `watch` sees the progress, for commands.
pub async fn run_tenant(
    engine: &Engine,
    tenant: MicrosoftTenantId,
    trigger: Trigger,
    now: DateTime<Utc>,
    watch: Option<&(dyn Fn(Progress) + Sync)>,
) -> Result<RunEnd, RunError> {
    run_with(engine, engine.new_lease(tenant), trigger, now, watch).await
}

/// Runs the Microsoft tenant of a lease that is still to be acquired.
pub(crate) async fn run_with(
    engine: &Engine,
    lease: Lease,
    trigger: Trigger,
    now: DateTime<Utc>,
    watch: Option<&(dyn Fn(Progress) + Sync)>,
) -> Result<RunEnd, RunError> {
    let Some(running) = Running::start(engine, lease, trigger).await? else {
        return Ok(RunEnd::Busy);
    };
    let reporter = running
        .span
        .in_scope(|| Reporter::new(&engine.pool, running.run, watch));
    let work = refresh_and_apply(engine, &running, &reporter, now);
    let result = running.carry_out(engine, work).await;
    let result = result.map_err(|error| error.or_put_off(Utc::now()));
    drop(reporter);
    running.end(engine, result).await
}

/// A run that is on record and holds its lease.
pub(super) struct Running {
    /// The run.
    pub(super) run: RunId,
    pub(super) lease: Lease,
    /// It reads Microsoft whole, so that its end says something about the connection.
    asks_microsoft: bool,
    /// It has read Microsoft whole: whatever ends it now, but for Microsoft, the connection is well.
    has_read: AtomicBool,
    /// Around everything that the run does, so that each line of the log names it.
    span: tracing::Span,
    measured: AtWork,
    /// Ends with the run, however that ends: a run that was dropped must not hold its tenant.
    _renewal: AbortOnDropHandle<()>,
}

impl Running {
    /// Starts a run; `None` when another worker holds the Microsoft tenant.
    pub(super) async fn start(engine: &Engine, lease: Lease, trigger: Trigger) -> Result<Option<Self>, RunError> {
        let run = RunId(Uuid::now_v7());
        let asks_microsoft = !matches!(trigger, Trigger::Approved | Trigger::Undo | Trigger::OnePerson);
        let begun = store::run::begin(&engine.pool, run, lease, trigger, !asks_microsoft).await?;
        let cut_off = if let Some(cut_off) = begun {
            cut_off
        } else {
            if asks_microsoft {
                // One that was removed is not run, and has no lease.
                store::microsoft_tenant::get(&engine.pool, lease.tenant).await?;
            }
            if !lease::acquire(&engine.pool, lease).await? {
                return Ok(None);
            }
            let mut tx = engine.pool.begin().await?;
            lease::check(&mut tx, lease).await?;
            let cut_off = store::run::start(&mut tx, run, lease, trigger).await?;
            tx.commit().await?;
            cut_off
        };
        cut_off.into_iter().for_each(measure::found_cut_off);
        // Of the highest level, so that no filter of ENTRAIN_LOG takes the ids from the lines that it lets through.
        let span = tracing::error_span!("run", %run, tenant = %lease.tenant, trigger = trigger.key());
        let renewal = keep_lease(engine.pool.clone(), lease).instrument(span.clone());
        Ok(Some(Self {
            run,
            lease,
            measured: AtWork::begin(trigger),
            span,
            asks_microsoft,
            has_read: AtomicBool::new(false),
            _renewal: AbortOnDropHandle::new(tokio::spawn(renewal)),
        }))
    }

    /// Does the work of a run, or hands it back when the process is told to stop and there is no more time: whatever
    /// is under way is dropped then, open transactions roll back, and what was committed are facts.
    pub(super) async fn carry_out<T>(
        &self,
        engine: &Engine,
        work: impl Future<Output = Result<T, RunError>>,
    ) -> Result<T, RunError> {
        let out_of_time = async {
            engine.stop.cancelled().await;
            sleep(TO_FINISH).await;
        };
        let work = async {
            tokio::select! {
                biased;
                result = work => result,
                () = out_of_time => Err(RunError::HandedBack),
            }
        };
        work.instrument(self.span.clone()).await
    }

    /// Takes it back, as it was found to have nothing to do: it leaves no record and is not counted.
    pub(super) async fn take_back(&self, engine: &Engine) -> Result<(), RunError> {
        Ok(store::run::take_back(&engine.pool, self.run, self.lease).await?)
    }

    /// Records how it ended, and gives the lease back.
    pub(super) async fn end(self, engine: &Engine, result: Result<(), RunError>) -> Result<RunEnd, RunError> {
        let error = result.as_ref().err();
        self.measured.end(error);
        record_end(engine, &self, error).instrument(self.span.clone()).await?;
        Ok(match result {
            Ok(()) => RunEnd::Succeeded(self.run),
            Err(error) => RunEnd::Failed(self.run, error),
        })
    }
}

async fn keep_lease(pool: PgPool, lease: Lease) {
    loop {
        sleep(lease.length / 4).await;
        match lease::renew(&pool, lease).await {
            Ok(()) => {}
            // Every transaction of the run checks the lease itself; nothing more will be written.
            Err(StoreError::LeaseLost) => return,
            Err(error) => tracing::warn!(%error, tenant = %lease.tenant, "the lease could not be renewed"),
        }
    }
}

async fn refresh_and_apply(
    engine: &Engine,
    running: &Running,
    reporter: &Reporter<'_>,
    now: DateTime<Utc>,
) -> Result<(), RunError> {
    let (lease, run) = (running.lease, running.run);
    let tenant = store::microsoft_tenant::get(&engine.pool, lease.tenant).await?;
    let client = engine.client_of(&tenant)?.patient();
    // A token lives for an hour and longer, and what it may is of the time at which it was issued: neither lost nor
    // renewed consent may wait for its end, and the one who consented may have been at another process.
    client.renew_token().await;
    let refresh = Refresh::new(engine, &client, lease, reporter, now);
    let (mut readings, rest_of_devices) = refresh.run(&tenant.readings).await?;
    running.has_read.store(true, Ordering::Relaxed);
    let applying = Applying {
        engine,
        lease,
        run,
        reporter,
        readings: &readings,
    };
    let applied = applying.all().await?;
    // The next plan rests on them, and they take minutes where the passes after them may take hours.
    if let Some(rest) = rest_of_devices {
        refresh.go_on(rest, &mut readings).await?;
    }
    // After the people: nothing of a plan rests on these, and their passes are slow.
    Facts {
        engine,
        client: &client,
        lease,
        reporter,
        now,
        users: OnceCell::new(),
    }
    .read(&mut readings)
    .await?;
    applied.map_err(RunError::from)
}

/// What applies a directory that has been read.
struct Applying<'a> {
    engine: &'a Engine,
    lease: Lease,
    run: RunId,
    reporter: &'a Reporter<'a>,
    readings: &'a Readings,
}

impl Applying<'_> {
    /// Applies every Organization that is due. What is wrong with one must not keep the others from being applied, so it
    /// is handed back at the end; whatever concerns them all ends the run at once.
    async fn all(&self) -> Result<Result<(), StoreError>, RunError> {
        let (pool, tenant, form) = (&self.engine.pool, self.lease.tenant, round::form());
        let (version, organizations) = store::due::organizations(pool, self.lease, self.run, &form).await?;
        let as_of = AsOf { version, form: &form };
        let (due, resting): (Vec<_>, Vec<_>) = organizations.into_iter().partition(|(_, is_due)| *is_due);
        let [due, resting] = [due, resting].map(|some| some.into_iter().map(|(id, _)| id).collect::<Vec<_>>());
        if due.is_empty() {
            return Ok(Ok(()));
        }
        let users = store::directory::count(pool, tenant).await?;
        let known = Known::new(tenant, self.readings, &form, users);
        let source = Source {
            tenant,
            whom: Whom::Due(&known),
            readings: self.readings,
        };
        let progress = ApplyProgress::new(self.reporter, users, due.len());
        progress.planning().await;
        let apply = Apply {
            engine: self.engine,
            lease: self.lease,
            run: self.run,
            source,
            as_of: Some(as_of),
            together: self.together(source, &due, &resting).await?,
            progress: Some(&progress),
            approval: None,
            only: None,
        };
        self.each(&apply, &due).await
    }

    /// Newly disabled of mapped over all Organizations of the Microsoft tenant, where there are several. Of those that are
    /// not due nobody is.
    async fn together(
        &self,
        source: Source<'_>,
        due: &[OrganizationId],
        resting: &[OrganizationId],
    ) -> Result<Option<Share>, RunError> {
        if due.len() + resting.len() < 2 {
            return Ok(None);
        }
        let of = if resting.is_empty() {
            0
        } else {
            store::due::mapped(&self.engine.pool, self.lease.tenant, resting).await?
        };
        let share = disabling_over(self.engine, source, due).await?;
        Ok(Some(share.with(Share { part: 0, of })))
    }

    async fn each(&self, apply: &Apply<'_>, due: &[OrganizationId]) -> Result<Result<(), StoreError>, RunError> {
        let mut first_failure = None;
        for organization in due.iter().copied() {
            match apply.organization(organization).await {
                Ok(_) => {}
                Err(RunError::Store(error @ (StoreError::Concurrent | StoreError::Query(_)))) => {
                    tracing::warn!(%error, %organization, run = %self.run, "an Organization could not be applied");
                    first_failure.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(first_failure.map_or(Ok(()), Err))
    }
}

/// Records how a run ended. While the database is away, or somebody is in the way, the record waits for as long as the
/// lease may last, or for a moment where the process is told to stop; after that the next run finds this one cut off, and
/// says so.
async fn record_end(engine: &Engine, running: &Running, error: Option<&RunError>) -> Result<(), RunError> {
    let (run, until) = (running.run, Instant::now() + running.lease.length);
    let recorded = async {
        loop {
            match try_record_end(engine, running, error).await {
                Err(error @ (StoreError::Unavailable(_) | StoreError::Concurrent)) if Instant::now() < until => {
                    tracing::warn!(%error, %run, "the end of a run can't be recorded yet");
                    sleep(Duration::from_secs(1)).await;
                }
                result => return result.map_err(RunError::from),
            }
        }
    };
    let out_of_time = async {
        engine.stop.cancelled().await;
        sleep(TO_FINISH).await;
    };
    // A try may take as long as the pool waits for a connection, so it is given up in the middle.
    tokio::select! {
        biased;
        result = recorded => result,
        () = out_of_time => {
            tracing::warn!(%run, "the end of a run was not recorded in time: the next run says that it was cut off");
            Err(RunError::HandedBack)
        }
    }
}

async fn try_record_end(engine: &Engine, running: &Running, error: Option<&RunError>) -> Result<(), StoreError> {
    let (lease, run) = (running.lease, running.run);
    let Some(error) = error else {
        return store::run::finish_well(&engine.pool, run, lease, running.asks_microsoft).await;
    };
    let is_handed_back = matches!(error, RunError::HandedBack);
    let is_put_off = matches!(error, RunError::PutOff { .. });
    let mut tx = engine.pool.begin().await?;
    if is_put_off {
        store::run::put_off(&mut *tx, run, &error.words()).await?;
    } else {
        store::run::finish(&mut *tx, run, Some(&error.words())).await?;
    }
    // What one person's run is refused says nothing about the rest, but for a token.
    let says = running.asks_microsoft || error.is_lost_consent();
    // A worker that lost its lease, or had no time, says nothing about the Microsoft tenant: another one does. Nor does one
    // that Microsoft asked to come back later.
    if says && !is_handed_back && !is_put_off && lease::is_ours(&mut tx, lease).await? {
        let summary = error.summary();
        if let Some(status) = error.connection_status() {
            // Nor what is ours to mend: it would put every customer into quarantine, and stay a day longer than its cause.
            let failure = match error {
                _ if !running.asks_microsoft || error.is_ours() => Failure::OfOurs,
                _ if error.is_transient() => Failure::Passing,
                _ => Failure::Lasting,
            };
            store::microsoft_tenant::set_status(&mut *tx, lease.tenant, status, &summary, failure).await?;
        } else if running.has_read.load(Ordering::Relaxed) {
            // Ours is the fault, and what Microsoft was blamed for before is over.
            store::microsoft_tenant::set_well(&mut *tx, lease.tenant).await?;
        }
        store::user_sync::set_attention(&mut *tx, lease.tenant, run, &summary).await?;
    }
    if is_handed_back {
        lease::let_go(&mut *tx, lease).await?;
    } else {
        lease::release(&mut *tx, lease).await?;
    }
    tx.commit().await?;
    Ok(())
}
