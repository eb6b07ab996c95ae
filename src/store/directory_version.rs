//! Which version of a directory is held: it moves with every transaction that changes what plans rest on.

use super::error::Result;
use crate::model::ids::MicrosoftTenantId;
use sqlx::{PgConnection, PgExecutor};

/// What a transaction changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concerns {
    /// Users, or the groups that they are in: those whose rows bear the new version.
    Users,
    /// Managed devices.
    Devices,
    /// Everybody: what can be read at all.
    Everybody,
}

/// To be called in the transaction that changes users, the groups they are in, devices, or whether those can be read.
/// Returns the new version.
pub async fn bump(tx: &mut PgConnection, tenant: MicrosoftTenantId, concerns: Concerns) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "insert into directory_version as held (microsoft_tenant_id, version, devices_version, everybody_version)
         values ($1, 1, case when $2 then 1 else 0 end, case when $3 then 1 else 0 end)
         on conflict (microsoft_tenant_id) do update set
             version = held.version + 1,
             devices_version = case when $2 then held.version + 1 else held.devices_version end,
             everybody_version = case when $3 then held.version + 1 else held.everybody_version end
         returning version",
    )
    .bind(tenant)
    .bind(concerns == Concerns::Devices)
    .bind(concerns == Concerns::Everybody)
    .fetch_one(tx)
    .await?)
}

/// The version that the next transaction brings.
pub async fn next(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<i64> {
    Ok(get(db, tenant).await? + 1)
}

/// The version that is held: 0 before anything is.
pub async fn get(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<i64> {
    let version: Option<i64> =
        sqlx::query_scalar("select version from directory_version where microsoft_tenant_id = $1")
            .bind(tenant)
            .fetch_optional(db)
            .await?;
    Ok(version.unwrap_or_default())
}
