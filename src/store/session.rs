//! Sessions. Only a hash of a session's token is kept. Each has two ends: one after a time in which nobody used it, and
//! one that nothing puts off.

use super::{Now, account::Account, error::Result};
use crate::model::{
    access::Access,
    ids::{AccountId, OrganizationId},
    sign_in::Way,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, PgPool};
use uuid::Uuid;

/// A session that is not used for so many minutes is over.
pub const IDLE_MINUTES: i32 = 120;
/// So many hours after its beginning a session is over, used or not.
pub const LONGEST_HOURS: i32 = 12;

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Whose.
    pub account: AccountId,
    /// The hash of its token.
    pub token_hash: &'a [u8],
    /// How it was begun.
    pub way: Way,
    /// From where.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id, which opens nothing.
    pub id: Uuid,
    /// How it was begun.
    pub way: Way,
    /// From where.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub agent: String,
    /// When it was begun.
    pub begun: Moment,
    /// When it was last used, to the minute.
    pub last_seen: Moment,
    /// Whether it is the one that asks.
    pub here: bool,
}

/// Opens a session; sessions that are over go.
pub async fn open(pool: &PgPool, new: &NewSession<'_>) -> Result<()> {
    sqlx::query("delete from session where expires_at < now() or last_seen_at < now() - make_interval(mins => $1)")
        .bind(IDLE_MINUTES)
        .execute(pool)
        .await?;
    sqlx::query(
        "insert into session (token_hash, account_id, expires_at, way, client_address, user_agent)
         values ($1, $2, now() + make_interval(hours => $3), $4, $5, left($6, 300))",
    )
    .bind(new.token_hash)
    .bind(new.account)
    .bind(LONGEST_HOURS)
    .bind(new.way.key())
    .bind(&new.address)
    .bind(new.agent)
    .execute(pool)
    .await?;
    Ok(())
}

/// Who has this session, and what they may now; notes that it is used, once a minute at most.
pub async fn find(db: impl PgExecutor<'_>, token_hash: &[u8]) -> Result<Option<(Account, Access)>> {
    #[derive(FromRow)]
    struct Row {
        #[sqlx(flatten)]
        account: Account,
        given: Vec<OrganizationId>,
    }
    let row: Option<Row> = sqlx::query_as(
        "with found as (
             select s.token_hash, s.account_id from session s
             where s.token_hash = $1 and s.expires_at > now()
               and s.last_seen_at > now() - make_interval(mins => $2)
         ), seen as (
             update session s set last_seen_at = now() from found f
             where s.token_hash = f.token_hash and s.last_seen_at < now() - interval '1 minute'
         )
         select a.id, a.email, a.name, a.role,
                array(select g.organization_id from account_organization g where g.account_id = a.id) as given
         from found f join account a on a.id = f.account_id
         where a.disabled_at is null",
    )
    .bind(token_hash)
    .bind(IDLE_MINUTES)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let access = Access::new(row.account.role, row.given);
        (row.account, access)
    }))
}

/// Ends a session.
pub async fn close(db: impl PgExecutor<'_>, token_hash: &[u8]) -> Result<()> {
    sqlx::query("delete from session where token_hash = $1")
        .bind(token_hash)
        .execute(db)
        .await?;
    Ok(())
}

/// The sessions of an account that are not over, the last used first. `here` is the hash of the token that asks.
pub async fn of_account(
    db: impl PgExecutor<'_>,
    account: AccountId,
    here: &[u8],
    now: &Now,
) -> Result<Vec<OpenSession>> {
    #[derive(FromRow)]
    struct Row {
        id: Uuid,
        way: String,
        client_address: Option<String>,
        user_agent: String,
        created_at: DateTime<Utc>,
        last_seen_at: DateTime<Utc>,
        here: bool,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select id, way, client_address, user_agent, created_at, last_seen_at, token_hash = $2 as here
         from session
         where account_id = $1 and expires_at > now() and last_seen_at > now() - make_interval(mins => $3)
         order by here desc, last_seen_at desc, id",
    )
    .bind(account)
    .bind(here)
    .bind(IDLE_MINUTES)
    .fetch_all(db)
    .await?;
    let open = |row: Row| OpenSession {
        id: row.id,
        way: Way::from_key(&row.way),
        address: row.client_address,
        agent: row.user_agent,
        begun: Moment::new(row.created_at, now),
        last_seen: Moment::new(row.last_seen_at, now),
        here: row.here,
    };
    Ok(rows.into_iter().map(open).collect())
}

/// Ends one session of an account; tells whether it had it.
pub async fn end(db: impl PgExecutor<'_>, account: AccountId, id: Uuid) -> Result<bool> {
    let done = sqlx::query("delete from session where account_id = $1 and id = $2")
        .bind(account)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends every session of an account; tells how many.
pub async fn end_all(db: impl PgExecutor<'_>, account: AccountId) -> Result<u64> {
    let done = sqlx::query("delete from session where account_id = $1")
        .bind(account)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
