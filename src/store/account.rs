//! Accounts. Only hashes of their passwords are kept.

use super::error::{Result, StoreError};
use crate::model::{access::Role, ids::AccountId};
use sqlx::{FromRow, PgExecutor};

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
