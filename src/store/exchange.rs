//! Bulk writes of an import.

use super::{change_set::ROWS_AT_ONCE, error::Result};
use crate::model::{
    end_user::Fields,
    ids::{EndUserId, OrganizationId, TenantId},
};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, types::Json};
use uuid::Uuid;

/// A new Organization, with a Tenant of its own.
#[derive(Clone, Debug, Serialize)]
pub struct NewOrganization {
    /// Its id.
    pub id: OrganizationId,
    /// Its Tenant's id.
    pub tenant_id: TenantId,
    /// The name of both.
    pub name: String,
    /// Contact address.
    pub email: String,
    /// Contact number.
    pub phone: String,
}

/// Creates Organizations, each in a Tenant of its own.
pub async fn insert_organizations(tx: &mut PgConnection, rows: &[NewOrganization]) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        for query in [
            "insert into tenant (id, name) select n.tenant_id, n.name
             from jsonb_populate_recordset(null::organization, $1) n",
            "insert into organization (id, tenant_id, name, email, phone)
             select n.id, n.tenant_id, n.name, n.email, n.phone
             from jsonb_populate_recordset(null::organization, $1) n",
        ] {
            sqlx::query(query).bind(Json(rows)).execute(&mut *tx).await?;
        }
    }
    Ok(())
}

/// New contact data of an Organization; `None` leaves a value alone.
#[derive(Clone, Debug, Serialize)]
pub struct OrganizationChange {
    /// Which.
    pub id: OrganizationId,
    /// Contact address.
    pub email: Option<String>,
    /// Contact number.
    pub phone: Option<String>,
}

/// Writes new contact data.
pub async fn update_organizations(tx: &mut PgConnection, rows: &[OrganizationChange]) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "update organization o set email = coalesce(n.email, o.email), phone = coalesce(n.phone, o.phone),
                    updated_at = now()
             from jsonb_populate_recordset(null::organization, $1) n where o.id = n.id",
        )
        .bind(Json(rows))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// An End User with all its fields, as an import writes it.
#[derive(Clone, Debug)]
pub struct WrittenEndUser {
    /// Its id.
    pub id: EndUserId,
    /// Whose.
    pub organization: OrganizationId,
    /// Every field.
    pub fields: Fields,
}

#[derive(Serialize)]
struct EndUserOut<'a> {
    id: EndUserId,
    organization_id: OrganizationId,
    name: &'a str,
    email: &'a str,
    phone: &'a str,
    mobile: &'a str,
    street_address: &'a str,
    city: &'a str,
    state: &'a str,
    postal_code: &'a str,
    job_title: &'a str,
}

impl<'a> From<&'a WrittenEndUser> for EndUserOut<'a> {
    fn from(row: &'a WrittenEndUser) -> Self {
        let fields = &row.fields;
        Self {
            id: row.id,
            organization_id: row.organization,
            name: &fields.name,
            email: &fields.email,
            phone: &fields.phone,
            mobile: &fields.mobile,
            street_address: &fields.street_address,
            city: &fields.city,
            state: &fields.state,
            postal_code: &fields.postal_code,
            job_title: &fields.job_title,
        }
    }
}

/// Creates End Users. `writer` is who they say wrote them.
pub async fn insert_end_users(tx: &mut PgConnection, rows: &[WrittenEndUser], writer: &str) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let rows: Vec<EndUserOut> = rows.iter().map(EndUserOut::from).collect();
        sqlx::query(
            "insert into end_user (id, organization_id, name, email, phone, mobile, street_address, city, state,
                                   postal_code, job_title, written_by, written_at)
             select n.id, n.organization_id, n.name, n.email, n.phone, n.mobile, n.street_address, n.city, n.state,
                    n.postal_code, n.job_title, $2, now()
             from jsonb_populate_recordset(null::end_user, $1) n",
        )
        .bind(Json(rows))
        .bind(writer)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Writes the fields of End Users whose values differ, and who wrote them.
pub async fn update_end_users(tx: &mut PgConnection, rows: &[WrittenEndUser], writer: &str) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let rows: Vec<EndUserOut> = rows.iter().map(EndUserOut::from).collect();
        sqlx::query(
            "update end_user e set name = n.name, email = n.email, phone = n.phone, mobile = n.mobile,
                    street_address = n.street_address, city = n.city, state = n.state, postal_code = n.postal_code,
                    job_title = n.job_title, updated_at = now(), written_by = $2, written_at = now()
             from jsonb_populate_recordset(null::end_user, $1) n
             where e.id = n.id and e.organization_id = n.organization_id",
        )
        .bind(Json(rows))
        .bind(writer)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Held {
    id: EndUserId,
    organization_id: OrganizationId,
    #[sqlx(flatten)]
    fields: HeldFields,
}

/// The columns of the synced fields.
#[derive(Clone, Debug, FromRow)]
pub(super) struct HeldFields {
    name: String,
    email: String,
    phone: String,
    mobile: String,
    street_address: String,
    city: String,
    state: String,
    postal_code: String,
    job_title: String,
}

impl From<HeldFields> for Fields {
    fn from(row: HeldFields) -> Self {
        Self {
            name: row.name,
            email: row.email,
            phone: row.phone,
            mobile: row.mobile,
            street_address: row.street_address,
            city: row.city,
            state: row.state,
            postal_code: row.postal_code,
            job_title: row.job_title,
        }
    }
}

/// These End Users as they are now, locked until the transaction ends.
pub async fn lock_end_users(tx: &mut PgConnection, ids: &[EndUserId]) -> Result<Vec<WrittenEndUser>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<Held> = sqlx::query_as(
        "select id, organization_id, name, email, phone, mobile, street_address, city, state, postal_code, job_title
         from end_user where id = any ($1) order by id for update",
    )
    .bind(&ids)
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| WrittenEndUser {
            id: row.id,
            organization: row.organization_id,
            fields: row.fields.into(),
        })
        .collect())
}
