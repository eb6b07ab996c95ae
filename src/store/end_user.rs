//! End Users, as the plan sees them; their table is in [`super::end_user_page`].

pub mod details;
pub mod edit;
pub mod history;

use super::error::Result;
use crate::model::{
    end_user::{EndUserState, Exclusion, Fields, Mapping, Mark, MarkKind},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgExecutor, types::Json};

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

pub(super) fn mark(kind: Option<String>, at: Option<DateTime<Utc>>) -> Option<Mark> {
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

macro_rules! states {
    ($narrowed:literal) => {
        concat!(
            "select e.id, e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state, e.postal_code,
                    e.job_title, m.directory_user_id, m.last_synced, m.mark_kind, m.mark_at
             from end_user e
             left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $2
             where e.organization_id = $1",
            $narrowed
        )
    };
}

/// The End Users of an Organization with their mappings to one Microsoft tenant.
pub async fn states(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Vec<EndUserState>> {
    let rows: Vec<StateRow> = sqlx::query_as(states!(""))
        .bind(organization)
        .bind(tenant)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(EndUserState::from).collect())
}

/// The same of some End Users.
pub async fn some_states(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    ids: &[EndUserId],
) -> Result<Vec<EndUserState>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<StateRow> = sqlx::query_as(states!(" and e.id = any ($3)"))
        .bind(organization)
        .bind(tenant)
        .bind(ids)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(EndUserState::from).collect())
}

/// Which End Users of an Organization are looked up.
#[derive(Clone, Copy, Debug)]
pub struct Related<'a> {
    /// These.
    pub ids: &'a [EndUserId],
    /// Those that are mapped to these accounts.
    pub mapped_to: &'a [DirectoryUserId],
    /// Those with these addresses in the form that compares.
    pub addresses: &'a [String],
    /// None of these, as they are known.
    pub known: &'a [EndUserId],
}

/// What stands for the addresses of which Postgres can't tell in which form they compare: see its function `address_key`.
pub const ODD_ADDRESSES: &str = " ";

/// Some End Users of an Organization with their mappings to one Microsoft tenant. `offset 0` has each looked up by an index
/// however many are wanted, so that the cost follows them and not the table.
pub async fn related(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    related: Related<'_>,
) -> Result<Vec<EndUserState>> {
    let uuids = |ids: &[EndUserId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let rows: Vec<StateRow> = sqlx::query_as(
        "with wanted as (
             select id from unnest($3::uuid[]) as named (id)
             union
             select m.end_user_id from unnest($4::uuid[]) as named (id) cross join lateral (
                 select m.end_user_id from end_user_mapping m
                 where m.organization_id = $1 and m.microsoft_tenant_id = $2 and m.directory_user_id = named.id offset 0
             ) m
             union
             select e.id from unnest($5::text[]) as named (address) cross join lateral (
                 select e.id from end_user e
                 where e.organization_id = $1 and address_key(e.email) = named.address offset 0
             ) e
             except
             select id from unnest($6::uuid[]) as known (id)
         )
         select e.* from wanted cross join lateral (
             select e.id, e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state, e.postal_code,
                    e.job_title, m.directory_user_id, m.last_synced, m.mark_kind, m.mark_at
             from end_user e
             left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $2
             where e.id = wanted.id and e.organization_id = $1 offset 0
         ) e",
    )
    .bind(organization)
    .bind(tenant)
    .bind(uuids(related.ids))
    .bind(related.mapped_to.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind(related.addresses)
    .bind(uuids(related.known))
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
