//! The directory: our copy of a Microsoft tenant. Pages are facts as soon as they are stored; what follows from a
//! whole pass is written at its end.

mod gone;
pub mod one_user;

pub use gone::{mapped_and_not_held, mark_deleted};

use super::{change_set::ROWS_AT_ONCE, error::Result};
use crate::model::{
    directory::{DirectoryGroup, DirectoryUser, Readings, UserType},
    ids::{DirectoryUserId, GroupId, MicrosoftTenantId, SkuId},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A user to be stored, with the hash of everything that Microsoft said.
#[derive(Clone, Debug)]
pub struct HashedUser {
    /// The user; its groups are not stored from here.
    pub user: DirectoryUser,
    /// See `directory_user.row_hash`.
    pub row_hash: Uuid,
    /// Whether Microsoft told the licences. Where it did not, those that are known stay.
    pub licenses_told: bool,
}

impl HashedUser {
    /// Whether nothing is known of this person's licences, by the hash that the directory holds of them. Such a user is
    /// stored without a hash, so that the next reading finds out the same.
    pub fn licenses_unknown(&self, held: Option<Uuid>) -> bool {
        !self.licenses_told && held.is_none_or(|hash| hash.is_nil())
    }

    /// The same without a hash if nothing is known of the licences.
    pub fn marked(mut self, held: Option<Uuid>) -> Self {
        if self.licenses_unknown(held) {
            self.row_hash = Uuid::nil();
        }
        self
    }
}

/// The ids of those whose licences Microsoft did not tell.
pub(super) fn untold(users: &[HashedUser]) -> Vec<Uuid> {
    let untold = users.iter().filter(|user| !user.licenses_told);
    untold.map(|user| user.user.id.0).collect()
}

#[derive(Serialize)]
struct UserJson<'a> {
    microsoft_tenant_id: MicrosoftTenantId,
    id: DirectoryUserId,
    row_hash: Uuid,
    upn: &'a str,
    display_name: &'a str,
    given_name: &'a str,
    surname: &'a str,
    mail: &'a str,
    other_mails: &'a [String],
    business_phone: &'a str,
    mobile_phone: &'a str,
    street_address: &'a str,
    city: &'a str,
    state: &'a str,
    postal_code: &'a str,
    job_title: &'a str,
    department: &'a str,
    office_location: &'a str,
    user_type: &'a str,
    created_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    licenses: &'a [SkuId],
    groups: [GroupId; 0],
}

fn user_json(tenant: MicrosoftTenantId, hashed: &HashedUser) -> UserJson<'_> {
    let user = &hashed.user;
    UserJson {
        microsoft_tenant_id: tenant,
        id: user.id,
        row_hash: hashed.row_hash,
        upn: &user.upn,
        display_name: &user.display_name,
        given_name: &user.given_name,
        surname: &user.surname,
        mail: &user.mail,
        other_mails: &user.other_mails,
        business_phone: &user.business_phone,
        mobile_phone: &user.mobile_phone,
        street_address: &user.street_address,
        city: &user.city,
        state: &user.state,
        postal_code: &user.postal_code,
        job_title: &user.job_title,
        department: &user.department,
        office_location: &user.office_location,
        user_type: user.user_type.key(),
        created_at: user.created_at,
        disabled_at: user.disabled_at,
        deleted_at: user.deleted_at,
        licenses: &user.licenses,
        groups: [],
    }
}

/// What the directory holds of each user: its hash.
pub async fn user_hashes(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
) -> Result<HashMap<DirectoryUserId, (Uuid, bool)>> {
    let rows: Vec<(DirectoryUserId, Uuid, bool)> =
        sqlx::query_as("select id, row_hash, deleted_at is null from directory_user where microsoft_tenant_id = $1")
            .bind(tenant)
            .fetch_all(db)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(id, hash, living)| (id, (hash, living)))
        .collect())
}

/// Stores users, each id at most once. The time since when an account has been seen disabled stays while it is.
pub async fn upsert_users(tx: &mut PgConnection, tenant: MicrosoftTenantId, users: &[HashedUser]) -> Result<()> {
    let rows: Vec<_> = users.iter().map(|user| user_json(tenant, user)).collect();
    sqlx::query(
        "insert into directory_user as held select * from jsonb_populate_recordset(null::directory_user, $1)
         on conflict (microsoft_tenant_id, id) do update set
             row_hash = excluded.row_hash, upn = excluded.upn, display_name = excluded.display_name,
             given_name = excluded.given_name, surname = excluded.surname, mail = excluded.mail,
             other_mails = excluded.other_mails, business_phone = excluded.business_phone,
             mobile_phone = excluded.mobile_phone, street_address = excluded.street_address,
             city = excluded.city, state = excluded.state, postal_code = excluded.postal_code,
             job_title = excluded.job_title, department = excluded.department,
             office_location = excluded.office_location, user_type = excluded.user_type,
             created_at = excluded.created_at, deleted_at = excluded.deleted_at,
             licenses = case when excluded.id = any ($2) then held.licenses else excluded.licenses end,
             disabled_at = case when excluded.disabled_at is not null
                                then coalesce(held.disabled_at, excluded.disabled_at) end",
    )
    .bind(Json(rows))
    .bind(untold(users))
    .execute(tx)
    .await?;
    Ok(())
}

