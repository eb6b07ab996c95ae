//! Which End Users a page of the table shows, in their order: only ids, over indexes.
//!
//! Two ways. Where words or filters leave few, these are found first and put in order: an index in the order of names would
//! be walked through in search of the few. Where there are many, or everybody, the index in the order that is asked for is
//! walked until the page is full.

use super::{
    super::{error::Result, microsoft_user::licenses_told, search::pattern},
    COUNTED, EndUserQuery,
};
use crate::model::ids::{MicrosoftTenantId, OrganizationId};
use sqlx::{Arguments as _, PgPool, Postgres, QueryBuilder, postgres::PgArguments};
use uuid::Uuid;

/// One question: whose table, and what narrows it.
pub(super) struct Question<'a> {
    organization: OrganizationId,
    tenant: Option<MicrosoftTenantId>,
    query: &'a EndUserQuery,
    is_on: bool,
    words: Option<String>,
    license: Option<Uuid>,
}

/// Who matches.
pub(super) struct Matching {
    /// How many, up to one more than [`COUNTED`].
    pub counted: i64,
    /// Their ids in no order, where something narrows and there are not more than [`COUNTED`].
    ids: Option<Vec<Uuid>>,
}

/// In which order.
#[derive(Clone, Copy)]
enum By {
    Name,
    Email,
    Activity,
}

const MAPPING: &str = " left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $2";
const SIGN_IN: &str = " left join directory_sign_in s
    on s.microsoft_tenant_id = m.microsoft_tenant_id and s.directory_user_id = m.directory_user_id";
const MFA: &str = " left join directory_mfa f
    on f.microsoft_tenant_id = m.microsoft_tenant_id and f.directory_user_id = m.directory_user_id";
const USER: &str = " left join directory_user u
    on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id";
const OUTCOME: &str = " left join standing_outcome o
    on o.organization_id = $1 and o.microsoft_tenant_id = m.microsoft_tenant_id
   and o.directory_user_id = m.directory_user_id";

/// People who have signed in, led by the order of that.
const SIGNED_IN: &str = " from directory_sign_in s
    join end_user_mapping m
        on m.organization_id = $1 and m.microsoft_tenant_id = $2 and m.directory_user_id = s.directory_user_id";
const HAS_SIGNED_IN: &str = " where s.microsoft_tenant_id = $2 and s.last_at is not null";
/// The others.
const NEVER_SIGNED_IN: &str = " and not exists (
    select 1 from end_user_mapping a
    join directory_sign_in b on b.microsoft_tenant_id = a.microsoft_tenant_id and b.directory_user_id = a.directory_user_id
    where a.end_user_id = e.id and a.microsoft_tenant_id = $2 and b.last_at is not null)";

impl<'a> Question<'a> {
    /// `is_on` tells whether the user sync of the Organization with the Microsoft tenant is enabled.
    pub fn new(
        organization: OrganizationId,
        tenant: Option<MicrosoftTenantId>,
        query: &'a EndUserQuery,
        is_on: bool,
    ) -> Self {
        let searched = pattern(&query.search);
        Self {
            organization,
            tenant,
            query,
            is_on,
            words: (searched != "%%").then_some(searched),
            license: query.license.parse().ok(),
        }
    }

    /// Counts who matches, and finds them where something narrows.
    pub async fn matching(&self, pool: &PgPool) -> Result<Matching> {
        if !self.is_narrowed() {
            let counted = sqlx::query_scalar(
                "select count(*) from (select 1 from end_user where organization_id = $1 limit $2) c",
            )
            .bind(self.organization)
            .bind(COUNTED + 1)
            .fetch_one(pool)
            .await?;
            return Ok(Matching { counted, ids: None });
        }
        let mut sql = self.begin("select count(*), case when count(*) <= ")?;
        sql.push_bind(COUNTED)
            .push(" then coalesce(array_agg(c.id), '{}') end from (select e.id");
        self.all(&mut sql);
        sql.push(" limit ").push_bind(COUNTED + 1).push(") c");
        // Not kept as a prepared statement: a plan for whatever words and filters is a bad one for most. The same below.
        let (counted, ids) = sql.build_query_as().persistent(false).fetch_one(pool).await?;
        Ok(Matching { counted, ids })
    }

    /// The ids from one place on, so many.
    pub async fn places(&self, pool: &PgPool, matching: &Matching, before: i64, most: i64) -> Result<Vec<Uuid>> {
        let (by, descending) = self.order();
        let mut sql = match (&matching.ids, by) {
            (Some(ids), _) => {
                let mut sql = self.begin("select e.id from unnest(")?;
                sql.push_bind(ids.clone())
                    .push(") i (id) join end_user e on e.id = i.id");
                if matches!(by, By::Activity) {
                    sql.push(MAPPING).push(SIGN_IN);
                }
                sql
            }
            (None, By::Activity) => return self.by_activity(pool, descending, before, most).await,
            (None, _) => {
                let mut sql = self.begin("select e.id")?;
                self.all(&mut sql);
                sql
            }
        };
        sql.push(match (by, descending) {
            (By::Name, false) => " order by lower(e.name), e.id",
            (By::Name, true) => " order by lower(e.name) desc, e.id desc",
            (By::Email, false) => " order by lower(e.email), e.id",
            (By::Email, true) => " order by lower(e.email) desc, e.id desc",
            (By::Activity, false) => {
                " order by s.last_at is null, s.last_at, case when s.last_at is not null then s.directory_user_id end,
                           lower(e.name), e.id"
            }
            (By::Activity, true) => {
                " order by s.last_at is null, s.last_at desc,
                           case when s.last_at is not null then s.directory_user_id end desc, lower(e.name), e.id"
            }
        });
        page_of(sql, pool, before, most).await
    }

