//! Groups and their direct members, as the directory holds them, and the closure, which is kept with each user.

use super::{
    super::{
        change_set::ROWS_AT_ONCE,
        directory_version::{self, Concerns},
        error::Result,
    },
    membership,
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

/// Stores groups with all their direct members, and writes only what differs. Returns how many groups are told otherwise
/// than before, and the members, users and groups, who came or went.
pub async fn replace_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: &[GroupMembers],
) -> Result<(u64, Vec<Uuid>)> {
    let named = groups
        .iter()
        .map(|group| (group.id, group.name.as_str(), group.is_hidden));
    let renamed = name_groups(&mut *tx, tenant, named).await?;
    let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
    let mut members = HashMap::new();
    for group in groups {
        for (member, nested) in &group.members {
            members.entry((group.id, *member)).or_insert(*nested);
        }
    }
    // Compared here: most of a listing is known, and a statement that inserts would try each row.
    let held: HashSet<_> = membership::of_groups(&mut *tx, tenant, &ids)
        .await?
        .into_iter()
        .collect();
    let left: Vec<_> = held
        .iter()
        .filter(|held| !members.contains_key(*held))
        .copied()
        .collect();
    let joined: Vec<_> = members
        .into_iter()
        .filter(|(member, _)| !held.contains(member))
        .map(|((group, member), nested)| (group, member, nested))
        .collect();
    let mut moved = vec![];
    if !left.is_empty() {
        moved.extend(membership::leave(&mut *tx, tenant, &left).await?);
    }
    if !joined.is_empty() {
        moved.extend(membership::join(tx, tenant, &joined).await?);
    }
    Ok((renamed, moved))
}

/// Groups that a whole listing of groups no longer has: they keep their row, marked as gone, and lose their members.
/// Returns those members.
pub async fn mark_groups_gone(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    listed: &[GroupId],
) -> Result<Vec<Uuid>> {
    let listed: Vec<_> = listed.iter().map(|id| id.0).collect();
    sqlx::query(
        "update directory_group set gone_at = now()
         where microsoft_tenant_id = $1 and gone_at is null and id <> all ($2)",
    )
    .bind(tenant)
    .bind(&listed)
    .execute(&mut *tx)
    .await?;
    // An array, which is looked up in the index, where a join would read all members.
    Ok(sqlx::query_scalar(
        "delete from directory_group_member
         where microsoft_tenant_id = $1
           and group_id = any (array(select id from directory_group
                                     where microsoft_tenant_id = $1 and gone_at is not null))
         returning member_id",
    )
    .bind(tenant)
    .fetch_all(tx)
    .await?)
}

#[derive(Serialize)]
struct GroupsJson<'a> {
    id: DirectoryUserId,
    groups: &'a [GroupId],
}

/// Stores the transitive groups of these users; one who is not named in `groups` is in none. Writes only what differs, and
/// returns of how many that is.
pub async fn set_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: &HashMap<DirectoryUserId, Vec<GroupId>>,
    users: &[DirectoryUserId],
) -> Result<usize> {
    let users: Vec<_> = users.iter().map(|id| id.0).collect();
    let held: Vec<(DirectoryUserId, Vec<GroupId>)> = sqlx::query_as(
        "select u.id, coalesce(g.groups, '{}') from directory_user u
         left join directory_user_groups g
             on g.microsoft_tenant_id = u.microsoft_tenant_id and g.directory_user_id = u.id
         where u.microsoft_tenant_id = $1 and u.id = any ($2)",
    )
    .bind(tenant)
    .bind(users)
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
            "insert into directory_user_groups (microsoft_tenant_id, directory_user_id, groups, changed_version)
             select $1, n.id, n.groups, $3 from jsonb_to_recordset($2) as n (id uuid, groups uuid[])
             on conflict (microsoft_tenant_id, directory_user_id) do update
                 set groups = excluded.groups, changed_version = excluded.changed_version",
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
