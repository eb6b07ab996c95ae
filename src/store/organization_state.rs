//! Which state an Organization is in: a set of ids that is another one after whatever its plan rests on was written.

use super::error::Result;
use crate::model::ids::OrganizationId;
use sqlx::PgExecutor;
use uuid::Uuid;

/// The state of an Organization: the same only while nothing was written.
pub async fn get(db: impl PgExecutor<'_>, organization: OrganizationId) -> Result<Vec<Uuid>> {
    Ok(
        sqlx::query_scalar("select id from organization_state where organization_id = $1 order by id")
            .bind(organization)
            .fetch_all(db)
            .await?,
    )
}

/// Puts the rows of each state together that has more than `most`, as comes of runs where nobody else writes. It is
/// another state then.
pub async fn settle(db: impl PgExecutor<'_>, most: i64) -> Result<()> {
    sqlx::query(
        "select move_organization_state(organization_id) from (
             select organization_id from organization_state group by organization_id having count(*) > $1) many",
    )
    .bind(most)
    .execute(db)
    .await?;
    Ok(())
}
