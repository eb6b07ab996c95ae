//! End Users: as the plan sees them, and as the table shows them.

pub mod details;
pub mod edit;
pub mod history;

use super::{error::Result, search::pattern};
use crate::model::{
    end_user::{EndUserRow, EndUserState, Exclusion, Fields, Mapping, Mark, MarkKind},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, SkuId},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgExecutor, PgPool, types::Json};
use std::collections::HashMap;

#[derive(FromRow)]
struct StateRow {
    id: EndUserId,
    name: String,
    email: String,
    phone: String,
    mobile: String,
    street_address: String,
    city: String,
    state: String,
    postal_code: String,
    job_title: String,
    directory_user_id: Option<DirectoryUserId>,
    last_synced: Option<Json<Fields>>,
    mark_kind: Option<String>,
    mark_at: Option<DateTime<Utc>>,
}

fn mark(kind: Option<String>, at: Option<DateTime<Utc>>) -> Option<Mark> {
    let (kind, at) = kind.zip(at)?;
    Some(Mark {
        kind: MarkKind::from_key(&kind)?,
        at,
    })
}

impl From<StateRow> for EndUserState {
    fn from(row: StateRow) -> Self {
        Self {
            id: row.id,
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
            mapping: row.directory_user_id.map(|user| Mapping {
                user,
                last_synced: row.last_synced.map(|Json(fields)| fields).unwrap_or_default(),
                mark: mark(row.mark_kind, row.mark_at),
            }),
        }
    }
}

/// The End Users of an Organization with their mappings to one Microsoft tenant.
pub async fn states(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Vec<EndUserState>> {
    let rows: Vec<StateRow> = sqlx::query_as(
        "select e.id, e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state, e.postal_code,
                e.job_title, m.directory_user_id, m.last_synced, m.mark_kind, m.mark_at
         from end_user e
         left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $2
         where e.organization_id = $1",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(EndUserState::from).collect())
}

/// Whom administrators keep out of an Organization's sync.
pub async fn exclusions(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Vec<Exclusion>> {
    let rows: Vec<(DirectoryUserId, String)> = sqlx::query_as(
        "select directory_user_id, address from exclusion where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(user, address)| Exclusion { user, address })
        .collect())
}

/// Adds End Users by hand or from the sample data.
pub async fn insert(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    people: &[(EndUserId, Fields)],
) -> Result<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: EndUserId,
        name: &'a str,
        email: &'a str,
        phone: &'a str,
        job_title: &'a str,
    }
    let rows: Vec<_> = people
        .iter()
        .map(|(id, f)| Row {
            id: *id,
            name: &f.name,
            email: &f.email,
            phone: &f.phone,
            job_title: &f.job_title,
        })
        .collect();
    sqlx::query(
        "insert into end_user (id, organization_id, name, email, phone, job_title)
         select n.id, $1, n.name, n.email, n.phone, n.job_title
         from jsonb_to_recordset($2) as n (id uuid, name text, email text, phone text, job_title text)
         on conflict (id) do nothing",
    )
    .bind(organization)
    .bind(Json(rows))
    .execute(db)
    .await?;
    Ok(())
}

/// How the End Users table is filtered and paged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUserQuery {
    /// Words in the name, the email or the job title.
    pub search: String,
    /// Only those with (or without) the mark, or mapped (or not).
    pub microsoft: String,
    /// `name` or `email`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

/// Rows on a page of the End Users table.
pub const PAGE: i64 = 50;

#[derive(FromRow)]
struct TableRow {
    id: EndUserId,
    name: String,
    email: String,
    phone: String,
    job_title: String,
    synced: bool,
    mark_kind: Option<String>,
    mark_at: Option<DateTime<Utc>>,
    licenses: Option<Vec<SkuId>>,
    total: i64,
}

/// A page of the End Users table, and how many there are in all. `name_of` gives product names for SKUs.
pub async fn page(
    pool: &PgPool,
    organization: OrganizationId,
    tenant: Option<MicrosoftTenantId>,
    query: &EndUserQuery,
    name_of: &HashMap<SkuId, String>,
) -> Result<(Vec<EndUserRow>, i64)> {
    let rows: Vec<TableRow> = sqlx::query_as(
        "select e.id, e.name, e.email, e.phone, e.job_title, m.end_user_id is not null as synced,
                m.mark_kind, m.mark_at, u.licenses, count(*) over () as total
         from end_user e
         left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $2
         left join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
         where e.organization_id = $1
           and ($3 = '%%' or e.name ilike $3 or e.email ilike $3 or e.job_title ilike $3)
           and case $4 when 'synced' then m.end_user_id is not null
                       when 'notSynced' then m.end_user_id is null
                       when 'disabled' then m.mark_kind is not null
                       when 'hideDisabled' then m.mark_kind is null
                       else true end
         order by case when $5 = 'email' then lower(e.email) end,
                  case when $5 = '-email' then lower(e.email) end desc,
                  case when $5 = '-name' then lower(e.name) end desc,
                  case when $5 not in ('email', '-email', '-name') then lower(e.name) end,
                  e.id
         limit $6 offset $7",
    )
    .bind(organization)
    .bind(tenant)
    .bind(pattern(&query.search))
    .bind(&query.microsoft)
    .bind(&query.sort)
    .bind(PAGE)
    .bind((query.page.max(1) - 1).saturating_mul(PAGE))
    .fetch_all(pool)
    .await?;
    if rows.is_empty() && query.page > 1 {
        // Beyond the last page nobody tells the total but the first page.
        let first = EndUserQuery {
            page: 1,
            ..query.clone()
        };
        let (_, total) = Box::pin(page(pool, organization, tenant, &first, name_of)).await?;
        return Ok((vec![], total));
    }
    let total = rows.first().map_or(0, |row| row.total);
    Ok((rows.into_iter().map(|row| table_row(row, name_of)).collect(), total))
}

fn table_row(row: TableRow, name_of: &HashMap<SkuId, String>) -> EndUserRow {
    let mut licenses: Vec<_> = row
        .licenses
        .unwrap_or_default()
        .iter()
        .map(|sku| name_of.get(sku).cloned().unwrap_or_else(|| sku.to_string()))
        .collect();
    licenses.sort();
    EndUserRow {
        id: row.id,
        name: row.name,
        email: row.email,
        phone: row.phone,
        job_title: row.job_title,
        licenses,
        synced: row.synced,
        mark: mark(row.mark_kind, row.mark_at),
    }
}
