//! Accounts. Only hashes of their passwords are kept.

use super::{
    audit,
    error::{Result, StoreError},
};
use crate::model::{
    access::Role,
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    ids::AccountId,
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

/// The account with an email, disabled or not.
pub async fn id_of(db: impl PgExecutor<'_>, email: &str) -> Result<Option<AccountId>> {
    Ok(
        sqlx::query_scalar("select id from account where lower(email) = lower($1)")
            .bind(email.trim())
            .fetch_optional(db)
            .await?,
    )
}

/// Whether an account can sign in with a password.
pub async fn has_password(db: impl PgExecutor<'_>, id: AccountId) -> Result<bool> {
    Ok(
        sqlx::query_scalar("select exists (select 1 from account where id = $1 and password_hash is not null)")
            .bind(id)
            .fetch_one(db)
            .await?,
    )
}

/// Gives an account another password, and ends its sessions: whoever knew the old one is out. `keep` is the hash of the
/// token of the session that stays, if any. Failed guesses at the old one count no more.
pub async fn set_password(
    pool: &PgPool,
    actor: &Actor,
    id: AccountId,
    password_hash: &str,
    keep: Option<&[u8]>,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    let row: Option<(String, String)> =
        sqlx::query_as("update account set password_hash = $2 where id = $1 returning name, email")
            .bind(id)
            .bind(password_hash)
            .fetch_optional(&mut *tx)
            .await?;
    let (name, email) = row.ok_or(StoreError::NotFound("This account"))?;
    let ended = sqlx::query("delete from session where account_id = $1 and ($2::bytea is null or token_hash <> $2)")
        .bind(id)
        .bind(keep)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from sign_in_failure where email = lower($1)")
        .bind(&email)
        .execute(&mut *tx)
        .await?;
    let ended = ended.rows_affected();
    let told = (ended > 0).then(|| AuditChange::new("Sessions ended", "", &ended.to_string()));
    let event = NewAuditEvent {
        action: Action::ChangePassword,
        subject: Subject::Account,
        subject_id: id.0,
        subject_name: name,
        organization: None,
        changes: told.flatten().into_iter().collect(),
    };
    audit::record(&mut *tx, actor, &event).await?;
    tx.commit().await?;
    Ok(())
}
