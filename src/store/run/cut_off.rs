//! Runs whose worker is gone, or was frozen for longer than its lease: they are told as cut off.

use crate::{model::run::Trigger, store::error::Result};
use sqlx::PgExecutor;

/// What is said of a run whose worker went away.
pub(super) const CUT_OFF: &str =
    "The worker stopped in the middle of this run. Nothing was half-written; the next run starts again.";

/// Ends the runs that nobody is at work on any more, with their leases: those whose lease is over, and those that have none.
/// Whoever wakes up later finds its lease gone and writes nothing. A lease that a transaction still holds is left until
/// that has ended, as such a transaction may yet commit.
/// Returns their triggers.
pub async fn sweep(db: impl PgExecutor<'_>) -> Result<Vec<Trigger>> {
    let triggers: Vec<String> = sqlx::query_scalar(
        "with over as (
             select microsoft_tenant_id from run_lease where expires_at <= clock_timestamp() for update skip locked
         ), gone as (
             delete from run_lease l using over where l.microsoft_tenant_id = over.microsoft_tenant_id
             returning l.microsoft_tenant_id
         )
         update run set state = 'failed', finished_at = now(), error = $1
         where state = 'running'
           and (microsoft_tenant_id in (select microsoft_tenant_id from gone)
                or not exists (select 1 from run_lease l where l.microsoft_tenant_id = run.microsoft_tenant_id))
         returning trigger",
    )
    .bind(CUT_OFF)
    .fetch_all(db)
    .await?;
    Ok(triggers.iter().map(|trigger| Trigger::from_key(trigger)).collect())
}
