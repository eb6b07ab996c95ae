//! The laws of the guard and of undoing, over the same directories and Organizations that chance makes.

use super::{
    guard::{Guard, Judged, Rows, Share, Size, disabling, judge, rows},
    laws::{World, world},
    normalise::key,
    plan::PlanInput,
    resting::{microsoft_value, plan_rested},
    undo::{Later, Today, undo, undo_together},
};
use crate::model::{
    end_user::{EndUserState, Field, Fields},
    held::{Contended, Contest, Dropped, Part},
    ids::EndUserId,
    plan::{Outcome, Plan},
    undo::Written,
};
use proptest::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

fn judged(world: &World, plan: &Plan, left: &Rows, approved: Option<&Rows>) -> Judged {
    judge(
        plan.clone(),
        &Guard {
            end_users: &world.end_users,
            size: Size::of(&world.end_users),
            together: disabling(plan, Size::of(&world.end_users)),
            confirmed: Some(0),
            left,
            approved,
        },
    )
}

/// Every row of a plan; `some` of them where a number is given.
pub(super) fn rows_of(plan: &Plan, some: Option<u8>) -> Rows {
    let all = plan
        .people
        .iter()
        .filter(|person| person.writes())
        .flat_map(|person| rows(person).into_iter().map(|row| ((person.user, row.part()), row)));
    all.enumerate()
        .filter(|(n, _)| some.is_none_or(|some| (usize::from(some) >> (n % 8)) & 1 == 1))
        .map(|(_, row)| row)
        .collect()
}

/// Some rows of a world's plan that were dropped before, and some addresses that other programs hold on to.
pub(super) fn notes(world: &World, dropped: u8, contended: u8) -> (Vec<Dropped>, Vec<Contended>) {
    let user_of = |id| world.users.iter().find(|user| user.id == id).unwrap();
    let dropped: Vec<_> = rows_of(&world.plan(), Some(dropped))
        .into_keys()
        .map(|(user, part)| Dropped {
            user,
            part,
            value: microsoft_value(user_of(user), part),
        })
        .collect();
    let mapped = world
        .end_users
        .iter()
        .filter_map(|it| Some((it.id, it.mapping.as_ref()?.user)));
    let contended: Vec<_> = mapped
        .enumerate()
        .filter(|(n, _)| (usize::from(contended) >> (n % 8)) & 1 == 1)
        .map(|(n, (end_user, user))| Contended {
            user,
            end_user,
            field: Field::Email,
            value: microsoft_value(user_of(user), Part::Field(Field::Email)),
            runs: 3,
            state: if n % 2 == 0 { Contest::Open } else { Contest::Other },
            writer: String::new(),
        })
        .collect();
    (dropped, contended)
}

/// The plan of a world of which that is noted.
fn rested(world: &World, dropped: u8, contended: u8) -> Plan {
    let (dropped, contended) = notes(world, dropped, contended);
    let input = PlanInput {
        filters: &world.filters,
        users: &world.users,
        end_users: &world.end_users,
        exclusions: &world.exclusions,
        readings: &world.readings,
    };
    plan_rested(&input, &dropped, &contended).plan
}

fn sorted(world: &World) -> Vec<EndUserState> {
    let mut end_users = world.end_users.clone();
    end_users.sort_by_key(|end_user| end_user.id);
    end_users
}

fn holders(world: &World) -> HashMap<String, usize> {
    let mut number: HashMap<String, usize> = HashMap::new();
    for end_user in world
        .end_users
        .iter()
        .filter(|end_user| !end_user.fields.email.is_empty())
    {
        *number.entry(key(&end_user.fields.email)).or_default() += 1;
    }
    number
}

/// Addresses that several End Users have, and more than had them before.
fn newly_repeated(before: &World, after: &World) -> Vec<(String, usize)> {
    let before = holders(before);
    holders(after)
        .into_iter()
        .filter(|(address, number)| *number > 1 && before.get(address).is_none_or(|before| number > before))
        .collect()
}

