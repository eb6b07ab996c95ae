//! The Organizations table: searched, sorted and paged here, for customers by the thousand.

use super::{access::Theirs, error::Result, organization::Row, search::pattern};
use crate::model::organization::OrganizationRow;
use sqlx::{PgExecutor, PgPool};

/// Rows on a page.
pub const PAGE: i64 = 50;

/// A page of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<OrganizationRow>,
    /// How many match.
    pub matching: i64,
    /// How many there are.
    pub total: i64,
}

/// A page of the Organizations table. `sort` is `name`, `tenant` or `endUsers`, with a `-` in front for descending;
/// `page` counts from 1.
pub async fn page(pool: &PgPool, search: &str, sort: &str, page: i64, theirs: Theirs<'_>) -> Result<Page> {
    let words = pattern(search);
    let (matching, total): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where $1 = '%%' or o.name ilike $1 or t.name ilike $1 or o.email ilike $1
                                    or o.phone ilike $1),
                count(*)
         from organization o join tenant t on t.id = o.tenant_id
         where $2::uuid[] is null or o.id = any ($2)",
    )
    .bind(&words)
    .bind(theirs)
    .fetch_one(pool)
    .await?;
    // Only the rows of the page are joined with what costs a look into other tables.
    let rows: Vec<Row> = sqlx::query_as(
        "with people as (
             select organization_id, count(*) as n from end_user
             where $2 in ('endUsers', '-endUsers') group by organization_id
         ), found as (
             select o.*, t.name as tenant_name, coalesce(p.n, 0) as people
             from organization o
             join tenant t on t.id = o.tenant_id
             left join people p on p.organization_id = o.id
             where ($5::uuid[] is null or o.id = any ($5))
               and ($1 = '%%' or o.name ilike $1 or t.name ilike $1 or o.email ilike $1 or o.phone ilike $1)
             order by case when $2 = 'tenant' then lower(t.name) end,
                      case when $2 = '-tenant' then lower(t.name) end desc,
                      case when $2 = 'endUsers' then coalesce(p.n, 0) end,
                      case when $2 = '-endUsers' then coalesce(p.n, 0) end desc,
                      case when $2 = '-name' then lower(o.name) end desc,
                      lower(o.name), o.id
             limit $3 offset $4
         )
         select o.id, o.name, o.tenant_id, o.tenant_name, o.email, o.phone,
                (select count(*) from end_user e where e.organization_id = o.id) as end_users,
                m.id as microsoft_tenant_id, s.enabled, s.first_applied_at is not null as applied, s.attention,
                r.stage, r.progress_done, r.progress_total, null::uuid as last_run,
                (select h.run_id from held_row h
                 where h.organization_id = o.id and h.microsoft_tenant_id = m.id and s.enabled
                 order by h.run_id desc limit 1) as held_in,
                $5::uuid[] is null or is_whole_tenant(o.tenant_id, $5) as whole
         from found o
         left join microsoft_tenant m on m.tenant_id = o.tenant_id
         left join user_sync s on s.organization_id = o.id and s.microsoft_tenant_id = m.id
         left join lateral (
             select * from run where run.microsoft_tenant_id = m.id and run.state = 'running'
             order by run.started_at desc limit 1
         ) r on true
         order by case when $2 = 'tenant' then lower(o.tenant_name) end,
                  case when $2 = '-tenant' then lower(o.tenant_name) end desc,
                  case when $2 = 'endUsers' then o.people end,
                  case when $2 = '-endUsers' then o.people end desc,
                  case when $2 = '-name' then lower(o.name) end desc,
                  lower(o.name), o.id",
    )
    .bind(words)
    .bind(sort)
    .bind(PAGE)
    .bind((page.max(1) - 1).saturating_mul(PAGE))
    .bind(theirs)
    .fetch_all(pool)
    .await?;
    Ok(Page {
        rows: rows.into_iter().map(Row::into_model).collect(),
        matching,
        total,
    })
}

/// Whether an Organization of this name is there already, whatever its case: another one may be meant, or not.
pub async fn is_taken(db: impl PgExecutor<'_>, name: &str) -> Result<bool> {
    Ok(
        sqlx::query_scalar("select exists (select 1 from organization where lower(name) = lower($1))")
            .bind(name.trim())
            .fetch_one(db)
            .await?,
    )
}
