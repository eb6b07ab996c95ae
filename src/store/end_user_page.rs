//! The End Users table: search, filters, order and pages, for Organizations of 100,000 people. The page is found over
//! indexes first and filled afterwards; counting stops at [`COUNTED`].

use super::{
    Now,
    end_user::mark,
    error::Result,
    microsoft_user::{FactColumns, LicenseColumns, licenses_told},
    search::pattern,
};
use crate::model::{
    directory::Readings,
    end_user::EndUserRow,
    ids::{EndUserId, MicrosoftTenantId, OrganizationId, SkuId},
    reason::Reason,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{Arguments as _, FromRow, PgPool, Postgres, QueryBuilder, postgres::PgArguments, types::Json};
use std::collections::HashMap;
use uuid::Uuid;

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
pub const PAGE: i64 = 50;
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
    synced: bool,
    mark_kind: Option<String>,
    mark_at: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    licenses: LicenseColumns,
    out_of_scope: Option<Json<Reason>>,
    #[sqlx(flatten)]
    facts: FactColumns,
}

/// Everything that may narrow, order or be shown. Postgres leaves out the joins that a query does not need, as each is
/// by a whole unique key.
const JOINS: &str = "
    left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $2
    left join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
    left join directory_sign_in s
        on s.microsoft_tenant_id = m.microsoft_tenant_id and s.directory_user_id = m.directory_user_id
    left join directory_mfa f
        on f.microsoft_tenant_id = m.microsoft_tenant_id and f.directory_user_id = m.directory_user_id
    left join standing_outcome o
        on o.organization_id = $1 and o.microsoft_tenant_id = m.microsoft_tenant_id
       and o.directory_user_id = m.directory_user_id";

/// The same, led by the order of sign-ins: only people who have signed in.
const BY_ACTIVITY: &str = "
    from directory_sign_in s
    join end_user_mapping m
        on m.organization_id = $1 and m.microsoft_tenant_id = $2 and m.directory_user_id = s.directory_user_id
    join end_user e on e.id = m.end_user_id and e.organization_id = $1
    left join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
    left join directory_mfa f
        on f.microsoft_tenant_id = m.microsoft_tenant_id and f.directory_user_id = m.directory_user_id
    left join standing_outcome o
        on o.organization_id = $1 and o.microsoft_tenant_id = m.microsoft_tenant_id
       and o.directory_user_id = m.directory_user_id
    where s.microsoft_tenant_id = $2 and s.last_at is not null";

/// One question: whose table, and what narrows it.
struct Question<'a> {
    organization: OrganizationId,
    tenant: Option<MicrosoftTenantId>,
    query: &'a EndUserQuery,
    words: Option<String>,
    license: Option<Uuid>,
    before: i64,
}

