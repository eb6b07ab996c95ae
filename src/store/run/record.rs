//! What a run records of an Organization.

use crate::{
    model::{
        directory::DirectoryUser,
        ids::{DirectoryUserId, EndUserId},
        plan::{Counts, FieldChange, Outcome, PersonPlan, Reason},
    },
    store::{
        change_set::{ChangeSet, ROWS_AT_ONCE, Target},
        error::Result,
        user_sync,
    },
};
use serde::{Serialize, Serializer};
use sqlx::{PgConnection, PgExecutor, types::Json};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Serialize)]
struct PersonRow<'a> {
    directory_user_id: DirectoryUserId,
    end_user_id: Option<EndUserId>,
    name: &'a str,
    address: &'a str,
    outcome: &'static str,
    reason: &'a Reason,
    changes: &'a [FieldChange],
    /// Made when it is written: it is larger than all else here.
    #[serde(serialize_with = "footprint_of")]
    footprint: &'a PersonPlan,
}

fn footprint_of<S: Serializer>(person: &&PersonPlan, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    person.footprint().serialize(serializer)
}

#[derive(Serialize)]
struct StandingRow<'a> {
    directory_user_id: DirectoryUserId,
    outcome: &'static str,
    reason: &'a Reason,
}

/// Whom a plan is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Everybody of the Microsoft tenant.
    Everybody,
    /// The closure of who changed: all others stand as they did.
    Closure,
    /// Whomever a person chose: nothing is said of the others.
    Part,
}

/// The people of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// Their accounts.
    pub users: &'a [DirectoryUser],
    /// Who they are of all.
    pub breadth: Breadth,
    /// How many accounts there are in all.
    pub known: usize,
}

/// Records what a plan did to an Organization: its counts, those outside a closure as they stand, and one row per person
/// who was written or whose outcome differs from the run before. Returns how many stand how.
pub async fn record(
    tx: &mut PgConnection,
    target: Target,
    set: &ChangeSet<'_>,
    planned: Planned<'_>,
    attention: Option<&str>,
    held: usize,
) -> Result<Counts> {
    let ids: Vec<_> = set.plan.people.iter().map(|person| person.user.0).collect();
    let is_everybody = planned.breadth == Breadth::Everybody;
    let before = standing(&mut *tx, target, (!is_everybody).then_some(ids.as_slice())).await?;
    let mut counts = set.plan.counts();
    let mut standing_counts = set.plan.standing();
    if !is_everybody {
        let others = match user_sync::standing(&mut *tx, target.organization, target.tenant).await? {
            Some(stood) => of_others(&stood, &before),
            None => count_others(&mut *tx, target, &ids).await?,
        };
        standing_counts.merge(&others);
        if planned.breadth == Breadth::Closure {
            let standing: u32 = Outcome::ALL.into_iter().map(|outcome| others.get(outcome)).sum();
            let number = u32::try_from(planned.known.saturating_sub(ids.len())).unwrap_or(u32::MAX);
            counts.merge(&others);
            counts.add_many(Outcome::Unchanged, number.saturating_sub(standing));
        }
    }
    sqlx::query(
        "insert into run_organization (run_id, organization_id, counts, attention, held) values ($1, $2, $3, $4, $5)",
    )
    .bind(target.run)
    .bind(target.organization)
    .bind(Json(counts))
    .bind(attention)
    .bind(i32::try_from(held).unwrap_or(i32::MAX))
    .execute(&mut *tx)
    .await?;
    let by_id: HashMap<_, _> = planned.users.iter().map(|user| (user.id, user)).collect();
    let (mut people, mut standing, mut settled) = (vec![], vec![], vec![]);
    if is_everybody {
        // Whom the directory has no more stands nowhere.
        let gone = before.keys().filter(|user| !by_id.contains_key(user));
        settled.extend(gone.map(|user| user.0));
    }
    for person in &set.plan.people {
        let stood = before.get(&person.user).map(|(outcome, reason)| (*outcome, reason));
        let differs = stood != person.stands();
        match person.stands() {
            Some((outcome, reason)) if differs => standing.push(StandingRow {
                directory_user_id: person.user,
                outcome: outcome.key(),
                reason,
            }),
            None if differs => settled.push(person.user.0),
            _ => {}
        }
        let told = person.writes() || person.outcome == Outcome::Superseded || (person.outcome.stands() && differs);
        if let (true, Some(user)) = (told, by_id.get(&person.user)) {
            people.push(PersonRow {
                directory_user_id: person.user,
                end_user_id: set.end_user(person),
                name: user.shown_name(),
                address: user.shown_address(),
                outcome: person.outcome.key(),
                reason: &person.reason,
                changes: &person.fields,
                footprint: person,
            });
        }
    }
    insert_people(tx, target, &people).await?;
    write_standing(tx, target, &standing, &settled).await?;
    Ok(standing_counts)
}

/// How those stand who were not planned: as they stood.
fn of_others(stood: &Counts, before: &HashMap<DirectoryUserId, (Outcome, Reason)>) -> Counts {
    let mut others = Counts::default();
    for outcome in Outcome::ALL.into_iter().filter(|outcome| outcome.stands()) {
        let planned = before.values().filter(|(stood, _)| *stood == outcome).count();
        let planned = u32::try_from(planned).unwrap_or(u32::MAX);
        others.add_many(outcome, stood.get(outcome).saturating_sub(planned));
    }
    others
}

/// The same, counted.
async fn count_others(db: impl PgExecutor<'_>, target: Target, planned: &[Uuid]) -> Result<Counts> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select outcome, count(*) from standing_outcome s
         where organization_id = $1 and microsoft_tenant_id = $2
           and not exists (select 1 from unnest($3::uuid[]) as planned (id) where planned.id = s.directory_user_id)
         group by outcome",
    )
    .bind(target.organization)
    .bind(target.tenant)
    .bind(planned)
    .fetch_all(db)
    .await?;
    let mut others = Counts::default();
    for (outcome, number) in rows {
        if let Some(outcome) = Outcome::from_key(&outcome) {
            others.add_many(outcome, u32::try_from(number).unwrap_or(u32::MAX));
        }
    }
    Ok(others)
}

/// How people stood in the run before: everybody, or some.
async fn standing(
    db: impl PgExecutor<'_>,
    target: Target,
    only: Option<&[Uuid]>,
) -> Result<HashMap<DirectoryUserId, (Outcome, Reason)>> {
    let rows: Vec<(DirectoryUserId, String, Json<Reason>)> = sqlx::query_as(
        "select directory_user_id, outcome, reason from standing_outcome
         where organization_id = $1 and microsoft_tenant_id = $2
           and ($3::uuid[] is null or directory_user_id = any ($3))",
    )
    .bind(target.organization)
    .bind(target.tenant)
    .bind(only)
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
    settled: &[Uuid],
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
