//! Sessions. Only a hash of a session's token is kept. Each has two ends: one after a time in which nobody used it, and
//! one that nothing puts off.

use super::{Now, account::Account, audit, error::Result};
use crate::model::{
    access::Access,
    audit::{Action, Actor, ActorKind, AuditChange, NewAuditEvent, Subject},
    ids::{AccountId, OrganizationId},
    sign_in::Way,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
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

/// Opens a session for somebody who has just signed in, which the audit log tells.
pub async fn begin(pool: &PgPool, new: &NewSession<'_>) -> Result<()> {
    let mut tx = pool.begin().await?;
    open(&mut tx, new).await?;
    let way = AuditChange::new("Signed in with", "", new.way.label());
    record_own(&mut tx, Action::SignIn, new.account, new.address.clone(), way).await?;
    tx.commit().await?;
    Ok(())
}

/// Opens a session; sessions that are over go.
pub async fn open(tx: &mut PgConnection, new: &NewSession<'_>) -> Result<()> {
    sqlx::query("delete from session where expires_at < now() or last_seen_at < now() - make_interval(mins => $1)")
        .bind(IDLE_MINUTES)
        .execute(&mut *tx)
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
    .execute(&mut *tx)
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

/// **Sign Out**: ends a session, which the audit log tells. One that is over already is as it should be.
pub async fn sign_out(pool: &PgPool, token_hash: &[u8], address: Option<String>) -> Result<()> {
    let mut tx = pool.begin().await?;
    let account: Option<AccountId> =
        sqlx::query_scalar("delete from session where token_hash = $1 returning account_id")
            .bind(token_hash)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some(account) = account {
        record_own(&mut tx, Action::SignOut, account, address, None).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Ends a session that another one in the same browser follows.
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
pub async fn end(pool: &PgPool, actor: &Actor, account: AccountId, id: Uuid) -> Result<bool> {
    let mut tx = pool.begin().await?;
    let done = sqlx::query("delete from session where account_id = $1 and id = $2")
        .bind(account)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() > 0 {
        record(&mut tx, actor, Action::EndSession, account, None).await?;
    }
    tx.commit().await?;
    Ok(done.rows_affected() > 0)
}

/// Ends every session of an account; tells how many.
pub async fn end_all(pool: &PgPool, actor: &Actor, account: AccountId) -> Result<u64> {
    let mut tx = pool.begin().await?;
    let done = sqlx::query("delete from session where account_id = $1")
        .bind(account)
        .execute(&mut *tx)
        .await?;
    let ended = AuditChange::new("Sessions", &done.rows_affected().to_string(), "0");
    if ended.is_some() {
        record(&mut tx, actor, Action::EndSession, account, ended).await?;
    }
    tx.commit().await?;
    Ok(done.rows_affected())
}

/// Writes down what an account itself does.
async fn record_own(
    tx: &mut PgConnection,
    action: Action,
    account: AccountId,
    address: Option<String>,
    change: Option<AuditChange>,
) -> Result<()> {
    let actor = Actor {
        kind: ActorKind::Administrator,
        id: Some(account),
        name: name_of(tx, account).await?,
        address,
    };
    record(tx, &actor, action, account, change).await
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    account: AccountId,
    change: Option<AuditChange>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::Account,
        subject_id: account.0,
        subject_name: name_of(tx, account).await?,
        organization: None,
        changes: change.into_iter().collect(),
    };
    audit::record(tx, actor, &event).await
}

async fn name_of(tx: &mut PgConnection, account: AccountId) -> Result<String> {
    Ok(sqlx::query_scalar("select name from account where id = $1")
        .bind(account)
        .fetch_one(tx)
        .await?)
}
