//! A plan in numbers, with the people behind each number: what the dialog and `entrain sync --plan` show.

use super::{
    address::address_of,
    fields,
    filter::{Scope, unreadable},
};
use crate::model::{
    directory::{DirectoryUser, Readings},
    filter::Filters,
    ids::DirectoryUserId,
    plan::{Outcome, PersonPlan, Plan, PlanSummary, PlannedPerson},
};
use std::collections::HashMap;

/// Whose plans are summed up.
#[derive(Clone, Copy, Debug)]
pub struct Everybody<'a> {
    /// The users of the Microsoft tenant.
    pub users: &'a [DirectoryUser],
    /// What of it could be read.
    pub readings: &'a Readings,
}

/// Sums up the plan of these filters, naming at most `most` people of each outcome. With today's filters and plan also
/// who joins and who leaves.
pub fn summarise(
    (filters, plan): (&Filters, &Plan),
    everybody: Everybody<'_>,
    today: Option<(&Filters, &Plan)>,
    most: usize,
) -> PlanSummary {
    let users = everybody.users;
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    let counts = plan.counts();
    let matching = Matching::new(filters, everybody.readings);
    let matches = |person: &PersonPlan| matching.has(person, &by_id);
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
    if let Some((filters, today)) = today {
        let matched = Matching::new(filters, everybody.readings);
        let before: HashMap<_, _> = today.people.iter().map(|person| (person.user, person)).collect();
        let was = |person: &PersonPlan| {
            before
                .get(&person.user)
                .is_some_and(|before| matched.has(before, &by_id))
        };
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

/// Whom filters match.
struct Matching {
    /// None while they rest on what could not be read: then nobody is known to match.
    scope: Option<Scope>,
}

impl Matching {
    fn new(filters: &Filters, readings: &Readings) -> Self {
        let is_readable = unreadable(filters, readings).is_empty();
        Self {
            scope: is_readable.then(|| Scope::new(filters)),
        }
    }

    /// Whether a person is one whom the filters match: living, in scope, and mapped or somebody new. What is written for
    /// them does not tell, as a mark is written for people out of scope too.
    fn has(&self, person: &PersonPlan, users: &HashMap<DirectoryUserId, &DirectoryUser>) -> bool {
        let (Some(scope), Some(user)) = (&self.scope, users.get(&person.user)) else {
            return false;
        };
        person.outcome != Outcome::Skip && user.is_living() && scope.refusals(user).is_empty()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            directory::Reading,
            end_user::{EndUserState, Fields, Mapping},
            filter::Choice,
            ids::EndUserId,
        },
        sync::plan::{PlanInput, plan},
    };
    use chrono::DateTime;
    use uuid::Uuid;

    fn user(n: u128, department: &str) -> DirectoryUser {
        DirectoryUser {
            id: DirectoryUserId(Uuid::from_u128(n)),
            mail: format!("u{n}@contoso.example"),
            department: department.into(),
            ..DirectoryUser::default()
        }
    }

    fn mapped(n: u128) -> EndUserState {
        EndUserState {
            id: EndUserId(Uuid::from_u128(100 + n)),
            fields: Fields {
                email: format!("u{n}@contoso.example"),
                ..Fields::default()
            },
            mapping: Some(Mapping {
                user: DirectoryUserId(Uuid::from_u128(n)),
                last_synced: Fields::default(),
                mark: None,
            }),
        }
    }

    /// A leaver, two newly disabled of whom one is in scope, a stranger who is disabled, and somebody new.
    fn world() -> (Vec<DirectoryUser>, Vec<EndUserState>) {
        let long_ago = Some(DateTime::UNIX_EPOCH);
        let leaver = DirectoryUser {
            deleted_at: long_ago,
            ..user(1, "Sales")
        };
        let disabled = |n, department| DirectoryUser {
            disabled_at: long_ago,
            ..user(n, department)
        };
        let users = vec![
            leaver,
            disabled(2, "Sales"),
            disabled(3, "Legal"),
            disabled(4, "Sales"),
            user(5, "Sales"),
        ];
        (users, vec![mapped(1), mapped(2), mapped(3)])
    }

    fn sums(filters: &Filters, readings: &Readings) -> PlanSummary {
        let (users, end_users) = world();
        let plan = plan(&PlanInput {
            filters,
            users: &users,
            end_users: &end_users,
            exclusions: &[],
            readings,
        });
        let everybody = Everybody {
            users: &users,
            readings,
        };
        summarise((filters, &plan), everybody, None, 10)
    }

    #[test]
    fn those_who_match_are_living_and_in_scope_whatever_is_written_for_them() {
        let sales = Filters {
            department: Choice::Values(vec![Some("Sales".into())]),
            ..Filters::default()
        };
        let summary = sums(&sales, &Readings::default());
        assert_eq!((summary.matching, summary.users), (2, 4));
        let all = sums(&Filters::default(), &Readings::default());
        assert_eq!(
            (all.matching, all.users),
            (3, 4),
            "a disabled stranger is nobody the sync cares for"
        );
    }

    #[test]
    fn nobody_is_said_to_match_what_could_not_be_read() {
        let none = Filters {
            group: Choice::Values(vec![None]),
            ..Filters::default()
        };
        assert_eq!(sums(&none, &Readings::default()).matching, 0);
        let read = Readings {
            groups: Reading::Read,
            ..Readings::default()
        };
        assert_eq!(sums(&none, &read).matching, 3);
    }
}
