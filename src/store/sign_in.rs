//! Sign-ins that are not done: guesses at passwords, and attempts under way at a provider.

use super::error::Result;
use crate::model::audit::{Action, ActorKind, AuditChange, Subject};
use sqlx::{FromRow, PgExecutor, PgPool, types::Json};
use uuid::Uuid;

/// A guess at a password, counted before it is looked at: of many at once none goes uncounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// By which it is taken back.
    pub id: Uuid,
    /// How many there were for this email from this address in fifteen minutes, this one included.
    pub by_both: i64,
    /// How many there were for this email in fifteen minutes, this one included.
    pub by_email: i64,
    /// How many came from this address in fifteen minutes, this one included; none where it is not known.
    pub by_address: i64,
}

/// Counts a guess, and forgets those that are too old to count.
pub async fn guess(pool: &PgPool, email: &str, address: Option<&str>) -> Result<Guess> {
    sqlx::query("delete from sign_in_failure where at < now() - interval '1 day'")
        .execute(pool)
        .await?;
    let insert = "insert into sign_in_failure (email, client_address) values (left(lower($1), 320), $2) returning id";
    let id = sqlx::query_scalar(insert)
        .bind(email.trim())
        .bind(address)
        .fetch_one(pool)
        .await?;
    // A statement of its own: it sees what others have counted meanwhile.
    let (by_both, by_email, by_address) = sqlx::query_as(
        "select (select count(*) from sign_in_failure
                 where email = left(lower($1), 320) and client_address is not distinct from $2
                   and at > now() - interval '15 minutes'),
                (select count(*) from sign_in_failure
                 where email = left(lower($1), 320) and at > now() - interval '15 minutes'),
                (select count(*) from sign_in_failure
                 where client_address = $2 and at > now() - interval '15 minutes')",
    )
    .bind(email.trim())
    .bind(address)
    .fetch_one(pool)
    .await?;
    Ok(Guess {
        id,
        by_both,
        by_email,
        by_address,
    })
}

/// Takes a guess back: it was right, or it was not looked at.
pub async fn take_back(db: impl PgExecutor<'_>, guess: Guess) -> Result<()> {
    sqlx::query("delete from sign_in_failure where id = $1")
        .bind(guess.id)
        .execute(db)
        .await?;
    Ok(())
}

/// Tells the audit log that somebody was not let in as the account with this email, if there is one: once in fifteen
/// minutes for each address. One statement whether there is such an account or not, so that its time tells nothing.
pub async fn refused(db: impl PgExecutor<'_>, email: &str, address: Option<&str>, why: &str) -> Result<()> {
    let changes: Vec<_> = AuditChange::new("Reason", "", why).into_iter().collect();
    sqlx::query(
        "insert into audit_event (id, actor_kind, actor_name, action, subject_kind, subject_id, subject_name, changes,
                                  client_address)
         select $1, $2, $3, $4, $5, a.id, a.name, $6, $7 from account a
         where lower(a.email) = lower($8)
           and not exists (select from audit_event e
                           where e.subject_id = a.id and e.action = $4 and e.at > now() - interval '15 minutes'
                             and e.client_address is not distinct from $7)",
    )
    .bind(Uuid::now_v7())
    .bind(ActorKind::Nobody.key())
    .bind("Somebody")
    .bind(Action::RefuseSignIn.key())
    .bind(Subject::Account.key())
    .bind(Json(changes))
    .bind(address)
    .bind(email.trim())
    .execute(db)
    .await?;
    Ok(())
}

/// A sign-in that begins at a provider.
#[derive(Clone, Debug)]
pub struct NewAttempt<'a> {
    /// The hash of what goes around as `state`.
    pub state_hash: &'a [u8],
    /// The hash of the secret in the browser's cookie.
    pub browser_hash: &'a [u8],
    /// Which provider.
    pub provider: &'a str,
    /// Where to go on to, a path of ours.
    pub next: &'a str,
    /// From where.
    pub address: Option<String>,
    /// How long it is good, in seconds.
    pub seconds: i64,
}

/// Keeps an attempt, and forgets those that are over. Tells whether the address has begun no more than `most` in its
/// time; one too many is not kept.
pub async fn begin(pool: &PgPool, new: &NewAttempt<'_>, most: i64) -> Result<bool> {
    sqlx::query("delete from sign_in_attempt where expires_at < now()")
        .execute(pool)
        .await?;
    let kept = sqlx::query(
        "insert into sign_in_attempt (state_hash, browser_hash, provider, next, client_address, expires_at)
         select $1, $2, $3, $4, $5, now() + make_interval(secs => $6)
         where (select count(*) from sign_in_attempt where client_address = $5) < $7",
    )
    .bind(new.state_hash)
    .bind(new.browser_hash)
    .bind(new.provider)
    .bind(new.next)
    .bind(&new.address)
    .bind(f64::from(i32::try_from(new.seconds).unwrap_or(i32::MAX)))
    .bind(most)
    .execute(pool)
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// Where the attempt goes on to, if this browser began it with this provider and it is not over; it is good once.
pub async fn take(
    db: impl PgExecutor<'_>,
    state_hash: &[u8],
    browser_hash: &[u8],
    provider: &str,
) -> Result<Option<String>> {
    #[derive(FromRow)]
    struct Row {
        next: String,
        living: bool,
    }
    let row: Option<Row> = sqlx::query_as(
        "delete from sign_in_attempt where state_hash = $1 and browser_hash = $2 and provider = $3
         returning next, expires_at > now() as living",
    )
    .bind(state_hash)
    .bind(browser_hash)
    .bind(provider)
    .fetch_optional(db)
    .await?;
    Ok(row.filter(|row| row.living).map(|row| row.next))
}
