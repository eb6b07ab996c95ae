//! The directory: our copy of a Microsoft tenant. Pages are facts as soon as they are stored; what follows from a
//! whole pass is written at its end.

/// Users of a Microsoft tenant ($1) with the groups that they are in, through groups of groups; narrowed by what follows.
macro_rules! users {
    ($narrowed:literal) => {
        concat!(
            "select u.id, upn, display_name, given_name, surname, mail, other_mails, business_phone, mobile_phone,
                    street_address, city, state, postal_code, job_title, department, office_location, user_type,
                    created_at, disabled_at, deleted_at, licenses, coalesce(g.groups, '{}') as groups
             from directory_user u
             left join directory_user_groups g
                 on g.microsoft_tenant_id = u.microsoft_tenant_id and g.directory_user_id = u.id
             where u.microsoft_tenant_id = $1",
            $narrowed
        )
    };
}

mod gone;
mod groups;
pub mod membership;
pub mod one_user;
mod related;

pub use gone::{Deleted, date_deleted, disabled_since_their_marks, mapped_and_not_held, mark_deleted, undated};
pub use groups::{GroupMembers, groups, mark_groups_gone, name_groups, replace_groups, set_groups};
pub use related::related;

use super::{
    directory_version::{self, Concerns},
    error::{Result, StoreError},
    lease::Lease,
};
use crate::model::{
    directory::{DirectoryUser, Readings, UserType},
    ids::{DirectoryUserId, GroupId, MicrosoftTenantId, SkuId},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::HashMap;
use uuid::Uuid;

/// A user to be stored, with the hash of everything that Microsoft said.
#[derive(Clone, Debug)]
pub struct HashedUser {
    /// The user; its groups are not stored from here.
    pub user: DirectoryUser,
    /// See `directory_user.row_hash`.
    pub row_hash: Uuid,
    /// The user's address in the form that compares; empty where there is none.
    pub address_key: String,
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
    address_key: &'a str,
    changed_version: i64,
}

fn user_json(tenant: MicrosoftTenantId, hashed: &HashedUser, version: i64) -> UserJson<'_> {
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
        address_key: &hashed.address_key,
        changed_version: version,
    }
}

/// What the directory holds of a user: its hash, and whether it is living.
pub type Held = (Uuid, bool);

/// What the directory holds of each user.
pub async fn user_hashes(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<HashMap<DirectoryUserId, Held>> {
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

/// What the directory holds of some users.
pub async fn hashes_of(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    ids: &[DirectoryUserId],
) -> Result<HashMap<DirectoryUserId, Held>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(DirectoryUserId, Uuid, bool)> = sqlx::query_as(
        "select id, row_hash, deleted_at is null from directory_user where microsoft_tenant_id = $1 and id = any ($2)",
    )
    .bind(tenant)
    .bind(ids)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, hash, living)| (id, (hash, living)))
        .collect())
}

/// How many users the directory holds, the deleted ones included.
pub async fn count(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<usize> {
    let count: i64 = sqlx::query_scalar("select count(*) from directory_user where microsoft_tenant_id = $1")
        .bind(tenant)
        .fetch_one(db)
        .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Whether there is anybody living of whose licences nothing is known.
pub async fn has_unknown_licenses(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from directory_user
                        where microsoft_tenant_id = $1 and deleted_at is null
                          and row_hash = '00000000-0000-0000-0000-000000000000')",
    )
    .bind(tenant)
    .fetch_one(db)
    .await?)
}

/// Stores users, each id at most once. The time since when an account has been seen disabled stays while it is.
pub async fn upsert_users(tx: &mut PgConnection, tenant: MicrosoftTenantId, users: &[HashedUser]) -> Result<()> {
    let version = directory_version::bump(&mut *tx, tenant, Concerns::Users).await?;
    let rows: Vec<_> = users.iter().map(|user| user_json(tenant, user, version)).collect();
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
             created_at = excluded.created_at, deleted_at = excluded.deleted_at, undated = null,
             licenses = case when excluded.id = any ($2) then held.licenses else excluded.licenses end,
             disabled_at = case when excluded.disabled_at is not null
                                then coalesce(held.disabled_at, excluded.disabled_at) end,
             address_key = excluded.address_key, changed_version = excluded.changed_version",
    )
    .bind(Json(rows))
    .bind(untold(users))
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps others from mapping, unmapping and removing a Microsoft tenant until this transaction ends. Whoever writes both
/// rows that refer to it and it itself takes this first: in the other order somebody who maps it and a run wait for
/// each other.
pub async fn hold_tenant(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<()> {
    sqlx::query("select 1 from microsoft_tenant where id = $1 for no key update")
        .bind(tenant)
        .execute(db)
        .await?;
    Ok(())
}

/// The end of a complete pass: what could be read, and when. Looks for the lease itself. Returns whether what the dialog
/// of filters offers is kept as it is now.
pub async fn finish_pass(db: impl PgExecutor<'_>, lease: Lease, readings: &Readings) -> Result<bool> {
    let has_facets: Option<bool> = sqlx::query_scalar(
        "with held as (
             select 1 from run_lease
             where microsoft_tenant_id = $1 and lease_token = $3 and expires_at > clock_timestamp() for key share
         )
         update microsoft_tenant set last_pass_at = now(), readings = $2 from held where id = $1
         returning exists (select 1 from directory_facets f where f.microsoft_tenant_id = $1)",
    )
    .bind(lease.tenant)
    .bind(Json(readings))
    .bind(lease.token)
    .fetch_optional(db)
    .await?;
    has_facets.ok_or(StoreError::LeaseLost)
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
    let rows: Vec<UserRow> = sqlx::query_as(users!("")).bind(tenant).fetch_all(db).await?;
    Ok(rows.into_iter().map(DirectoryUser::from).collect())
}

/// The ids of users, the deleted ones included, in order: so many of those that follow one, or of the first.
pub async fn ids_after(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    after: Option<DirectoryUserId>,
    at_most: usize,
) -> Result<Vec<DirectoryUserId>> {
    // Nobody has the nil id. A condition that may be left out is none that the index is searched by.
    let after = after.map_or(Uuid::nil(), |id| id.0);
    Ok(sqlx::query_scalar(
        "select id from directory_user where microsoft_tenant_id = $1 and id > $2 order by id limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?)
}

/// Some users of a Microsoft tenant.
pub async fn some_users(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    ids: &[DirectoryUserId],
) -> Result<Vec<DirectoryUser>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<UserRow> = sqlx::query_as(users!(" and u.id = any ($2)"))
        .bind(tenant)
        .bind(ids)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(DirectoryUser::from).collect())
}