/// A group and its direct members, as read.
#[derive(Clone, Debug)]
pub struct GroupMembers {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Member id, and whether it is a group.
    pub members: Vec<(Uuid, bool)>,
}

/// Stores the names of groups whose members are still to be read, and writes only what differs.
pub async fn name_groups<'a>(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: impl IntoIterator<Item = (GroupId, &'a str)>,
) -> Result<()> {
    let (ids, names): (Vec<_>, Vec<_>) = groups.into_iter().map(|(id, name)| (id.0, name)).unzip();
    sqlx::query(
        "insert into directory_group as held (microsoft_tenant_id, id, name)
         select $1, g.id, g.name from unnest($2::uuid[], $3::text[]) as g (id, name)
         on conflict (microsoft_tenant_id, id) do update set name = excluded.name, gone_at = null
         where held.name <> excluded.name or held.gone_at is not null",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(&names)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores groups with all their direct members, and writes only what differs.
pub async fn replace_groups(tx: &mut PgConnection, tenant: MicrosoftTenantId, groups: &[GroupMembers]) -> Result<()> {
    let named = groups.iter().map(|group| (group.id, group.name.as_str()));
    name_groups(&mut *tx, tenant, named).await?;
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
    sqlx::query(
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
    sqlx::query(
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
    Ok(())
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

/// Direct members: group, member, whether the member is a group.
pub async fn direct_members(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<(GroupId, Uuid, bool)>> {
    Ok(sqlx::query_as(
        "select group_id, member_id, is_group from directory_group_member where microsoft_tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

#[derive(Serialize)]
struct GroupsJson<'a> {
    id: DirectoryUserId,
    groups: &'a [GroupId],
}

/// Stores the transitive groups of each user; users who are not named have none. Writes only what differs.
pub async fn set_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    groups: &HashMap<DirectoryUserId, Vec<GroupId>>,
) -> Result<()> {
    let held: Vec<(DirectoryUserId, Vec<GroupId>)> =
        sqlx::query_as("select id, groups from directory_user where microsoft_tenant_id = $1")
            .bind(tenant)
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
    for differing in differing.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "update directory_user u set groups = n.groups
             from jsonb_to_recordset($2) as n (id uuid, groups uuid[])
             where u.microsoft_tenant_id = $1 and u.id = n.id",
        )
        .bind(tenant)
        .bind(Json(differing))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The end of a complete pass: what could be read, and when.
pub async fn finish_pass(tx: &mut PgConnection, tenant: MicrosoftTenantId, readings: &Readings) -> Result<()> {
    sqlx::query("update microsoft_tenant set last_pass_at = now(), readings = $2 where id = $1")
        .bind(tenant)
        .bind(Json(readings))
        .execute(tx)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct UserRow {
    id: DirectoryUserId,
    upn: String,
    display_name: String,
    given_name: String,
    surname: String,
    mail: String,
    other_mails: Vec<String>,
    business_phone: String,
    mobile_phone: String,
    street_address: String,
    city: String,
    state: String,
    postal_code: String,
    job_title: String,
    department: String,
    office_location: String,
    user_type: String,
    created_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    licenses: Vec<SkuId>,
    groups: Vec<GroupId>,
}

impl From<UserRow> for DirectoryUser {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            upn: row.upn,
            display_name: row.display_name,
            given_name: row.given_name,
            surname: row.surname,
            mail: row.mail,
            other_mails: row.other_mails,
            business_phone: row.business_phone,
            mobile_phone: row.mobile_phone,
            street_address: row.street_address,
            city: row.city,
            state: row.state,
            postal_code: row.postal_code,
            job_title: row.job_title,
            department: row.department,
            office_location: row.office_location,
            user_type: UserType::from_key(&row.user_type),
            created_at: row.created_at,
            disabled_at: row.disabled_at,
            deleted_at: row.deleted_at,
            licenses: row.licenses,
            groups: row.groups,
        }
    }
}

/// Every user of a Microsoft tenant, the deleted ones included.
pub async fn users(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<DirectoryUser>> {
    let rows: Vec<UserRow> = sqlx::query_as(
        "select id, upn, display_name, given_name, surname, mail, other_mails, business_phone, mobile_phone,
                street_address, city, state, postal_code, job_title, department, office_location, user_type,
                created_at, disabled_at, deleted_at, licenses, groups
         from directory_user where microsoft_tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(DirectoryUser::from).collect())
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