impl Question<'_> {
    /// A statement whose `$1` and `$2` are the Organization and the Microsoft tenant.
    fn begin(&self, text: &'static str) -> Result<QueryBuilder<Postgres>> {
        let mut given = PgArguments::default();
        given
            .add(self.organization)
            .and_then(|()| given.add(self.tenant))
            .map_err(sqlx::Error::Encode)?;
        Ok(QueryBuilder::with_arguments(text, given))
    }

    fn narrow(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(words) = &self.words {
            sql.push(" and folded(e.name || e'\\n' || e.email || e'\\n' || e.job_title) like folded(")
                .push_bind(words.clone())
                .push(")");
        }
        sql.push(match self.query.microsoft.as_str() {
            "synced" => " and m.end_user_id is not null and coalesce(o.outcome, '') <> 'outOfScope'",
            "notSynced" => " and m.end_user_id is null",
            "outOfScope" => " and o.outcome = 'outOfScope' and m.mark_kind is null",
            "disabled" => " and m.mark_kind is not null and m.organization_id = $1",
            "hideDisabled" => " and m.mark_kind is null",
            _ => "",
        });
        sql.push(match self.query.mfa.as_str() {
            "registered" => " and f.is_registered",
            "notRegistered" => " and not f.is_registered",
            "notReadable" => " and m.end_user_id is not null and f.is_registered is null",
            _ => "",
        });
        match (self.license, self.query.license.as_str()) {
            (Some(sku), _) => {
                sql.push(" and u.licenses @> array[").push_bind(sku).push("]");
            }
            (None, "none") => {
                sql.push(concat!(" and u.licenses = '{}' and ", licenses_told!()));
            }
            (None, "notReadable") => {
                sql.push(concat!(" and m.end_user_id is not null and not ", licenses_told!()));
            }
            _ => {}
        }
    }

    /// Everybody who matches, from where an order or a limit may follow.
    fn all(&self, sql: &mut QueryBuilder<Postgres>) {
        sql.push(" from end_user e")
            .push(JOINS)
            .push(" where e.organization_id = $1");
        self.narrow(sql);
    }

    /// The ids of the page and the first of the next one, with their places.
    fn places(&self, sql: &mut QueryBuilder<Postgres>) {
        let (column, descending) = match self.query.sort.strip_prefix('-') {
            Some(column) => (column, true),
            None => (self.query.sort.as_str(), false),
        };
        if column == "activity" {
            self.by_activity(sql, descending);
        } else {
            sql.push("select q.id, row_number() over () as place from (select e.id");
            self.all(sql);
            sql.push(match (column, descending) {
                ("email", false) => " order by lower(e.email), e.id limit ",
                ("email", true) => " order by lower(e.email) desc, e.id desc limit ",
                (_, false) => " order by lower(e.name), e.id limit ",
                (_, true) => " order by lower(e.name) desc, e.id desc limit ",
            });
        }
        sql.push_bind(PAGE + 1)
            .push(" offset ")
            .push_bind(self.before)
            .push(") q");
    }

    /// Who has no activity comes last either way: never is not the oldest.
    fn by_activity(&self, sql: &mut QueryBuilder<Postgres>, descending: bool) {
        let most = self.before + PAGE + 1;
        sql.push(
            "select q.id, row_number() over () as place from (select id from (
                 (select a.id, 1 as part, row_number() over () as n from (select e.id",
        )
        .push(BY_ACTIVITY);
        self.narrow(sql);
        sql.push(if descending {
            " order by s.last_at desc, s.directory_user_id desc limit "
        } else {
            " order by s.last_at, s.directory_user_id limit "
        })
        .push_bind(most)
        .push(") a) union all (select b.id, 2, row_number() over () from (select e.id");
        self.all(sql);
        sql.push(" and s.last_at is null order by lower(e.name), e.id limit ")
            .push_bind(most)
            .push(") b)) both_parts order by part, n limit ");
    }
}

/// A page of the End Users table.
pub async fn page(
    pool: &PgPool,
    organization: OrganizationId,
    tenant: Option<MicrosoftTenantId>,
    query: &EndUserQuery,
    words: Words<'_>,
) -> Result<EndUserPage> {
    let searched = pattern(&query.search);
    let question = Question {
        organization,
        tenant,
        query,
        words: (searched != "%%").then_some(searched),
        license: query.license.parse().ok(),
        before: (query.page.max(1) - 1).saturating_mul(PAGE),
    };
    let mut sql = question.begin(concat!(
        "select e.id, e.name, e.email, e.phone, e.job_title, m.end_user_id is not null as synced, m.mark_kind,
                m.mark_at, u.licenses, ",
        licenses_told!(),
        " as licenses_told,
                case when o.outcome = 'outOfScope' then o.reason end as out_of_scope,
                s.directory_user_id is not null as has_sign_in, s.successful_at, s.attempted_at,
                s.read_at as sign_in_read_at, f.is_registered, f.methods, f.read_at as mfa_read_at
         from ("
    ))?;
    question.places(&mut sql);
    sql.push(") p join end_user e on e.id = p.id")
        .push(JOINS)
        .push(" order by p.place");
    // Not kept as a prepared statement: a plan for whatever words and filters is a bad one for most.
    let mut rows: Vec<TableRow> = sql.build_query_as().persistent(false).fetch_all(pool).await?;
    let more = i64::try_from(rows.len()).unwrap_or_default() > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or_default());

    let mut sql = question.begin("select count(*) from (select 1")?;
    question.all(&mut sql);
    sql.push(" limit ").push_bind(COUNTED + 1).push(") c");
    let counted: i64 = sql.build_query_scalar().persistent(false).fetch_one(pool).await?;
    Ok(EndUserPage {
        rows: rows.into_iter().map(|row| table_row(row, words)).collect(),
        total: counted.min(COUNTED),
        capped: counted > COUNTED,
        more,
    })
}

fn table_row(row: TableRow, words: Words<'_>) -> EndUserRow {
    let facts = row.synced.then_some(&row.facts);
    EndUserRow {
        id: row.id,
        name: row.name,
        email: row.email,
        phone: row.phone,
        job_title: row.job_title,
        licenses: row
            .synced
            .then(|| row.licenses.told(words.last_pass_at, words.name_of, words.now)),
        synced: row.synced,
        mark: mark(row.mark_kind, row.mark_at).map(|mark| (mark.kind, Moment::new(mark.at, words.now))),
        out_of_scope: row.out_of_scope.map(|Json(reason)| reason),
        activity: facts.map(|facts| facts.activity(words.readings, words.now)),
        mfa: facts.map(|facts| facts.mfa(words.readings, words.now)),
    }
}
