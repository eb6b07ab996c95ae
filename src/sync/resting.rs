//! What a plan leaves alone: rows that an administrator dropped, for as long as Microsoft's value is the same, and fields
//! that another program writes too.

use super::{
    address::address_of,
    contended::{Recount, contended_addresses, leave_contended},
    fields,
    guard::{leave_out, rows},
    normalise::key,
    plan::{PlanInput, plan_keeping},
};
use crate::model::{
    directory::DirectoryUser,
    end_user::{Field, Mark, MarkKind},
    held::{Contended, Dropped, Part, RowChange},
    ids::DirectoryUserId,
    plan::{Outcome, Plan, Reason},
};
use std::collections::{HashMap, HashSet};

/// A plan without what is left alone.
#[derive(Clone, Debug)]
pub struct Rested {
    /// The plan.
    pub plan: Plan,
    /// Dropped rows that are forgotten, as Microsoft has another value by now.
    pub forgotten: Vec<(DirectoryUserId, Part)>,
    /// Contests that are over for the same reason.
    pub over: Vec<Recount>,
}

/// Plans one Organization without what is left alone. An End User whose change of address is left alone keeps its
/// address for the whole plan: nobody gets one that is not given up.
pub fn plan_rested(input: &PlanInput<'_>, dropped: &[Dropped], contended: &[Contended]) -> Rested {
    let (resting, forgotten) = resting(dropped, input.users);
    let mut keeps = contended_addresses(contended, input.users);
    let address = resting.iter().filter(|(_, part)| *part == Part::Field(Field::Email));
    keeps.extend(address.map(|(user, _)| *user));
    let mut plan = plan_keeping(input, &keeps);
    leave_dropped(&mut plan, &resting);
    let over = leave_contended(&mut plan, contended, input.users);
    Rested { plan, forgotten, over }
}

/// What Microsoft says about a part of a person: a dropped row rests for as long as this is what it was.
pub fn microsoft_value(user: &DirectoryUser, part: Part) -> String {
    match part {
        Part::EndUser | Part::Mapping => address_of(user).map(|address| address.key).unwrap_or_default(),
        Part::Field(field) => fields::of_user(user).get(field).to_owned(),
        Part::Mark => match (user.deleted_at, user.disabled_at) {
            (Some(at), _) => mark_value(Mark {
                kind: MarkKind::Deleted,
                at,
            }),
            (None, Some(at)) => mark_value(Mark {
                kind: MarkKind::Disabled,
                at,
            }),
            (None, None) => String::new(),
        },
    }
}

/// What Microsoft said when a row was planned, in the form of [`microsoft_value`]: what a person saw who drops it.
pub fn seen_value(change: &RowChange) -> String {
    match change {
        RowChange::Create { .. } => key(&change.new_value()),
        RowChange::Mark(change) => change.new.map(mark_value).unwrap_or_default(),
        RowChange::Field(change) => change.new.clone(),
    }
}

fn mark_value(mark: Mark) -> String {
    format!("{} {}", mark.kind.key(), mark.at.timestamp_micros())
}

type At = (DirectoryUserId, Part);

/// Which dropped rows rest, and which are forgotten, as Microsoft has another value by now.
fn resting(dropped: &[Dropped], users: &[DirectoryUser]) -> (HashSet<At>, Vec<At>) {
    let (mut resting, mut forgotten) = (HashSet::new(), vec![]);
    if dropped.is_empty() {
        return (resting, forgotten);
    }
    let mut of_user: HashMap<DirectoryUserId, Vec<&Dropped>> = HashMap::new();
    for row in dropped {
        of_user.entry(row.user).or_default().push(row);
    }
    for user in users {
        for row in of_user.get(&user.id).into_iter().flatten() {
            if microsoft_value(user, row.part) == row.value {
                resting.insert((row.user, row.part));
            } else {
                forgotten.push((row.user, row.part));
            }
        }
    }
    (resting, forgotten)
}

/// Takes what was dropped out of a plan.
fn leave_dropped(plan: &mut Plan, resting: &HashSet<At>) {
    if resting.is_empty() {
        return;
    }
    for person in plan.people.iter_mut().filter(|person| person.writes()) {
        let user = person.user;
        let rests = |part| resting.contains(&(user, part));
        if !rows(person).iter().any(|row| rests(row.part())) {
            continue;
        }
        let outcome = if person.outcome == Outcome::Create {
            Outcome::Skip
        } else {
            Outcome::Unchanged
        };
        leave_out(person, rests, (outcome, Reason::Dropped));
    }
}

#[cfg(test)]
#[path = "resting_tests.rs"]
mod tests;
