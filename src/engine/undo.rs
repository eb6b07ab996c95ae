//! **Undo Run**: plans what goes back, and writes it as a run of its own, without refresh.

use super::{
    Engine, RunError,
    approve::start_patiently,
    measure,
    run::{RunEnd, Running},
};
use crate::{
    model::{
        audit::Actor,
        end_user::EndUserState,
        ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
        plan::Outcome,
        run::Trigger,
        undo::{Tally, UndoPlan, UndoneItem, Written},
    },
    store::{
        self, StoreError,
        change_set::Target,
        lease,
        undo::{UndoneRow, WrittenAssignment, WrittenPerson},
    },
    sync::undo::{Later, Today, Undone, undo_together},
};
use sqlx::PgConnection;
use std::collections::HashMap;

/// What undoing a run would do to one Organization.
struct Planned {
    people: Vec<WrittenPerson>,
    undone: Vec<Undone>,
    assignments: Vec<WrittenAssignment>,
}

/// Plans the undoing of what a run wrote of one Organization.
async fn plan_organization(
    db: &mut PgConnection,
    run: RunId,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Planned, RunError> {
    let people = store::undo::written(&mut *db, run, organization).await?;
    let states = store::end_user::states(&mut *db, organization, tenant).await?;
    let writers = store::undo::writers(&mut *db, organization).await?;
    let assigned = store::undo::assigned_by_hand(&mut *db, organization).await?;
    let later = later_by_end_user(&store::undo::written_later(&mut *db, run, organization).await?);
    let by_id: HashMap<EndUserId, &EndUserState> = states.iter().map(|state| (state.id, state)).collect();
    let holders: HashMap<DirectoryUserId, EndUserId> = states
        .iter()
        .filter_map(|state| Some((state.mapping.as_ref()?.user, state.id)))
        .collect();
    let today = people.iter().map(|person| {
        let written = &person.written;
        let goes_back_to = written.footprint.before.as_ref().map(|mapping| mapping.user);
        let today = Today {
            end_user: by_id.get(&written.end_user).copied(),
            written_by: writers.get(&written.end_user).map_or("", String::as_str),
            assigned: assigned.contains(&written.end_user),
            later: later.get(&written.end_user).cloned().unwrap_or_default(),
            account_taken: goes_back_to
                .and_then(|user| holders.get(&user))
                .is_some_and(|holder| *holder != written.end_user),
            address_taken: false,
        };
        (written, today)
    });
    let undone = undo_together(&today.collect::<Vec<_>>(), &states);
    let comes_back = |written: &&Written| written.footprint.exists && !written.footprint.existed;
    let back: Vec<_> = undone
        .iter()
        .filter_map(|undone| undone.back.as_ref())
        .filter(comes_back)
        .map(|written| written.end_user)
        .collect();
    let assignments = store::undo::written_assignments(&mut *db, run, organization, &back).await?;
    Ok(Planned {
        people,
        undone,
        assignments,
    })
}

fn later_by_end_user(written: &[Written]) -> HashMap<EndUserId, Later> {
    let mut later: HashMap<EndUserId, Later> = HashMap::new();
    for one in written {
        let (entry, footprint) = (later.entry(one.end_user).or_default(), &one.footprint);
        let (before, after) = (footprint.before.as_ref(), footprint.after.as_ref());
        entry.fields.extend(one.fields.iter().map(|change| change.field));
        entry.mark |= before.and_then(|m| m.mark) != after.and_then(|m| m.mark);
        entry.mapping |= footprint.existed != footprint.exists || before.map(|m| m.user) != after.map(|m| m.user);
    }
    later
}

/// What undoing a run would do, naming at most `most` people and Assets that go back and as many that are left.
pub async fn plan_undo(engine: &Engine, run: RunId, most: usize) -> Result<UndoPlan, RunError> {
    let tenant = store::run::microsoft_tenant(&engine.pool, run).await?;
    let mut db = store::change_set::begin(&engine.pool).await?;
    let organizations = store::undo::organizations(&mut *db, run, tenant).await?;
    let mut plan = UndoPlan {
        run,
        back: vec![],
        back_total: Tally::default(),
        left: vec![],
        left_total: Tally::default(),
        enabled: vec![],
    };
    for (organization, name, enabled) in organizations {
        let planned = plan_organization(&mut db, run, organization, tenant).await?;
        for (person, undone) in planned.people.iter().zip(&planned.undone) {
            if let Some(back) = &undone.back {
                plan.back_total.people += 1;
                if plan.back.len() < most {
                    plan.back
                        .push(shown(&name, person, words_of(back), back.fields.clone()));
                }
            }
            if !undone.left.is_empty() {
                plan.left_total.people += 1;
                if plan.left.len() < most {
                    let left: Vec<_> = undone.left.iter().map(|kept| kept.words()).collect();
                    plan.left
                        .push(shown(&name, person, format!("{}.", left.join("; ")), vec![]));
                }
            }
        }
        for assignment in &planned.assignments {
            let (list, total, words) = if assignment.untouched {
                (
                    &mut plan.back,
                    &mut plan.back_total,
                    "The assignment of this Asset goes back.",
                )
            } else {
                (
                    &mut plan.left,
                    &mut plan.left_total,
                    "The assignment of this Asset was changed since.",
                )
            };
            total.assets += 1;
            if list.len() < most {
                list.push(UndoneItem {
                    organization: name.clone(),
                    name: assignment.name.clone(),
                    address: String::new(),
                    words: words.to_owned(),
                    changes: vec![],
                });
            }
        }
        if enabled {
            plan.enabled.push((organization, name));
        }
    }
    Ok(plan)
}

fn shown(
    organization: &str,
    person: &WrittenPerson,
    words: String,
    changes: Vec<crate::model::plan::FieldChange>,
) -> UndoneItem {
    UndoneItem {
        organization: organization.to_owned(),
        name: person.name.clone(),
        address: person.address.clone(),
        words,
        changes,
    }
}

/// What goes back of one person, besides the fields.
fn words_of(back: &Written) -> String {
    let footprint = &back.footprint;
    let (before, after) = (footprint.before.as_ref(), footprint.after.as_ref());
    let mut words = vec![];
    match (footprint.existed, footprint.exists) {
        (_, false) => words.push("The End User goes."),
        (false, true) => words.push("The End User comes back."),
        (true, true) => {
            match (before.map(|m| m.user), after.map(|m| m.user)) {
                (before, after) if before == after => {}
                (_, None) => words.push("The link to the Microsoft account goes."),
                (None, Some(_)) => words.push("The link to the Microsoft account comes back."),
                _ => words.push("The link returns to the former Microsoft account."),
            }
            match (before.and_then(|m| m.mark), after.and_then(|m| m.mark)) {
                (before, after) if before == after => {}
                (_, None) => words.push("The mark Disabled in Microsoft goes."),
                (None, Some(_)) => words.push("The mark Disabled in Microsoft comes back."),
                (Some(_), Some(_)) => words.push("The mark Disabled in Microsoft tells what it told before."),
            }
            if !back.fields.is_empty() {
                words.push("Values go back.");
            }
        }
    }
    words.join(" ")
}

/// The run that undid this one, where nothing of it is left to undo: the form was sent twice.
async fn undone_already(engine: &Engine, run: RunId) -> Result<Option<RunId>, RunError> {
    let (_, Some(by)) = store::undo::links(&engine.pool, run).await? else {
        return Ok(None);
    };
    let plan = plan_undo(engine, run, 0).await?;
    Ok((plan.back_total.all() == 0).then_some(by))
}

/// Undoes a run; with `disable` the user syncs concerned are disabled in the same transactions. What was undone already
/// is not undone once more.
pub async fn undo(engine: &Engine, run: RunId, disable: bool, actor: &Actor) -> Result<RunEnd, RunError> {
    let tenant = store::run::microsoft_tenant(&engine.pool, run).await?;
    if store::undo::organizations(&engine.pool, run, tenant).await?.is_empty() {
        return Err(RunError::Refused(
            "This run wrote no person and no Asset, so there is nothing to undo.".into(),
        ));
    }
    if let Some(by) = undone_already(engine, run).await? {
        return Ok(RunEnd::Succeeded(by));
    }
    let Some(running) = start_patiently(engine, engine.new_lease(tenant), Trigger::Undo).await? else {
        return Ok(RunEnd::Busy);
    };
    // Once more, now that nobody else can: of two posts at the same moment one has waited here for the other.
    let result = match undone_already(engine, run).await {
        Ok(Some(by)) => match running.take_back(engine).await {
            Ok(()) => return Ok(RunEnd::Succeeded(by)),
            Err(error) => Err(error),
        },
        Ok(None) => {
            let work = undo_all(engine, &running, run, disable, actor);
            running.carry_out(engine, work).await
        }
        Err(error) => Err(error),
    };
    running.end(engine, result).await
}

async fn undo_all(
    engine: &Engine,
    running: &Running,
    run: RunId,
    disable: bool,
    actor: &Actor,
) -> Result<(), RunError> {
    let tenant = running.lease.tenant;
    // One transaction for all: a run is undone, or it is not.
    let mut tx = store::change_set::begin(&engine.pool).await?;
    lease::check(&mut tx, running.lease).await?;
    store::undo::tell_run(&mut tx, running.run).await?;
    store::undo::link(&mut tx, running.run, run).await?;
    let mut written = 0;
    for (organization, _, enabled) in store::undo::organizations(&mut *tx, run, tenant).await? {
        let target = Target {
            run: running.run,
            organization,
            tenant,
        };
        let planned = plan_organization(&mut tx, run, organization, tenant).await?;
        let back: Vec<_> = planned
            .undone
            .iter()
            .filter_map(|undone| undone.back.as_ref())
            .collect();
        store::undo::write(&mut tx, target, &back).await?;
        written += back.len();
        let rows: Vec<_> = planned
            .people
            .iter()
            .zip(&planned.undone)
            .filter(|(_, undone)| **undone != Undone::default())
            .map(|(person, undone)| UndoneRow {
                person,
                back: undone.back.as_ref(),
                left: &undone.left,
            })
            .collect();
        let assets: Vec<_> = planned
            .assignments
            .iter()
            .filter(|assignment| assignment.untouched)
            .map(|assignment| assignment.asset)
            .collect();
        store::undo::write_assignments(&mut tx, run, &assets).await?;
        let assets = (assets.len(), planned.assignments.len() - assets.len());
        store::undo::record(&mut tx, target, &rows, run, assets, actor).await?;
        // What a run undoes, the next one plans, if it may.
        store::due::touch(&mut tx, organization).await?;
        if disable && enabled {
            store::user_sync::disable_within(&mut tx, actor, organization, tenant).await?;
        }
    }
    tx.commit().await.map_err(StoreError::from)?;
    measure::wrote("end_user", Outcome::Undo.key(), written);
    Ok(())
}