    /// Who has no activity comes last either way: never is not the oldest.
    async fn by_activity(&self, pool: &PgPool, descending: bool, before: i64, most: i64) -> Result<Vec<Uuid>> {
        let mut sql = self.begin("select m.end_user_id")?;
        self.signed_in(&mut sql);
        sql.push(if descending {
            " order by s.last_at desc, s.directory_user_id desc"
        } else {
            " order by s.last_at, s.directory_user_id"
        });
        let mut ids = page_of(sql, pool, before, most).await?;
        let here = i64::try_from(ids.len()).unwrap_or(most);
        if here == most {
            return Ok(ids);
        }
        let signed_in = if here > 0 || before == 0 {
            before + here
        } else {
            let mut sql = self.begin("select count(*)")?;
            self.signed_in(&mut sql);
            sql.build_query_scalar().persistent(false).fetch_one(pool).await?
        };
        let mut sql = self.begin("select e.id")?;
        self.all(&mut sql);
        sql.push(NEVER_SIGNED_IN).push(" order by lower(e.name), e.id");
        ids.extend(page_of(sql, pool, before + here - signed_in, most - here).await?);
        Ok(ids)
    }

    /// A statement whose `$1` and `$2` are the Organization and the Microsoft tenant.
    fn begin(&self, text: &'static str) -> Result<QueryBuilder<Postgres>> {
        let mut given = PgArguments::default();
        given
            .add(self.organization)
            .and_then(|()| given.add(self.tenant))
            .map_err(sqlx::Error::Encode)?;
        Ok(QueryBuilder::with_arguments(text, given))
    }

    fn order(&self) -> (By, bool) {
        let (column, descending) = match self.query.sort.strip_prefix('-') {
            Some(column) => (column, true),
            None => (self.query.sort.as_str(), false),
        };
        match column {
            "email" => (By::Email, descending),
            "activity" => (By::Activity, descending),
            _ => (By::Name, descending),
        }
    }

    /// Everybody who matches, from where an order or a limit may follow.
    fn all(&self, sql: &mut QueryBuilder<Postgres>) {
        sql.push(" from end_user e");
        if self.reads_outcome() || self.mfa().is_some() || self.reads_user() || self.microsoft().is_some() {
            sql.push(MAPPING);
        }
        self.join(sql);
        sql.push(" where e.organization_id = $1");
        self.narrow(sql);
    }

    fn signed_in(&self, sql: &mut QueryBuilder<Postgres>) {
        sql.push(SIGNED_IN);
        if self.words.is_some() {
            sql.push(" join end_user e on e.id = m.end_user_id and e.organization_id = $1");
        }
        self.join(sql);
        sql.push(HAS_SIGNED_IN);
        self.narrow(sql);
    }

    /// What narrowing looks at besides End Users and mappings: planning joins that nobody needs takes time too.
    fn join(&self, sql: &mut QueryBuilder<Postgres>) {
        if self.reads_user() {
            sql.push(USER);
        }
        if self.mfa().is_some() {
            sql.push(MFA);
        }
        if self.reads_outcome() {
            sql.push(OUTCOME);
        }
    }

    fn is_narrowed(&self) -> bool {
        self.words.is_some() || self.microsoft().is_some() || self.mfa().is_some() || self.reads_user()
    }

    fn reads_outcome(&self) -> bool {
        match self.query.microsoft.as_str() {
            "outOfScope" => true,
            "synced" => self.is_on,
            "notSynced" => !self.is_on,
            _ => false,
        }
    }

    fn reads_user(&self) -> bool {
        self.license.is_some() || matches!(self.query.license.as_str(), "none" | "notReadable")
    }

    fn microsoft(&self) -> Option<&'static str> {
        Some(match self.query.microsoft.as_str() {
            // While the user sync is off, nobody is.
            "synced" if !self.is_on => " and false",
            "notSynced" if !self.is_on => " and coalesce(o.outcome, '') <> 'outOfScope'",
            "synced" => " and m.end_user_id is not null and coalesce(o.outcome, '') <> 'outOfScope'",
            "notSynced" => " and m.end_user_id is null",
            "outOfScope" => " and o.outcome = 'outOfScope' and m.mark_kind is null",
            "disabled" => " and m.mark_kind is not null and m.organization_id = $1",
            "hideDisabled" => " and m.mark_kind is null",
            _ => return None,
        })
    }

    fn mfa(&self) -> Option<&'static str> {
        Some(match self.query.mfa.as_str() {
            "registered" => " and f.is_registered",
            "notRegistered" => " and not f.is_registered",
            "notReadable" => " and m.end_user_id is not null and f.is_registered is null",
            _ => return None,
        })
    }

    fn narrow(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(words) = &self.words {
            sql.push(" and folded(e.name || e'\\n' || e.email || e'\\n' || e.job_title) like folded(")
                .push_bind(words.clone())
                .push(")");
        }
        sql.push(self.microsoft().unwrap_or_default());
        sql.push(self.mfa().unwrap_or_default());
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
}

async fn page_of(mut sql: QueryBuilder<Postgres>, pool: &PgPool, before: i64, most: i64) -> Result<Vec<Uuid>> {
    sql.push(" limit ").push_bind(most).push(" offset ").push_bind(before);
    Ok(sql.build_query_scalar().persistent(false).fetch_all(pool).await?)
}
