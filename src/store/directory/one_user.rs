//! One user of the directory: for a person's page, and for a run of one person.

use super::{
    super::{
        directory_version::{self, Concerns},
        error::Result,
    },
    UserRow,
};
use crate::model::{
    directory::DirectoryUser,
    ids::{DirectoryUserId, GroupId, MicrosoftTenantId},
};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// One user of a Microsoft tenant, if the directory has it.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    id: DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    let row: Option<UserRow> = sqlx::query_as(users!(" and u.id = $2"))
        .bind(tenant)
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(DirectoryUser::from))
}

/// The users with this id or user principal name: for commands.
pub async fn find(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, id_or_upn: &str) -> Result<Vec<DirectoryUserId>> {
    Ok(sqlx::query_scalar(
        "select id from directory_user
         where microsoft_tenant_id = $1 and (id::text = lower($2) or lower(upn) = lower($2)) order by id",
    )
    .bind(tenant)
    .bind(id_or_upn.trim())
    .fetch_all(db)
    .await?)
}

/// What the directory holds of a user: its hash.
pub async fn hash(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, id: DirectoryUserId) -> Result<Option<Uuid>> {
    Ok(
        sqlx::query_scalar("select row_hash from directory_user where microsoft_tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id)
            .fetch_optional(db)
            .await?,
    )
}

/// Stores the transitive groups of one user. Nothing is written when nothing differs. Returns of how many users
/// something was.
pub async fn set_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    id: DirectoryUserId,
    groups: &[GroupId],
) -> Result<u64> {
    let groups: Vec<_> = groups.iter().map(|group| group.0).collect();
    let version = directory_version::next(&mut *tx, tenant).await?;
    let done = sqlx::query(
        "insert into directory_user_groups as held (microsoft_tenant_id, directory_user_id, groups, changed_version)
         select $1, u.id, $3, $4 from directory_user u
         left join directory_user_groups g on g.microsoft_tenant_id = $1 and g.directory_user_id = u.id
         where u.microsoft_tenant_id = $1 and u.id = $2 and coalesce(g.groups, '{}') <> $3
         on conflict (microsoft_tenant_id, directory_user_id) do update
             set groups = excluded.groups, changed_version = excluded.changed_version",
    )
    .bind(tenant)
    .bind(id)
    .bind(groups)
    .bind(version)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() > 0 {
        directory_version::bump(tx, tenant, Concerns::Users).await?;
    }
    Ok(done.rows_affected())
}
