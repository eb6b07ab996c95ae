//! What an export writes, row by row as Postgres sends it: one statement, so one moment, and never all in memory.

use super::{error::Result, exchange::HeldFields, search::pattern};
use crate::model::{end_user::Fields, ids::OrganizationId};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{FromRow, PgPool};

/// An Organization as an export writes it.
#[derive(Clone, Debug, FromRow)]
pub struct OrganizationOut {
    /// Its name.
    pub name: String,
    /// Contact address.
    pub email: String,
    /// Contact number.
    pub phone: String,
    /// Its Tenant's name.
    pub tenant: String,
    /// How many End Users it has.
    pub end_users: i64,
    /// Whether its user sync is enabled.
    pub enabled: bool,
}

/// All Organizations by name, or those whose name, Tenant, email or phone has these words.
pub fn organizations<'a>(pool: &'a PgPool, search: &str) -> BoxStream<'a, Result<OrganizationOut>> {
    sqlx::query_as(
        "select o.name, o.email, o.phone, t.name as tenant,
                (select count(*) from end_user e where e.organization_id = o.id) as end_users,
                coalesce(s.enabled, false) as enabled
         from organization o
         join tenant t on t.id = o.tenant_id
         left join microsoft_tenant m on m.tenant_id = o.tenant_id
         left join user_sync s on s.organization_id = o.id and s.microsoft_tenant_id = m.id
         where $1 = '%%' or o.name ilike $1 or t.name ilike $1 or o.email ilike $1 or o.phone ilike $1
         order by lower(o.name), o.id",
    )
    .bind(pattern(search))
    .fetch(pool)
    .err_into()
    .boxed()
}

/// An End User as an export writes it, with what Microsoft says of them.
#[derive(Clone, Debug)]
pub struct EndUserOut {
    /// Whose.
    pub organization: String,
    /// The fields.
    pub fields: Fields,
    /// `Synced`, `Not synced`, `Disabled in Microsoft`, `Deleted in Microsoft`.
    pub status: &'static str,
    /// User principal name; empty where there is none.
    pub upn: String,
    /// Department.
    pub department: String,
    /// Office location.
    pub office_location: String,
}

#[derive(FromRow)]
struct EndUserRow {
    organization: String,
    #[sqlx(flatten)]
    fields: HeldFields,
    synced: bool,
    mark_kind: Option<String>,
    upn: Option<String>,
    department: Option<String>,
    office_location: Option<String>,
}

/// Which End Users are meant.
#[derive(Clone, Debug, Default)]
pub struct EndUserFilter {
    /// Of one Organization; else of all.
    pub organization: Option<OrganizationId>,
    /// Words in the name, the email or the job title.
    pub search: String,
    /// As the table's filter **Microsoft status**.
    pub microsoft: String,
    /// As the table's filter **MFA**.
    pub mfa: String,
    /// As the table's filter **Microsoft License**.
    pub license: String,
}

/// End Users by Organization and name.
pub fn end_users<'a>(pool: &'a PgPool, filter: &EndUserFilter) -> BoxStream<'a, Result<EndUserOut>> {
    let rows = sqlx::query_as::<_, EndUserRow>(
        "select o.name as organization, e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state,
                e.postal_code, e.job_title, m.end_user_id is not null as synced, m.mark_kind, u.upn, u.department,
                u.office_location
         from organization o
         join end_user e on e.organization_id = o.id
         left join microsoft_tenant t on t.tenant_id = o.tenant_id
         left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = t.id
         left join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
         left join directory_mfa f
             on f.microsoft_tenant_id = m.microsoft_tenant_id and f.directory_user_id = m.directory_user_id
         left join standing_outcome so
             on so.organization_id = o.id and so.microsoft_tenant_id = m.microsoft_tenant_id
            and so.directory_user_id = m.directory_user_id
         where ($1 is null or o.id = $1)
           and ($2 = '%%' or e.name ilike $2 or e.email ilike $2 or e.job_title ilike $2)
           and case $4 when 'registered' then f.is_registered
                       when 'notRegistered' then not f.is_registered
                       when 'notReadable' then m.end_user_id is not null and f.is_registered is null
                       else true end
           and case $5 when '' then true
                       when 'none' then u.licenses = '{}'
                       else $5 = any (u.licenses::text[]) end
           and case $3 when 'synced' then m.end_user_id is not null and coalesce(so.outcome, '') <> 'outOfScope'
                       when 'notSynced' then m.end_user_id is null
                       when 'outOfScope' then so.outcome = 'outOfScope' and m.mark_kind is null
                       when 'disabled' then m.mark_kind is not null
                       when 'hideDisabled' then m.mark_kind is null
                       else true end
         order by lower(o.name), o.id, lower(e.name), e.id",
    )
    .bind(filter.organization)
    .bind(pattern(&filter.search))
    .bind(filter.microsoft.clone())
    .bind(filter.mfa.clone())
    .bind(filter.license.clone())
    .fetch(pool);
    rows.map_ok(|row| EndUserOut {
        organization: row.organization,
        fields: row.fields.into(),
        status: match (row.synced, row.mark_kind.as_deref()) {
            (false, _) => "Not synced",
            (true, None) => "Synced",
            (true, Some("deleted")) => "Deleted in Microsoft",
            (true, Some(_)) => "Disabled in Microsoft",
        },
        upn: row.upn.unwrap_or_default(),
        department: row.department.unwrap_or_default(),
        office_location: row.office_location.unwrap_or_default(),
    })
    .err_into()
    .boxed()
}
