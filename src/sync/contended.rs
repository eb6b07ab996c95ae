//! Fields that another program writes too: restored to the same value in three runs running, they are left alone until
//! Microsoft's value changes or an administrator decides.

use super::{fields, guard::leave_out, normalise::same};
use crate::model::{
    directory::DirectoryUser,
    end_user::Field,
    held::{Contended, Contest, Part},
    ids::{DirectoryUserId, EndUserId},
    plan::{Outcome, PersonPlan, Plan, Reason},
};
use std::collections::{HashMap, HashSet};

/// In so many runs running a field is restored before it counts as contended.
pub const RUNS: u32 = 3;

/// What changes in what is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recount {
    /// A field was restored again, or for the first time.
    Restored {
        /// The account.
        user: DirectoryUserId,
        /// The End User.
        end_user: EndUserId,
        /// Which field.
        field: Field,
        /// To what.
        value: String,
        /// In how many runs running.
        runs: u32,
        /// Counting, or open from the third on.
        state: Contest,
    },
    /// Nothing is to be remembered any more.
    Forgotten {
        /// The account.
        user: DirectoryUserId,
        /// Which field.
        field: Field,
    },
}

impl Recount {
    /// The account.
    pub const fn user(&self) -> DirectoryUserId {
        match self {
            Self::Restored { user, .. } | Self::Forgotten { user, .. } => *user,
        }
    }
}

/// Whether a contest still is about the value that Microsoft has.
fn is_about(record: &Contended, user: &DirectoryUser) -> bool {
    same(record.field, &record.value, fields::of_user(user).get(record.field))
}

/// By account: the contests whose fields are left alone.
type LeftAlone<'a> = HashMap<DirectoryUserId, Vec<&'a Contended>>;

/// Which fields are left alone, and the contests that are over, as Microsoft has another value by now.
fn left_alone<'a>(records: &'a [Contended], users: &[DirectoryUser]) -> (LeftAlone<'a>, Vec<Recount>) {
    let (mut left, mut over) = (LeftAlone::new(), vec![]);
    if records.is_empty() {
        return (left, over);
    }
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    for record in records {
        match record.state {
            Contest::Counting | Contest::Microsoft => {}
            Contest::Open if by_id.get(&record.user).is_some_and(|user| !is_about(record, user)) => {
                over.push(Recount::Forgotten {
                    user: record.user,
                    field: record.field,
                });
            }
            Contest::Open | Contest::Other => left.entry(record.user).or_default().push(record),
        }
    }
    (left, over)
}

/// The accounts whose End User keeps its address, as another program writes it too.
pub(super) fn contended_addresses(records: &[Contended], users: &[DirectoryUser]) -> HashSet<DirectoryUserId> {
    let left = left_alone(records, users).0.into_values().flatten();
    left.filter(|record| record.field == Field::Email)
        .map(|record| record.user)
        .collect()
}

/// Takes contended fields out of a plan. Returns the contests that are over, as Microsoft has another value by now.
pub fn leave_contended(plan: &mut Plan, records: &[Contended], users: &[DirectoryUser]) -> Vec<Recount> {
    let (left, over) = left_alone(records, users);
    for person in plan.people.iter_mut().filter(|person| !person.fields.is_empty()) {
        let (Some(records), true) = (left.get(&person.user), is_of_a_mapped(person)) else {
            continue;
        };
        let is_left = |field: Field| records.iter().find(|record| record.field == field);
        let mut open: Vec<_> = person
            .fields
            .iter()
            .filter_map(|change| is_left(change.field))
            .filter(|record| record.state == Contest::Open)
            .collect();
        open.sort_unstable_by_key(|record| record.field);
        let instead = match open.first() {
            Some(first) => (
                Outcome::Conflict,
                Reason::Contended {
                    fields: open.iter().map(|record| record.field).collect(),
                    writer: first.writer.clone(),
                },
            ),
            None => (Outcome::Unchanged, Reason::UpToDate),
        };
        if person.fields.iter().any(|change| is_left(change.field).is_some()) {
            let leaves = |part| matches!(part, Part::Field(field) if is_left(field).is_some());
            leave_out(person, leaves, instead);
        }
    }
    over
}

/// Fields are restored on an End User that was mapped before, and is mapped to the same account.
fn is_of_a_mapped(person: &PersonPlan) -> bool {
    !matches!(person.outcome, Outcome::Create | Outcome::Link)
}

/// Counts what an applied plan restores, and forgets what it did not restore this time.
pub fn recount(applied: &Plan, records: &[Contended]) -> Vec<Recount> {
    let known: HashMap<_, _> = records
        .iter()
        .map(|record| ((record.user, record.field), record))
        .collect();
    let (mut changes, mut restored) = (vec![], HashSet::new());
    for person in applied.people.iter().filter(|person| is_of_a_mapped(person)) {
        let (Some(before), Some(end_user)) = (&person.before, person.end_user) else {
            continue;
        };
        for change in &person.fields {
            let last = before.last_synced.get(change.field);
            if last.is_empty() || !same(change.field, last, &change.new) {
                continue;
            }
            restored.insert((person.user, change.field));
            let known = known.get(&(person.user, change.field));
            if known.is_some_and(|record| record.state != Contest::Counting) {
                continue;
            }
            let runs = known
                .filter(|record| same(record.field, &record.value, &change.new))
                .map_or(1, |record| record.runs + 1);
            changes.push(Recount::Restored {
                user: person.user,
                end_user,
                field: change.field,
                value: change.new.clone(),
                runs,
                state: if runs < RUNS { Contest::Counting } else { Contest::Open },
            });
        }
    }
    let planned: HashSet<_> = applied.people.iter().map(|person| person.user).collect();
    let broken = records.iter().filter(|record| {
        record.state == Contest::Counting
            && planned.contains(&record.user)
            && !restored.contains(&(record.user, record.field))
    });
    changes.extend(broken.map(|record| Recount::Forgotten {
        user: record.user,
        field: record.field,
    }));
    changes
}

#[cfg(test)]
#[path = "contended_tests.rs"]
mod tests;
