//! What a person does to an Asset: every change with its row of the audit log, in one transaction.

use super::{
    asset::{insert, macs, write},
    audit,
    error::{Result, StoreError},
    saved::{Saved, sent_already},
};
use crate::model::{
    asset::Asset,
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    ids::{AssetId, EndUserId, OrganizationId},
    mac::Mac,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

/// Adds an Asset. The id comes with the form, so that one sent twice adds one Asset.
pub async fn create(
    pool: &PgPool,
    id: AssetId,
    organization: OrganizationId,
    asset: &Asset,
    actor: &Actor,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    if !insert(&mut tx, id, organization, asset, &actor.name).await? {
        // One of another Organization is not told of.
        let held = Held::lock(&mut tx, id).await?;
        if held.organization_id != organization {
            return Err(StoreError::NotFound("This Asset"));
        }
        return sent_already(&held.name, &asset.name);
    }
    let held = Held {
        organization_id: organization,
        name: asset.name.clone(),
        serial_number: String::new(),
        macs: vec![],
        end_user: String::new(),
        written_at: DateTime::default(),
    };
    record(&mut tx, id, &held, Action::Create, held.differs_from(asset), actor).await?;
    tx.commit().await?;
    Ok(())
}

/// An Asset as it was before a change, locked until the change is done.
#[derive(FromRow)]
struct Held {
    organization_id: OrganizationId,
    name: String,
    serial_number: String,
    macs: Vec<String>,
    end_user: String,
    written_at: DateTime<Utc>,
}

impl Held {
    async fn lock(tx: &mut PgConnection, id: AssetId) -> Result<Self> {
        let held: Option<Self> = sqlx::query_as(
            "select a.organization_id, a.name, a.serial_number, a.written_at,
                    array(select m.mac from asset_mac m where m.asset_id = a.id order by m.mac) as macs,
                    coalesce((select e.name from asset_assignment s join end_user e on e.id = s.end_user_id
                              where s.asset_id = a.id), '') as end_user
             from asset a where a.id = $1 for update of a",
        )
        .bind(id)
        .fetch_optional(tx)
        .await?;
        held.ok_or(StoreError::NotFound("This Asset"))
    }

    fn differs_from(&self, asset: &Asset) -> Vec<AuditChange> {
        [
            AuditChange::new("Name", &self.name, &asset.name),
            AuditChange::new("Serial Number", &self.serial_number, &asset.serial_number),
            AuditChange::new("MAC Addresses", &in_words(&macs(&self.macs)), &in_words(&asset.macs)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn in_words(macs: &[Mac]) -> String {
    macs.iter().map(Mac::to_string).collect::<Vec<_>>().join(", ")
}

async fn record(
    tx: &mut PgConnection,
    id: AssetId,
    held: &Held,
    action: Action,
    changes: Vec<AuditChange>,
    actor: &Actor,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::Asset,
        subject_id: id.0,
        subject_name: held.name.clone(),
        organization: Some(held.organization_id),
        changes,
    };
    audit::record(tx, actor, &event).await
}

/// Changes the fields of an Asset, unless they were written after `version`. Writes nothing when they are what they
/// were.
pub async fn edit(pool: &PgPool, id: AssetId, version: DateTime<Utc>, asset: &Asset, actor: &Actor) -> Result<Saved> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    let changes = held.differs_from(asset);
    if changes.is_empty() {
        return Ok(Saved::Done);
    }
    if held.written_at != version {
        return Ok(Saved::Stale {
            differences: changes,
            version: held.written_at,
        });
    }
    write(&mut tx, id, asset, &actor.name).await?;
    record(&mut tx, id, &held, Action::Edit, changes, actor).await?;
    tx.commit().await?;
    Ok(Saved::Done)
}

/// Deletes an Asset. The audit log keeps its name.
pub async fn delete(pool: &PgPool, id: AssetId, actor: &Actor) -> Result<OrganizationId> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    sqlx::query("delete from asset where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let changes = held.differs_from(&Asset {
        name: held.name.clone(),
        ..Asset::default()
    });
    record(&mut tx, id, &held, Action::Delete, changes, actor).await?;
    tx.commit().await?;
    Ok(held.organization_id)
}

/// To whom an Asset is assigned.
#[derive(FromRow)]
struct Assigned {
    kind: String,
    end_user_id: Option<EndUserId>,
    assigned_at: DateTime<Utc>,
    name: String,
}

impl Assigned {
    /// Locked until the change is done. Read after the Asset is locked and not with it: who waited for that lock would
    /// else read what stood there before.
    async fn lock(tx: &mut PgConnection, id: AssetId) -> Result<Option<Self>> {
        Ok(sqlx::query_as(
            "select s.kind, s.end_user_id, s.assigned_at, coalesce(e.name, '') as name
             from asset_assignment s left join end_user e on e.id = s.end_user_id
             where s.asset_id = $1 for update of s",
        )
        .bind(id)
        .fetch_optional(tx)
        .await?)
    }

    fn is_by_hand(&self, end_user: Option<EndUserId>) -> bool {
        self.kind == "manual" && self.end_user_id == end_user
    }
}

/// Assigns an Asset by hand: to an End User of its Organization, or to nobody. The sync leaves it alone from then on. A
/// form sent twice finds that done and does nothing. `seen` is since when it had been assigned as the form showed it; who
/// saw something else than what stands there is told so.
pub async fn assign(
    pool: &PgPool,
    id: AssetId,
    end_user: Option<EndUserId>,
    seen: Option<DateTime<Utc>>,
    actor: &Actor,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    // Before the assignment: who deletes an End User locks the two in this order.
    let name = match end_user {
        Some(end_user) => name_of(&mut tx, end_user, held.organization_id).await?,
        None => String::new(),
    };
    let before = Assigned::lock(&mut tx, id).await?;
    if before.as_ref().is_some_and(|before| before.is_by_hand(end_user)) {
        return Ok(());
    }
    if before.as_ref().map(|before| before.assigned_at) != seen {
        return Err(StoreError::Conflict(
            "Somebody, or a run, assigned this Asset otherwise after you opened this page. Nothing was saved. Reload the \
             page to see to whom.",
        ));
    }
    sqlx::query(
        "insert into asset_assignment (asset_id, kind, end_user_id, assigned_by) values ($1, 'manual', $2, $3)
         on conflict (asset_id) do update set kind = 'manual', end_user_id = excluded.end_user_id,
             assigned_by = excluded.assigned_by, assigned_at = now(), evidence = null, stale_at = null",
    )
    .bind(id)
    .bind(end_user)
    .bind(&actor.name)
    .execute(&mut *tx)
    .await?;
    let before = before.map(|before| before.name).unwrap_or_default();
    let changes = AuditChange::new("Assigned Contact", &before, &name);
    record(&mut tx, id, &held, Action::Assign, changes.into_iter().collect(), actor).await?;
    tx.commit().await?;
    Ok(())
}

async fn name_of(tx: &mut PgConnection, end_user: EndUserId, organization: OrganizationId) -> Result<String> {
    let name: Option<String> =
        sqlx::query_scalar("select name from end_user where id = $1 and organization_id = $2 for share")
            .bind(end_user)
            .bind(organization)
            .fetch_optional(tx)
            .await?;
    name.ok_or(StoreError::NotFound("This End User"))
}

/// **Let the sync decide**: what a person decided is forgotten, and the next run assigns the Asset if it can.
pub async fn let_sync_decide(pool: &PgPool, id: AssetId, actor: &Actor) -> Result<OrganizationId> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    let gone = sqlx::query("delete from asset_assignment where asset_id = $1 and kind = 'manual'")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    if gone.rows_affected() > 0 {
        let changes = AuditChange::new("Assigned Contact", &held.end_user, "");
        record(
            &mut tx,
            id,
            &held,
            Action::LetSyncDecide,
            changes.into_iter().collect(),
            actor,
        )
        .await?;
        tx.commit().await?;
    }
    Ok(held.organization_id)
}
