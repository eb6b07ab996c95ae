//! The law of the closure: planning it decides what planning everybody decides, over rounds of changes that chance makes.

use super::{
    address::address_of,
    closure::{Closure, Seeds, is_unsettled},
    closure_edits::{change, edit, of_world},
    contended::{Recount, recount},
    guard::{Guard, Judged, Rows, Size, depends_on_size, disabling, judge},
    laws::{World, world},
    normalise::key,
    plan::PlanInput,
    resting::plan_rested,
};
use crate::model::{
    directory::DirectoryUser,
    end_user::{EndUserState, Fields, Mapping},
    held::{Contended, Dropped, HeldRow, Part},
    ids::{DirectoryUserId, EndUserId},
    plan::{Counts, Outcome, Reason},
};
use proptest::{prelude::*, sample::Index, strategy::ValueTree, test_runner::TestRunner};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What is kept from run to run, as the tables keep it.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    standing: HashMap<DirectoryUserId, (Outcome, Reason)>,
    pub(super) held: Vec<HeldRow>,
    pub(super) left: Rows,
    pub(super) dropped: Vec<Dropped>,
    pub(super) contended: Vec<Contended>,
    unsettled: Vec<DirectoryUserId>,
}

struct Decided {
    judged: Judged,
    forgotten: Vec<(DirectoryUserId, Part)>,
    recounts: Vec<Recount>,
}

type People<'a> = (&'a [DirectoryUser], &'a [EndUserState]);

fn decide(world: &World, book: &Book, people: People<'_>) -> Decided {
    decide_approving(world, book, people, None)
}

fn decide_approving(world: &World, book: &Book, (users, end_users): People<'_>, approved: Option<&Rows>) -> Decided {
    let input = PlanInput {
        filters: &world.filters,
        users,
        end_users,
        exclusions: &world.exclusions,
        readings: &world.readings,
    };
    let rested = plan_rested(&input, &book.dropped, &book.contended);
    // As the engine does, which counts End Users only then.
    let size = if depends_on_size(&rested.plan) {
        Size::of(&world.end_users)
    } else {
        Size::default()
    };
    let all = rows_of(&book.held);
    let guard = Guard {
        end_users,
        size,
        together: disabling(&rested.plan, size),
        confirmed: Some(0),
        left: if approved.is_some() { &all } else { &book.left },
        approved,
    };
    let judged = judge(rested.plan, &guard);
    let mut recounts = rested.over;
    recounts.extend(recount(&judged.applied, &book.contended));
    Decided {
        judged,
        forgotten: rested.forgotten,
        recounts,
    }
}

fn rows_of(held: &[HeldRow]) -> Rows {
    let rows = held.iter();
    rows.map(|row| ((row.user, row.change.part()), row.change.clone()))
        .collect()
}

impl Book {
    /// An administrator approves one held row, and leaves the others. Returns who is looked at again for it: those of
    /// whom something was held or is left to be decided, who were written, and from whom they took over.
    pub(super) fn approve(&mut self, world: &mut World, which: &Index) -> Vec<DirectoryUserId> {
        if self.held.is_empty() {
            return vec![];
        }
        let before = rows_of(&self.held);
        let approved = rows_of(std::slice::from_ref(which.get(&self.held)));
        let decided = decide_approving(world, self, (&world.users, &world.end_users), Some(&approved));
        let unsettled = std::mem::take(&mut self.unsettled);
        self.keep(&decided);
        self.unsettled = unsettled;
        self.left = rows_of(&self.held);
        self.left.retain(|at, change| before.get(at) == Some(&*change));
        *world = world.apply(&decided.judged.applied);
        let applied = decided.judged.applied.people.iter();
        let concerned = applied.flat_map(|person| {
            let from = match person.reason {
                Reason::TakesOver { from, .. } => Some(from),
                _ => None,
            };
            [Some(person.user), from].into_iter().flatten()
        });
        let concerned = concerned.chain(before.into_keys().map(|(user, _)| user));
        concerned.chain(self.seeds()).collect()
    }

