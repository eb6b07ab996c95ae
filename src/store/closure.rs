//! With whom the closure begins that a run plans of an Organization, and of how much it is a part.

use super::error::Result;
use crate::model::ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId};
use sqlx::PgExecutor;

/// Beyond so many accounts or End Users to begin with, planning everybody costs no more.
const MOST: i64 = 20_000;

/// Since when an Organization has not been planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// As of which version of the directory it was planned whole, or by a closure of what had changed until then.
    pub version: i64,
    /// Whether devices or Assets changed since.
    pub assets: bool,
}

/// Since when an Organization has not been planned; `None` where everybody has to be: it never was, its filters were
/// saved, values were read otherwise then, something changed that concerns everybody, or a run of another kind wrote
/// to it.
pub async fn since(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    form: &str,
) -> Result<Option<Since>> {
    let row: Option<(i64, bool)> = sqlx::query_as(
        "select s.applied_version,
                v.devices_version > s.applied_version
                or exists (select 1 from organization_touch t where t.organization_id = $1 and t.concerns = 'assets')
         from user_sync s
         join directory_version v on v.microsoft_tenant_id = s.microsoft_tenant_id
         where s.organization_id = $1 and s.microsoft_tenant_id = $2 and s.applied_form = $3
           and s.first_applied_at is not null and s.applied_version between v.everybody_version and v.version
           and not exists (select 1 from organization_touch t
                           where t.organization_id = $1 and t.concerns = 'everybody')",
    )
    .bind(organization)
    .bind(tenant)
    .bind(form)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(version, assets)| Since { version, assets }))
}

/// The accounts that changed since a version, that somebody's writing concerns, or of which something was left to be
/// decided; `None` where they are too many to be worth it.
pub async fn users(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    since: Since,
) -> Result<Option<Vec<DirectoryUserId>>> {
    let ids: Vec<DirectoryUserId> = sqlx::query_scalar(
        "select id from directory_user where microsoft_tenant_id = $2 and changed_version > $3
         union
         select directory_user_id from directory_user_groups where microsoft_tenant_id = $2 and changed_version > $3
         union
         select directory_user_id from organization_touch
         where organization_id = $1 and directory_user_id is not null
         union
         select directory_user_id from held_row where organization_id = $1 and microsoft_tenant_id = $2
         union
         select directory_user_id from dropped_row where organization_id = $1 and microsoft_tenant_id = $2
         union
         select directory_user_id from contended_field where organization_id = $1 and microsoft_tenant_id = $2
         union
         select directory_user_id from standing_outcome
         where organization_id = $1 and microsoft_tenant_id = $2 and outcome in ('conflict', 'held')
         limit $4",
    )
    .bind(organization)
    .bind(tenant)
    .bind(since.version)
    .bind(MOST + 1)
    .fetch_all(db)
    .await?;
    Ok(few(ids))
}

/// The End Users that others than a run wrote since the last one, whether they are still there or not; `None` where they
/// are too many to be worth it.
pub async fn end_users(db: impl PgExecutor<'_>, organization: OrganizationId) -> Result<Option<Vec<EndUserId>>> {
    let ids: Vec<EndUserId> = sqlx::query_scalar(
        "select distinct end_user_id from organization_touch where organization_id = $1 and end_user_id is not null
         limit $2",
    )
    .bind(organization)
    .bind(MOST + 1)
    .fetch_all(db)
    .await?;
    Ok(few(ids))
}

fn few<Id>(ids: Vec<Id>) -> Option<Vec<Id>> {
    let are_few = i64::try_from(ids.len()).is_ok_and(|number| number <= MOST);
    are_few.then_some(ids)
}

/// How many End Users an Organization has, and how many of them are mapped.
pub async fn size(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<(usize, usize)> {
    let (end_users, mapped): (i64, i64) = sqlx::query_as(
        "select (select count(*) from end_user where organization_id = $1),
                (select count(*) from end_user_mapping where organization_id = $1 and microsoft_tenant_id = $2)",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_one(db)
    .await?;
    let number = |count: i64| usize::try_from(count).unwrap_or_default();
    Ok((number(end_users), number(mapped)))
}

/// Whether any of these accounts has a managed device.
pub async fn have_devices(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    users: &[DirectoryUserId],
) -> Result<bool> {
    let users: Vec<_> = users.iter().map(|user| user.0).collect();
    Ok(sqlx::query_scalar(
        "select exists (select 1 from directory_device
                        where microsoft_tenant_id = $1 and directory_user_id = any ($2))",
    )
    .bind(tenant)
    .bind(users)
    .fetch_one(db)
    .await?)
}
