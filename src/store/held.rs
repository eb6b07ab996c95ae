//! Rows that the guard holds, and rows that an administrator dropped.

mod let_in;
mod shown;

pub use let_in::let_in;
pub use shown::{dropped_page, page, seen, seen_of};

use super::{
    access::SeenRun,
    audit,
    change_set::{ROWS_AT_ONCE, Target},
    error::Result,
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    directory::DirectoryUser,
    held::{Dropped, HeldRow, ONE_HELD, Part, RowChange, SOME_HELD, attention},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How many changes the audit log spells out of one decision; the run tells the rest.
const SPELLED_OUT: usize = 500;

/// A held row as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// Its id.
    pub id: Uuid,
    /// Whose Organization.
    pub organization: OrganizationId,
    /// For whom.
    pub user: DirectoryUserId,
    /// Old and new value.
    pub change: RowChange,
    /// Left when others were decided.
    pub is_left: bool,
    /// Name of the person.
    pub name: String,
}

#[derive(FromRow)]
struct KeptOut {
    id: Uuid,
    organization_id: OrganizationId,
    directory_user_id: DirectoryUserId,
    change: Json<RowChange>,
    is_left: bool,
    name: String,
}

impl From<KeptOut> for KeptRow {
    fn from(row: KeptOut) -> Self {
        Self {
            id: row.id,
            organization: row.organization_id,
            user: row.directory_user_id,
            change: row.change.0,
            is_left: row.is_left,
            name: row.name,
        }
    }
}

/// After a decision that was not about the whole Organization: the words on the user sync tell how many rows are held
/// now, unless it needs a person for another reason.
pub async fn tell(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    held: usize,
) -> Result<()> {
    sqlx::query(
        "update user_sync set attention = $3
         where organization_id = $1 and microsoft_tenant_id = $2 and attention is distinct from $3
           and (attention is null or attention = $4 or attention like '%' || $5)",
    )
    .bind(organization)
    .bind(tenant)
    .bind(attention(held))
    .bind(ONE_HELD)
    .bind(SOME_HELD)
    .execute(tx)
    .await?;
    Ok(())
}

/// The held rows of an Organization.
pub async fn of_organization(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Vec<KeptRow>> {
    let rows: Vec<KeptOut> = sqlx::query_as(
        "select id, organization_id, directory_user_id, change, is_left, name from held_row
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(KeptRow::from).collect())
}

/// Held rows that a run's page shows: all of them, or those with these ids.
pub async fn of_run(
    db: impl PgExecutor<'_>,
    run: impl Into<SeenRun<'_>>,
    only: Option<&[Uuid]>,
) -> Result<Vec<KeptRow>> {
    let run = run.into();
    let rows: Vec<KeptOut> = sqlx::query_as(
        "select h.id, h.organization_id, h.directory_user_id, h.change, h.is_left, h.name from held_row h
         join run r on r.id = $1 and r.microsoft_tenant_id = h.microsoft_tenant_id
         join run_organization ro on ro.run_id = r.id and ro.organization_id = h.organization_id
         join user_sync s on s.organization_id = h.organization_id
              and s.microsoft_tenant_id = h.microsoft_tenant_id and s.enabled
         where ($2::uuid[] is null or h.id = any ($2))
           and ($3::uuid[] is null or sees_person(h.organization_id, h.microsoft_tenant_id, h.directory_user_id, $3))",
    )
    .bind(run.id)
    .bind(only)
    .bind(run.theirs)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(KeptRow::from).collect())
}

/// How a plan's held rows take the place of those that were held before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replacing {
    /// Only rows of this person were planned.
    pub only: Option<DirectoryUserId>,
    /// An administrator chose others: the rows that stay are held from now on however few they are.
    pub leaves: bool,
}

#[derive(Serialize)]
struct NewRow<'a> {
    id: Uuid,
    directory_user_id: DirectoryUserId,
    part: &'static str,
    end_user_id: Option<EndUserId>,
    name: &'a str,
    address: &'a str,
    change: &'a RowChange,
    rule: &'static str,
}

