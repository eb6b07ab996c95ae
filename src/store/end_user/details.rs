//! One End User, as its page shows and changes it. Each query names the Organization: an id alone opens nothing.

use super::super::error::{Result, StoreError};
use crate::model::{
    end_user::Fields,
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, types::Json};

/// An End User with its Microsoft account in the Microsoft tenant that its Organization is mapped to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// What it holds.
    pub fields: Fields,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// The account.
    pub account: Option<DirectoryUserId>,
    /// What the sync last wrote from that account.
    pub last_synced: Fields,
    /// A former Microsoft tenant with an account of this person: its name.
    pub former_tenant: Option<String>,
}

#[derive(FromRow)]
struct Row {
    name: String,
    email: String,
    phone: String,
    mobile: String,
    street_address: String,
    city: String,
    state: String,
    postal_code: String,
    job_title: String,
    updated_at: DateTime<Utc>,
    directory_user_id: Option<DirectoryUserId>,
    last_synced: Option<Json<Fields>>,
    former_tenant: Option<String>,
}

impl From<Row> for Details {
    fn from(row: Row) -> Self {
        Self {
            fields: Fields {
                name: row.name,
                email: row.email,
                phone: row.phone,
                mobile: row.mobile,
                street_address: row.street_address,
                city: row.city,
                state: row.state,
                postal_code: row.postal_code,
                job_title: row.job_title,
            },
            updated_at: row.updated_at,
            account: row.directory_user_id,
            last_synced: row.last_synced.map(|Json(fields)| fields).unwrap_or_default(),
            former_tenant: row.former_tenant,
        }
    }
}

/// One End User of this Organization.
pub async fn get(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    id: EndUserId,
    tenant: Option<MicrosoftTenantId>,
) -> Result<Details> {
    let row: Option<Row> = sqlx::query_as(
        "select e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state, e.postal_code, e.job_title,
                e.updated_at, m.directory_user_id, m.last_synced,
                (select coalesce(nullif(t.display_name, ''), 'that was removed') from end_user_mapping f
                 left join microsoft_tenant t on t.id = f.microsoft_tenant_id
                 where f.end_user_id = e.id and f.microsoft_tenant_id is distinct from $3
                 order by f.mapped_at desc limit 1) as former_tenant
         from end_user e
         left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $3
         where e.organization_id = $1 and e.id = $2",
    )
    .bind(organization)
    .bind(id)
    .bind(tenant)
    .fetch_optional(db)
    .await?;
    row.map(Details::from).ok_or(StoreError::NotFound("This End User"))
}
