//! Adding and changing an End User by hand.

use super::super::{
    audit,
    error::{Result, StoreError},
    saved::{Saved, sent_already},
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    end_user::{Field, Fields},
    ids::{EndUserId, OrganizationId},
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

#[derive(FromRow)]
struct Held {
    name: String,
    email: String,
    phone: String,
    mobile: String,
    street_address: String,
    city: String,
    state: String,
    postal_code: String,
    job_title: String,
    updated_at: DateTime<Utc>,
}

impl Held {
    fn fields(self) -> Fields {
        Fields {
            name: self.name,
            email: self.email,
            phone: self.phone,
            mobile: self.mobile,
            street_address: self.street_address,
            city: self.city,
            state: self.state,
            postal_code: self.postal_code,
            job_title: self.job_title,
        }
    }
}

/// Writes the fields of an End User, unless it was written after `version`. A form sent twice finds its values there
/// and does nothing.
pub async fn save(
    pool: &PgPool,
    organization: OrganizationId,
    id: EndUserId,
    version: DateTime<Utc>,
    fields: &Fields,
    actor: &Actor,
) -> Result<Saved> {
    let mut tx = pool.begin().await?;
    let held: Option<Held> = sqlx::query_as(
        "select name, email, phone, mobile, street_address, city, state, postal_code, job_title, updated_at
         from end_user where organization_id = $1 and id = $2 for update",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    let held = held.ok_or(StoreError::NotFound("This End User"))?;
    let written = held.updated_at;
    let held = held.fields();
    if held == *fields {
        return Ok(Saved::Done);
    }
    if written != version {
        return Ok(Saved::Stale {
            differences: changes(&held, fields).collect(),
            version: written,
        });
    }
    sqlx::query(
        "update end_user set name = $3, email = $4, phone = $5, mobile = $6, street_address = $7, city = $8,
                state = $9, postal_code = $10, job_title = $11, updated_at = now(), written_by = $12,
                written_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(id)
    .bind(&fields.name)
    .bind(&fields.email)
    .bind(&fields.phone)
    .bind(&fields.mobile)
    .bind(&fields.street_address)
    .bind(&fields.city)
    .bind(&fields.state)
    .bind(&fields.postal_code)
    .bind(&fields.job_title)
    .bind(&actor.name)
    .execute(&mut *tx)
    .await?;
    record(&mut tx, actor, Action::Edit, organization, id, &held, fields).await?;
    tx.commit().await?;
    Ok(Saved::Done)
}

/// **New End User**. The id comes with the form, so that one sent twice adds one person. Nobody is added to an
/// Organization that is gone.
pub async fn create(
    pool: &PgPool,
    organization: OrganizationId,
    id: EndUserId,
    fields: &Fields,
    actor: &Actor,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    let done = sqlx::query(
        "insert into end_user (id, organization_id, name, email, phone, mobile, street_address, city, state,
                               postal_code, job_title, written_by, written_at)
         select $2, o.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now() from organization o where o.id = $1
         for key share of o
         on conflict (id) do nothing",
    )
    .bind(organization)
    .bind(id)
    .bind(&fields.name)
    .bind(&fields.email)
    .bind(&fields.phone)
    .bind(&fields.mobile)
    .bind(&fields.street_address)
    .bind(&fields.city)
    .bind(&fields.state)
    .bind(&fields.postal_code)
    .bind(&fields.job_title)
    .bind(&actor.name)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 1 {
        let nothing = Fields::default();
        record(&mut tx, actor, Action::Create, organization, id, &nothing, fields).await?;
        tx.commit().await?;
        return Ok(());
    }
    let held: Option<String> = sqlx::query_scalar("select name from end_user where organization_id = $1 and id = $2")
        .bind(organization)
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
    sent_already(&held.ok_or(StoreError::NotFound("This Organization"))?, &fields.name)
}

fn changes<'a>(old: &'a Fields, new: &'a Fields) -> impl Iterator<Item = AuditChange> + use<'a> {
    Field::ALL
        .into_iter()
        .filter_map(|field| AuditChange::new(field.label(), old.get(field), new.get(field)))
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    organization: OrganizationId,
    id: EndUserId,
    old: &Fields,
    new: &Fields,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::EndUser,
        subject_id: id.0,
        subject_name: new.name.clone(),
        organization: Some(organization),
        changes: changes(old, new).collect(),
    };
    audit::record(tx, actor, &event).await
}
