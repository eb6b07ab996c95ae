//! The audit log. Rows are added in the transaction of what they tell of, and never changed.

use super::{Now, change_set::ROWS_AT_ONCE, error::Result};
use crate::model::{
    audit::{Action, Actor, ActorKind, AuditChange, AuditEvent, NewAuditEvent, Subject},
    ids::{AccountId, OrganizationId},
    time::Moment,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use uuid::Uuid;

/// Writes down what is being done, in the transaction that does it.
pub async fn record(tx: impl PgExecutor<'_>, actor: &Actor, event: &NewAuditEvent) -> Result<()> {
    sqlx::query(
        "insert into audit_event (id, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name,
                                  organization_id, changes, client_address)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(Uuid::now_v7())
    .bind(actor.kind.key())
    .bind(actor.id)
    .bind(&actor.name)
    .bind(event.action.key())
    .bind(event.subject.key())
    .bind(event.subject_id)
    .bind(&event.subject_name)
    .bind(event.organization)
    .bind(Json(&event.changes))
    .bind(&actor.address)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct NewRow<'a> {
    id: Uuid,
    action: &'static str,
    subject_kind: &'static str,
    subject_id: Uuid,
    subject_name: &'a str,
    organization_id: Option<OrganizationId>,
    changes: &'a [AuditChange],
}

/// Writes down many things at once, in the transaction that does them.
pub async fn record_all(tx: &mut PgConnection, actor: &Actor, events: &[NewAuditEvent]) -> Result<()> {
    for events in events.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = events
            .iter()
            .map(|event| NewRow {
                id: Uuid::now_v7(),
                action: event.action.key(),
                subject_kind: event.subject.key(),
                subject_id: event.subject_id,
                subject_name: &event.subject_name,
                organization_id: event.organization,
                changes: &event.changes,
            })
            .collect();
        sqlx::query(
            "insert into audit_event (id, actor_kind, actor_id, actor_name, action, subject_kind, subject_id,
                                      subject_name, organization_id, changes, client_address)
             select n.id, $1, $2, $3, n.action, n.subject_kind, n.subject_id, n.subject_name, n.organization_id,
                    n.changes, $5
             from jsonb_populate_recordset(null::audit_event, $4) n",
        )
        .bind(actor.kind.key())
        .bind(actor.id)
        .bind(&actor.name)
        .bind(Json(rows))
        .bind(&actor.address)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

#[derive(FromRow)]
pub(super) struct Row {
    id: Uuid,
    at: DateTime<Utc>,
    actor_kind: String,
    actor_id: Option<AccountId>,
    actor_name: String,
    client_address: Option<String>,
    action: String,
    subject_kind: String,
    subject_id: Uuid,
    subject_name: String,
    organization_id: Option<OrganizationId>,
    organization: Option<String>,
    changes: Json<Vec<AuditChange>>,
}

impl Row {
    pub(super) fn into_model(self, now: &Now) -> AuditEvent {
        AuditEvent {
            id: self.id,
            at: Moment::new(self.at, now),
            actor: Actor {
                kind: ActorKind::from_key(&self.actor_kind),
                id: self.actor_id,
                name: self.actor_name,
                address: self.client_address,
            },
            action: Action::from_key(&self.action),
            subject: Subject::from_key(&self.subject_kind),
            subject_id: self.subject_id,
            subject_name: self.subject_name,
            organization: self.organization_id.zip(self.organization),
            changes: self.changes.0,
        }
    }
}

/// What happened to one thing, the latest first.
pub async fn of_subject(db: impl PgExecutor<'_>, subject: Uuid, limit: i64, now: &Now) -> Result<Vec<AuditEvent>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select a.id, a.at, a.actor_kind, a.actor_id, a.actor_name, a.client_address, a.action, a.subject_kind, a.subject_id,
                a.subject_name, a.organization_id, o.name as organization, a.changes
         from audit_event a left join organization o on o.id = a.organization_id
         where a.subject_id = $1 order by a.at desc, a.id desc limit $2",
    )
    .bind(subject)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.into_model(now)).collect())
}
