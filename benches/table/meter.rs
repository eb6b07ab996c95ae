//! Medians, statements and WAL.

use crate::Outcome;
use sqlx::PgPool;
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
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

/// Counts the statements that sqlx tells of while it is on. `begin` and `commit` are not among them: sqlx does not tell,
/// nor of COPY.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    on: Arc<AtomicBool>,
    told: Arc<Mutex<Told>>,
}

/// Statements by their text: how often, and how many seconds.
type Told = HashMap<String, (u64, f64)>;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted(Told);

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
        self.stop();
        self.on.store(true, Ordering::Relaxed);
    }

    /// Counts no longer, and tells what there was.
    pub fn stop(&self) -> Counted {
        self.on.store(false, Ordering::Relaxed);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Counted(std::mem::take(&mut *told))
    }
}

impl Counted {
    /// How many there were, without those on the queue's tables.
    pub fn ours(&self) -> u64 {
        let ours = self.0.iter().filter(|(sql, _)| !sql.contains("graphile_worker"));
        ours.map(|(_, (times, _))| times).sum()
    }

    /// How many of them began with one of these words.
    pub fn beginning(&self, words: &[&str]) -> u64 {
        let begins = |sql: &str| {
            let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            words.iter().any(|words| sql.starts_with(words))
        };
        let found = self.0.iter().filter(|(sql, _)| begins(sql));
        found.map(|(_, (times, _))| times).sum()
    }

    /// The slowest in sum, in words.
    pub fn slowest(&self, most: usize) -> String {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by(|(_, (_, a)), (_, (_, b))| b.total_cmp(a));
        let words = all.iter().take(most).map(|(sql, (times, seconds))| {
            let sql: Vec<_> = sql.split_whitespace().take(7).collect();
            let took = time(Duration::from_secs_f64(seconds.max(0.0)));
            format!("`{} ...` {times} times, {took}", sql.join(" "))
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut one = One::default();
        event.record(&mut one);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // A short statement is its own summary.
        let sql = if one.statement.is_empty() {
            one.summary
        } else {
            one.statement
        };
        let (times, seconds) = told.entry(sql).or_default();
        *times += 1;
        *seconds += one.seconds;
    }
}

/// A statement as sqlx tells it.
#[derive(Default)]
struct One {
    summary: String,
    statement: String,
    seconds: f64,
}

impl Visit for One {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Where the write-ahead log ends now.
pub async fn wal(pool: &PgPool) -> Outcome<i64> {
    let sql = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
    Ok(sqlx::query_scalar(sql).fetch_one(pool).await?)
}
