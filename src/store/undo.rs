//! What a run wrote, what was written since, and the writing of what goes back.

mod assignments;

pub use assignments::{WrittenAssignment, tell_run, write_assignments, written_assignments};

use super::{
    audit,
    change_set::{self, ROWS_AT_ONCE, Target},
    error::Result,
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
    plan::{Counts, FieldChange, Outcome},
    reason::Reason,
    undo::{Footprint, Kept, Tally, Written},
};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::{HashMap, HashSet};

/// What a run wrote of a person, with the words it recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenPerson {
    /// What it wrote.
    pub written: Written,
    /// Name at the time.
    pub name: String,
    /// Address at the time.
    pub address: String,
}

#[derive(FromRow)]
struct Row {
    directory_user_id: DirectoryUserId,
    end_user_id: EndUserId,
    name: String,
    address: String,
    changes: Json<Vec<FieldChange>>,
    footprint: Json<Footprint>,
}

impl From<Row> for WrittenPerson {
    fn from(row: Row) -> Self {
        Self {
            written: Written {
                user: row.directory_user_id,
                end_user: row.end_user_id,
                fields: row.changes.0,
                footprint: row.footprint.0,
            },
            name: row.name,
            address: row.address,
        }
    }
}

/// What a run wrote of an Organization's people.
pub async fn written(db: impl PgExecutor<'_>, run: RunId, organization: OrganizationId) -> Result<Vec<WrittenPerson>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select directory_user_id, end_user_id, name, address, changes, footprint from run_person
         where run_id = $1 and organization_id = $2 and footprint is not null and end_user_id is not null
         order by lower(name), directory_user_id",
    )
    .bind(run)
    .bind(organization)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(WrittenPerson::from).collect())
}

/// What later runs wrote of the same End Users.
pub async fn written_later(db: impl PgExecutor<'_>, run: RunId, organization: OrganizationId) -> Result<Vec<Written>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select p.directory_user_id, p.end_user_id, p.name, p.address, p.changes, p.footprint
         from run this
         join run later on later.started_at > this.started_at
         join run_person p on p.run_id = later.id and p.organization_id = $2
         where this.id = $1 and p.footprint is not null and p.end_user_id is not null
           and exists (select 1 from run_person w
                       where w.run_id = this.id and w.organization_id = $2 and w.end_user_id = p.end_user_id)",
    )
    .bind(run)
    .bind(organization)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| WrittenPerson::from(row).written).collect())
}

/// Who wrote the End Users of an Organization besides the sync, where somebody did.
pub async fn writers(db: impl PgExecutor<'_>, organization: OrganizationId) -> Result<HashMap<EndUserId, String>> {
    let rows: Vec<(EndUserId, String)> =
        sqlx::query_as("select id, written_by from end_user where organization_id = $1 and written_by <> ''")
            .bind(organization)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().collect())
}

/// The Organizations of which a run wrote somebody, by name, and whether their user sync is enabled.
pub async fn organizations(
    db: impl PgExecutor<'_>,
    run: RunId,
    tenant: MicrosoftTenantId,
) -> Result<Vec<(OrganizationId, String, bool)>> {
    Ok(sqlx::query_as(
        "select o.id, o.name, coalesce(s.enabled, false) from organization o
         left join user_sync s on s.organization_id = o.id and s.microsoft_tenant_id = $2
         where exists (select 1 from run_person p where p.run_id = $1 and p.organization_id = o.id
                          and p.footprint is not null)
            or exists (select 1 from run_asset_assignment k where k.run_id = $1 and k.organization_id = o.id)
         order by lower(o.name), o.id",
    )
    .bind(run)
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

/// Whether a run wrote anybody.
pub async fn wrote(db: impl PgExecutor<'_>, run: RunId) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from run_person where run_id = $1 and footprint is not null)
                    or exists (select 1 from run_asset_assignment where run_id = $1)",
    )
    .bind(run)
    .fetch_one(db)
    .await?)
}

/// Says which run this one undid.
pub async fn link(tx: &mut PgConnection, run: RunId, undoes: RunId) -> Result<()> {
    sqlx::query("update run set undoes = $2 where id = $1")
        .bind(run)
        .bind(undoes)
        .execute(tx)
        .await?;
    Ok(())
}

/// The run that a run undid, and the latest that undid it.
pub async fn links(db: impl PgExecutor<'_>, run: RunId) -> Result<(Option<RunId>, Option<RunId>)> {
    let row: Option<(Option<RunId>, Option<RunId>)> = sqlx::query_as(
        "select undoes, (select u.id from run u where u.undoes = run.id and u.state = 'succeeded'
                         order by u.started_at desc limit 1)
         from run where id = $1",
    )
    .bind(run)
    .fetch_optional(db)
    .await?;
    Ok(row.unwrap_or_default())
}

