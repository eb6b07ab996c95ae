//! The notices of the job queue: Postgres tells each worker at once of every job that is put into it. What no notice tells
//! of is found by a look, and those are rare; so notices must outlive an outage of the database, and where a look passed
//! over a job that is due there must be another one soon.

use super::queue;
use futures::stream;
use graphile_worker::{
    BoxFuture, Database, DatabaseDriver, DbError, DbExecutor, DbParams, DbRow, DbTransaction, Notification,
    NotificationStream,
};
use sqlx::{PgPool, postgres::PgListener};
use std::{
    any::Any,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// How long it is waited until the database is asked again whether it is back.
const AGAIN: Duration = Duration::from_secs(1);
/// So long after a look that found nothing it is asked whether it passed something over; each time in a row twice as long.
const PASSED_OVER: Duration = Duration::from_millis(250);
/// So often in a row; then it is left to the looks.
const MOST_IN_A_ROW: u32 = 6;

/// What one worker hears.
#[derive(Debug, Default)]
pub struct Notices {
    /// When the last one was heard of a job that was put into the queue.
    last: Mutex<Option<Instant>>,
    /// A look found nothing.
    nothing: Notify,
    /// So many looks in a row were for what the one before had passed over.
    in_a_row: AtomicU32,
}

impl Notices {
    /// The database as the worker's queue sees it: the same, but that its notices are these.
    pub fn database(self: &Arc<Self>, pool: &PgPool) -> Database {
        Database::new(Heard {
            database: pool.into(),
            pool: pool.clone(),
            notices: self.clone(),
        })
    }

    /// A job is done that its worker had for so long. Where there was a notice meanwhile the queue is looked into, by
    /// all workers: the look that followed the notice found the named queue of that job taken.
    pub async fn done(&self, pool: &PgPool, took: Duration) {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() <= took) {
            look_all(pool).await;
        }
    }

    /// A look found so many jobs. None may be true only of that moment: a notice that comes in the middle of a look brings
    /// no other one, and while another worker looks all named queues are its own.
    pub fn found(&self, jobs: usize) {
        if jobs == 0 {
            self.nothing.notify_one();
        } else {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
    }

    fn heard(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Comes to an end when a look has passed over a job that is free.
    async fn passed_over(&self, pool: &PgPool) {
        loop {
            self.nothing.notified().await;
            let in_a_row = self.in_a_row.load(Ordering::Relaxed);
            sleep(PASSED_OVER * 2u32.pow(in_a_row.min(MOST_IN_A_ROW))).await;
            // A database that is away is the listener's to tell of.
            if in_a_row < MOST_IN_A_ROW && queue::is_anything_free(pool).await.unwrap_or_default() {
                self.in_a_row.store(in_a_row + 1, Ordering::Relaxed);
                return;
            }
            self.in_a_row.store(0, Ordering::Relaxed);
        }
    }
}

/// Has all workers look into the queue, of this process and of others: jobs are free that were not, and the queue
/// itself tells of new ones alone. A database that is away is the listeners' to tell of, who look when it is back.
pub async fn look_all(pool: &PgPool) {
    if let Err(error) = queue::tell_all(pool).await {
        tracing::warn!(%error, "the workers could not be told that jobs are free again");
    }
}

#[derive(Debug)]
struct Heard {
    database: Database,
    pool: PgPool,
    notices: Arc<Notices>,
}

impl DbExecutor for Heard {
    fn execute<'a>(&'a self, sql: &'a str, params: DbParams) -> BoxFuture<'a, Result<u64, DbError>> {
        DbExecutor::execute(&self.database, sql, params)
    }

    fn fetch_all<'a>(&'a self, sql: &'a str, params: DbParams) -> BoxFuture<'a, Result<Vec<DbRow>, DbError>> {
        DbExecutor::fetch_all(&self.database, sql, params)
    }
}

impl DatabaseDriver for Heard {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn begin(&self) -> BoxFuture<'_, Result<DbTransaction, DbError>> {
        Box::pin(self.database.begin())
    }

    fn listen<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Option<NotificationStream>, DbError>> {
        Box::pin(async move {
            let told = Told {
                listener: Some(listen(&self.pool, channel).await?),
                pool: self.pool.clone(),
                channel: channel.to_owned(),
                notices: self.notices.clone(),
            };
            let of_postgres = stream::unfold(told, |mut told| async move {
                let notice = told.next().await?;
                Some((Ok::<_, DbError>(notice), told))
            });
            let own = (self.notices.clone(), self.pool.clone(), channel.to_owned());
            let passed_over = stream::unfold(own, |(notices, pool, channel)| async move {
                notices.passed_over(&pool).await;
                Some((Ok::<_, DbError>(notice(&channel)), (notices, pool, channel)))
            });
            Ok(Some(
                Box::pin(stream::select(of_postgres, passed_over)) as NotificationStream
            ))
        })
    }
}

async fn listen(pool: &PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    Ok(listener)
}

/// Nobody reads what a notice says.
fn notice(channel: &str) -> Notification {
    Notification {
        channel: channel.to_owned(),
        payload: String::new(),
    }
}

/// What Postgres tells.
struct Told {
    /// None while the database is away.
    listener: Option<PgListener>,
    pool: PgPool,
    channel: String,
    notices: Arc<Notices>,
}

impl Told {
    /// The next notice; the first one after an outage is our own, as nobody heard what was told meanwhile. None once the
    /// pool is closed.
    async fn next(&mut self) -> Option<Notification> {
        loop {
            let heard = match &mut self.listener {
                // None where the connection was lost meanwhile, and notices with it.
                Some(listener) => listener
                    .try_recv()
                    .await
                    .map(|notice| notice.is_none_or(|notice| notice.payload() != queue::LOOK)),
                None => listen(&self.pool, &self.channel).await.map(|listener| {
                    self.listener = Some(listener);
                    true
                }),
            };
            match heard {
                Ok(is_of_a_new_job) => {
                    // Else the end of each run would make the next one's a reason to look.
                    if is_of_a_new_job {
                        self.notices.heard();
                    }
                    return Some(notice(&self.channel));
                }
                Err(_) if self.pool.is_closed() => return None,
                Err(error) => {
                    tracing::warn!(%error, "new jobs are not told of while the database is away");
                    self.listener = None;
                    sleep(AGAIN).await;
                }
            }
        }
    }
}
