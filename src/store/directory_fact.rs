//! Facts that Microsoft keeps apart from its users: sign-in activity and MFA registration. Pages are facts as soon as
//! they are stored; only what differs is written, and what a pass does not bring stays and ages.

use super::{change_set::ROWS_AT_ONCE, error::Result};
use crate::model::{
    directory::Readings,
    ids::{DirectoryUserId, MicrosoftTenantId, RunId},
    microsoft_user::Mfa,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgExecutor, types::Json};

/// The sign-in activity of one user. Neither time: never signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignIn {
    /// Whose.
    pub id: DirectoryUserId,
    /// The last sign-in that succeeded.
    pub successful_at: Option<DateTime<Utc>>,
    /// The last one that was tried, whatever came of it.
    pub attempted_at: Option<DateTime<Utc>>,
}

/// The MFA registration of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MfaRegistration {
    /// Whose.
    pub id: DirectoryUserId,
    /// Whether a strong method is registered.
    pub is_registered: bool,
    /// Microsoft's names of the registered methods.
    pub methods: Vec<String>,
}

/// Stores sign-in activity, each user at most once. Users whom the directory does not hold are left out. `read_at` is
/// the time of a reading of its own; none for a page of the pass. Returns how many rows were written.
pub async fn store_sign_ins(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    rows: &[SignIn],
    read_at: Option<DateTime<Utc>>,
) -> Result<i64> {
    let mut written = 0;
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let rows: i64 = sqlx::query_scalar(
            "with n as (
                 select * from jsonb_to_recordset($2) as n (id uuid, successful_at timestamptz, attempted_at timestamptz)
             ), changed as (
                 update directory_sign_in held
                 set successful_at = n.successful_at, attempted_at = n.attempted_at, read_at = $3
                 from n
                 where held.microsoft_tenant_id = $1 and held.directory_user_id = n.id
                   and (held.successful_at, held.attempted_at, held.read_at)
                       is distinct from (n.successful_at, n.attempted_at, $3)
                 returning 1
             ), new as (
                 insert into directory_sign_in (microsoft_tenant_id, directory_user_id, successful_at, attempted_at,
                                                read_at)
                 select $1, n.id, n.successful_at, n.attempted_at, $3
                 from n join directory_user u on u.microsoft_tenant_id = $1 and u.id = n.id
                 where not exists (select 1 from directory_sign_in held
                                   where held.microsoft_tenant_id = $1 and held.directory_user_id = n.id)
                 returning 1
             )
             select (select count(*) from changed) + (select count(*) from new)",
        )
        .bind(tenant)
        .bind(Json(rows))
        .bind(read_at)
        .fetch_one(&mut *tx)
        .await?;
        written += rows;
    }
    Ok(written)
}

/// Stores MFA registrations likewise, and writes a changed status into the history of the person: that is a row more.
pub async fn store_mfa(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    run: Option<RunId>,
    rows: &[MfaRegistration],
    read_at: Option<DateTime<Utc>>,
) -> Result<i64> {
    let mut written = 0;
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let rows: i64 = sqlx::query_scalar(
            "with n as (
                 select * from jsonb_to_recordset($2) as n (id uuid, is_registered boolean, methods text[])
             ), told as (
                 insert into directory_user_change (microsoft_tenant_id, directory_user_id, run_id, kind, old, new)
                 select $1, n.id, $4, 'mfa', case when held.is_registered then $5 else $6 end,
                        case when n.is_registered then $5 else $6 end
                 from n join directory_mfa held on held.microsoft_tenant_id = $1 and held.directory_user_id = n.id
                 where held.is_registered <> n.is_registered
                 returning 1
             ), changed as (
                 update directory_mfa held
                 set is_registered = n.is_registered, methods = n.methods, read_at = $3
                 from n
                 where held.microsoft_tenant_id = $1 and held.directory_user_id = n.id
                   and (held.is_registered, held.methods, held.read_at)
                       is distinct from (n.is_registered, n.methods, $3)
                 returning 1
             ), new as (
                 insert into directory_mfa (microsoft_tenant_id, directory_user_id, is_registered, methods, read_at)
                 select $1, n.id, n.is_registered, n.methods, $3
                 from n join directory_user u on u.microsoft_tenant_id = $1 and u.id = n.id
                 where not exists (select 1 from directory_mfa held
                                   where held.microsoft_tenant_id = $1 and held.directory_user_id = n.id)
                 returning 1
             )
             select (select count(*) from told) + (select count(*) from changed) + (select count(*) from new)",
        )
        .bind(tenant)
        .bind(Json(rows))
        .bind(read_at)
        .bind(run)
        .bind(Mfa::status(true))
        .bind(Mfa::status(false))
        .fetch_one(&mut *tx)
        .await?;
        written += rows;
    }
    Ok(written)
}

/// Whoever a complete pass of sign-in activity did not bring keeps the time of the pass before.
pub async fn age_sign_ins(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    brought: &[DirectoryUserId],
    before: DateTime<Utc>,
) -> Result<()> {
    let brought: Vec<_> = brought.iter().map(|id| id.0).collect();
    sqlx::query(
        "update directory_sign_in set read_at = $3
         where microsoft_tenant_id = $1 and read_at is null and directory_user_id <> all ($2)",
    )
    .bind(tenant)
    .bind(brought)
    .bind(before)
    .execute(tx)
    .await?;
    Ok(())
}

/// The same for MFA registration.
pub async fn age_mfa(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    brought: &[DirectoryUserId],
    before: DateTime<Utc>,
) -> Result<()> {
    let brought: Vec<_> = brought.iter().map(|id| id.0).collect();
    sqlx::query(
        "update directory_mfa set read_at = $3
         where microsoft_tenant_id = $1 and read_at is null and directory_user_id <> all ($2)",
    )
    .bind(tenant)
    .bind(brought)
    .bind(before)
    .execute(tx)
    .await?;
    Ok(())
}

/// What is known now of how the passes stand.
pub async fn set_readings(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, readings: &Readings) -> Result<()> {
    sqlx::query("update microsoft_tenant set readings = $2 where id = $1")
        .bind(tenant)
        .bind(Json(readings))
        .execute(db)
        .await?;
    Ok(())
}

/// The Microsoft tenant's own name and default domain, as Microsoft has them today.
pub async fn set_organization(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    display_name: &str,
    default_domain: &str,
) -> Result<()> {
    sqlx::query(
        "update microsoft_tenant set display_name = $2, default_domain = $3
         where id = $1 and (display_name, default_domain) is distinct from ($2, $3)",
    )
    .bind(tenant)
    .bind(display_name)
    .bind(default_domain)
    .execute(db)
    .await?;
    Ok(())
}
