//! **Activity**: the list of runs, a row for each Organization, and the audit log; filtered, searched and paged.

use super::{
    Now,
    access::Theirs,
    error::Result,
    in_utc,
    run::{PersonOut, Row as RunRowOut},
    search::pattern,
};
use crate::model::{
    held::seen_attention,
    ids::{OrganizationId, RunId},
    run::{RunListRow, RunPerson},
};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{FromRow, PgPool};

pub use super::audit_list::{AuditFilter, all as all_audit};

/// Rows on a page.
pub const PAGE: i64 = 50;

/// Counting stops here: the exact number of ten thousands of rows helps nobody, and takes long.
pub const MOST_COUNTED: i64 = 10_000;

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Of one Organization.
    pub organization: Option<OrganizationId>,
    /// The Organizations of whoever asks; `None` is all.
    pub theirs: Option<Vec<OrganizationId>>,
    /// `running`, `succeeded`, `failed`, `put_off`, `attention`; empty for all.
    pub result: String,
    /// The key of a trigger; empty for all.
    pub trigger: String,
    /// Words in the name of the Microsoft tenant or the Organization, or in the error. For whom all of the Tenant is open
    /// also in what wants attention: to others it is shown without its number, which a search would tell.
    pub search: String,
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    run: RunRowOut,
    organization_id: Option<OrganizationId>,
    organization: Option<String>,
    attention: Option<String>,
    held: Option<i32>,
}

impl Row {
    fn into_model(self, now: &Now) -> RunListRow {
        let seconds = self.run.seconds();
        let run = self.run.into_model(now).0;
        RunListRow {
            organization: self.organization_id.zip(self.organization),
            attention: self.attention.map(|words| seen_attention(words, !run.counts.partial)),
            run,
            held: u32::try_from(self.held.unwrap_or_default()).unwrap_or_default(),
            seconds,
        }
    }
}

macro_rules! runs_sql {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from run r
              join microsoft_tenant m on m.id = r.microsoft_tenant_id
              left join run_organization ro on ro.run_id = r.id
              left join organization o on o.id = ro.organization_id
              where ($1 is null or ro.organization_id = $1)
                and ($2 = '' or (r.state = $2 and $2 <> 'attention') or ($2 = 'attention' and ro.attention is not null))
                and ($3 = '' or r.trigger = $3)
                and ($4 = '%%' or m.display_name ilike $4 or o.name ilike $4 or r.error ilike $4
                     or (ro.attention ilike $4 and ($5::uuid[] is null or is_whole_tenant(m.tenant_id, $5))))
                and ($5::uuid[] is null or ro.organization_id = any ($5)
                     or (ro.run_id is null and is_whole_tenant(m.tenant_id, $5))) ",
            $rest
        )
    };
}

macro_rules! run_columns {
    ($rest:literal) => {
        runs_sql!(
            "r.id, r.microsoft_tenant_id, m.display_name as microsoft_tenant, r.trigger, r.state, r.stage,
             r.progress_done, r.progress_total, r.error, r.started_at, r.finished_at,
             case when ro.planned
                  then jsonb_build_array(seen_counts(r.id, ro.organization_id, m.id, m.tenant_id, ro.counts, $5))
                  else '[]' end as counts,
             coalesce(not ro.planned, false) as rested, o.id as organization_id,
             o.name as organization, ro.attention,
             seen_held(ro.held, ro.organization_id, m.id, m.tenant_id, $5) as held",
            $rest
        )
    };
}

/// A page of runs, the latest first, and how many there are, at most [`MOST_COUNTED`] and one.
pub async fn runs(pool: &PgPool, filter: &RunFilter, page: i64, now: &Now) -> Result<(Vec<RunListRow>, i64)> {
    let rows: Vec<Row> = sqlx::query_as(run_columns!(
        "order by r.started_at desc, r.id desc, lower(o.name), o.id limit $6 offset $7"
    ))
    .bind(filter.organization)
    .bind(&filter.result)
    .bind(&filter.trigger)
    .bind(pattern(&filter.search))
    .bind(filter.theirs.as_deref())
    .bind(PAGE)
    .bind((page.max(1) - 1).saturating_mul(PAGE))
    .fetch_all(pool)
    .await?;
    let total = sqlx::query_scalar(concat!(
        "select count(*) from (",
        runs_sql!("1", "limit $6 + 1"),
        ") as counted"
    ))
    .bind(filter.organization)
    .bind(&filter.result)
    .bind(&filter.trigger)
    .bind(pattern(&filter.search))
    .bind(filter.theirs.as_deref())
    .bind(MOST_COUNTED)
    .fetch_one(pool)
    .await?;
    Ok((rows.into_iter().map(|row| row.into_model(now)).collect(), total))
}

/// All those runs, the latest first.
pub fn all_runs<'a>(pool: &'a PgPool, filter: &'a RunFilter) -> BoxStream<'a, Result<RunListRow>> {
    let now = in_utc(Utc::now());
    sqlx::query_as::<_, Row>(run_columns!(
        "order by r.started_at desc, r.id desc, lower(o.name), o.id"
    ))
    .bind(filter.organization)
    .bind(&filter.result)
    .bind(&filter.trigger)
    .bind(pattern(&filter.search))
    .bind(filter.theirs.as_deref())
    .fetch(pool)
    .map_ok(move |row| row.into_model(&now))
    .err_into()
    .boxed()
}

#[derive(FromRow)]
struct PersonOfRun {
    run_id: RunId,
    started_at: DateTime<Utc>,
    #[sqlx(flatten)]
    person: PersonOut,
}

/// Every person whom those runs tell of, the latest run first.
pub fn people_of_runs<'a>(
    pool: &'a PgPool,
    filter: &'a RunFilter,
) -> BoxStream<'a, Result<(RunId, DateTime<Utc>, RunPerson)>> {
    sqlx::query_as::<_, PersonOfRun>(concat!(
        "select p.run_id, r.started_at, r.organization, r.organization_id, p.directory_user_id, p.end_user_id,
                p.name, p.address, p.outcome, p.reason, p.changes
         from (",
        runs_sql!(
            "r.id, r.started_at, r.microsoft_tenant_id, o.id as organization_id, o.name as organization",
            ""
        ),
        ") as r join run_person p on p.run_id = r.id and p.organization_id = r.organization_id
         where $5::uuid[] is null or sees_person(p.organization_id, r.microsoft_tenant_id, p.directory_user_id, $5)
         order by r.started_at desc, p.run_id desc, lower(p.name), p.directory_user_id"
    ))
    .bind(filter.organization)
    .bind(&filter.result)
    .bind(&filter.trigger)
    .bind(pattern(&filter.search))
    .bind(filter.theirs.as_deref())
    .fetch(pool)
    .map_ok(|row| (row.run_id, row.started_at, row.person.into_model()))
    .err_into()
    .boxed()
}

/// Their Organizations by name, for a choice of one; the first thousand.
pub async fn organization_names(pool: &PgPool, theirs: Theirs<'_>) -> Result<Vec<(OrganizationId, String)>> {
    Ok(sqlx::query_as(
        "select id, name from organization where $1::uuid[] is null or id = any ($1)
             order by lower(name), id limit 1000",
    )
    .bind(theirs)
    .fetch_all(pool)
    .await?)
}
