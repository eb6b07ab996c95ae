//! A plan in numbers, with the people behind each number: what the dialog and `entrain sync --plan` show.

use super::{address::address_of, fields};
use crate::model::{
    directory::DirectoryUser,
    ids::DirectoryUserId,
    plan::{Outcome, PersonPlan, Plan, PlanSummary, PlannedPerson},
};
use std::collections::HashMap;

/// Sums a plan up, naming at most `most` people of each outcome. With today's plan also who joins and who leaves.
pub fn summarise(plan: &Plan, users: &[DirectoryUser], today: Option<&Plan>, most: usize) -> PlanSummary {
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    let counts = plan.counts();
    let mut summary = PlanSummary {
        users: count(users.iter().filter(|user| user.is_living()).count()),
        matching: count(plan.people.iter().filter(|person| matches(person)).count()),
        counts,
        ..PlanSummary::default()
    };
    for outcome in Outcome::ALL {
        let people = plan.people.iter().filter(|person| person.outcome == outcome);
        summary.people.extend(named(people, &by_id, most));
    }
    if let Some(today) = today {
        let before: HashMap<_, _> = today.people.iter().map(|person| (person.user, person)).collect();
        let was = |person: &PersonPlan| before.get(&person.user).is_some_and(|before| matches(before));
        let joins: Vec<_> = plan
            .people
            .iter()
            .filter(|person| matches(person) && !was(person))
            .collect();
        let leaves: Vec<_> = plan
            .people
            .iter()
            .filter(|p| p.outcome == Outcome::OutOfScope && was(p))
            .collect();
        summary.joining = count(joins.len());
        summary.leaving = count(leaves.len());
        summary.joins = named(joins.into_iter(), &by_id, most);
        summary.leaves = named(leaves.into_iter(), &by_id, most);
    }
    summary
}

/// Whether a person is one whom the filters match: a mapped one in scope, or somebody new.
const fn matches(person: &PersonPlan) -> bool {
    match person.outcome {
        Outcome::Create | Outcome::Link | Outcome::Update | Outcome::Unchanged | Outcome::Conflict => true,
        Outcome::Disable | Outcome::Enable | Outcome::Held => true,
        Outcome::OutOfScope | Outcome::Superseded | Outcome::Skip | Outcome::Undo => false,
    }
}

fn named<'a>(
    people: impl Iterator<Item = &'a PersonPlan>,
    users: &HashMap<DirectoryUserId, &DirectoryUser>,
    most: usize,
) -> Vec<PlannedPerson> {
    let mut people: Vec<_> = people
        .filter_map(|person| {
            let user = users.get(&person.user)?;
            let address = address_of(user).map_or_else(|| user.upn.clone(), |address| address.spelling);
            Some(PlannedPerson {
                user: person.user,
                name: fields::of_user(user).name,
                address,
                outcome: person.outcome,
                why: person.reason.words(),
                changes: person.fields.clone(),
            })
        })
        .collect();
    people.sort_by_cached_key(|person| (person.name.to_lowercase(), person.user));
    people.truncate(most);
    people
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
