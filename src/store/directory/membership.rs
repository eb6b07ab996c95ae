//! Direct membership as it comes and goes, and what closing it needs.

use super::super::error::Result;
use crate::model::ids::{DirectoryUserId, GroupId, MicrosoftTenantId};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// A group that is nobody's any more, whether it is gone or begins anew. Returns who was in it.
pub async fn empty(tx: &mut PgConnection, tenant: MicrosoftTenantId, groups: &[GroupId]) -> Result<Vec<Uuid>> {
    let groups: Vec<_> = groups.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar(
        "delete from directory_group_member where microsoft_tenant_id = $1 and group_id = any ($2)
         returning member_id",
    )
    .bind(tenant)
    .bind(groups)
    .fetch_all(tx)
    .await?)
}

/// Marks groups as gone, on Graph's word. They keep their row. Returns how many were not yet.
pub async fn mark_gone(tx: &mut PgConnection, tenant: MicrosoftTenantId, groups: &[GroupId]) -> Result<u64> {
    let groups: Vec<_> = groups.iter().map(|id| id.0).collect();
    let done = sqlx::query(
        "update directory_group set gone_at = now()
         where microsoft_tenant_id = $1 and id = any ($2) and gone_at is null",
    )
    .bind(tenant)
    .bind(groups)
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Takes members out of groups. Returns those who were in.
pub async fn leave(tx: &mut PgConnection, tenant: MicrosoftTenantId, left: &[(GroupId, Uuid)]) -> Result<Vec<Uuid>> {
    let (groups, members): (Vec<_>, Vec<_>) = left.iter().map(|(group, member)| (group.0, *member)).unzip();
    Ok(sqlx::query_scalar(
        "delete from directory_group_member m using unnest($2::uuid[], $3::uuid[]) as n (group_id, member_id)
         where m.microsoft_tenant_id = $1 and m.group_id = n.group_id and m.member_id = n.member_id
         returning m.member_id",
    )
    .bind(tenant)
    .bind(groups)
    .bind(members)
    .fetch_all(tx)
    .await?)
}

/// Puts members into groups, each with whether it is a group itself. Returns those who were not in.
pub async fn join(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    joined: &[(GroupId, Uuid, bool)],
) -> Result<Vec<Uuid>> {
    let (mut groups, mut members, mut is_group) = (vec![], vec![], vec![]);
    for (group, member, nested) in joined {
        groups.push(group.0);
        members.push(*member);
        is_group.push(*nested);
    }
    Ok(sqlx::query_scalar(
        "insert into directory_group_member (microsoft_tenant_id, group_id, member_id, is_group)
         select $1, n.group_id, n.member_id, n.is_group
         from unnest($2::uuid[], $3::uuid[], $4::boolean[]) as n (group_id, member_id, is_group)
         on conflict (microsoft_tenant_id, group_id, member_id) do nothing returning member_id",
    )
    .bind(tenant)
    .bind(groups)
    .bind(members)
    .bind(is_group)
    .fetch_all(tx)
    .await?)
}

/// Who is directly in these groups, and in which.
pub(super) async fn of_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: &[GroupId],
) -> Result<Vec<(GroupId, Uuid)>> {
    let groups: Vec<_> = groups.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as(
        "select group_id, member_id from directory_group_member
         where microsoft_tenant_id = $1 and group_id = any ($2)",
    )
    .bind(tenant)
    .bind(groups)
    .fetch_all(tx)
    .await?)
}

/// Whether the directory holds any group.
pub async fn is_known(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<bool> {
    Ok(
        sqlx::query_scalar("select exists (select 1 from directory_group where microsoft_tenant_id = $1)")
            .bind(tenant)
            .fetch_one(db)
            .await?,
    )
}

/// The groups whose membership is hidden, with their names and the direct members held of them.
pub async fn hidden(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<(GroupId, String, Vec<Uuid>)>> {
    Ok(sqlx::query_as(
        "select g.id, g.name, coalesce(array_agg(m.member_id) filter (where m.member_id is not null), '{}')
         from directory_group g
         left join directory_group_member m on m.microsoft_tenant_id = $1 and m.group_id = g.id
         where g.microsoft_tenant_id = $1 and g.hidden_membership and g.gone_at is null
         group by g.id, g.name order by g.id",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

/// Groups that are directly in groups: group, member, and that it is a group. Where Graph did not say what a member is, its
/// id does.
pub async fn nested(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<(GroupId, Uuid, bool)>> {
    Ok(sqlx::query_as(
        "select m.group_id, m.member_id, true from directory_group_member m
         join directory_group g on g.microsoft_tenant_id = $1 and g.id = m.member_id
         where m.microsoft_tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

/// Who is directly in any of these groups, groups among them.
pub async fn members(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, groups: &[GroupId]) -> Result<Vec<Uuid>> {
    let groups: Vec<_> = groups.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar(
        "select distinct member_id from directory_group_member
         where microsoft_tenant_id = $1 and group_id = any ($2)",
    )
    .bind(tenant)
    .bind(groups)
    .fetch_all(db)
    .await?)
}

/// The groups that these users are directly in.
pub async fn of_users(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    users: &[DirectoryUserId],
) -> Result<Vec<(GroupId, Uuid, bool)>> {
    let users: Vec<_> = users.iter().map(|id| id.0).collect();
    Ok(sqlx::query_as(
        "select group_id, member_id, false from directory_group_member
         where microsoft_tenant_id = $1 and member_id = any ($2)",
    )
    .bind(tenant)
    .bind(users)
    .fetch_all(db)
    .await?)
}
