//! One person of a directory, found by what people call them.

use super::error::Result;
use crate::model::{
    ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId, RunId},
    plan::{FieldChange, Outcome, Reason},
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, types::Json};

/// The account with this id, UPN or mail address, living ones first; `None` when there is none.
pub async fn find(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, named: &str) -> Result<Option<DirectoryUserId>> {
    let named = named.trim().replace('\0', "");
    Ok(sqlx::query_scalar(
        "select id from directory_user
         where microsoft_tenant_id = $1
           and (id = $2 or folded(upn) = folded($3)
                or (directory_user_words(display_name, given_name, surname, upn, mail, other_mails)
                        like folded($4) and folded(mail) = folded($3)))
         order by (id = $2) desc nulls last, folded(upn) = folded($3) desc, deleted_at is null desc, id limit 1",
    )
    .bind(tenant)
    .bind(uuid::Uuid::try_parse(&named).ok())
    .bind(&named)
    .bind(super::search::pattern(&named))
    .fetch_optional(db)
    .await?)
}

#[derive(FromRow)]
struct OutcomeRow {
    run_id: RunId,
    started_at: DateTime<Utc>,
    outcome: String,
    reason: Json<Reason>,
    changes: Json<Vec<FieldChange>>,
}

/// What a run recorded for a person.
#[derive(Clone, Debug)]
pub struct RecordedOutcome {
    /// By which run.
    pub run: RunId,
    /// When that began.
    pub started_at: DateTime<Utc>,
    /// What happened.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// What was written.
    pub changes: Vec<FieldChange>,
}

/// The latest outcome that a run recorded for a person in an Organization. Runs that found no change recorded none.
pub async fn latest_outcome(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    user: DirectoryUserId,
) -> Result<Option<RecordedOutcome>> {
    let row: Option<OutcomeRow> = sqlx::query_as(
        "select p.run_id, r.started_at, p.outcome, p.reason, p.changes
         from run_person p join run r on r.id = p.run_id
         where p.directory_user_id = $1 and p.organization_id = $2 order by r.started_at desc, r.id desc limit 1",
    )
    .bind(user)
    .bind(organization)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| RecordedOutcome {
        run: row.run_id,
        started_at: row.started_at,
        outcome: Outcome::from_key(&row.outcome).unwrap_or(Outcome::Unchanged),
        reason: row.reason.0,
        changes: row.changes.0,
    }))
}
