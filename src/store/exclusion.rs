//! Deleting End Users, and whom administrators keep out of an Organization's sync.

use super::{Now, audit, error::Result, search::pattern};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    end_user::{Field, Fields},
    end_user_details::{ExcludedPerson, ToDelete},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use std::collections::HashSet;
use uuid::Uuid;

/// Names that a confirmation tells.
const NAMES: i64 = 10;

/// What a confirmation says of the End Users with these ids: those that this Organization still has.
pub async fn to_delete(db: impl PgExecutor<'_>, organization: OrganizationId, ids: &[EndUserId]) -> Result<ToDelete> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(EndUserId, String, String, bool)> = sqlx::query_as(
        "select e.id, e.name, e.email, exists (select 1 from end_user_mapping m where m.end_user_id = e.id)
         from end_user e where e.organization_id = $1 and e.id = any ($2) order by lower(e.name), e.id",
    )
    .bind(organization)
    .bind(ids)
    .fetch_all(db)
    .await?;
    let most = usize::try_from(NAMES).unwrap_or_default();
    Ok(ToDelete {
        mapped: rows.iter().filter(|(_, _, _, mapped)| *mapped).count(),
        names: rows
            .iter()
            .take(most)
            .map(|(_, name, email, _)| if name.is_empty() { email.clone() } else { name.clone() })
            .collect(),
        ids: rows.into_iter().map(|(id, ..)| id).collect(),
    })
}

#[derive(FromRow)]
struct Gone {
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
}

/// What a deletion did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// So many End Users were there, and are gone.
    pub people: usize,
    /// So many of them are kept out of future syncs.
    pub kept_out: usize,
}

/// Deletes End Users of one Organization. With `keep_out` their Microsoft accounts, of today's Microsoft tenant and of
/// former ones, are excluded from future syncs in the same transaction. Who is gone already is passed over, so that a
/// form sent twice does no harm.
pub async fn delete(
    pool: &PgPool,
    organization: OrganizationId,
    ids: &[EndUserId],
    keep_out: bool,
    actor: &Actor,
) -> Result<Deleted> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let mut tx = pool.begin().await?;
    // In the order of ids, so that two of these never wait for each other.
    let gone: Vec<Gone> = sqlx::query_as(
        "select id, name, email, phone, mobile, street_address, city, state, postal_code, job_title
         from end_user where organization_id = $1 and id = any ($2) order by id for update",
    )
    .bind(organization)
    .bind(&ids)
    .fetch_all(&mut *tx)
    .await?;
    let kept_out = if keep_out {
        exclude(&mut tx, organization, &ids, actor).await?
    } else {
        HashSet::new()
    };
    sqlx::query("delete from end_user where organization_id = $1 and id = any ($2)")
        .bind(organization)
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    for person in &gone {
        // Nobody without a Microsoft account comes back by a sync, and none is kept out.
        let action = if kept_out.contains(&person.id) {
            Action::Exclude
        } else {
            Action::Delete
        };
        record(&mut tx, actor, action, organization, person).await?;
    }
    tx.commit().await?;
    Ok(Deleted {
        people: gone.len(),
        kept_out: kept_out.len(),
    })
}

/// Keeps the Microsoft accounts of these End Users out of future syncs. Whose there are some.
async fn exclude(
    tx: &mut PgConnection,
    organization: OrganizationId,
    ids: &[Uuid],
    actor: &Actor,
) -> Result<HashSet<EndUserId>> {
    let kept_out: Vec<EndUserId> = sqlx::query_scalar(
        "with account as (
             select e.id, m.microsoft_tenant_id, m.directory_user_id, e.email, e.name
             from end_user e join end_user_mapping m on m.end_user_id = e.id
             where e.organization_id = $1 and e.id = any ($2)
         ), done as (
             insert into exclusion (organization_id, microsoft_tenant_id, directory_user_id, address, name, excluded_by)
             select $1, microsoft_tenant_id, directory_user_id, email, name, $3 from account
             on conflict (organization_id, microsoft_tenant_id, directory_user_id) do nothing
         )
         select distinct id from account",
    )
    .bind(organization)
    .bind(ids)
    .bind(&actor.name)
    .fetch_all(tx)
    .await?;
    Ok(kept_out.into_iter().collect())
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    organization: OrganizationId,
    person: &Gone,
) -> Result<()> {
    let fields = Fields {
        name: person.name.clone(),
        email: person.email.clone(),
        phone: person.phone.clone(),
        mobile: person.mobile.clone(),
        street_address: person.street_address.clone(),
        city: person.city.clone(),
        state: person.state.clone(),
        postal_code: person.postal_code.clone(),
        job_title: person.job_title.clone(),
    };
    let event = NewAuditEvent {
        action,
        subject: Subject::EndUser,
        subject_id: person.id.0,
        subject_name: person.name.clone(),
        organization: Some(organization),
        changes: Field::ALL
            .into_iter()
            .filter_map(|field| AuditChange::new(field.label(), fields.get(field), ""))
            .collect(),
    };
    audit::record(tx, actor, &event).await
}

