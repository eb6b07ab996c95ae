//! Whose a thing is, for those who ask whether it is theirs.

use super::error::Result;
use crate::model::ids::{OrganizationId, TenantId};
use sqlx::PgExecutor;

/// The Organizations of a Tenant; none for a Tenant that does not exist.
pub async fn of_tenant(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Vec<OrganizationId>> {
    Ok(sqlx::query_scalar("select id from organization where tenant_id = $1")
        .bind(tenant)
        .fetch_all(db)
        .await?)
}
