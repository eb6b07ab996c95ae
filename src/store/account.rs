//! Accounts and their sessions. Only hashes are kept, of passwords and of session tokens.

use super::error::{Result, StoreError};
use crate::model::{
    access::{Access, Role},
    ids::{AccountId, OrganizationId},
};
use sqlx::{FromRow, PgExecutor, PgPool};

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Account {
    /// Our id.
    pub id: AccountId,
    /// What they sign in with.
    pub email: String,
    /// How the screens greet them.
    pub name: String,
    /// How far they go.
    #[sqlx(try_from = "String")]
    pub role: Role,
}

/// Whether nobody can sign in yet.
pub async fn is_none(db: impl PgExecutor<'_>) -> Result<bool> {
    Ok(sqlx::query_scalar("select not exists (select 1 from account)")
        .fetch_one(db)
        .await?)
}

/// Adds an account. Without a password it signs in with another provider only.
pub async fn create(db: impl PgExecutor<'_>, account: &Account, password_hash: Option<&str>) -> Result<()> {
    sqlx::query("insert into account (id, email, name, role, password_hash) values ($1, $2, $3, $4, $5)")
        .bind(account.id)
        .bind(account.email.trim())
        .bind(account.name.trim())
        .bind(account.role.key())
        .bind(password_hash)
        .execute(db)
        .await
        .map_err(|error| match error.as_database_error().and_then(|e| e.constraint()) {
            Some("account_email_key") => StoreError::Conflict(
                "An account with this email exists. Choose another email, or sign in with that one.",
            ),
            _ => error.into(),
        })?;
    Ok(())
}

/// The account with an email, and the hash of its password if it has one; none while it is disabled.
pub async fn by_email(db: impl PgExecutor<'_>, email: &str) -> Result<Option<(Account, Option<String>)>> {
    #[derive(FromRow)]
    struct Row {
        #[sqlx(flatten)]
        account: Account,
        password_hash: Option<String>,
    }
    let row: Option<Row> = sqlx::query_as(
        "select id, email, name, role, password_hash from account
         where lower(email) = lower($1) and disabled_at is null",
    )
    .bind(email.trim())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.account, row.password_hash)))
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
pub async fn open_session(pool: &PgPool, id: AccountId, token_hash: &[u8], hours: i32) -> Result<()> {
    sqlx::query("delete from session where expires_at < now()")
        .execute(pool)
        .await?;
    sqlx::query(
        "insert into session (token_hash, account_id, expires_at)
         values ($1, $2, now() + make_interval(hours => $3))",
    )
    .bind(token_hash)
    .bind(id)
    .bind(hours)
    .execute(pool)
    .await?;
    Ok(())
}

/// Who has this session, and what they may now.
pub async fn by_session(db: impl PgExecutor<'_>, token_hash: &[u8]) -> Result<Option<(Account, Access)>> {
    #[derive(FromRow)]
    struct Row {
        #[sqlx(flatten)]
        account: Account,
        given: Vec<OrganizationId>,
    }
    let row: Option<Row> = sqlx::query_as(
        "select a.id, a.email, a.name, a.role,
                array(select g.organization_id from account_organization g where g.account_id = a.id) as given
         from session s join account a on a.id = s.account_id
         where s.token_hash = $1 and s.expires_at > now() and a.disabled_at is null",
    )
    .bind(token_hash)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let access = Access::new(row.account.role, row.given);
        (row.account, access)
    }))
}

/// Ends a session.
pub async fn close_session(db: impl PgExecutor<'_>, token_hash: &[u8]) -> Result<()> {
    sqlx::query("delete from session where token_hash = $1")
        .bind(token_hash)
        .execute(db)
        .await?;
    Ok(())
}