/// Replaces the held rows of an Organization by those of a new plan. One that is held again with the same old and new
/// value stays as it is. Returns how many are held now.
pub async fn replace(
    tx: &mut PgConnection,
    target: Target,
    held: &[HeldRow],
    users: &[DirectoryUser],
    replacing: Replacing,
) -> Result<usize> {
    let before = of_organization(&mut *tx, target.organization, target.tenant).await?;
    let mut known: HashMap<(DirectoryUserId, Part), &KeptRow> =
        before.iter().map(|row| ((row.user, row.change.part()), row)).collect();
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    let is_planned = |user: DirectoryUserId| replacing.only.is_none_or(|only| only == user);
    let (mut new, mut stays, mut rules, mut number) = (vec![], vec![], vec![], 0);
    for row in held.iter().filter(|row| is_planned(row.user)) {
        number += 1;
        let at = (row.user, row.change.part());
        if known.get(&at).is_some_and(|kept| kept.change == row.change) {
            stays.extend(known.remove(&at).map(|kept| kept.id));
            rules.push(row.rule.key());
            continue;
        }
        let Some(user) = by_id.get(&row.user) else { continue };
        new.push(NewRow {
            id: Uuid::now_v7(),
            directory_user_id: row.user,
            part: row.change.part().key(),
            end_user_id: row.end_user,
            name: user.shown_name(),
            address: user.shown_address(),
            change: &row.change,
            rule: row.rule.key(),
        });
    }
    let others = known.values().filter(|row| !is_planned(row.user)).count();
    let gone: Vec<_> = known
        .values()
        .filter(|row| is_planned(row.user))
        .map(|row| row.id)
        .collect();
    if !gone.is_empty() {
        sqlx::query("delete from held_row where id = any ($1)")
            .bind(&gone)
            .execute(&mut *tx)
            .await?;
    }
    // The same change may be held for another reason than before.
    if !stays.is_empty() {
        sqlx::query(
            "update held_row set rule = now.rule from unnest ($1::uuid[], $2::text[]) now (id, rule)
             where held_row.id = now.id and held_row.rule <> now.rule",
        )
        .bind(&stays)
        .bind(&rules)
        .execute(&mut *tx)
        .await?;
    }
    if replacing.leaves && !stays.is_empty() {
        sqlx::query("update held_row set is_left = true where id = any ($1) and not is_left")
            .bind(&stays)
            .execute(&mut *tx)
            .await?;
    }
    insert(tx, target, &new).await?;
    Ok(number + others)
}

async fn insert(tx: &mut PgConnection, target: Target, rows: &[NewRow<'_>]) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "insert into held_row (id, organization_id, microsoft_tenant_id, directory_user_id, part, end_user_id, name,
                                   address, change, rule, run_id)
             select n.id, $1, $2, n.directory_user_id, n.part, n.end_user_id, n.name, n.address, n.change, n.rule, $3
             from jsonb_populate_recordset(null::held_row, $4) n",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(target.run)
        .bind(Json(rows))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// What an administrator dropped of an Organization.
pub async fn dropped(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Vec<Dropped>> {
    let rows: Vec<(DirectoryUserId, String, String)> = sqlx::query_as(
        "select directory_user_id, part, value from dropped_row
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(user, part, value)| {
            Some(Dropped {
                user,
                part: Part::from_key(&part)?,
                value,
            })
        })
        .collect())
}

/// Forgets what was dropped, as Microsoft has another value by now.
pub async fn forget_dropped(tx: &mut PgConnection, target: Target, rows: &[(DirectoryUserId, Part)]) -> Result<()> {
    for (user, part) in rows {
        sqlx::query(
            "delete from dropped_row where organization_id = $1 and microsoft_tenant_id = $2
                and directory_user_id = $3 and part = $4",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(user)
        .bind(part.key())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Drops held rows: each is remembered with the value that was seen, and the others of its Organization stay held.
pub async fn drop(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    rows: &[(KeptRow, String)],
    run: RunId,
    actor: &Actor,
) -> Result<()> {
    #[derive(Serialize)]
    struct Value<'a> {
        id: Uuid,
        value: &'a str,
    }
    let values: Vec<_> = rows.iter().map(|(row, value)| Value { id: row.id, value }).collect();
    for values in values.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "with gone as (
                 delete from held_row h using jsonb_to_recordset($1) as n (id uuid, value text)
                 where h.id = n.id returning h.*, n.value
             )
             insert into dropped_row (id, organization_id, microsoft_tenant_id, directory_user_id, part, value,
                                      end_user_id, name, address, change)
             select id, organization_id, microsoft_tenant_id, directory_user_id, part, value, end_user_id, name, address,
                    change
             from gone
             on conflict (organization_id, microsoft_tenant_id, directory_user_id, part) do update
             set value = excluded.value, change = excluded.change, dropped_at = now()",
        )
        .bind(Json(values))
        .execute(&mut *tx)
        .await?;
    }
    let organizations: HashSet<_> = rows.iter().map(|(row, _)| row.organization).collect();
    for organization in organizations {
        sqlx::query(
            "update held_row set is_left = true
             where organization_id = $1 and microsoft_tenant_id = $2 and not is_left",
        )
        .bind(organization)
        .bind(tenant)
        .execute(&mut *tx)
        .await?;
        let dropped: Vec<_> = rows
            .iter()
            .map(|(row, _)| row)
            .filter(|row| row.organization == organization)
            .collect();
        let held = of_organization(&mut *tx, organization, tenant).await?.len();
        tell(tx, organization, tenant, held).await?;
        record(tx, actor, Action::Drop, run, organization, &dropped).await?;
    }
    Ok(())
}

/// Writes a decision about held rows into the audit log.
pub async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    run: RunId,
    organization: OrganizationId,
    rows: &[&KeptRow],
) -> Result<()> {
    let changes = rows.iter().take(SPELLED_OUT).map(|row| AuditChange {
        field: format!("{}: {}", row.name, row.change.part().label()),
        old: row.change.old(),
        new: row.change.new_value(),
    });
    let name = format!("{} held {}", rows.len(), if rows.len() == 1 { "row" } else { "rows" });
    let event = NewAuditEvent {
        action,
        subject: Subject::Run,
        subject_id: run.0,
        subject_name: name,
        organization: Some(organization),
        changes: changes.collect(),
    };
    audit::record(tx, actor, &event).await
}
