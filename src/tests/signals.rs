//! Processes that are told to end, by the signal that a service manager or a person at the terminal sends.

use super::command::{command, settings_of};
use crate::{
    model::filter::Filters,
    tests::{said, support::Stage},
};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::PgPool;
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr},
};

/// `entrain` with these words over a stage, in a process of its own, with what it says on stderr.
fn start(stage: &Stage, words: &[&str], more: &[(&str, &str)]) -> (Child, Lines<BufReader<ChildStderr>>) {
    let owned = settings_of(stage);
    let settings: Vec<_> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut process = command(words, &[&settings, more].concat(), &std::env::temp_dir())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let said = BufReader::new(process.stderr.take().unwrap()).lines();
    (process, said)
}

/// Its next line, until it has said all.
async fn next(said: &mut Lines<BufReader<ChildStderr>>) -> Option<String> {
    let line = said.next_line().await.unwrap();
    if let Some(line) = &line {
        said::aloud(line);
    }
    line
}

fn send(process: &Child, signal: Signal) {
    let pid = i32::try_from(process.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// State and error of the only run, and how many leases are left.
async fn left(pool: &PgPool) -> (String, String, i64) {
    let sql = "select state, error, (select count(*) from run_lease where expires_at > clock_timestamp()) from run";
    sqlx::query_as(sql).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_worker_is_measured_and_hands_its_run_back_at_sigterm(pool: PgPool) {
    let stage = Stage::new(&pool, 5).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(60_000).await;
    let more = [
        ("ENTRAIN_METRICS_LISTEN", "127.0.0.1:0"),
        ("ENTRAIN_PRODUCT_NAMES_URL", "off"),
    ];
    let (mut worker, mut said) = start(&stage, &["serve", "--role", "worker"], &more);
    let address = loop {
        let line = next(&mut said).await.unwrap();
        if let Some(address) = line.strip_prefix("Metrics are at ") {
            break address.to_owned();
        }
    };
    stage.in_the_middle().await;
    let text = reqwest::get(&address).await.unwrap().text().await.unwrap();
    assert!(text.contains("entrain_runs_at_work 1"), "{text}");
    for (probe, words) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let answer = reqwest::get(address.replace("/metrics", probe)).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.text().await.unwrap().as_str()),
            (200, words)
        );
    }
    send(&worker, Signal::TERM);
    let mut log = vec![];
    while let Some(line) = next(&mut said).await {
        log.push(line);
    }
    let code = worker.wait().await.unwrap();
    assert_eq!(code.code(), Some(0), "{log:#?}");
    let (state, error, leases) = left(&pool).await;
    assert_eq!((state.as_str(), leases), ("failed", 0), "{log:#?}");
    assert!(error.contains("handed back"), "{error}");
    assert!(log.iter().any(|line| line.contains("run handed back")), "{log:#?}");
}

#[sqlx::test(migrations = false)]
async fn a_sync_at_the_terminal_hands_its_run_back_at_ctrl_c(pool: PgPool) {
    let stage = Stage::new(&pool, 5).await;
    stage.hold_groups(60_000).await;
    let (mut sync, mut said) = start(&stage, &["sync", "--all"], &[]);
    stage.in_the_middle().await;
    send(&sync, Signal::INT);
    let mut words = vec![];
    while let Some(line) = next(&mut said).await {
        words.push(line);
    }
    assert_eq!(sync.wait().await.unwrap().code(), Some(1), "{words:#?}");
    let (state, error, leases) = left(&pool).await;
    assert_eq!((state.as_str(), leases), ("failed", 0));
    assert!(error.contains("handed back"), "{error}");
    assert!(words.iter().any(|line| line.contains("handed back")), "{words:#?}");
}
