//! A database for each history: a copy of one that is migrated once.

use crate::store::migrate::migrate;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    env, process,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Tests of one process share the pattern, and take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Waits until no other test of this process is at it.
pub fn alone() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn server() -> PgConnectOptions {
    env::var("DATABASE_URL")
        .expect("set DATABASE_URL, as end2end/with-postgres.sh does")
        .parse()
        .unwrap()
}

fn template() -> String {
    format!("entrain_model_{}", process::id())
}

async fn ask(sql: String) {
    let mut server = PgConnection::connect_with(&server()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut server).await.unwrap();
    server.close().await.unwrap();
}

/// A pool on a database.
pub async fn open(name: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(8)
        .connect_with(server().database(name))
        .await
        .unwrap()
}

/// Makes what the databases are copied from.
pub async fn prepare() {
    // One that failed may have left it.
    drop(&template()).await;
    ask(format!("create database {}", template())).await;
    let pool = open(&template()).await;
    migrate(&pool).await.unwrap();
    pool.close().await;
}

/// A migrated database that nobody else has: its name and a pool.
pub async fn create() -> (String, PgPool) {
    copy(&template()).await
}

/// A copy of a database in which nobody has a session: its name and a pool.
pub async fn copy(of: &str) -> (String, PgPool) {
    let name = format!("{}_{}", template(), NEXT.fetch_add(1, Ordering::Relaxed));
    ask(format!("create database {name} template {of}")).await;
    let pool = open(&name).await;
    (name, pool)
}

/// Drops a database, whoever is connected to it.
pub async fn drop(name: &str) {
    ask(format!("drop database if exists {name} with (force)")).await;
}

/// Drops what the databases were copied from.
pub async fn clear() {
    drop(&template()).await;
}
