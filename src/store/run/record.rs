//! What a run records of an Organization.

use crate::{
    model::{
        directory::DirectoryUser,
        ids::{DirectoryUserId, EndUserId},
        plan::{FieldChange, Outcome, Reason},
        undo::Footprint,
    },
    store::{
        change_set::{ChangeSet, ROWS_AT_ONCE, Target},
        error::Result,
    },
};
use serde::Serialize;
use sqlx::{PgConnection, PgExecutor, types::Json};
use std::collections::HashMap;

#[derive(Serialize)]
struct PersonRow<'a> {
    directory_user_id: DirectoryUserId,
    end_user_id: Option<EndUserId>,
    name: &'a str,
    address: &'a str,
    outcome: &'static str,
    reason: &'a Reason,
    changes: &'a [FieldChange],
    footprint: Option<Footprint>,
}

#[derive(Serialize)]
struct StandingRow<'a> {
    directory_user_id: DirectoryUserId,
    outcome: &'static str,
    reason: &'a Reason,
}

/// Whether an outcome stays the same from run to run, other than being synced.
const fn stands(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Skip | Outcome::Conflict | Outcome::OutOfScope | Outcome::Held
    )
}

/// Records what a plan did to an Organization: its counts, and one row per person who was written or whose outcome
/// differs from the run before.
pub async fn record(
    tx: &mut PgConnection,
    target: Target,
    set: &ChangeSet<'_>,
    users: &[DirectoryUser],
    attention: Option<&str>,
    held: usize,
) -> Result<()> {
    sqlx::query(
        "insert into run_organization (run_id, organization_id, counts, attention, held) values ($1, $2, $3, $4, $5)",
    )
    .bind(target.run)
    .bind(target.organization)
    .bind(Json(set.plan.counts()))
    .bind(attention)
    .bind(i32::try_from(held).unwrap_or(i32::MAX))
    .execute(&mut *tx)
    .await?;
    let before = standing(&mut *tx, target).await?;
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    let (mut people, mut standing, mut settled) = (vec![], vec![], vec![]);
    for person in &set.plan.people {
        let differs = before.get(&person.user) != Some(&(person.outcome, person.reason.clone()));
        if stands(person.outcome) && differs {
            standing.push(StandingRow {
                directory_user_id: person.user,
                outcome: person.outcome.key(),
                reason: &person.reason,
            });
        } else if !stands(person.outcome) && before.contains_key(&person.user) {
            settled.push(person.user.0);
        }
        let told = person.writes() || person.outcome == Outcome::Superseded || (stands(person.outcome) && differs);
        if let (true, Some(user)) = (told, by_id.get(&person.user)) {
            people.push(PersonRow {
                directory_user_id: person.user,
                end_user_id: set.end_user(person),
                name: user.shown_name(),
                address: user.shown_address(),
                outcome: person.outcome.key(),
                reason: &person.reason,
                changes: &person.fields,
                footprint: person.footprint(),
            });
        }
    }
    insert_people(tx, target, &people).await?;
    write_standing(tx, target, &standing, &settled).await
}

async fn standing(db: impl PgExecutor<'_>, target: Target) -> Result<HashMap<DirectoryUserId, (Outcome, Reason)>> {
    let rows: Vec<(DirectoryUserId, String, Json<Reason>)> = sqlx::query_as(
        "select directory_user_id, outcome, reason from standing_outcome
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(target.organization)
    .bind(target.tenant)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(user, outcome, Json(reason))| Some((user, (Outcome::from_key(&outcome)?, reason))))
        .collect())
}

/// Adds rows of people to a run: what serializes to the columns of the table.
pub(in crate::store) async fn insert_people(
    tx: &mut PgConnection,
    target: Target,
    rows: &[impl Serialize + Sync],
) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "insert into run_person (run_id, organization_id, directory_user_id, end_user_id, name, address, outcome,
                                 reason, changes, footprint)
         select $1, $2, n.directory_user_id, n.end_user_id, n.name, n.address, n.outcome, n.reason, n.changes,
                n.footprint
         from jsonb_populate_recordset(null::run_person, $3) n",
        )
        .bind(target.run)
        .bind(target.organization)
        .bind(Json(rows))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn write_standing(
    tx: &mut PgConnection,
    target: Target,
    standing: &[StandingRow<'_>],
    settled: &[uuid::Uuid],
) -> Result<()> {
    for standing in standing.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "insert into standing_outcome (organization_id, microsoft_tenant_id, directory_user_id, outcome, reason)
             select $1, $2, n.directory_user_id, n.outcome, n.reason
             from jsonb_populate_recordset(null::standing_outcome, $3) n
             on conflict (organization_id, microsoft_tenant_id, directory_user_id) do update
             set outcome = excluded.outcome, reason = excluded.reason",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(Json(standing))
        .execute(&mut *tx)
        .await?;
    }
    if !settled.is_empty() {
        sqlx::query(
            "delete from standing_outcome
             where organization_id = $1 and microsoft_tenant_id = $2 and directory_user_id = any ($3)",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(settled)
        .execute(tx)
        .await?;
    }
    Ok(())
}