/// What is recorded when a plan is applied.
fn footprints(plan: &Plan) -> Vec<Written> {
    plan.people
        .iter()
        .filter_map(|person| {
            let new = EndUserId(Uuid::from_u128(person.user.0.as_u128() + 0xC0_0000));
            Some(Written {
                user: person.user,
                end_user: if person.outcome == Outcome::Create {
                    new
                } else {
                    person.end_user?
                },
                fields: person.fields.clone(),
                footprint: person.footprint()?,
            })
        })
        .collect()
}

/// Undoes everything that was written, when nobody touched it. Returns what the undoing wrote.
fn undone(world: &mut World, written: &[Written]) -> Vec<Written> {
    let mut back = vec![];
    for one in written {
        let held = world
            .end_users
            .iter()
            .find(|end_user| end_user.id == one.end_user)
            .cloned();
        let result = undo(
            one,
            &Today {
                end_user: held.as_ref(),
                ..Today::default()
            },
        );
        assert_eq!(result.left, [], "nobody touched {one:?}");
        back.extend(result.back);
    }
    put_back(world, &back);
    back
}

/// Writes what an undoing puts back.
fn put_back(world: &mut World, back: &[Written]) {
    for one in back {
        let mut end_user = world
            .end_users
            .iter()
            .position(|end_user| end_user.id == one.end_user)
            .map_or_else(
                || EndUserState {
                    id: one.end_user,
                    ..EndUserState::default()
                },
                |at| world.end_users.remove(at),
            );
        for change in &one.fields {
            assert_eq!(end_user.fields.get(change.field), change.old);
            end_user.fields.set(change.field, change.new.clone());
        }
        end_user.mapping.clone_from(&one.footprint.after);
        if one.footprint.exists {
            world.end_users.push(end_user);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_applied_and_what_is_held_are_together_the_plan(world in world(), left in any::<u8>()) {
        let plan = world.plan();
        let judged = judged(&world, &plan, &rows_of(&plan, Some(left)), None);
        let mut together = rows_of(&judged.applied, None);
        for row in &judged.held {
            let twice = together.insert((row.user, row.change.part()), row.change.clone());
            prop_assert!(twice.is_none(), "{:?} is both", row);
        }
        prop_assert_eq!(together, rows_of(&plan, None));
        prop_assert_eq!(judged.applied.people.len(), plan.people.len());
    }

    #[test]
    fn below_the_thresholds_nothing_is_held(world in world()) {
        let plan = world.plan();
        let mapped = disabling(&plan, Size::of(&world.end_users));
        let is_small = |part: usize| part < 3 || part * 2 < mapped.of;
        let held = judged(&world, &plan, &Rows::new(), None).held;
        let emails = plan.people.iter().filter(|p| p.outcome != Outcome::Create)
            .flat_map(|p| &p.fields).filter(|c| c.field == Field::Email && !c.old.is_empty()).count();
        let most_cleared = Field::ALL.iter().map(|field| plan.people.iter().flat_map(|p| &p.fields)
            .filter(|c| c.field == *field && c.new.is_empty()).count()).max().unwrap_or_default();
        if is_small(mapped.part) && is_small(emails) && is_small(most_cleared) {
            prop_assert_eq!(held, vec![]);
        } else {
            prop_assert!(!held.is_empty());
        }
    }

    #[test]
    fn a_held_plan_that_is_approved_later_gives_what_the_unheld_plan_gives(world in world(), left in any::<u8>()) {
        let plan = world.plan();
        let first = judged(&world, &plan, &rows_of(&plan, Some(left)), None);
        let half = world.apply(&first.applied);
        let again = half.plan();
        let approved = first.held.iter().map(|row| ((row.user, row.change.part()), row.change.clone())).collect();
        let second = judged(&half, &again, &Rows::new(), Some(&approved));
        prop_assert_eq!(&second.held, &vec![]);
        let whole = half.apply(&second.applied);
        prop_assert_eq!(sorted(&whole), sorted(&world.apply(&plan)));
    }

    #[test]
    fn holding_a_part_never_repeats_an_address(world in world(), left in any::<u8>(), chosen in any::<u8>()) {
        let plan = world.plan();
        let first = judged(&world, &plan, &rows_of(&plan, Some(left)), None);
        let half = world.apply(&first.applied);
        prop_assert_eq!(newly_repeated(&world, &half), vec![]);
        let again = half.plan();
        let approved = rows_of(&again, Some(chosen));
        let third = half.apply(&judged(&half, &again, &Rows::new(), Some(&approved)).applied);
        prop_assert_eq!(newly_repeated(&half, &third), vec![]);
    }

    #[test]
    fn what_was_dropped_or_is_contended_never_repeats_an_address(
        world in world(), dropped in any::<u8>(), contended in any::<u8>(), left in any::<u8>(),
    ) {
        let plan = rested(&world, dropped, contended);
        prop_assert_eq!(newly_repeated(&world, &world.apply(&plan)), vec![]);
        let held = judged(&world, &plan, &rows_of(&plan, Some(left)), None);
        prop_assert_eq!(newly_repeated(&world, &world.apply(&held.applied)), vec![]);
    }

    #[test]
    fn an_approval_writes_nothing_but_what_was_approved(world in world(), chosen in any::<u8>()) {
        let plan = world.plan();
        let approved = rows_of(&plan, Some(chosen));
        let judged = judged(&world, &plan, &Rows::new(), Some(&approved));
        for (at, row) in rows_of(&judged.applied, None) {
            prop_assert_eq!(approved.get(&at), Some(&row));
        }
    }

    #[test]
    fn undoing_restores_everything_and_undoing_that_restores_what_was_applied(world in world()) {
        let plan = world.plan();
        let applied = world.apply(&plan);
        let mut now = applied.clone();
        let back = undone(&mut now, &footprints(&plan));
        prop_assert_eq!(sorted(&now), sorted(&world));
        undone(&mut now, &back);
        prop_assert_eq!(sorted(&now), sorted(&applied));
    }

    /// Whatever addresses came into use since the run, an undoing repeats none that was not repeated before.
    #[test]
    fn undoing_never_repeats_an_address(world in world(), since in prop::collection::vec(0usize..3, 0..3)) {
        let plan = world.plan();
        let mut now = world.apply(&plan);
        now.end_users.extend(since.into_iter().enumerate().map(|(n, letter)| EndUserState {
            id: EndUserId(Uuid::from_u128(0xD000 + n as u128)),
            fields: Fields { email: format!("{}@x.example", ["a", "b", "c"][letter]), ..Fields::default() },
            mapping: None,
        }));
        let written = footprints(&plan);
        let today = |one: &Written| Today {
            end_user: now.end_users.iter().find(|end_user| end_user.id == one.end_user),
            ..Today::default()
        };
        let people: Vec<_> = written.iter().map(|one| (one, today(one))).collect();
        let undone = undo_together(&people, &now.end_users);
        let back: Vec<_> = undone.into_iter().filter_map(|undone| undone.back).collect();
        let mut after = now.clone();
        put_back(&mut after, &back);
        let before = newly_repeated(&world, &after);
        let repeated: Vec<_> = newly_repeated(&now, &after).into_iter().filter(|one| before.contains(one)).collect();
        prop_assert_eq!(repeated, vec![]);
    }

    #[test]
    fn what_a_later_run_wrote_is_left(world in world()) {
        let plan = world.plan();
        let applied = world.apply(&plan);
        for written in footprints(&plan) {
            let held = applied.end_users.iter().find(|end_user| end_user.id == written.end_user);
            let later = Later { fields: Field::ALL.into_iter().collect(), mark: true, mapping: true };
            let result = undo(&written, &Today { end_user: held, later, ..Today::default() });
            prop_assert_eq!(result.back, None);
            prop_assert!(!result.left.is_empty() || (written.fields.is_empty()
                && written.footprint.before == written.footprint.after));
        }
    }

    #[test]
    fn half_of_three_and_more_than_a_tenth_of_many_is_a_mass(of in 0usize..400, part in 0usize..400) {
        let is_mass = Share { part, of }.is_mass();
        let tenth = part >= 11 && part as f64 > of as f64 / 10.0;
        let half = part >= 3 && part as f64 >= of as f64 / 2.0;
        prop_assert_eq!(is_mass, tenth || half);
    }
}
