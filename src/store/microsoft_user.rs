//! What Microsoft knows of one End User's account.

use super::{Now, end_user::mark, error::Result};
use crate::model::{
    directory::{Readings, UserType},
    ids::{DirectoryUserId, EndUserId, EntraTenantId, MicrosoftTenantId, OrganizationId, SkuId},
    microsoft_user::{LastActivity, Mfa, MicrosoftUser, Told},
    reason::Reason,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, types::Json};
use std::collections::HashMap;

/// What the directory holds of the two facts beside an account; all `None` where it holds nothing.
#[derive(Debug, FromRow)]
pub(super) struct FactColumns {
    has_sign_in: bool,
    successful_at: Option<DateTime<Utc>>,
    attempted_at: Option<DateTime<Utc>>,
    sign_in_read_at: Option<DateTime<Utc>>,
    is_registered: Option<bool>,
    methods: Option<Vec<String>>,
    mfa_read_at: Option<DateTime<Utc>>,
}

impl FactColumns {
    pub fn activity(&self, readings: &Readings, now: &Now) -> Told<LastActivity> {
        let held = self.has_sign_in.then(|| {
            let value = LastActivity::new(self.successful_at, self.attempted_at, now);
            (value, self.sign_in_read_at)
        });
        Told::new(held, &readings.sign_ins, now)
    }

    pub fn mfa(&self, readings: &Readings, now: &Now) -> Told<Mfa> {
        let held = self.is_registered.map(|registered| {
            let methods = self.methods.as_deref().unwrap_or_default();
            (Mfa::new(registered, methods), self.mfa_read_at)
        });
        Told::new(held, &readings.mfa, now)
    }
}

/// Whether Microsoft told the licences of the account `u`. A row without a hash is one of whom it never told any, or of
/// an account that is gone; those keep what was told before.
macro_rules! licenses_told {
    () => {
        "coalesce(u.row_hash <> '00000000-0000-0000-0000-000000000000'
             or (u.deleted_at is not null and u.upn <> ''), false)"
    };
}
pub(super) use licenses_told;

/// What the directory holds of an account's licences, which are read with it.
#[derive(Debug, FromRow)]
pub(super) struct LicenseColumns {
    /// `None` where the directory does not hold the account.
    licenses: Option<Vec<SkuId>>,
    /// See [`licenses_told`].
    licenses_told: bool,
}

impl LicenseColumns {
    /// The product names, as of the latest pass.
    pub fn told(
        &self,
        last_pass_at: Option<DateTime<Utc>>,
        name_of: &HashMap<SkuId, String>,
        now: &Now,
    ) -> Told<Vec<String>> {
        let held = self.licenses.as_deref().filter(|_| self.licenses_told);
        match held.zip(last_pass_at) {
            Some((licenses, read_at)) => Told::Known {
                value: product_names(licenses, name_of),
                read: Moment::new(read_at, now),
                aging: None,
            },
            None if self.licenses.is_some() && !self.licenses_told => Told::Unreadable {
                reason: "Microsoft did not tell this person's licenses".to_owned(),
                remedy: "Grant the application permission User.Read.All in Microsoft Entra, and consent again."
                    .to_owned(),
            },
            None => Told::Unreadable {
                reason: "Not read yet".to_owned(),
                remedy: String::new(),
            },
        }
    }
}

#[derive(FromRow)]
struct Row {
    directory_user_id: DirectoryUserId,
    entra_tenant_id: EntraTenantId,
    readings: Json<Readings>,
    last_pass_at: Option<DateTime<Utc>>,
    upn: Option<String>,
    user_type: Option<String>,
    #[sqlx(flatten)]
    licenses: LicenseColumns,
    mapped_at: DateTime<Utc>,
    mark_kind: Option<String>,
    mark_at: Option<DateTime<Utc>>,
    out_of_scope: Option<Json<Reason>>,
    #[sqlx(flatten)]
    facts: FactColumns,
}

/// The account that an End User is mapped to in a Microsoft tenant; nothing for somebody who is not mapped.
pub async fn of_end_user(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    end_user: EndUserId,
    tenant: MicrosoftTenantId,
    name_of: &HashMap<SkuId, String>,
    now: &Now,
) -> Result<Option<MicrosoftUser>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "select m.directory_user_id, t.entra_tenant_id, t.readings, t.last_pass_at, u.upn, u.user_type, u.licenses,
                ",
        licenses_told!(),
        " as licenses_told,
                m.mapped_at, m.mark_kind, m.mark_at, o.reason as out_of_scope,
                s.directory_user_id is not null as has_sign_in, s.successful_at, s.attempted_at,
                s.read_at as sign_in_read_at, f.is_registered, f.methods, f.read_at as mfa_read_at
         from end_user e
         join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = $3
         join microsoft_tenant t on t.id = m.microsoft_tenant_id
         left join directory_user u on u.microsoft_tenant_id = t.id and u.id = m.directory_user_id
         left join directory_sign_in s on s.microsoft_tenant_id = t.id and s.directory_user_id = m.directory_user_id
         left join directory_mfa f on f.microsoft_tenant_id = t.id and f.directory_user_id = m.directory_user_id
         left join standing_outcome o on o.organization_id = e.organization_id and o.microsoft_tenant_id = t.id
              and o.directory_user_id = m.directory_user_id and o.outcome = 'outOfScope'
         where e.organization_id = $1 and e.id = $2"
    ))
    .bind(organization)
    .bind(end_user)
    .bind(tenant)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| MicrosoftUser {
        licenses: row.licenses.told(row.last_pass_at, name_of, now),
        id: row.directory_user_id,
        entra_tenant_id: row.entra_tenant_id,
        upn: row.upn.unwrap_or_default(),
        user_type: row.user_type.as_deref().map(UserType::from_key).unwrap_or_default(),
        mfa: row.facts.mfa(&row.readings.0, now),
        activity: row.facts.activity(&row.readings.0, now),
        mapped_since: Moment::new(row.mapped_at, now),
        last_synced: row.last_pass_at.map(|at| Moment::new(at, now)),
        mark: mark(row.mark_kind, row.mark_at).map(|mark| (mark.kind, Moment::new(mark.at, now))),
        out_of_scope: row.out_of_scope.map(|Json(reason)| reason),
    }))
}

/// The names of these products, by name.
fn product_names(licenses: &[SkuId], name_of: &HashMap<SkuId, String>) -> Vec<String> {
    let mut names: Vec<_> = licenses
        .iter()
        .map(|sku| name_of.get(sku).cloned().unwrap_or_else(|| sku.to_string()))
        .collect();
    names.sort();
    names
}
