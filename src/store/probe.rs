//! What came of the questions about permissions and licences, and when each last worked.

use super::{
    error::{Result, StoreError},
    lease::Lease,
};
use crate::model::{
    ids::{GroupId, MicrosoftTenantId},
    permission::Probe,
    permission_report::{PermissionRow, ProbeState},
};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use std::collections::BTreeMap;

/// How many groups with hidden membership are asked at most.
const GROUPS_AT_MOST: i64 = 5;

/// Keeps what came of them. What was not tried leaves no trace.
///
/// `last_tried_at` and `outcome` are on no screen: **Check Permissions** asks anew each time, and what is kept is its last
/// try. (So does the doctor, which writes nothing.) They are kept as they tell whether `last_success_at` was followed by a
/// refusal, which that alone does not: for whoever asks the database when something was lost after the dialog is closed.
pub async fn keep(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, rows: &[PermissionRow]) -> Result<()> {
    let tried = rows
        .iter()
        .filter(|row| !matches!(row.state, ProbeState::NotTried(_)))
        .map(|row| (row.probe.entry().key, row.state.key()));
    let (probes, outcomes): (Vec<_>, Vec<_>) = tried.unzip();
    sqlx::query(
        "insert into microsoft_probe (microsoft_tenant_id, probe, last_tried_at, last_success_at, outcome)
         select $1, p.probe, now(), case when p.outcome = 'works' then now() end, p.outcome
         from unnest($2::text[], $3::text[]) as p (probe, outcome)
         on conflict on constraint microsoft_probe_pkey do update
         set last_tried_at = excluded.last_tried_at, outcome = excluded.outcome,
             last_success_at = coalesce(excluded.last_success_at, microsoft_probe.last_success_at)",
    )
    .bind(tenant)
    .bind(probes)
    .bind(outcomes)
    .execute(db)
    .await?;
    Ok(())
}

/// A run was refused some of what the pass before could read: that pass was its last success. Nothing is written where
/// another worker has taken over.
pub async fn keep_last_pass(db: impl PgExecutor<'_>, lease: Lease, lost: &[Probe]) -> Result<()> {
    let lost: Vec<_> = lost.iter().map(|probe| probe.entry().key).collect();
    let done = sqlx::query(
        "with held as (
             select 1 from run_lease
             where microsoft_tenant_id = $1 and lease_token = $3 and expires_at > clock_timestamp() for key share
         )
         insert into microsoft_probe (microsoft_tenant_id, probe, last_tried_at, last_success_at, outcome)
         select m.id, p.probe, now(), m.last_pass_at, 'refused'
         from microsoft_tenant m cross join held cross join unnest($2::text[]) as p (probe) where m.id = $1
         on conflict on constraint microsoft_probe_pkey do update
         set last_tried_at = excluded.last_tried_at, outcome = excluded.outcome,
             last_success_at = greatest(excluded.last_success_at, microsoft_probe.last_success_at)",
    )
    .bind(lease.tenant)
    .bind(lost)
    .bind(lease.token)
    .execute(db)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::LeaseLost);
    }
    Ok(())
}

/// When each last worked.
pub async fn last_successes(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
) -> Result<BTreeMap<Probe, DateTime<Utc>>> {
    let rows: Vec<(String, DateTime<Utc>)> = sqlx::query_as(
        "select probe, last_success_at from microsoft_probe
         where microsoft_tenant_id = $1 and last_success_at is not null",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?;
    let known = rows.into_iter();
    Ok(known
        .filter_map(|(key, at)| Some((Probe::from_key(&key)?, at)))
        .collect())
}

/// A few groups with hidden membership, and whether each had members when it was last read, those first.
pub async fn hidden_groups(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<(GroupId, bool)>> {
    Ok(sqlx::query_as(
        "select g.id, exists (select from directory_group_member m
                              where m.microsoft_tenant_id = $1 and m.group_id = g.id) as had
         from directory_group g
         where g.microsoft_tenant_id = $1 and g.hidden_membership and g.gone_at is null
         order by had desc, g.id limit $2",
    )
    .bind(tenant)
    .bind(GROUPS_AT_MOST)
    .fetch_all(db)
    .await?)
}

/// Whether it is the partner's own Microsoft tenant.
pub async fn is_partner(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from microsoft_tenant m join partner p on p.entra_tenant_id = m.entra_tenant_id
                        where m.id = $1)",
    )
    .bind(tenant)
    .fetch_one(db)
    .await?)
}
