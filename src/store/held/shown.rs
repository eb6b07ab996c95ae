//! Held and dropped rows as a run's page shows them.

use crate::{
    model::{
        held::{HeldPerson, RowChange, Rule},
        ids::{EndUserId, OrganizationId},
        time::Moment,
    },
    store::{Now, access::SeenRun, error::Result},
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, PgPool, types::Json};
use uuid::Uuid;

#[derive(FromRow)]
struct PersonOut {
    id: Uuid,
    organization_id: OrganizationId,
    organization: String,
    end_user_id: Option<EndUserId>,
    name: String,
    address: String,
    change: Json<RowChange>,
    rule: Option<String>,
    since: DateTime<Utc>,
    total: i64,
}

fn people(rows: Vec<PersonOut>, now: &Now) -> (Vec<HeldPerson>, i64) {
    let total = rows.first().map_or(0, |row| row.total);
    let people = rows.into_iter().map(|row| HeldPerson {
        id: row.id,
        organization: (row.organization_id, row.organization),
        end_user: row.end_user_id,
        name: row.name,
        address: row.address,
        change: row.change.0,
        rule: row.rule.as_deref().map(Rule::from_key),
        since: Moment::new(row.since, now),
    });
    (people.collect(), total)
}

/// Stands for all these held rows: another set of rows gives another one, as a row has a new id for each new value.
pub fn seen_of(ids: impl Iterator<Item = Uuid>) -> Uuid {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    let bytes: Vec<u8> = ids.iter().flat_map(Uuid::as_bytes).copied().collect();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &bytes)
}

/// What stands for all rows that are held now of the Organizations that a run applied. To be asked before the rows that
/// a page shows: what is held in between is then unseen, and not the other way round.
pub async fn seen(db: impl PgExecutor<'_>, run: impl Into<SeenRun<'_>>) -> Result<Uuid> {
    let run = run.into();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select h.id from held_row h
         join run r on r.id = $1 and r.microsoft_tenant_id = h.microsoft_tenant_id
         join run_organization ro on ro.run_id = r.id and ro.organization_id = h.organization_id
         join user_sync s on s.organization_id = h.organization_id
              and s.microsoft_tenant_id = h.microsoft_tenant_id and s.enabled
         where $2::uuid[] is null or sees_person(h.organization_id, h.microsoft_tenant_id, h.directory_user_id, $2)",
    )
    .bind(run.id)
    .bind(run.theirs)
    .fetch_all(db)
    .await?;
    Ok(seen_of(ids.into_iter()))
}

/// What is held now of the Organizations that a run applied, by name, and how much it is.
pub async fn page(
    pool: &PgPool,
    run: impl Into<SeenRun<'_>>,
    limit: i64,
    page: i64,
    now: &Now,
) -> Result<(Vec<HeldPerson>, i64)> {
    let run = run.into();
    let found = held_page(pool, run, limit, page).await?;
    if found.is_empty() && page > 1 {
        // The last page was approved or dropped whole.
        return Ok(people(held_page(pool, run, limit, 1).await?, now));
    }
    Ok(people(found, now))
}

async fn held_page(pool: &PgPool, run: SeenRun<'_>, limit: i64, page: i64) -> Result<Vec<PersonOut>> {
    let rows: Vec<PersonOut> = sqlx::query_as(
        "select h.id, h.organization_id, o.name as organization, h.end_user_id, h.name, h.address, h.change, h.rule,
                h.held_at as since, count(*) over () as total
         from held_row h join organization o on o.id = h.organization_id
         join run r on r.id = $1 and r.microsoft_tenant_id = h.microsoft_tenant_id
         join run_organization ro on ro.run_id = r.id and ro.organization_id = h.organization_id
         join user_sync s on s.organization_id = h.organization_id
              and s.microsoft_tenant_id = h.microsoft_tenant_id and s.enabled
         where $4::uuid[] is null or sees_person(h.organization_id, h.microsoft_tenant_id, h.directory_user_id, $4)
         order by lower(o.name), o.id, lower(h.name), h.directory_user_id, h.part limit $2 offset $3",
    )
    .bind(run.id)
    .bind(limit)
    .bind((page.max(1) - 1).saturating_mul(limit))
    .bind(run.theirs)
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// What was dropped of the Organizations that a run applied, the latest first, and how much it is.
pub async fn dropped_page(
    db: impl PgExecutor<'_>,
    run: impl Into<SeenRun<'_>>,
    limit: i64,
    now: &Now,
) -> Result<(Vec<HeldPerson>, i64)> {
    let run = run.into();
    let rows: Vec<PersonOut> = sqlx::query_as(
        "select d.id, d.organization_id, o.name as organization, d.end_user_id, d.name, d.address, d.change,
                null as rule, d.dropped_at as since, count(*) over () as total
         from dropped_row d join organization o on o.id = d.organization_id
         join run r on r.id = $1 and r.microsoft_tenant_id = d.microsoft_tenant_id
         join run_organization ro on ro.run_id = r.id and ro.organization_id = d.organization_id
         where $3::uuid[] is null or sees_person(d.organization_id, d.microsoft_tenant_id, d.directory_user_id, $3)
         order by d.dropped_at desc, lower(d.name), d.id limit $2",
    )
    .bind(run.id)
    .bind(limit)
    .bind(run.theirs)
    .fetch_all(db)
    .await?;
    Ok(people(rows, now))
}
