//! Which version of a directory is held: it moves with every transaction that changes what plans rest on.

use super::error::Result;
use crate::model::ids::MicrosoftTenantId;
use sqlx::{PgConnection, PgExecutor};

/// To be called in the transaction that changes users, the groups they are in, devices, or whether those can be read.
pub async fn bump(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<()> {
    sqlx::query(
        "insert into directory_version as held (microsoft_tenant_id, version) values ($1, 1)
         on conflict (microsoft_tenant_id) do update set version = held.version + 1",
    )
    .bind(tenant)
    .execute(tx)
    .await?;
    Ok(())
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
