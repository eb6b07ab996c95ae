//! What happened to one End User: what runs did, and what people did, in one list.

use super::super::{Now, audit, directory_change, error::Result};
use crate::model::{
    audit::{Actor, AuditChange},
    end_user_details::{HistoryBy, HistoryEntry, HistoryWhat, in_words},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId, SkuId},
    microsoft_user::MicrosoftChange,
    plan::{FieldChange, Outcome, Reason},
    run::Trigger,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool, types::Json};
use std::collections::HashMap;

#[derive(FromRow)]
struct Row {
    run_id: RunId,
    trigger: String,
    at: DateTime<Utc>,
    outcome: String,
    reason: Json<Reason>,
    changes: Json<Vec<FieldChange>>,
}

impl Row {
    fn into_model(self, now: &Now) -> Option<HistoryEntry> {
        Some(HistoryEntry {
            at: Moment::new(self.at, now),
            by: HistoryBy::Run {
                id: self.run_id,
                trigger: Some(Trigger::from_key(&self.trigger)),
            },
            what: HistoryWhat::Outcome(Outcome::from_key(&self.outcome)?, self.reason.0),
            changes: in_words(self.changes.0),
        })
    }
}

/// Whose history.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// Whose End User.
    pub organization: OrganizationId,
    /// Which.
    pub id: EndUserId,
    /// Its Microsoft account, whose licences and MFA status have a history of their own.
    pub account: Option<(MicrosoftTenantId, DirectoryUserId)>,
    /// Product names of SKUs.
    pub name_of: &'a HashMap<SkuId, String>,
}

/// The latest `limit` things that happened, and whether there is more. A run counts from its end: that is when what it
/// wrote could be seen.
pub async fn history(pool: &PgPool, whose: Whose<'_>, limit: usize, now: &Now) -> Result<(Vec<HistoryEntry>, bool)> {
    let Whose {
        organization,
        id,
        account,
        name_of,
    } = whose;
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let of_runs: Vec<Row> = sqlx::query_as(
        "select p.run_id, r.trigger, coalesce(r.finished_at, r.started_at) as at, p.outcome, p.reason, p.changes
         from run_person p join run r on r.id = p.run_id
         where p.end_user_id = $1 and p.organization_id = $2
         order by coalesce(r.finished_at, r.started_at) desc, r.id desc limit $3",
    )
    .bind(id)
    .bind(organization)
    .bind(one_more)
    .fetch_all(pool)
    .await?;
    let by_people = audit::of_subject(pool, id.0, one_more, now).await?;
    let mut all: Vec<_> = of_runs.into_iter().filter_map(|row| row.into_model(now)).collect();
    all.extend(by_people.into_iter().map(|event| HistoryEntry {
        at: event.at,
        // From where and by which account is in the audit log, for Administrators alone.
        by: HistoryBy::Actor(Actor {
            id: None,
            address: None,
            ..event.actor
        }),
        what: HistoryWhat::Action(event.action),
        changes: event.changes,
    }));
    if let Some((tenant, user)) = account {
        let changes = directory_change::of_user(pool, tenant, user, name_of, now).await?;
        all.extend(changes.into_iter().map(of_directory));
    }
    all.sort_by_key(|entry| std::cmp::Reverse(entry.at.at));
    let more = all.len() > limit;
    all.truncate(limit);
    Ok((all, more))
}

/// What a run saw in Microsoft and did not write onto the End User.
fn of_directory(change: MicrosoftChange) -> HistoryEntry {
    HistoryEntry {
        at: change.at,
        by: change
            .run
            .map_or(HistoryBy::Microsoft, |id| HistoryBy::Run { id, trigger: None }),
        what: HistoryWhat::Directory,
        changes: vec![AuditChange {
            field: change.what.label().to_owned(),
            old: change.old,
            new: change.new,
        }],
    }
}
