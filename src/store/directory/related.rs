//! Some users of a directory: those of a closure.

use super::{super::error::Result, UserRow};
use crate::model::{
    directory::DirectoryUser,
    ids::{DirectoryUserId, MicrosoftTenantId},
};
use sqlx::PgExecutor;

/// The users with these ids, and the living ones with these addresses in the form that compares, without those who are
/// `known`. `offset 0` has each looked up by an index however many are wanted, so that the cost follows them and not the
/// table.
pub async fn related(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    ids: &[DirectoryUserId],
    addresses: &[String],
    known: &[DirectoryUserId],
) -> Result<Vec<DirectoryUser>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let known: Vec<_> = known.iter().map(|id| id.0).collect();
    let rows: Vec<UserRow> = sqlx::query_as(concat!(
        "with wanted as (
             select id from unnest($2::uuid[]) as named (id)
             union
             select u.id from unnest($3::text[]) as named (address) cross join lateral (
                 select u.id from directory_user u
                 where u.microsoft_tenant_id = $1 and u.address_key = named.address and u.address_key <> ''
                   and u.deleted_at is null offset 0
             ) u
             except
             select id from unnest($4::uuid[]) as known (id)
         )
         select u.* from wanted cross join lateral (",
        users!(" and u.id = wanted.id offset 0"),
        ") u"
    ))
    .bind(tenant)
    .bind(ids)
    .bind(addresses)
    .bind(known)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(DirectoryUser::from).collect())
}
