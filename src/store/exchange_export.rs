//! What an export writes, row by row as Postgres sends it: one statement, so one moment, and never all in memory.

use super::{access::Theirs, error::Result, exchange::HeldFields, microsoft_user::licenses_told, search::pattern};
use crate::model::{
    end_user::Fields,
    ids::{OrganizationId, SkuId},
};
use chrono::{DateTime, Utc};
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

/// All Organizations by name, or those whose name, Tenant, email or phone has these words; of these
/// what is theirs.
pub fn organizations<'a>(pool: &'a PgPool, search: &str, theirs: Theirs<'a>) -> BoxStream<'a, Result<OrganizationOut>> {
    sqlx::query_as(
        "select o.name, o.email, o.phone, t.name as tenant,
                (select count(*) from end_user e where e.organization_id = o.id) as end_users,
                coalesce(s.enabled, false) as enabled
         from organization o
         join tenant t on t.id = o.tenant_id
         left join microsoft_tenant m on m.tenant_id = o.tenant_id
         left join user_sync s on s.organization_id = o.id and s.microsoft_tenant_id = m.id
         where ($1 = '%%' or o.name ilike $1 or t.name ilike $1 or o.email ilike $1 or o.phone ilike $1)
           and ($2::uuid[] is null or o.id = any ($2))
         order by lower(o.name), o.id",
    )
    .bind(pattern(search))
    .bind(theirs)
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
    /// `Synced`, `Not synced`, `Out of scope`, `Disabled in Microsoft`, `Deleted in Microsoft`.
    pub status: &'static str,
    /// User principal name; empty where there is none.
    pub upn: String,
    /// Department.
    pub department: String,
    /// Office location.
    pub office_location: String,
    /// Assigned products, each with Microsoft's part number; `None` where Microsoft did not tell.
    pub licenses: Option<Vec<(SkuId, String)>>,
    /// When they last signed in, `Never`, or `Unknown`; empty for whom Microsoft does not know.
    pub last_activity: String,
    /// `Registered`, `Not registered`, or `Unknown`; empty for whom Microsoft does not know.
    pub mfa: &'static str,
}

#[derive(FromRow)]
struct EndUserRow {
    organization: String,
    #[sqlx(flatten)]
    fields: HeldFields,
    mapped: bool,
    sync_on: bool,
    mark_kind: Option<String>,
    upn: Option<String>,
    department: Option<String>,
    office_location: Option<String>,
    standing: Option<String>,
    licenses: Vec<String>,
    licenses_told: bool,
    has_sign_in: bool,
    successful_at: Option<DateTime<Utc>>,
    attempted_at: Option<DateTime<Utc>>,
    is_registered: Option<bool>,
}

impl EndUserRow {
    fn status(&self) -> &'static str {
        match (self.mapped, self.mark_kind.as_deref(), self.standing.as_deref()) {
            (false, _, _) => "Not synced",
            (true, Some("deleted"), _) => "Deleted in Microsoft",
            (true, Some(_), _) => "Disabled in Microsoft",
            (true, None, Some("outOfScope")) => "Out of scope",
            (true, None, _) if !self.sync_on => "Not synced",
            (true, None, _) => "Synced",
        }
    }

    /// Not read is not "never".
    fn last_activity(&self) -> String {
        match (self.successful_at, self.attempted_at) {
            _ if !self.mapped => String::new(),
            (Some(at), _) => at.to_rfc3339(),
            (None, Some(at)) => format!("{} (attempted)", at.to_rfc3339()),
            (None, None) if self.has_sign_in => "Never".into(),
            (None, None) => "Unknown".into(),
        }
    }

    fn into_model(self) -> EndUserOut {
        EndUserOut {
            status: self.status(),
            last_activity: self.last_activity(),
            mfa: match self.is_registered {
                _ if !self.mapped => "",
                Some(true) => "Registered",
                Some(false) => "Not registered",
                None => "Unknown",
            },
            licenses: (self.licenses_told || !self.mapped).then(|| {
                let named = self.licenses.iter().filter_map(|one| one.split_once('='));
                named
                    .filter_map(|(sku, part)| Some((sku.parse().ok()?, part.to_owned())))
                    .collect()
            }),
            organization: self.organization,
            fields: self.fields.into(),
            upn: self.upn.unwrap_or_default(),
            department: self.department.unwrap_or_default(),
            office_location: self.office_location.unwrap_or_default(),
        }
    }
}