/// Writes what goes back: End Users that go, come or change, and their mappings.
pub async fn write(tx: &mut PgConnection, target: Target, back: &[&Written]) -> Result<()> {
    let (mut gone, mut new, mut changed) = (vec![], vec![], vec![]);
    let (mut unmapped, mut mapped) = (vec![], vec![]);
    for one in back {
        let footprint = &one.footprint;
        if !footprint.exists {
            gone.push(one.end_user);
            continue;
        }
        if !footprint.existed {
            new.push((one.end_user, &one.fields[..]));
        } else if !one.fields.is_empty() {
            changed.push((one.end_user, &one.fields[..]));
        }
        let account = |mapping: &Option<_>| mapping.as_ref().map(|m: &crate::model::end_user::Mapping| m.user);
        // A mapping that moves goes first: two that change places would meet on the way.
        if account(&footprint.before) != account(&footprint.after) && footprint.before.is_some() {
            unmapped.push(one.end_user);
        }
        mapped.extend(footprint.after.as_ref().map(|mapping| (one.end_user, mapping)));
    }
    for (ids, sql) in [
        (
            &gone,
            "delete from end_user where organization_id = $1 and id = any ($2) and $3::uuid is not null",
        ),
        (
            &unmapped,
            "delete from end_user_mapping
             where organization_id = $1 and end_user_id = any ($2) and microsoft_tenant_id = $3",
        ),
    ] {
        if !ids.is_empty() {
            sqlx::query(sql)
                .bind(target.organization)
                .bind(ids)
                .bind(target.tenant)
                .execute(&mut *tx)
                .await?;
        }
    }
    change_set::write_fields(tx, target.organization, &new, &changed).await?;
    change_set::write_whole_mappings(tx, target, &mapped).await
}

/// A person of an undoing, as it is recorded.
#[derive(Clone, Debug)]
pub struct UndoneRow<'a> {
    /// What the run had written.
    pub person: &'a WrittenPerson,
    /// What goes back.
    pub back: Option<&'a Written>,
    /// What is left.
    pub left: &'a [Kept],
}

#[derive(Serialize)]
struct PersonRow<'a> {
    directory_user_id: DirectoryUserId,
    end_user_id: EndUserId,
    name: &'a str,
    address: &'a str,
    outcome: &'static str,
    reason: Reason,
    changes: &'a [FieldChange],
    footprint: Option<&'a Footprint>,
}

/// Records an undoing: in the run, and in the audit log. `assets` is how many assignments went back, and how many were
/// touched and left.
pub async fn record(
    tx: &mut PgConnection,
    target: Target,
    rows: &[UndoneRow<'_>],
    undoes: RunId,
    assets: (usize, usize),
    actor: &Actor,
) -> Result<()> {
    let mut counts = Counts::default();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let outcome = if row.back.is_some() {
                Outcome::Undo
            } else {
                Outcome::Skip
            };
            counts.add(outcome);
            PersonRow {
                directory_user_id: row.person.written.user,
                end_user_id: row.person.written.end_user,
                name: &row.person.name,
                address: &row.person.address,
                outcome: outcome.key(),
                reason: Reason::Undone {
                    left: row.left.to_vec(),
                },
                changes: row.back.map_or(&[], |back| &back.fields),
                footprint: row.back.map(|back| &back.footprint),
            }
        })
        .collect();
    sqlx::query("insert into run_organization (run_id, organization_id, counts) values ($1, $2, $3)")
        .bind(target.run)
        .bind(target.organization)
        .bind(Json(counts))
        .execute(&mut *tx)
        .await?;
    for rows in rows.chunks(ROWS_AT_ONCE) {
        super::run::insert_people(&mut *tx, target, rows).await?;
    }
    let tally = |people: u32, assets| {
        let people = usize::try_from(people).unwrap_or_default();
        Tally { people, assets }.words(|number| number.to_string())
    };
    let (back, left) = (tally(counts.undo, assets.0), tally(counts.skip, assets.1));
    let changes = [("Put Back", &back), ("Left", &left)].map(|(field, words)| AuditChange::new(field, "", words));
    let event = NewAuditEvent {
        action: Action::Undo,
        subject: Subject::Run,
        subject_id: undoes.0,
        subject_name: format!("{back} put back, {left} left"),
        organization: Some(target.organization),
        changes: changes.into_iter().flatten().collect(),
    };
    audit::record(tx, actor, &event).await
}

/// End Users with an Asset that a person assigned to them.
pub async fn assigned_by_hand(db: impl PgExecutor<'_>, organization: OrganizationId) -> Result<HashSet<EndUserId>> {
    let ids: Vec<EndUserId> = sqlx::query_scalar(
        "select distinct s.end_user_id from asset_assignment s join end_user e on e.id = s.end_user_id
         where e.organization_id = $1 and s.kind = 'manual'",
    )
    .bind(organization)
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().collect())
}
