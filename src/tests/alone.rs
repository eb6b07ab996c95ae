//! Tests that want a process of their own.

use super::said;
use sqlx::PgPool;

const ALONE: &str = "ENTRAIN_TEST_ALONE";

/// Runs the test that calls this first thing in a process of its own, and returns whether it did: then there is nothing
/// left to do. `tracing` keeps for all threads of a process which places in the code anybody listens to, so that a log of
/// one test is told too little.
pub async fn ran_alone(pool: &PgPool, module: &str, test: &str) -> bool {
    if is_alone() {
        return false;
    }
    // The other process makes a database of the same name.
    pool.close().await;
    let module = module.split_once("::").map_or(module, |(_, module)| module);
    let this = std::env::current_exe().unwrap();
    let done = std::process::Command::new(this)
        .args([
            &format!("{module}::{test}"),
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let told = [done.stdout, done.stderr].map(|told| String::from_utf8_lossy(&told).into_owned());
    said::aloud(&told.concat());
    assert!(done.status.success(), "{}", told.concat());
    assert!(told[0].contains("1 passed"), "no such test: {}", told.concat());
    true
}

/// Whether this process has been started for one test alone.
pub fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}
