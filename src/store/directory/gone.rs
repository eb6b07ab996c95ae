//! Accounts that Microsoft has no more, and what End Users' marks still know of a directory that was forgotten.

use super::super::{
    directory_version::{self, Concerns},
    error::Result,
};
use crate::model::ids::{DirectoryUserId, MicrosoftTenantId};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

/// Accounts that End Users are mapped to and that the directory does not hold: it was forgotten meanwhile, and they were
/// not listed since.
pub async fn mapped_and_not_held(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<DirectoryUserId>> {
    Ok(sqlx::query_scalar(
        "select distinct m.directory_user_id from end_user_mapping m
         where m.microsoft_tenant_id = $1
           and not exists (select 1 from directory_user u
                           where u.microsoft_tenant_id = $1 and u.id = m.directory_user_id)",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

/// An account that Microsoft has no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Which.
    pub id: DirectoryUserId,
    /// When it went, or was missed.
    pub at: DateTime<Utc>,
    /// That is when it was missed, as the recycle bin could not be read.
    pub undated: bool,
}

/// Marks users as deleted in Microsoft. Their hash goes, so that a restored user is stored again. Of an account that an
/// End User is mapped to and that the directory does not hold, that it is gone is all that is known, and its End User's
/// name.
pub async fn mark_deleted(tx: &mut PgConnection, tenant: MicrosoftTenantId, deleted: &[Deleted]) -> Result<()> {
    if deleted.is_empty() {
        return Ok(());
    }
    let (ids, times): (Vec<_>, Vec<_>) = deleted.iter().map(|gone| (gone.id.0, gone.at)).unzip();
    let undated: Vec<_> = deleted.iter().map(|gone| gone.undated).collect();
    let version = directory_version::next(&mut *tx, tenant).await?;
    let marked = sqlx::query(
        "update directory_user u set deleted_at = d.at, row_hash = '00000000-0000-0000-0000-000000000000',
                changed_version = $4, undated = nullif(d.undated, false)
         from unnest($2::uuid[], $3::timestamptz[], $5::boolean[]) as d (id, at, undated)
         where u.microsoft_tenant_id = $1 and u.id = d.id and u.deleted_at is null",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(&times)
    .bind(version)
    .bind(&undated)
    .execute(&mut *tx)
    .await?;
    let made = sqlx::query(
        "insert into directory_user (microsoft_tenant_id, id, row_hash, upn, display_name, given_name, surname, mail,
                                     other_mails, business_phone, mobile_phone, street_address, city, state,
                                     postal_code, job_title, department, office_location, user_type, deleted_at,
                                     licenses, changed_version, undated)
         select $1, d.id, '00000000-0000-0000-0000-000000000000', '', min(e.name), '', '', '', '{}', '', '', '', '',
                '', '', '', '', '', 'member',
                coalesce(max(m.mark_at) filter (where m.mark_kind = 'deleted'), d.at), '{}', $4,
                nullif(d.undated, false)
         from unnest($2::uuid[], $3::timestamptz[], $5::boolean[]) as d (id, at, undated)
         join end_user_mapping m on m.microsoft_tenant_id = $1 and m.directory_user_id = d.id
         join end_user e on e.id = m.end_user_id
         group by d.id, d.at, d.undated
         on conflict (microsoft_tenant_id, id) do nothing",
    )
    .bind(tenant)
    .bind(ids)
    .bind(times)
    .bind(version)
    .bind(undated)
    .execute(&mut *tx)
    .await?;
    if marked.rows_affected() + made.rows_affected() > 0 {
        directory_version::bump(tx, tenant, Concerns::Users).await?;
    }
    Ok(())
}

/// Deleted accounts of which the recycle bin could not be asked, and may still tell: it keeps them for 30 days
/// (learn.microsoft.com/graph/api/directory-deleteditems-list).
pub async fn undated(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<DirectoryUserId>> {
    Ok(sqlx::query_scalar(
        "select id from directory_user
         where microsoft_tenant_id = $1 and undated and deleted_at > now() - interval '30 days'",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

/// The recycle bin could be asked again: these went then, and of the others nothing more will be known.
pub async fn date_deleted(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    dated: &[(DirectoryUserId, DateTime<Utc>)],
) -> Result<()> {
    let (ids, times): (Vec<_>, Vec<_>) = dated.iter().map(|(id, at)| (id.0, *at)).unzip();
    if !ids.is_empty() {
        let version = directory_version::bump(&mut *tx, tenant, Concerns::Users).await?;
        sqlx::query(
            "update directory_user u set deleted_at = d.at, changed_version = $4
             from unnest($2::uuid[], $3::timestamptz[]) as d (id, at)
             where u.microsoft_tenant_id = $1 and u.id = d.id and u.undated",
        )
        .bind(tenant)
        .bind(ids)
        .bind(times)
        .bind(version)
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query("update directory_user set undated = null where microsoft_tenant_id = $1 and undated")
        .bind(tenant)
        .execute(tx)
        .await?;
    Ok(())
}

/// Of accounts that were stored just now and that the directory did not hold: whoever was marked as disabled before it was
/// forgotten, and is disabled when it is read again, has been so since then for all that is known. Of several marks the
/// latest one: an Organization whose user sync is off keeps an old one. Of an account that was held the directory itself
/// knows since when, and an old mark may be from a time before.
pub async fn disabled_since_their_marks(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    new: &[DirectoryUserId],
) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = new.iter().map(|id| id.0).collect();
    sqlx::query(
        "update directory_user u set disabled_at = m.at
         from (select directory_user_id, max(mark_at) as at from end_user_mapping
               where microsoft_tenant_id = $1 and directory_user_id = any ($2) and mark_kind = 'disabled'
               group by directory_user_id) m
         where u.microsoft_tenant_id = $1 and u.id = m.directory_user_id and u.disabled_at > m.at",
    )
    .bind(tenant)
    .bind(ids)
    .execute(tx)
    .await?;
    Ok(())
}
