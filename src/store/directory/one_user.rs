//! One user of the directory: for a person's page, and for a run of one person.

use super::{
    super::{
        directory_version::{self, Concerns},
        error::Result,
    },
    UserRow,
};
use crate::model::{
    directory::DirectoryUser,
    ids::{DirectoryUserId, GroupId, MicrosoftTenantId},
};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// One user of a Microsoft tenant, if the directory has it.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    id: DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    let row: Option<UserRow> = sqlx::query_as(
        "select id, upn, display_name, given_name, surname, mail, other_mails, business_phone, mobile_phone,
                street_address, city, state, postal_code, job_title, department, office_location, user_type,
                created_at, disabled_at, deleted_at, licenses, groups
         from directory_user where microsoft_tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row.map(DirectoryUser::from))
}

/// The users with this id or user principal name: for commands.
pub async fn find(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, id_or_upn: &str) -> Result<Vec<DirectoryUserId>> {
    Ok(sqlx::query_scalar(
        "select id from directory_user
         where microsoft_tenant_id = $1 and (id::text = lower($2) or lower(upn) = lower($2)) order by id",
    )
    .bind(tenant)
    .bind(id_or_upn.trim())
    .fetch_all(db)
    .await?)
}

/// What the directory holds of a user: its hash.
pub async fn hash(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, id: DirectoryUserId) -> Result<Option<Uuid>> {
    Ok(
        sqlx::query_scalar("select row_hash from directory_user where microsoft_tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id)
            .fetch_optional(db)
            .await?,
    )
}

/// Stores the transitive groups of one user. Nothing is written when nothing differs.
pub async fn set_groups(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    id: DirectoryUserId,
    groups: &[GroupId],
) -> Result<()> {
    let groups: Vec<_> = groups.iter().map(|group| group.0).collect();
    let version = directory_version::next(&mut *tx, tenant).await?;
    let done = sqlx::query(
        "update directory_user set groups = $3, changed_version = $4
         where microsoft_tenant_id = $1 and id = $2 and groups <> $3",
    )
    .bind(tenant)
    .bind(id)
    .bind(groups)
    .bind(version)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() > 0 {
        directory_version::bump(tx, tenant, Concerns::Users).await?;
    }
    Ok(())
}
