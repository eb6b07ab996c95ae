//! The database goes away in the middle of a run and comes back: through a small proxy that can be closed.

use crate::{
    engine::{
        RunError,
        run::{RunEnd, run_tenant},
        worker::{DEAD_AFTER, WorkerSettings, work},
    },
    model::{
        filter::Filters,
        run::{RunState, Trigger},
    },
    store::queue,
    tests::support::{Stage, engine, until},
};
use chrono::Utc;
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A door in front of Postgres: closed it ends every connection and lets nobody in.
struct Door {
    port: u16,
    open: Arc<watch::Sender<bool>>,
}

impl Door {
    async fn before(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        let socket = options
            .get_socket()
            .map(|folder| folder.join(format!(".s.PGSQL.{}", options.get_port())));
        let address = format!("{}:{}", options.get_host(), options.get_port());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::new(watch::Sender::new(true));
        let door = open.clone();
        tokio::spawn(async move {
            while let Ok((mut outside, _)) = listener.accept().await {
                let mut state = door.subscribe();
                if !*state.borrow() {
                    continue;
                }
                let mut inside: Box<dyn Stream> = match &socket {
                    Some(path) => Box::new(UnixStream::connect(path).await.unwrap()),
                    None => Box::new(TcpStream::connect(&address).await.unwrap()),
                };
                tokio::spawn(async move {
                    tokio::select! {
                        _ = copy_bidirectional(&mut outside, &mut inside) => {}
                        _ = state.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        Self { port, open }
    }

    /// A pool that goes through the door.
    async fn pool(&self, behind: &PgPool) -> PgPool {
        let there = behind.connect_options();
        let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(there.get_username())
            .database(there.get_database().unwrap())
            .ssl_mode(sqlx::postgres::PgSslMode::Disable);
        PgPoolOptions::new()
            .acquire_timeout(Duration::from_secs(1))
            .connect_with(options)
            .await
            .unwrap()
    }
}

#[sqlx::test(migrations = false)]
async fn a_process_that_is_told_to_stop_waits_for_no_record_that_can_not_be_written(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    let door = Door::before(&pool).await;
    let mut away = engine(&door.pool(&pool).await, &stage.microsoft);
    // The record would wait for as long as that.
    away.lease = Duration::from_secs(24 * 60 * 60);
    stage.hold_groups(300).await;
    let outage = async {
        stage.in_the_middle().await;
        door.open.send_replace(false);
        // By then the run has failed, and its record waits.
        tokio::time::sleep(Duration::from_secs(3)).await;
        away.stop.cancel();
    };
    let both = async {
        tokio::join!(
            run_tenant(&away, stage.tenant, Trigger::Manual, Utc::now(), None),
            outage
        )
    };
    let ended = tokio::time::timeout(Duration::from_secs(300), both).await;
    let (end, ()) = ended.expect("the run ends without its record");
    assert!(matches!(end, Err(RunError::HandedBack)), "{end:?}");
    let running: i64 = sqlx::query_scalar("select count(*) from run where state = 'running'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(running, 1, "the next run says that it was cut off");
}

#[sqlx::test(migrations = false)]
async fn a_run_whose_database_goes_away_is_recorded_when_it_is_back_and_the_next_one_succeeds(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    let door = Door::before(&pool).await;
    let away = engine(&door.pool(&pool).await, &stage.microsoft);
    stage.hold_groups(300).await;
    let outage = async {
        stage.in_the_middle().await;
        door.open.send_replace(false);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (running, people): (i64, i64) = sqlx::query_as(
            "select (select count(*) from run where state = 'running'), (select count(*) from end_user)",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(
            (running, people),
            (1, 0),
            "the run ended, or wrote, without its database"
        );
        door.open.send_replace(true);
    };
    let (end, ()) = tokio::join!(
        run_tenant(&away, stage.tenant, Trigger::Manual, Utc::now(), None),
        outage
    );
    let Ok(RunEnd::Failed(run, error)) = end else {
        panic!("{end:?}")
    };
    let row = stage.run_row(run).await;
    assert_eq!((row.state, row.error), (RunState::Failed, Some(error.words())));
    assert!(error.to_string().contains("database can't be reached"), "{error}");
    assert_eq!(stage.count().await, 0);
    assert_eq!(
        stage.status().await.0,
        "connected",
        "our own database is no word about Microsoft"
    );

    let end = run_tenant(&away, stage.tenant, Trigger::Manual, Utc::now(), None)
        .await
        .unwrap();
    assert!(matches!(end, RunEnd::Succeeded(_)), "{end:?}");
    assert!(stage.count().await > 0);
    assert_eq!(stage.attention(stage.organization).await, None);
}

#[sqlx::test(migrations = false)]
async fn a_worker_hears_of_new_jobs_again_when_its_database_was_away_and_is_back(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    sqlx::query("delete from graphile_worker._private_jobs")
        .execute(&pool)
        .await
        .unwrap();
    let door = Door::before(&pool).await;
    let away = engine(&door.pool(&pool).await, &stage.microsoft);
    let stop = CancellationToken::new();
    // A look that never comes.
    let settings = WorkerSettings {
        interval: chrono::Duration::hours(1),
        concurrency: 1,
        dead_after: DEAD_AFTER,
        poll: Duration::from_secs(3_600),
    };
    let worker = tokio::spawn(work(away, settings, stop.clone()));
    let asked_and_run = async |times: i64| {
        queue::request_run(&pool, stage.tenant, Trigger::Manual).await.unwrap();
        until("it runs", 60, || async {
            let done: i64 = sqlx::query_scalar("select count(*) from run where state = 'succeeded'")
                .fetch_one(&pool)
                .await
                .unwrap();
            done == times
        })
        .await;
    };
    asked_and_run(1).await;
    door.open.send_replace(false);
    // Longer than anybody waits for a connection.
    tokio::time::sleep(Duration::from_secs(3)).await;
    door.open.send_replace(true);
    asked_and_run(2).await;
    asked_and_run(3).await;
    stop.cancel();
    worker.await.unwrap();
}
