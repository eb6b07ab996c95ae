//! The audit log as a list: filtered, searched and paged.

use super::{
    Now,
    access::Theirs,
    activity::{MOST_COUNTED, PAGE},
    audit::Row,
    error::Result,
    in_utc,
    search::pattern,
};
use crate::model::{audit::AuditEvent, ids::OrganizationId};
use chrono::Utc;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::PgPool;

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The name of who did it; empty for anybody.
    pub who: String,
    /// The key of an action; empty for all.
    pub action: String,
    /// The key of a kind of thing; empty for all.
    pub subject: String,
    /// Of one Organization.
    pub organization: Option<OrganizationId>,
    /// The Organizations of whoever asks; `None` is all.
    pub theirs: Option<Vec<OrganizationId>>,
    /// Words in the name of the thing, or in an old or new value.
    pub search: String,
}

/// The values of an event that are told: to somebody with Organizations of their own not the names of the Tenants between
/// which one of them was moved.
macro_rules! seen_changes {
    () => {
        "case when $6::uuid[] is null or a.action <> 'move' then a.changes
              else jsonb_path_query_array(a.changes, '$[*] ? (@.field != \"Tenant\")') end"
    };
}

macro_rules! audit_sql {
    ($columns:expr, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from audit_event a left join organization o on o.id = a.organization_id
              where ($1 = '' or a.actor_name = $1) and ($2 = '' or a.action = $2)
                and ($3 = '' or a.subject_kind = $3) and ($4 is null or a.organization_id = $4)
                and ($5 = '%%' or a.subject_name ilike $5
                     or jsonb_path_query_array(",
            seen_changes!(),
            ", '$[*].*')::text ilike $5)
                and ($6::uuid[] is null or a.organization_id = any ($6)) ",
            $rest
        )
    };
}

macro_rules! event_columns {
    ($rest:literal) => {
        audit_sql!(
            concat!(
                "a.id, a.at, a.actor_kind, a.actor_id, a.actor_name,
                 case when $6::uuid[] is null then a.client_address end as client_address, a.action, a.subject_kind,
                 a.subject_id, a.subject_name, a.organization_id, o.name as organization, ",
                seen_changes!(),
                " as changes"
            ),
            $rest
        )
    };
}

/// A page of the log, the latest first, to somebody with Organizations of their own without the addresses of the clients,
/// which are those of colleagues, and how many there are, at most [`MOST_COUNTED`] and one.
pub async fn page(pool: &PgPool, filter: &AuditFilter, page: i64, now: &Now) -> Result<(Vec<AuditEvent>, i64)> {
    let rows: Vec<Row> = sqlx::query_as(event_columns!("order by a.at desc, a.id desc limit $7 offset $8"))
        .bind(&filter.who)
        .bind(&filter.action)
        .bind(&filter.subject)
        .bind(filter.organization)
        .bind(pattern(&filter.search))
        .bind(filter.theirs.as_deref())
        .bind(PAGE)
        .bind((page.max(1) - 1).saturating_mul(PAGE))
        .fetch_all(pool)
        .await?;
    let total = sqlx::query_scalar(concat!(
        "select count(*) from (",
        audit_sql!("1", "limit $7 + 1"),
        ") as counted"
    ))
    .bind(&filter.who)
    .bind(&filter.action)
    .bind(&filter.subject)
    .bind(filter.organization)
    .bind(pattern(&filter.search))
    .bind(filter.theirs.as_deref())
    .bind(MOST_COUNTED)
    .fetch_one(pool)
    .await?;
    Ok((rows.into_iter().map(|row| row.into_model(now)).collect(), total))
}

/// All those events, the latest first.
pub fn all<'a>(pool: &'a PgPool, filter: &'a AuditFilter) -> BoxStream<'a, Result<AuditEvent>> {
    let now = in_utc(Utc::now());
    sqlx::query_as::<_, Row>(event_columns!("order by a.at desc, a.id desc"))
        .bind(&filter.who)
        .bind(&filter.action)
        .bind(&filter.subject)
        .bind(filter.organization)
        .bind(pattern(&filter.search))
        .bind(filter.theirs.as_deref())
        .fetch(pool)
        .map_ok(move |row| row.into_model(&now))
        .err_into()
        .boxed()
}

/// Who is in the log, by name: hops from one name to the next in the index, however long the log is. Somebody with
/// Organizations of their own is told of those who did something in them lately.
pub async fn actors(pool: &PgPool, theirs: Theirs<'_>) -> Result<Vec<String>> {
    if theirs.is_some() {
        return Ok(sqlx::query_scalar(
            "select distinct actor_name from (
                 select actor_name from audit_event where organization_id = any ($1) order by at desc limit 10000
             ) lately order by actor_name limit 500",
        )
        .bind(theirs)
        .fetch_all(pool)
        .await?);
    }
    Ok(sqlx::query_scalar(
        "with recursive actor (name) as (
             (select actor_name from audit_event order by actor_name limit 1)
             union all
             select (select e.actor_name from audit_event e where e.actor_name > actor.name
                     order by e.actor_name limit 1)
             from actor where actor.name is not null
         )
         select name from actor where name is not null limit 500",
    )
    .fetch_all(pool)
    .await?)
}
