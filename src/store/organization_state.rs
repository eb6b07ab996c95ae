//! Which state an Organization is in: a set of numbers that is another one after whatever its plan rests on was written.

use super::error::Result;
use crate::model::ids::OrganizationId;
use sqlx::PgExecutor;

/// Beyond so many numbers they are put together.
const MANY: usize = 64;

/// The state of an Organization: the same only while nothing was written.
pub async fn get(db: impl PgExecutor<'_>, organization: OrganizationId) -> Result<Vec<i64>> {
    Ok(
        sqlx::query_scalar("select id from organization_state where organization_id = $1 order by id")
            .bind(organization)
            .fetch_all(db)
            .await?,
    )
}

/// Puts the numbers of a state together where they have become many, as runs do where nobody else writes. It is another
/// state then.
pub async fn settle(db: impl PgExecutor<'_>, organization: OrganizationId, state: &[i64]) -> Result<()> {
    if state.len() > MANY {
        sqlx::query("select move_organization_state($1)")
            .bind(organization)
            .execute(db)
            .await?;
    }
    Ok(())
}
