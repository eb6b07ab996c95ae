//! Medians, statements and WAL.

use crate::Outcome;
use sqlx::PgPool;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, filter::dynamic_filter_fn, layer::Context, prelude::*};

/// The middle one; of an even number the lower of the two.
pub fn median<T: PartialOrd + Copy>(values: &[T]) -> Outcome<T> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let middle = sorted.get(sorted.len().saturating_sub(1) / 2).copied();
    middle.ok_or_else(|| "nothing was measured".into())
}

/// A span of time as people read it.
pub fn time(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match seconds {
        10.0.. => format!("{seconds:.1} s"),
        1.0.. => format!("{seconds:.2} s"),
        0.01.. => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{:.2} ms", seconds * 1e3),
    }
}

/// Bytes as people read them.
pub fn bytes(bytes: i64) -> String {
    match bytes.abs() {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// How often one is the other.
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(1e-9)
}

/// Counts the statements that sqlx tells of while it is on. `begin` and `commit` are not among them: sqlx does not tell.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    on: Arc<AtomicBool>,
    ours: Arc<AtomicU64>,
    of_the_queue: Arc<AtomicU64>,
}

impl Statements {
    /// Listens from now on. To be done once in a process.
    pub fn listen() -> Self {
        let counter = Self::default();
        let on = Arc::clone(&counter.on);
        // Off, an event costs one look at this: sqlx writes no statement out that nobody counts.
        let filter = dynamic_filter_fn(move |event, _| {
            *event.level() <= Level::DEBUG && event.target() == "sqlx::query" && on.load(Ordering::Relaxed)
        });
        let filter = filter.with_max_level_hint(LevelFilter::DEBUG);
        tracing_subscriber::registry()
            .with(counter.clone().with_filter(filter))
            .init();
        counter
    }

    /// Counts from zero.
    pub fn start(&self) {
        self.ours.store(0, Ordering::Relaxed);
        self.of_the_queue.store(0, Ordering::Relaxed);
        self.on.store(true, Ordering::Relaxed);
    }

    /// How many there were, without those on the queue's tables.
    pub fn stop(&self) -> u64 {
        self.on.store(false, Ordering::Relaxed);
        self.ours.load(Ordering::Relaxed)
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut queue = NamesTheQueue(false);
        event.record(&mut queue);
        let counter = if queue.0 { &self.of_the_queue } else { &self.ours };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

struct NamesTheQueue(bool);

impl Visit for NamesTheQueue {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0 |= value.contains("graphile_worker");
    }

    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.0 |= format!("{value:?}").contains("graphile_worker");
    }
}

/// Where the write-ahead log ends now.
pub async fn wal(pool: &PgPool) -> Outcome<i64> {
    let sql = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
    Ok(sqlx::query_scalar(sql).fetch_one(pool).await?)
}
