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

/// Whether every migration of this program has run, those of the job queue included. A database that was never migrated
/// is no error.
pub async fn is_current(pool: &PgPool) -> Result<bool> {
    let begun: bool = sqlx::query_scalar(
        "select to_regclass('_sqlx_migrations') is not null and to_regclass('graphile_worker.jobs') is not null",
    )
    .fetch_one(pool)
    .await?;
    if !begun {
        return Ok(false);
    }
    let done: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
        .fetch_all(pool)
        .await?;
    Ok(MIGRATOR.iter().all(|migration| done.contains(&migration.version)))
}
