//! The End Users table: search, filters, order and pages, for Organizations of 100,000 people. The page is found over
//! indexes first and filled afterwards; counting stops at [`COUNTED`].

mod places;

use super::{
    Now,
    end_user::mark,
    error::Result,
    microsoft_user::{FactColumns, LicenseColumns, licenses_told},
};
use crate::model::{
    directory::Readings,
    end_user::EndUserRow,
    ids::{EndUserId, MicrosoftTenantId, OrganizationId, SkuId},
    reason::Reason,
    time::Moment,
};
use chrono::{DateTime, Utc};
use places::Question;
use sqlx::{FromRow, PgPool, types::Json};
use std::collections::HashMap;

/// How the End Users table is filtered and paged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndUserQuery {
    /// Words in the name, the email or the job title.
    pub search: String,
    /// **Microsoft status**: `synced`, `notSynced`, `outOfScope`, `disabled`, `hideDisabled`; anything else is all.
    pub microsoft: String,
    /// **MFA**: `registered`, `notRegistered`, `notReadable`; anything else is all.
    pub mfa: String,
    /// **Microsoft License**: a SKU id, `none` or `notReadable`; anything else is all.
    pub license: String,
    /// `name`, `email` or `activity`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

/// Rows on a page of the End Users table.
pub const PAGE: i64 = 100;
/// Beyond so many rows nobody wants the exact number, and counting them on each page is what is slow.
pub const COUNTED: i64 = 10_000;

/// What the rows are put in words with.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Product names of SKUs.
    pub name_of: &'a HashMap<SkuId, String>,
    /// How the passes over the Microsoft tenant stand.
    pub readings: &'a Readings,
    /// When the users were last read whole.
    pub last_pass_at: Option<DateTime<Utc>>,
    /// When, and where, the reader looks.
    pub now: &'a Now,
}

/// A page of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct EndUserPage {
    /// The rows.
    pub rows: Vec<EndUserRow>,
    /// How many match in all, up to [`COUNTED`].
    pub total: i64,
    /// There are more than `total`.
    pub capped: bool,
    /// There is a next page.
    pub more: bool,
}

#[derive(FromRow)]
struct TableRow {
    id: EndUserId,
    name: String,
    email: String,
    phone: String,
    job_title: String,
    mapped: bool,
    mark_kind: Option<String>,
    mark_at: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    licenses: LicenseColumns,
    out_of_scope: Option<Json<Reason>>,
    #[sqlx(flatten)]
    facts: FactColumns,
}

/// A page of the End Users table.
pub async fn page(
    pool: &PgPool,
    organization: OrganizationId,
    tenant: Option<MicrosoftTenantId>,
    query: &EndUserQuery,
    words: Words<'_>,
) -> Result<EndUserPage> {
    let is_on = match tenant {
        Some(tenant) => super::user_sync::get(pool, organization, tenant)
            .await?
            .is_some_and(|sync| sync.enabled),
        None => false,
    };
    let question = Question::new(organization, tenant, query, is_on);
    let matching = question.matching(pool).await?;
    let before = (query.page.max(1) - 1).saturating_mul(PAGE);
    let mut ids = question.places(pool, &matching, before, PAGE + 1).await?;
    let more = i64::try_from(ids.len()).unwrap_or_default() > PAGE;
    ids.truncate(usize::try_from(PAGE).unwrap_or_default());
    // Postgres leaves out no join here, and keeps the plan: by ids it is the same for everybody.
    let rows: Vec<TableRow> = sqlx::query_as(concat!(
        "select e.id, e.name, e.email, e.phone, e.job_title, m.end_user_id is not null as mapped, m.mark_kind,
                m.mark_at, u.licenses, ",
        licenses_told!(),
        " as licenses_told,
                case when o.outcome = 'outOfScope' then o.reason end as out_of_scope,
                s.directory_user_id is not null as has_sign_in, s.successful_at, s.attempted_at,
                s.read_at as sign_in_read_at, f.is_registered, f.methods, f.read_at as mfa_read_at
         from unnest($3::uuid[]) with ordinality as p (id, place)
         join end_user e on e.id = p.id
         left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $2
         left join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
         left join directory_sign_in s
             on s.microsoft_tenant_id = m.microsoft_tenant_id and s.directory_user_id = m.directory_user_id
         left join directory_mfa f
             on f.microsoft_tenant_id = m.microsoft_tenant_id and f.directory_user_id = m.directory_user_id
         left join standing_outcome o
             on o.organization_id = $1 and o.microsoft_tenant_id = m.microsoft_tenant_id
            and o.directory_user_id = m.directory_user_id
         order by p.place"
    ))
    .bind(organization)
    .bind(tenant)
    .bind(ids)
    .fetch_all(pool)
    .await?;
    Ok(EndUserPage {
        rows: rows.into_iter().map(|row| table_row(row, words, is_on)).collect(),
        total: matching.counted.min(COUNTED),
        capped: matching.counted > COUNTED,
        more,
    })
}

fn table_row(row: TableRow, words: Words<'_>, is_on: bool) -> EndUserRow {
    let facts = row.mapped.then_some(&row.facts);
    EndUserRow {
        id: row.id,
        name: row.name,
        email: row.email,
        phone: row.phone,
        job_title: row.job_title,
        licenses: row
            .mapped
            .then(|| row.licenses.told(words.last_pass_at, words.name_of, words.now)),
        synced: row.mapped && is_on,
        mark: mark(row.mark_kind, row.mark_at).map(|mark| (mark.kind, Moment::new(mark.at, words.now))),
        out_of_scope: row.out_of_scope.map(|Json(reason)| reason),
        activity: facts.map(|facts| facts.activity(words.readings, words.now)),
        mfa: facts.map(|facts| facts.mfa(words.readings, words.now)),
    }
}