    /// With whom a closure begins, whatever changed.
    fn seeds(&self) -> Vec<DirectoryUserId> {
        let is_pending = |it| matches!(it, Outcome::Conflict | Outcome::Held);
        let pending = self.standing.iter().filter(|(_, (it, _))| is_pending(*it));
        pending
            .map(|(user, _)| *user)
            .chain(self.held.iter().map(|row| row.user))
            .chain(self.dropped.iter().map(|row| row.user))
            .chain(self.contended.iter().map(|record| record.user))
            .chain(self.unsettled.iter().copied())
            .collect()
    }

    fn keep(&mut self, decided: &Decided) {
        for person in &decided.judged.applied.people {
            if let Some((outcome, reason)) = person.stands() {
                self.standing.insert(person.user, (outcome, reason.clone()));
            } else {
                self.standing.remove(&person.user);
            }
        }
        let people = decided.judged.applied.people.iter();
        self.unsettled = people.filter(|it| is_unsettled(it)).map(|it| it.user).collect();
        self.held.clone_from(&decided.judged.held);
        let held = &self.held;
        self.left
            .retain(|(user, _), change| held.iter().any(|row| row.user == *user && row.change == *change));
        self.dropped
            .retain(|row| !decided.forgotten.contains(&(row.user, row.part)));
        for recount in &decided.recounts {
            let (user, field) = match recount {
                Recount::Restored { user, field, .. } | Recount::Forgotten { user, field } => (*user, *field),
            };
            self.contended
                .retain(|record| (record.user, record.field) != (user, field));
            if let Recount::Restored {
                end_user,
                value,
                runs,
                state,
                ..
            } = recount.clone()
            {
                self.contended.push(Contended {
                    user,
                    end_user,
                    field,
                    value,
                    runs,
                    state,
                    writer: String::new(),
                });
            }
        }
    }
}

/// Two worlds in one Organization that share no address, so that one is outside when the other changes.
fn two_worlds() -> impl Strategy<Value = World> {
    (world(), world()).prop_map(|(mut one, mut two)| {
        let shifted = |user: DirectoryUserId| DirectoryUserId(Uuid::from_u128(user.0.as_u128() + 0x100));
        for user in &mut two.users {
            user.id = shifted(user.id);
            user.mail = of_world(&user.mail, true);
        }
        for end_user in &mut two.end_users {
            end_user.id = EndUserId(Uuid::from_u128(end_user.id.0.as_u128() + 0x1000));
            end_user.fields.email = of_world(&end_user.fields.email, true);
            if let Some(mapping) = &mut end_user.mapping {
                mapping.user = shifted(mapping.user);
            }
        }
        one.users.append(&mut two.users);
        one.end_users.append(&mut two.end_users);
        one
    })
}

fn grow(world: &World, seeds: Seeds) -> (Vec<DirectoryUser>, Vec<EndUserState>) {
    let mut closure = Closure::new(seeds);
    while let Some(wanted) = closure.wanted() {
        let has = |address: &str| wanted.addresses.iter().any(|it| it == address);
        let users = world.users.iter().filter(|user| {
            let lives_there = user.is_living() && address_of(user).is_some_and(|address| has(&address.key));
            wanted.users.contains(&user.id) || lives_there
        });
        let end_users = world.end_users.iter().filter(|it| {
            let is_mapped = |mapping: &Mapping| wanted.mapped_to.contains(&mapping.user);
            wanted.end_users.contains(&it.id)
                || it.mapping.as_ref().is_some_and(is_mapped)
                || has(&key(&it.fields.email))
        });
        let (users, end_users) = (users.cloned().collect(), end_users.cloned().collect());
        closure.add(users, end_users);
    }
    closure.into_people()
}

