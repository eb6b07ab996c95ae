//! Brings the database to the version of this program: our tables, and those of the job queue.

use super::error::{Result, StoreError};
use sqlx::PgPool;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Runs what is missing. Safe to call from several processes at once.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    MIGRATOR
        .run(pool)
        .await
        .map_err(|error| StoreError::Migrate(error.to_string()))?;
    graphile_worker::WorkerUtils::new(pool.clone(), super::queue::SCHEMA)
        .migrate()
        .await
        .map_err(|error| StoreError::Migrate(error.to_string()))?;
    super::search::create_indexes(pool).await
}

/// Whether every migration of this program has run.
pub async fn is_current(pool: &PgPool) -> Result<bool> {
    let latest = MIGRATOR
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default();
    let done: Option<i64> = sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
        .fetch_one(pool)
        .await?;
    Ok(done >= Some(latest))
}
