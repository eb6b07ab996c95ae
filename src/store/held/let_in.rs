//! **Let in again** of a dropped row.

use super::{KeptRow, record};
use crate::{
    model::{
        audit::{Action, Actor},
        held::RowChange,
        ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId},
    },
    store::{
        access::SeenRun,
        error::{Result, StoreError},
    },
};
use sqlx::{PgPool, types::Json};
use uuid::Uuid;

/// Lets a dropped row that a run's page shows in again: the next run plans it as any other.
pub async fn let_in(pool: &PgPool, id: Uuid, run: impl Into<SeenRun<'_>>, actor: &Actor) -> Result<MicrosoftTenantId> {
    let run = run.into();
    let mut tx = pool.begin().await?;
    let row: Option<(
        OrganizationId,
        MicrosoftTenantId,
        DirectoryUserId,
        String,
        Json<RowChange>,
    )> = sqlx::query_as(
        "delete from dropped_row d where d.id = $1
           and d.microsoft_tenant_id = (select r.microsoft_tenant_id from run r where r.id = $2)
           and ($3::uuid[] is null
                or sees_person(d.organization_id, d.microsoft_tenant_id, d.directory_user_id, $3))
         returning organization_id, microsoft_tenant_id, directory_user_id, name, change",
    )
    .bind(id)
    .bind(run.id)
    .bind(run.theirs)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((organization, tenant, user, name, Json(change))) = row else {
        return Err(StoreError::NotFound("This dropped row"));
    };
    let row = KeptRow {
        id,
        organization,
        user,
        change,
        is_left: false,
        name,
    };
    record(&mut tx, actor, Action::LetInDropped, run.id, organization, &[&row]).await?;
    tx.commit().await?;
    Ok(tenant)
}