fn sorted(recounts: &[Recount]) -> Vec<String> {
    let mut words: Vec<_> = recounts.iter().map(|recount| format!("{recount:?}")).collect();
    words.sort();
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn planning_the_closure_decides_what_planning_everybody_decides_and_nobody_outside_would_have_changed(
        world in two_worlds(), rounds in prop::collection::vec(prop::collection::vec(edit(), 0..4), 1..5),
    ) {
        let (mut world, mut book, mut number) = (world, Book::default(), 0);
        let first = decide(&world, &book, (&world.users, &world.end_users));
        book.keep(&first);
        world = world.apply(&first.judged.applied);
        for edits in rounds {
            let mut seeds = Seeds { users: book.seeds(), end_users: vec![] };
            for edit in &edits {
                number += 1;
                let more = change(&mut world, &mut book, edit, number);
                seeds.users.extend(more.users);
                seeds.end_users.extend(more.end_users);
            }
            let whole = decide(&world, &book, (&world.users, &world.end_users));
            let (users, end_users) = grow(&world, seeds);
            let part = decide(&world, &book, (&users, &end_users));
            let inside: HashSet<_> = users.iter().map(|user| user.id).collect();
            let (within, outside): (Vec<_>, Vec<_>) = whole.judged.applied.people.iter().cloned()
                .partition(|person| inside.contains(&person.user));
            prop_assert_eq!(&within, &part.judged.applied.people);
            prop_assert_eq!(&whole.judged.held, &part.judged.held);
            prop_assert_eq!(sorted(&whole.recounts), sorted(&part.recounts));
            prop_assert_eq!(whole.forgotten.len(), part.forgotten.len());
            let mut counts = Counts::default();
            for person in &outside {
                prop_assert!(!person.writes() && person.outcome != Outcome::Superseded, "{:?}", person);
                let stood = book.standing.get(&person.user);
                let stands = person.outcome.stands().then(|| (person.outcome, person.reason.clone()));
                prop_assert_eq!(stood, stands.as_ref(), "{:?}", person);
                counts.add(stood.map_or(Outcome::Unchanged, |(outcome, _)| *outcome));
            }
            counts.merge(&part.judged.applied.counts());
            prop_assert_eq!(counts, whole.judged.applied.counts());
            book.keep(&whole);
            world = world.apply(&whole.judged.applied);
        }
    }
}

/// A person by themselves, synced.
fn synced(n: u128, mail: &str) -> (DirectoryUser, EndUserState) {
    let user = DirectoryUser {
        id: DirectoryUserId(Uuid::from_u128(n)),
        mail: mail.into(),
        ..DirectoryUser::default()
    };
    let end_user = EndUserState {
        id: EndUserId(Uuid::from_u128(0xE000 + n)),
        fields: Fields {
            email: format!("p{n}@x.example"),
            ..Fields::default()
        },
        mapping: Some(Mapping {
            user: user.id,
            ..Default::default()
        }),
    };
    (user, end_user)
}

#[test]
fn a_closure_is_who_changed_and_whoever_has_or_wants_their_addresses_in_chains() {
    let (users, end_users) = [
        synced(1, "p2@x.example"),
        synced(2, "P3@X.example"),
        synced(3, "p3@x.example"),
        synced(4, "p4@x.example"),
        synced(5, "p4@x.example"),
    ]
    .into_iter()
    .unzip();
    let world = World {
        filters: Default::default(),
        users,
        end_users,
        exclusions: vec![],
        readings: Default::default(),
    };
    let of = |user: u128| {
        let users = vec![DirectoryUserId(Uuid::from_u128(user))];
        let (users, end_users) = grow(
            &world,
            Seeds {
                users,
                end_users: vec![],
            },
        );
        let mut ids: Vec<_> = users.iter().map(|user| user.id.0.as_u128()).collect();
        ids.sort_unstable();
        assert_eq!(ids.len(), end_users.len());
        ids
    };
    assert_eq!((of(1), of(3)), (vec![1, 2, 3], vec![1, 2, 3]));
    assert_eq!((of(4), of(5)), (vec![4, 5], vec![4, 5]));
    assert_eq!(of(9), Vec::<u128>::new());
}

/// Or the law would say nothing.
#[test]
fn when_one_person_of_the_worlds_changes_others_are_mostly_outside() {
    let (worlds, mut runner) = (two_worlds(), TestRunner::deterministic());
    let mut outside = 0;
    for _ in 0..200 {
        let world = worlds.new_tree(&mut runner).unwrap().current();
        let users = vec![world.users[0].id];
        let (users, _) = grow(
            &world,
            Seeds {
                users,
                end_users: vec![],
            },
        );
        outside += usize::from(users.len() < world.users.len());
    }
    assert!(outside > 150, "{outside}");
}
