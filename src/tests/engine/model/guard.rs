//! The guard, written down once more: which parts of a plan wait for a person.

use super::{
    super::expected::folded,
    microsoft::Id,
    rules::{EMAIL, Fate, Person, Plan},
};
use std::collections::{BTreeMap, BTreeSet};

/// A part of an account's part of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    New,
    Mark,
    Field(usize),
}

/// So many of so many.
pub type Share = (usize, usize);

/// More than a tenth and more than ten, or half and at least three.
fn is_mass((part, of): Share) -> bool {
    (part > 10 && part * 10 > of) || (part >= 3 && part * 2 >= of)
}

/// The mapped End Users that a plan newly marks, of so many.
pub fn disabling(plan: &Plan, people: &BTreeMap<u64, Person>) -> Share {
    let newly = plan.values().filter(|part| matches!(part.mark, Some((None, Some(_)))));
    let mapped = people.values().filter(|person| person.mapping.is_some());
    (newly.count(), mapped.count())
}

/// What waits. `together` is what all Organizations of the Microsoft tenant disable. Too many new people at once are not
/// among the rules here: histories have too few.
pub fn waiting(plan: &Plan, people: &BTreeMap<u64, Person>, together: Share) -> BTreeSet<(Id, Row)> {
    let own = disabling(plan, people);
    let of_mapped = |count: usize| is_mass((count, own.1));
    let held_marks = is_mass(own) || is_mass(together);
    let changed = |is: &dyn Fn(&super::rules::Change) -> bool| {
        let parts = plan.values().filter(|part| part.fate != Fate::Create);
        parts.flat_map(|part| &part.changes).filter(|change| is(change)).count()
    };
    let held_addresses = of_mapped(changed(&|change| change.field == EMAIL && !change.old.is_empty()));
    let held_clears: Vec<bool> = (0..9)
        .map(|field| of_mapped(changed(&|change| change.field == field && change.new.is_empty())))
        .collect();
    let mut waiting = BTreeSet::new();
    for (id, part) in plan.iter().filter(|(_, part)| part.fate != Fate::Create) {
        if held_marks && matches!(part.mark, Some((None, Some(_)))) {
            waiting.insert((id.clone(), Row::Mark));
        }
        for change in &part.changes {
            let held = if change.field == EMAIL && !change.old.is_empty() {
                held_addresses
            } else {
                change.new.is_empty() && held_clears[change.field]
            };
            if held {
                waiting.insert((id.clone(), Row::Field(change.field)));
            }
        }
    }
    wait_for_addresses(plan, people, &mut waiting);
    waiting
}

/// Whoever would get an address that somebody who waits still has, waits too.
fn wait_for_addresses(plan: &Plan, people: &BTreeMap<u64, Person>, waiting: &mut BTreeSet<(Id, Row)>) {
    loop {
        let kept: BTreeSet<String> = plan
            .iter()
            .filter(|(id, _)| waiting.contains(&((*id).clone(), Row::Field(EMAIL))))
            .filter_map(|(_, part)| match part.fate {
                Fate::Mapped(key) => Some(folded(&people[&key].fields[EMAIL])),
                _ => None,
            })
            .collect();
        let mut more = vec![];
        for (id, part) in plan {
            let row = if part.fate == Fate::Create {
                Row::New
            } else {
                Row::Field(EMAIL)
            };
            let claims = part
                .changes
                .iter()
                .any(|change| change.field == EMAIL && kept.contains(&folded(&change.new)));
            if claims && !waiting.contains(&(id.clone(), row)) {
                more.push((id.clone(), row));
            }
        }
        if more.is_empty() {
            return;
        }
        waiting.extend(more);
    }
}
