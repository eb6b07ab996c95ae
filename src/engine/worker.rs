//! The worker: takes requests from the job queue and keeps the schedule.
//!
//! The queue gives each Microsoft tenant a named queue, so its runs follow one another across processes. Who may
//! write is decided by our own lease all the same: a queue can be wrong about who is alive, the lease cannot.

use super::{
    Engine, RunError, measure,
    partner::{self, Waits},
    run::{RunEnd, run_tenant},
    schedule::{come_back, next_slot},
};
use crate::{
    model::{ids::MicrosoftTenantId, run::Trigger},
    store::{
        self, queue,
        queue_notices::{Notices, look_all},
    },
};
use chrono::{DateTime, Utc};
use graphile_worker::{
    IntoTaskHandlerResult, JobComplete, LocalQueueConfig, LocalQueueGetJobsComplete, LocalQueueReturnJobs,
    RefetchDelayConfig, TaskHandler, WorkerContext, WorkerOptions,
};
use serde::{Deserialize, Serialize};
use std::{future::ready, sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How the worker runs.
#[derive(Clone, Copy, Debug)]
pub struct WorkerSettings {
    /// `ENTRAIN_SYNC_INTERVAL`.
    pub interval: chrono::Duration,
    /// How many Microsoft tenants run at a time.
    pub concurrency: usize,
    /// After so long without a sign of life a worker counts as dead, and its jobs come back.
    pub dead_after: Duration,
    /// How often to look for jobs that have become due, when nothing else tells of them.
    pub poll: Duration,
}

/// What [`WorkerSettings::dead_after`] is for a lease of 90 seconds.
pub const DEAD_AFTER: Duration = Duration::from_secs(45);
/// The longest [`WorkerSettings::poll`]. Of a new job a notice tells at once; what a look finds is the next hour's run, one
/// that Microsoft put off, one whose Microsoft tenant another worker had, and a dead worker's: none of them minds so long.
pub const POLL: Duration = Duration::from_secs(15);
/// The shortest.
const SHORTEST_POLL: Duration = Duration::from_secs(2);
/// How often the schedule is looked at. It plans an hour ahead.
const SCHEDULE: Duration = Duration::from_secs(60);
/// How often consents through the partner are looked for: somebody waits for them.
const CONSENTS: Duration = Duration::from_secs(20);
/// So long a job that was fetched waits for a run to end before another process may have it: runs can take minutes.
const FETCHED_WAITS: Duration = Duration::from_secs(5);

/// What [`WorkerSettings::poll`] is for a lease of this length: the job of a worker that is gone must not wait for much
/// longer than the lease.
pub fn poll(lease: Duration) -> Duration {
    (lease / 6).clamp(SHORTEST_POLL, POLL)
}

/// A job: run one Microsoft tenant.
#[derive(Debug, Serialize, Deserialize)]
struct RunMicrosoftTenant {
    microsoft_tenant_id: MicrosoftTenantId,
    trigger: Trigger,
}

impl TaskHandler for RunMicrosoftTenant {
    const IDENTIFIER: &'static str = queue::RUN_TASK;

    /// A failed run is on record and its retry is the next activation, so the job itself has done its work.
    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Some(engine) = context.get_ext::<Engine>() else {
            return Err("the worker was started without its engine".to_owned());
        };
        let tenant = self.microsoft_tenant_id;
        // Taken in the moment in which the worker was told to stop.
        if engine.stop.is_cancelled() {
            return self.ask_again(engine, None).await;
        }
        match run_tenant(engine, tenant, self.trigger, Utc::now(), None).await {
            Ok(RunEnd::Succeeded(run)) => tracing::info!(%run, %tenant, "run succeeded"),
            Ok(RunEnd::Failed(run, RunError::HandedBack)) => {
                tracing::info!(%run, %tenant, "run handed back, as the worker was told to stop");
                self.ask_again(engine, None).await?;
            }
            Ok(RunEnd::Failed(run, RunError::PutOff { until, .. })) => {
                tracing::info!(%run, %tenant, %until, "run put off, as Microsoft asked to wait");
                self.ask_again(engine, Some(come_back(tenant, until))).await?;
            }
            Ok(RunEnd::Failed(run, error)) => tracing::warn!(%run, %tenant, %error, "run failed"),
            Ok(RunEnd::Busy) => {
                // Ten seconds, of the usual lease.
                let later = Utc::now() + engine.lease / 9;
                self.ask_again(engine, Some(later)).await?;
            }
            Err(RunError::Store(store::StoreError::NotFound(_))) => {
                tracing::info!(%tenant, "the Microsoft tenant was removed before its run");
            }
            // The run could not even be recorded: the queue tries again.
            Err(error) => return Err(error.to_string()),
        }
        Ok(())
    }
}

impl RunMicrosoftTenant {
    /// Puts the same request into the queue once more. A job of its own and no failure of this one, which the queue
    /// would put off longer each time and count against its tries.
    async fn ask_again(&self, engine: &Engine, later: Option<DateTime<Utc>>) -> Result<(), String> {
        let (pool, tenant) = (&engine.pool, self.microsoft_tenant_id);
        let asked = match later {
            Some(later) => queue::postpone_run(pool, tenant, self.trigger, later).await,
            None => queue::request_run(pool, tenant, self.trigger).await,
        };
        asked.map_err(|error| error.to_string())
    }
}

