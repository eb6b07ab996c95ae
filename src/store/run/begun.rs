//! The beginning of a run. Whatever of the same Microsoft tenant still calls itself running then was cut off: nobody may
//! be at work on it.

use super::cut_off::CUT_OFF;
use crate::{
    model::{ids::RunId, run::Trigger},
    store::{error::Result, lease::Lease},
};
use sqlx::{PgConnection, PgPool};

/// Takes the lease and starts a run, in one statement. Returns the triggers of the runs that were found cut off; `None`, and
/// nothing is done, where there is a lease, over or not, or where the Microsoft tenant was removed and that matters.
pub async fn begin(
    pool: &PgPool,
    id: RunId,
    lease: Lease,
    trigger: Trigger,
    may_be_removed: bool,
) -> Result<Option<Vec<Trigger>>> {
    let cut_off: Option<Vec<String>> = sqlx::query_scalar(
        "with lease as (
             insert into run_lease (microsoft_tenant_id, lease_token, expires_at)
             select m.id, $3, clock_timestamp() + make_interval(secs => $4) from microsoft_tenant m
             where m.id = $2 and ($6 or m.removed_at is null)
             on conflict (microsoft_tenant_id) do nothing returning microsoft_tenant_id
         ), cut_off as (
             update run set state = 'failed', finished_at = now(), error = $7 from lease
             where run.microsoft_tenant_id = lease.microsoft_tenant_id and run.state = 'running'
             returning run.trigger
         ), begun as (
             insert into run (id, microsoft_tenant_id, trigger) select $1, microsoft_tenant_id, $5 from lease
             returning id
         )
         select array(select c.trigger from cut_off c) from begun",
    )
    .bind(id)
    .bind(lease.tenant)
    .bind(lease.token)
    .bind(lease.length.as_secs_f64())
    .bind(trigger.key())
    .bind(may_be_removed)
    .bind(CUT_OFF)
    .fetch_optional(pool)
    .await?;
    Ok(cut_off.map(|keys| triggers(&keys)))
}

/// Starts a run. A run of the same Microsoft tenant that still calls itself running was cut off: its lease is gone. Returns
/// the triggers of such runs.
pub async fn start(tx: &mut PgConnection, id: RunId, lease: Lease, trigger: Trigger) -> Result<Vec<Trigger>> {
    let cut_off: Vec<String> = sqlx::query_scalar(
        "update run set state = 'failed', finished_at = now(), error = $2
         where microsoft_tenant_id = $1 and state = 'running' returning trigger",
    )
    .bind(lease.tenant)
    .bind(CUT_OFF)
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query("insert into run (id, microsoft_tenant_id, trigger) values ($1, $2, $3)")
        .bind(id)
        .bind(lease.tenant)
        .bind(trigger.key())
        .execute(tx)
        .await?;
    Ok(triggers(&cut_off))
}

/// Takes a run back that has written nothing, with its lease, in one statement: no record of it stays. One whose lease was
/// lost stays, as who took it over has told of it.
pub async fn take_back(pool: &PgPool, id: RunId, lease: Lease) -> Result<()> {
    sqlx::query(
        "with ours as (
             delete from run_lease where microsoft_tenant_id = $2 and lease_token = $3 returning microsoft_tenant_id
         )
         delete from run using ours
         where run.id = $1 and run.microsoft_tenant_id = ours.microsoft_tenant_id and run.state = 'running'",
    )
    .bind(id)
    .bind(lease.tenant)
    .bind(lease.token)
    .execute(pool)
    .await?;
    Ok(())
}

fn triggers(keys: &[String]) -> Vec<Trigger> {
    keys.iter().map(|key| Trigger::from_key(key)).collect()
}