/// Which End Users are meant.
#[derive(Clone, Debug, Default)]
pub struct EndUserFilter {
    /// Of one Organization; else of all.
    pub organization: Option<OrganizationId>,
    /// The Organizations of whoever asks; `None` is all.
    pub theirs: Option<Vec<OrganizationId>>,
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
    let rows = sqlx::query_as::<_, EndUserRow>(concat!(
        "select o.name as organization, e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state,
                e.postal_code, e.job_title, m.end_user_id is not null as mapped, m.mark_kind, u.upn, u.department,
                u.office_location, coalesce(y.enabled, false) as sync_on, so.outcome as standing,
                array(select l.sku || '=' || coalesce(k.sku_part_number, l.sku::text) from unnest(u.licenses) as l (sku)
                      left join subscribed_sku k
                          on k.microsoft_tenant_id = u.microsoft_tenant_id and k.sku_id = l.sku) as licenses,
                ",
        licenses_told!(),
        " as licenses_told,
                s.directory_user_id is not null as has_sign_in, s.successful_at, s.attempted_at, f.is_registered
         from organization o
         join end_user e on e.organization_id = o.id
         left join microsoft_tenant t on t.tenant_id = o.tenant_id
         left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = t.id
         left join user_sync y on y.organization_id = o.id and y.microsoft_tenant_id = t.id
         left join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
         left join directory_sign_in s
             on s.microsoft_tenant_id = m.microsoft_tenant_id and s.directory_user_id = m.directory_user_id
         left join directory_mfa f
             on f.microsoft_tenant_id = m.microsoft_tenant_id and f.directory_user_id = m.directory_user_id
         left join standing_outcome so
             on so.organization_id = o.id and so.microsoft_tenant_id = m.microsoft_tenant_id
            and so.directory_user_id = m.directory_user_id
         where ($1 is null or o.id = $1) and ($6::uuid[] is null or o.id = any ($6))
           and ($2 = '%%' or e.name ilike $2 or e.email ilike $2 or e.job_title ilike $2)
           and case $4 when 'registered' then f.is_registered
                       when 'notRegistered' then not f.is_registered
                       when 'notReadable' then m.end_user_id is not null and f.is_registered is null
                       else true end
           and case $5 when '' then true
                       when 'none' then u.licenses = '{}' and ",
        licenses_told!(),
        "
                       when 'notReadable' then m.end_user_id is not null and not ",
        licenses_told!(),
        "
                       else $5 = any (u.licenses::text[]) end
           and case $3 when 'synced' then m.end_user_id is not null and y.enabled
                           and coalesce(so.outcome, '') <> 'outOfScope'
                       when 'notSynced' then m.end_user_id is null
                           or not coalesce(y.enabled, false) and coalesce(so.outcome, '') <> 'outOfScope'
                       when 'outOfScope' then so.outcome = 'outOfScope' and m.mark_kind is null
                       when 'disabled' then m.mark_kind is not null
                       when 'hideDisabled' then m.mark_kind is null
                       else true end
         order by lower(o.name), o.id, lower(e.name), e.id"
    ))
    .bind(filter.organization)
    .bind(pattern(&filter.search))
    .bind(filter.microsoft.clone())
    .bind(filter.mfa.clone())
    .bind(filter.license.clone())
    .bind(filter.theirs.clone())
    .fetch(pool);
    rows.map_ok(EndUserRow::into_model).err_into().boxed()
}