/// Works until told to stop. When the database goes away, it comes back with it.
pub async fn work(engine: Engine, settings: WorkerSettings, stop: CancellationToken) {
    // What this worker runs hears what this worker hears.
    let engine = Engine {
        stop: stop.clone(),
        ..engine
    };
    let scheduler = tokio::spawn(keep_schedule(engine.clone(), settings, stop.clone()));
    let consents = tokio::spawn(see_consents_through(engine.clone(), stop.clone()));
    while !stop.is_cancelled() {
        if let Err(error) = work_once(&engine, settings, &stop).await {
            tracing::warn!(%error, "the worker lost its queue and starts again");
        }
        tokio::select! {
            () = sleep(Duration::from_secs(1)) => {}
            () = stop.cancelled() => {}
        }
    }
    scheduler.abort();
    consents.abort();
}

async fn work_once(engine: &Engine, settings: WorkerSettings, stop: &CancellationToken) -> Result<(), String> {
    let stop = stop.clone();
    let notices = Arc::new(Notices::default());
    let (database, ended) = (notices.database(&engine.pool), notices.clone());
    let (when_done, when_returned) = (engine.pool.clone(), engine.pool.clone());
    // Without a rest of its own an empty queue is asked again at once, hundreds of times a second. A new job ends the rest.
    let rest = RefetchDelayConfig::default()
        .with_duration(settings.poll)
        .with_max_abort_threshold(1);
    let worker = WorkerOptions::default()
        .schema(queue::SCHEMA)
        .concurrency(settings.concurrency)
        .poll_interval(settings.poll)
        // Without it each look starts at most `concurrency` jobs, so two a second however short they are; with it a run
        // that ends takes the next job. So many are fetched ahead as there are places, as each time all named queues are
        // locked; and for a moment only, as a job that waits here waits for nobody else.
        .local_queue(
            LocalQueueConfig::default()
                .with_size(settings.concurrency)
                .with_ttl(FETCHED_WAITS)
                .with_refetch_delay(rest),
        )
        .listen_os_shutdown_signals(false)
        .shutdown_signal(async move { stop.cancelled().await })
        // A run hands itself back within this time; one that can't, as the database is away, is cut off.
        .shutdown_grace_period(Duration::from_secs(7))
        .shutdown_interrupted_job_retry_delay(Duration::from_secs(1))
        .heartbeat_interval(settings.dead_after / 5)
        .sweep_interval(settings.dead_after / 3)
        .sweep_threshold(settings.dead_after)
        .recovery_delay(Duration::from_secs(1))
        .add_extension(engine.clone())
        .define_job::<RunMicrosoftTenant>()
        // A request for a Microsoft tenant at work can't be taken before that is done, and then nothing tells of it again.
        .on(JobComplete, move |done| {
            let (notices, pool) = (ended.clone(), when_done.clone());
            async move { notices.done(&pool, done.duration + FETCHED_WAITS).await }
        })
        // Whoever has a free place looked while these were taken, and found nothing.
        .on(LocalQueueReturnJobs, move |_| {
            let pool = when_returned.clone();
            async move { look_all(&pool).await }
        })
        .on(LocalQueueGetJobsComplete, move |look| {
            notices.found(look.jobs_count);
            ready(())
        })
        .database(database)
        .init()
        .await
        .map_err(|error| error.to_string())?;
    worker.run().await.map_err(|error| error.to_string())
}

/// Sees to it that every Microsoft tenant has its next run in the queue.
async fn keep_schedule(engine: Engine, settings: WorkerSettings, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = schedule_all(&engine, settings).await {
            tracing::warn!(%error, "the schedule could not be kept; it is tried again");
        }
        // Of a short interval a look in the middle of it would let a slot pass.
        let pause = SCHEDULE.min(settings.interval.to_std().unwrap_or_default() / 3);
        let _ = tokio::time::timeout(pause, stop.cancelled()).await;
    }
}

/// Tries the consents through the partner when they are due.
async fn see_consents_through(engine: Engine, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = partner::see_through(&engine, Waits::MICROSOFT).await {
            tracing::warn!(%error, "consents through the partner could not be tried; they are tried again");
        }
        let _ = tokio::time::timeout(CONSENTS, stop.cancelled()).await;
    }
}

/// Schedules the next run of every Microsoft tenant that has none waiting: daily in quarantine. Ends the runs of workers
/// that are gone. Deletes what is left of the directory of removed ones and what was told to no user sync, and puts
/// together what runs add to the states of Organizations.
pub async fn schedule_all(engine: &Engine, settings: WorkerSettings) -> Result<(), store::StoreError> {
    let daily = settings.interval.max(chrono::Duration::days(1));
    let now = Utc::now();
    let slots: Vec<_> = queue::unscheduled(&engine.pool)
        .await?
        .into_iter()
        .map(|(tenant, quarantined)| {
            let interval = if quarantined { daily } else { settings.interval };
            (tenant, next_slot(tenant, interval, now))
        })
        .collect();
    if !slots.is_empty() {
        queue::schedule_runs(&engine.pool, &slots).await?;
    }
    store::run::sweep(&engine.pool)
        .await?
        .into_iter()
        .for_each(measure::found_cut_off);
    for tenant in store::integration::to_forget(&engine.pool).await? {
        store::integration::forget_directory(&engine.pool, tenant).await?;
    }
    store::due::forget_untold(&engine.pool).await?;
    store::organization_state::settle(&engine.pool, 1).await
}
