//! Groups and their direct members, as the directory holds them; a user's row holds the closure.

use super::super::{
    change_set::ROWS_AT_ONCE,
    directory_version::{self, Concerns},
    error::Result,
};
use crate::model::{
    directory::DirectoryGroup,
    ids::{DirectoryUserId, GroupId, MicrosoftTenantId},
};
use serde::Serialize;
use sqlx::{PgConnection, PgExecutor, types::Json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A group and its direct members, as read.
#[derive(Clone, Debug)]
pub struct GroupMembers {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Its members are shown to few.
    pub is_hidden: bool,
    /// Member id, and whether it is a group.
    pub members: Vec<(Uuid, bool)>,
}

/// Stores groups without their members: which, called what, and whether their members are shown to few. Writes only
/// what differs, and returns how many that are.
pub async fn name_groups<'a>(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: impl IntoIterator<Item = (GroupId, &'a str, bool)>,
) -> Result<u64> {
    let (mut ids, mut names, mut hidden) = (vec![], vec![], vec![]);
    for (id, name, is_hidden) in groups {
        ids.push(id.0);
        names.push(name);
        hidden.push(is_hidden);
    }
    let done = sqlx::query(
        "insert into directory_group as held (microsoft_tenant_id, id, name, hidden_membership)
         select $1, g.id, g.name, g.hidden from unnest($2::uuid[], $3::text[], $4::boolean[]) as g (id, name, hidden)
         on conflict (microsoft_tenant_id, id) do update
         set name = excluded.name, hidden_membership = excluded.hidden_membership, gone_at = null
         where (held.name, held.hidden_membership) <> (excluded.name, excluded.hidden_membership)
            or held.gone_at is not null",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(&names)
    .bind(&hidden)
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Stores groups with all their direct members, and writes only what differs. Returns how many rows of groups and of
/// members that are.
pub async fn replace_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: &[GroupMembers],
) -> Result<(u64, u64)> {
    let named = groups
        .iter()
        .map(|group| (group.id, group.name.as_str(), group.is_hidden));
    let renamed = name_groups(&mut *tx, tenant, named).await?;
    let ids: Vec<_> = groups.iter().map(|group| group.id.0).collect();
    let (mut of_group, mut members, mut is_group) = (vec![], vec![], vec![]);
    for group in groups {
        let mut seen = HashSet::new();
        for (member, nested) in group.members.iter().filter(|(member, _)| seen.insert(*member)) {
            of_group.push(group.id.0);
            members.push(*member);
            is_group.push(*nested);
        }
    }
    let left = sqlx::query(
        "delete from directory_group_member m where m.microsoft_tenant_id = $1 and m.group_id = any ($2)
           and not exists (select 1 from unnest($3::uuid[], $4::uuid[]) as n (group_id, member_id)
                           where n.group_id = m.group_id and n.member_id = m.member_id)",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(&of_group)
    .bind(&members)
    .execute(&mut *tx)
    .await?;
    let joined = sqlx::query(
        "insert into directory_group_member (microsoft_tenant_id, group_id, member_id, is_group)
         select $1, n.group_id, n.member_id, n.is_group
         from unnest($2::uuid[], $3::uuid[], $4::boolean[]) as n (group_id, member_id, is_group)
         on conflict (microsoft_tenant_id, group_id, member_id) do nothing",
    )
    .bind(tenant)
    .bind(&of_group)
    .bind(&members)
    .bind(&is_group)
    .execute(tx)
    .await?;
    Ok((renamed, left.rows_affected() + joined.rows_affected()))
}

/// Groups that a whole listing of groups no longer has: they keep their row, marked as gone, and lose their members.
pub async fn mark_groups_gone(tx: &mut PgConnection, tenant: MicrosoftTenantId, listed: &[GroupId]) -> Result<()> {
    let listed: Vec<_> = listed.iter().map(|id| id.0).collect();
    sqlx::query(
        "update directory_group set gone_at = now()
         where microsoft_tenant_id = $1 and gone_at is null and id <> all ($2)",
    )
    .bind(tenant)
    .bind(&listed)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "delete from directory_group_member m using directory_group g
         where m.microsoft_tenant_id = $1 and g.microsoft_tenant_id = $1 and g.id = m.group_id
           and g.gone_at is not null",
    )
    .bind(tenant)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct GroupsJson<'a> {
    id: DirectoryUserId,
    groups: &'a [GroupId],
}

/// Stores the transitive groups of each user; users who are not named have none. `only` leaves everybody else as they
/// are. Writes only what differs, and returns how many that are.
pub async fn set_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: &HashMap<DirectoryUserId, Vec<GroupId>>,
    only: Option<&[DirectoryUserId]>,
) -> Result<usize> {
    let only: Option<Vec<_>> = only.map(|ids| ids.iter().map(|id| id.0).collect());
    let held: Vec<(DirectoryUserId, Vec<GroupId>)> = sqlx::query_as(
        "select id, groups from directory_user where microsoft_tenant_id = $1 and ($2 is null or id = any ($2))",
    )
    .bind(tenant)
    .bind(only)
    .fetch_all(&mut *tx)
    .await?;
    let none = Vec::new();
    let differing: Vec<_> = held
        .iter()
        .filter_map(|(id, held)| {
            let groups = groups.get(id).unwrap_or(&none);
            (groups != held).then_some(GroupsJson { id: *id, groups })
        })
        .collect();
    if differing.is_empty() {
        return Ok(0);
    }
    let version = directory_version::bump(&mut *tx, tenant, Concerns::Users).await?;
    for differing in differing.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "update directory_user u set groups = n.groups, changed_version = $3
             from jsonb_to_recordset($2) as n (id uuid, groups uuid[])
             where u.microsoft_tenant_id = $1 and u.id = n.id",
        )
        .bind(tenant)
        .bind(Json(differing))
        .bind(version)
        .execute(&mut *tx)
        .await?;
    }
    Ok(differing.len())
}

/// Every group of a Microsoft tenant, the ones that are gone included.
pub async fn groups(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<DirectoryGroup>> {
    let rows: Vec<(GroupId, String, bool)> =
        sqlx::query_as("select id, name, gone_at is not null from directory_group where microsoft_tenant_id = $1")
            .bind(tenant)
            .fetch_all(db)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(id, name, gone)| DirectoryGroup { id, name, gone })
        .collect())
}
