//! The lease of a Microsoft tenant: who may write for it now. One token per process start; the database's clock alone
//! decides, so that a worker that slept past its lease writes nothing when it wakes.

use super::error::{Result, StoreError};
use crate::model::ids::MicrosoftTenantId;
use sqlx::{PgConnection, PgExecutor, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// How long a lease lasts without being renewed.
pub const LENGTH: Duration = Duration::from_secs(90);

/// A held lease, to be shown at every transaction of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// For which Microsoft tenant.
    pub tenant: MicrosoftTenantId,
    /// Random, new for each run.
    pub token: Uuid,
    /// How long it lasts without being renewed.
    pub length: Duration,
}

impl Lease {
    /// A lease to be acquired, with a token of its own.
    pub fn new(tenant: MicrosoftTenantId) -> Self {
        Self {
            tenant,
            token: Uuid::new_v4(),
            length: LENGTH,
        }
    }
}

/// Takes the lease; `false` when somebody else holds it. One that is over is deleted first: a deletion waits for the
/// transactions that hold the row, which an update of the token would not.
pub async fn acquire(pool: &PgPool, lease: Lease) -> Result<bool> {
    sqlx::query("delete from run_lease where microsoft_tenant_id = $1 and expires_at <= clock_timestamp()")
        .bind(lease.tenant)
        .execute(pool)
        .await?;
    let done = sqlx::query(
        "insert into run_lease (microsoft_tenant_id, lease_token, expires_at)
         values ($1, $2, clock_timestamp() + make_interval(secs => $3))
         on conflict (microsoft_tenant_id) do nothing",
    )
    .bind(lease.tenant)
    .bind(lease.token)
    .bind(lease.length.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether nobody has taken the lease over, were it expired; held until the end of the transaction.
pub async fn is_ours(tx: &mut PgConnection, lease: Lease) -> Result<bool> {
    let row = sqlx::query("select 1 from run_lease where microsoft_tenant_id = $1 and lease_token = $2 for key share")
        .bind(lease.tenant)
        .bind(lease.token)
        .fetch_optional(tx)
        .await?;
    Ok(row.is_some())
}

/// Extends a lease that is still ours, by the time at which it is done and not at which it was asked for.
pub async fn renew(db: impl PgExecutor<'_>, lease: Lease) -> Result<()> {
    let done = sqlx::query(
        "update run_lease set expires_at = clock_timestamp() + make_interval(secs => $3)
         where microsoft_tenant_id = $1 and lease_token = $2 and expires_at > clock_timestamp()",
    )
    .bind(lease.tenant)
    .bind(lease.token)
    .bind(lease.length.as_secs_f64())
    .execute(db)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::LeaseLost)
    }
}

/// Gives the lease back.
pub async fn release(db: impl PgExecutor<'_>, lease: Lease) -> Result<()> {
    sqlx::query("delete from run_lease where microsoft_tenant_id = $1 and lease_token = $2")
        .bind(lease.tenant)
        .bind(lease.token)
        .execute(db)
        .await?;
    Ok(())
}

/// Lets the lease end now, for who can't wait: a transaction of the run that was dropped may still be rolling back and
/// hold the row, which a deletion would wait for. Whoever takes the lease over waits for it instead.
pub async fn let_go(db: impl PgExecutor<'_>, lease: Lease) -> Result<()> {
    sqlx::query(
        "update run_lease set expires_at = clock_timestamp() where microsoft_tenant_id = $1 and lease_token = $2",
    )
    .bind(lease.tenant)
    .bind(lease.token)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the lease away from whoever has it, and keeps everybody from acquiring it until this transaction ends. Waits for
/// the transactions of the run at work, each of which holds the row until its commit and looks for it at its beginning;
/// so this is the first statement, before the rows that they come to want.
pub async fn revoke(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<()> {
    // Where there is none, nobody would wait for its deletion.
    sqlx::query(
        "insert into run_lease (microsoft_tenant_id, lease_token, expires_at)
         select id, $2, clock_timestamp() from microsoft_tenant where id = $1
         on conflict (microsoft_tenant_id) do nothing",
    )
    .bind(tenant)
    .bind(Uuid::new_v4())
    .execute(&mut *tx)
    .await?;
    sqlx::query("delete from run_lease where microsoft_tenant_id = $1")
        .bind(tenant)
        .execute(tx)
        .await?;
    Ok(())
}

/// The first statement of every transaction of a run: it holds the lease's row until the commit, so that nobody can
/// take it over in between. The weakest of row locks, as it lets the run itself renew the lease meanwhile.
pub async fn check(tx: &mut PgConnection, lease: Lease) -> Result<()> {
    sqlx::query(
        "select 1 from run_lease
         where microsoft_tenant_id = $1 and lease_token = $2 and expires_at > clock_timestamp() for key share",
    )
    .bind(lease.tenant)
    .bind(lease.token)
    .fetch_optional(tx)
    .await?
    .map(|_| ())
    .ok_or(StoreError::LeaseLost)
}