#[derive(FromRow)]
struct Row {
    microsoft_tenant_id: MicrosoftTenantId,
    directory_user_id: DirectoryUserId,
    name: String,
    address: String,
    created_at: DateTime<Utc>,
    excluded_by: String,
    microsoft_tenant: Option<String>,
    is_former: bool,
    total: i64,
}

/// Rows on a page of excluded people.
pub const PAGE: i64 = 50;

/// A page of the people kept out of an Organization's sync, by name, and how many there are.
pub async fn page(
    pool: &PgPool,
    organization: OrganizationId,
    search: &str,
    page: i64,
    now: &Now,
) -> Result<(Vec<ExcludedPerson>, i64)> {
    let rows: Vec<Row> = sqlx::query_as(
        "select x.microsoft_tenant_id, x.directory_user_id, x.name, x.address, x.created_at, x.excluded_by,
                t.display_name as microsoft_tenant, t.tenant_id is distinct from o.tenant_id as is_former,
                count(*) over () as total
         from exclusion x
         join organization o on o.id = x.organization_id
         left join microsoft_tenant t on t.id = x.microsoft_tenant_id
         where x.organization_id = $1 and ($2 = '%%' or x.name ilike $2 or x.address ilike $2)
         order by lower(x.name), x.directory_user_id, x.microsoft_tenant_id limit $3 offset $4",
    )
    .bind(organization)
    .bind(pattern(search))
    .bind(PAGE)
    .bind((page.max(1) - 1).saturating_mul(PAGE))
    .fetch_all(pool)
    .await?;
    if rows.is_empty() && page > 1 {
        // Beyond the last page nobody tells the total but the first page.
        let (_, total) = Box::pin(self::page(pool, organization, search, 1, now)).await?;
        return Ok((vec![], total));
    }
    let total = rows.first().map_or(0, |row| row.total);
    let people = rows.into_iter().map(|row| ExcludedPerson {
        tenant: row.microsoft_tenant_id,
        user: row.directory_user_id,
        name: row.name,
        address: row.address,
        since: Moment::new(row.created_at, now),
        by: row.excluded_by,
        microsoft_tenant: row.microsoft_tenant.unwrap_or_default(),
        is_former: row.is_former,
    });
    Ok((people.collect(), total))
}

/// How many people are kept out of an Organization's sync.
pub async fn count(db: impl PgExecutor<'_>, organization: OrganizationId) -> Result<i64> {
    Ok(
        sqlx::query_scalar("select count(*) from exclusion where organization_id = $1")
            .bind(organization)
            .fetch_one(db)
            .await?,
    )
}

/// Lets a person in again: the next run decides about them like about anybody. Who is let in already stays so.
pub async fn let_in(
    pool: &PgPool,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    user: DirectoryUserId,
    actor: &Actor,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    let found: Option<(String, String, String, DateTime<Utc>)> = sqlx::query_as(
        "delete from exclusion
         where organization_id = $1 and microsoft_tenant_id = $2 and directory_user_id = $3
         returning name, address, excluded_by, created_at",
    )
    .bind(organization)
    .bind(tenant)
    .bind(user)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((name, address, by, since)) = found else {
        return Ok(());
    };
    let changes = [
        AuditChange::new("Address kept out", &address, ""),
        AuditChange::new("Kept out by", &by, ""),
        AuditChange::new("Kept out since", &since.format("%Y-%m-%d").to_string(), ""),
    ];
    let event = NewAuditEvent {
        action: Action::LetIn,
        subject: Subject::EndUser,
        subject_id: user.0,
        subject_name: if name.is_empty() { address } else { name },
        organization: Some(organization),
        changes: changes.into_iter().flatten().collect(),
    };
    audit::record(&mut *tx, actor, &event).await?;
    tx.commit().await?;
    Ok(())
}
