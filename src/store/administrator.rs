//! Local administrators and their sessions. Only hashes are kept, of passwords and of session tokens.

use super::error::{Result, StoreError};
use crate::model::ids::AdministratorId;
use sqlx::{PgExecutor, PgPool};

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// Our id.
    pub id: AdministratorId,
    /// What they sign in with.
    pub email: String,
    /// How the screens greet them.
    pub name: String,
}

/// Whether nobody can sign in yet.
pub async fn is_none(db: impl PgExecutor<'_>) -> Result<bool> {
    Ok(sqlx::query_scalar("select not exists (select 1 from administrator)")
        .fetch_one(db)
        .await?)
}

/// Adds an administrator.
pub async fn create(db: impl PgExecutor<'_>, administrator: &Administrator, password_hash: &str) -> Result<()> {
    sqlx::query("insert into administrator (id, email, name, password_hash) values ($1, $2, $3, $4)")
        .bind(administrator.id)
        .bind(administrator.email.trim())
        .bind(administrator.name.trim())
        .bind(password_hash)
        .execute(db)
        .await
        .map_err(|error| match error.as_database_error().and_then(|e| e.constraint()) {
            Some("administrator_email_key") => StoreError::Conflict(
                "An administrator with this email exists. Choose another email, or sign in with that one.",
            ),
            _ => error.into(),
        })?;
    Ok(())
}

/// The administrator with an email, and the hash of the password.
pub async fn by_email(db: impl PgExecutor<'_>, email: &str) -> Result<Option<(Administrator, String)>> {
    let row: Option<(AdministratorId, String, String, String)> =
        sqlx::query_as("select id, email, name, password_hash from administrator where lower(email) = lower($1)")
            .bind(email.trim())
            .fetch_optional(db)
            .await?;
    Ok(row.map(|(id, email, name, hash)| (Administrator { id, email, name }, hash)))
}

/// How many sign-ins with this email failed in the last fifteen minutes.
pub async fn recent_failures(db: impl PgExecutor<'_>, email: &str) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "select count(*) from sign_in_failure where email = lower($1) and at > now() - interval '15 minutes'",
    )
    .bind(email.trim())
    .fetch_one(db)
    .await?)
}

/// Remembers a failed sign-in, and forgets those that are too old to count.
pub async fn record_failure(pool: &PgPool, email: &str) -> Result<()> {
    sqlx::query("delete from sign_in_failure where at < now() - interval '1 day'")
        .execute(pool)
        .await?;
    sqlx::query("insert into sign_in_failure (email) values (lower($1))")
        .bind(email.trim())
        .execute(pool)
        .await?;
    Ok(())
}

/// Opens a session for so many hours; sessions that are over go.
pub async fn open_session(pool: &PgPool, id: AdministratorId, token_hash: &[u8], hours: i32) -> Result<()> {
    sqlx::query("delete from session where expires_at < now()")
        .execute(pool)
        .await?;
    sqlx::query(
        "insert into session (token_hash, administrator_id, expires_at)
         values ($1, $2, now() + make_interval(hours => $3))",
    )
    .bind(token_hash)
    .bind(id)
    .bind(hours)
    .execute(pool)
    .await?;
    Ok(())
}

/// Who has this session.
pub async fn by_session(db: impl PgExecutor<'_>, token_hash: &[u8]) -> Result<Option<Administrator>> {
    let row: Option<(AdministratorId, String, String)> = sqlx::query_as(
        "select a.id, a.email, a.name from session s join administrator a on a.id = s.administrator_id
         where s.token_hash = $1 and s.expires_at > now()",
    )
    .bind(token_hash)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(id, email, name)| Administrator { id, email, name }))
}

/// Ends a session.
pub async fn close_session(db: impl PgExecutor<'_>, token_hash: &[u8]) -> Result<()> {
    sqlx::query("delete from session where token_hash = $1")
        .bind(token_hash)
        .execute(db)
        .await?;
    Ok(())
}
