//! Which Organizations a run has to plan: those of which something changed that a plan rests on.

use super::{
    error::{Result, StoreError},
    lease::Lease,
};
use crate::model::ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId, RunId};
use sqlx::{PgConnection, PgExecutor};

/// As of what a run applies: once more of the same would write nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf<'a> {
    /// Of the directory: see [`super::directory_version`].
    pub version: i64,
    /// How its values were read.
    pub form: &'a str,
}

/// The version of the directory, which nobody but the holder of the lease moves, and the Organizations that a run of this
/// Microsoft tenant applies, by name, and which of them are due: the directory changed since, somebody wrote filters,
/// exclusions, End Users or Assets, the last run left something to a person, or a run that restores nothing has to end a
/// row of restored fields. Of the others it is recorded that the run left them alone.
pub async fn organizations(
    db: impl PgExecutor<'_>,
    lease: Lease,
    run: RunId,
    form: &str,
) -> Result<(i64, Vec<(OrganizationId, bool)>)> {
    let rows: Vec<(OrganizationId, i64, bool, bool)> = sqlx::query_as(
        "with held as (
             select 1 from run_lease
             where microsoft_tenant_id = $1 and lease_token = $4 and expires_at > clock_timestamp() for key share
         ), synced as (
             select o.id, lower(o.name) as name, coalesce(v.version, 0) as version,
                    s.applied_version is distinct from coalesce(v.version, 0) or s.applied_form is distinct from $2
                    or s.first_applied_at is null or s.attention is not null
                    or exists (select 1 from organization_touch t
                               where t.organization_id = s.organization_id and t.concerns <> 'later')
                    or exists (select 1 from held_row h where h.organization_id = s.organization_id
                                                          and h.microsoft_tenant_id = s.microsoft_tenant_id)
                    or exists (select 1 from contended_field c
                               where c.organization_id = s.organization_id and c.state = 'counting'
                                 and c.microsoft_tenant_id = s.microsoft_tenant_id) as is_due
             from user_sync s
             join organization o on o.id = s.organization_id
             join microsoft_tenant m on m.id = s.microsoft_tenant_id and m.tenant_id = o.tenant_id
             left join directory_version v on v.microsoft_tenant_id = s.microsoft_tenant_id
             where s.microsoft_tenant_id = $1 and s.enabled for key share of o
         ), resting as (
             insert into run_organization (run_id, organization_id, counts, planned)
             select $3, synced.id, '{}', false from synced, held where not synced.is_due
         )
         select id, version, is_due, exists (select 1 from held) from synced order by name, id",
    )
    .bind(lease.tenant)
    .bind(form)
    .bind(run)
    .bind(lease.token)
    .fetch_all(db)
    .await?;
    if rows.iter().any(|(.., is_ours)| !is_ours) {
        return Err(StoreError::LeaseLost);
    }
    let version = rows.first().map_or(0, |(_, version, ..)| *version);
    let organizations = rows.into_iter().map(|(id, _, is_due, _)| (id, is_due)).collect();
    Ok((version, organizations))
}

/// How many End Users of these Organizations are mapped.
pub async fn mapped(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    organizations: &[OrganizationId],
) -> Result<usize> {
    let ids: Vec<_> = organizations.iter().map(|id| id.0).collect();
    let count: i64 = sqlx::query_scalar(
        "select count(*) from end_user_mapping m join end_user e on e.id = m.end_user_id
         where m.microsoft_tenant_id = $1 and e.organization_id = any ($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_one(db)
    .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Takes away what was written by others until now, as the plan that follows in this transaction knows it.
pub async fn take_touches(tx: &mut PgConnection, organization: OrganizationId) -> Result<()> {
    sqlx::query("delete from organization_touch where organization_id = $1")
        .bind(organization)
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets what was written in Organizations of which no user sync is enabled. Whoever enables one later has everybody
/// planned as of a later moment than this statement's, and so with everything that is told of here. What is not told yet,
/// as its transaction is still open, stays untouched.
pub async fn forget_untold(db: impl PgExecutor<'_>) -> Result<()> {
    sqlx::query(
        "delete from organization_touch t
         where not exists (select 1 from user_sync s where s.organization_id = t.organization_id and s.enabled)",
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has the next run plan everybody of an Organization, whatever else: after a run of another kind wrote to it.
pub async fn touch(tx: &mut PgConnection, organization: OrganizationId) -> Result<()> {
    sqlx::query("insert into organization_touch (organization_id) values ($1)")
        .bind(organization)
        .execute(tx)
        .await?;
    Ok(())
}

/// Has the next run plan an Organization, and look at these accounts again: after a run that applied a part of it.
pub async fn touch_people(
    tx: &mut PgConnection,
    organization: OrganizationId,
    users: &[DirectoryUserId],
) -> Result<()> {
    remember(&mut *tx, organization, users, "person").await?;
    if users.is_empty() {
        sqlx::query("insert into organization_touch (organization_id, concerns) values ($1, 'person')")
            .bind(organization)
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// Has these accounts looked at again when an Organization is planned next, which need not be in the next run.
pub async fn look_again(tx: &mut PgConnection, organization: OrganizationId, users: &[DirectoryUserId]) -> Result<()> {
    remember(tx, organization, users, "later").await
}

/// The same of all of whom something is held: before a run that applies a part of an Organization replaces those rows.
pub async fn look_again_at_held(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<()> {
    sqlx::query(
        "insert into organization_touch (organization_id, concerns, directory_user_id)
         select distinct organization_id, 'later', directory_user_id from held_row
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .execute(tx)
    .await?;
    Ok(())
}

async fn remember(
    tx: &mut PgConnection,
    organization: OrganizationId,
    users: &[DirectoryUserId],
    concerns: &str,
) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let users: Vec<_> = users.iter().map(|user| user.0).collect();
    sqlx::query(
        "insert into organization_touch (organization_id, concerns, directory_user_id)
         select $1, $2, id from unnest($3::uuid[]) as named (id)",
    )
    .bind(organization)
    .bind(concerns)
    .bind(users)
    .execute(tx)
    .await?;
    Ok(())
}
