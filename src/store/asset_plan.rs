//! Assets as the plan sees them, and what the sync writes of them: every change with an event of the run.

use super::{
    Now,
    access::Theirs,
    asset::{evidence, macs},
    change_set::{ROWS_AT_ONCE, Target},
    error::Result,
};
use crate::model::{
    asset::{AssetChange, AssetConflict, AssetEvent, AssetState, Assignment, DeviceMatch},
    ids::{AssetId, DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
    time::Moment,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::HashMap;

#[derive(FromRow)]
struct StateRow {
    id: AssetId,
    name: String,
    serial_number: String,
    macs: Vec<String>,
    kind: Option<String>,
    end_user_id: Option<EndUserId>,
    evidence: Option<Value>,
    stale: bool,
}

impl StateRow {
    fn into_model(self) -> Result<AssetState> {
        let assignment = match (self.kind.as_deref(), self.end_user_id) {
            (None, _) => Assignment::Unassigned,
            (Some("manual"), end_user) => Assignment::Manual(end_user),
            (Some("sync"), Some(end_user)) => Assignment::Synced {
                end_user,
                by: evidence::<DeviceMatch>(self.evidence)?,
                stale: self.stale,
            },
            _ => Assignment::Conflict(evidence::<AssetConflict>(self.evidence)?),
        };
        Ok(AssetState {
            id: self.id,
            name: self.name,
            serial_number: self.serial_number,
            macs: macs(&self.macs),
            assignment,
        })
    }
}

/// The Assets of an Organization.
pub async fn states(db: impl PgExecutor<'_>, organization: OrganizationId) -> Result<Vec<AssetState>> {
    let rows: Vec<StateRow> = sqlx::query_as(
        "select a.id, a.name, a.serial_number,
                coalesce(m.macs, '{}') as macs, s.kind, s.end_user_id, s.evidence, s.stale_at is not null as stale
         from asset a
         left join asset_assignment s on s.asset_id = a.id
         left join (select m.asset_id, array_agg(m.mac order by m.mac) as macs
                    from asset_mac m join asset a on a.id = m.asset_id
                    where a.organization_id = $1 group by m.asset_id) m on m.asset_id = a.id
         where a.organization_id = $1 order by a.id",
    )
    .bind(organization)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(StateRow::into_model).collect()
}

/// The End Users of an Organization by the directory user that each is mapped to.
pub async fn mapped(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<HashMap<DirectoryUserId, EndUserId>> {
    let rows: Vec<(DirectoryUserId, EndUserId)> = sqlx::query_as(
        "select directory_user_id, end_user_id from end_user_mapping
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().collect())
}

/// What is to be written about one Asset.
#[derive(Debug)]
pub struct AssetWriting<'a> {
    /// Which.
    pub asset: AssetId,
    /// To whom it was assigned.
    pub before: Option<EndUserId>,
    /// How it is to stand; never manual.
    pub after: &'a Assignment,
    /// What the history calls it; nothing where only the evidence reads otherwise.
    pub change: Option<AssetChange>,
}

#[derive(Serialize)]
struct AssignmentRow<'a> {
    asset_id: AssetId,
    kind: &'static str,
    end_user_id: Option<EndUserId>,
    evidence: Evidence<'a>,
    stale: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Evidence<'a> {
    Device(&'a DeviceMatch),
    Conflict(&'a AssetConflict),
}

#[derive(Serialize)]
struct EventRow<'a> {
    asset_id: AssetId,
    change: &'static str,
    old_end_user_id: Option<EndUserId>,
    new_end_user_id: Option<EndUserId>,
    evidence: Option<Evidence<'a>>,
}

/// Writes what a run decided about Assets. What a person has decided meanwhile stays.
pub async fn write(tx: &mut PgConnection, target: Target, writings: &[AssetWriting<'_>]) -> Result<()> {
    for writings in writings.chunks(ROWS_AT_ONCE) {
        let (mut held, mut freed, mut events) = (vec![], vec![], vec![]);
        for writing in writings {
            let (kind, end_user_id, stale) = match writing.after {
                Assignment::Synced { end_user, stale, .. } => ("sync", Some(*end_user), *stale),
                Assignment::Conflict(_) => ("conflict", None, false),
                Assignment::Unassigned | Assignment::Manual(_) => ("", None, false),
            };
            match proof(writing.after) {
                Some(evidence) => held.push(AssignmentRow {
                    asset_id: writing.asset,
                    kind,
                    end_user_id,
                    evidence,
                    stale,
                }),
                None => freed.push(writing.asset.0),
            }
            events.extend(writing.change.map(|change| EventRow {
                asset_id: writing.asset,
                change: change.key(),
                old_end_user_id: writing.before,
                new_end_user_id: end_user_id,
                evidence: proof(writing.after),
            }));
        }
        write_assignments(tx, &held, &freed).await?;
        insert_events(tx, target.run, &events).await?;
    }
    Ok(())
}

const fn proof(assignment: &Assignment) -> Option<Evidence<'_>> {
    match assignment {
        Assignment::Synced { by, .. } => Some(Evidence::Device(by)),
        Assignment::Conflict(conflict) => Some(Evidence::Conflict(conflict)),
        Assignment::Unassigned | Assignment::Manual(_) => None,
    }
}

async fn write_assignments(tx: &mut PgConnection, held: &[AssignmentRow<'_>], freed: &[uuid::Uuid]) -> Result<()> {
    if !held.is_empty() {
        // Since when somebody has it, or it is in conflict, outlives a change of the evidence alone.
        sqlx::query(
            "insert into asset_assignment as held (asset_id, kind, end_user_id, evidence, stale_at)
             select n.asset_id, n.kind, n.end_user_id, n.evidence, case when n.stale then now() end
             from jsonb_to_recordset($1) as n (asset_id uuid, kind text, end_user_id uuid, evidence jsonb, stale boolean)
             on conflict (asset_id) do update set
                 kind = excluded.kind, end_user_id = excluded.end_user_id, evidence = excluded.evidence,
                 assigned_by = '',
                 assigned_at = case when held.kind = excluded.kind
                                     and held.end_user_id is not distinct from excluded.end_user_id
                                    then held.assigned_at else now() end,
                 stale_at = case when excluded.stale_at is not null then coalesce(held.stale_at, excluded.stale_at) end
             where held.kind <> 'manual'",
        )
        .bind(Json(held))
        .execute(&mut *tx)
        .await?;
    }
    if !freed.is_empty() {
        sqlx::query("delete from asset_assignment where asset_id = any ($1) and kind <> 'manual'")
            .bind(freed)
            .execute(tx)
            .await?;
    }
    Ok(())
}

async fn insert_events(tx: &mut PgConnection, run: RunId, events: &[EventRow<'_>]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into asset_event (asset_id, run_id, change, old_end_user, new_end_user, evidence)
         select n.asset_id, $1, n.change, coalesce(old.name, ''), coalesce(new.name, ''), n.evidence
         from jsonb_to_recordset($2) as n (asset_id uuid, change text, old_end_user_id uuid, new_end_user_id uuid,
                                           evidence jsonb)
         left join end_user old on old.id = n.old_end_user_id
         left join end_user new on new.id = n.new_end_user_id",
    )
    .bind(run)
    .bind(Json(events))
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct EventOut {
    asset_id: AssetId,
    asset_name: String,
    organization_id: OrganizationId,
    at: DateTime<Utc>,
    run_id: Option<RunId>,
    change: String,
    old_end_user: String,
    new_end_user: String,
    evidence: Option<Value>,
}

/// What the sync did to one Asset, or a run to all: the latest first.
pub async fn events(
    db: impl PgExecutor<'_>,
    asset: Option<AssetId>,
    run: Option<RunId>,
    theirs: Theirs<'_>,
    limit: i64,
    now: &Now,
) -> Result<Vec<AssetEvent>> {
    let rows: Vec<EventOut> = sqlx::query_as(
        "select v.asset_id, a.name as asset_name, a.organization_id, v.at, v.run_id, v.change, v.old_end_user,
                v.new_end_user, v.evidence
         from asset_event v join asset a on a.id = v.asset_id
         where ($1::uuid is null or v.asset_id = $1) and ($2::uuid is null or v.run_id = $2)
           and ($4::uuid[] is null or a.organization_id = any ($4))
         order by v.at desc, lower(a.name), v.id limit $3",
    )
    .bind(asset)
    .bind(run)
    .bind(limit)
    .bind(theirs)
    .fetch_all(db)
    .await?;
    let events = rows.into_iter().filter_map(|row| {
        Some(AssetEvent {
            asset: row.asset_id,
            asset_name: row.asset_name,
            organization: row.organization_id,
            at: Moment::new(row.at, now),
            run: row.run_id,
            change: AssetChange::from_key(&row.change)?,
            old_end_user: row.old_end_user,
            new_end_user: row.new_end_user,
            // A conflict's evidence is no device's.
            by: row.evidence.and_then(|kept| serde_json::from_value(kept).ok()),
        })
    });
    Ok(events.collect())
}
