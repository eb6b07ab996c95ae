use super::*;
use crate::{
    model::{
        filter::{Choice, Filters},
        plan::PlanSummary,
    },
    sync::{
        guard::{Guard, Share, Size, disabling, judge},
        laws::{World, filters, world},
        plan::PlanInput,
        resting::{Rested, plan_rested},
        summary::{Everybody, summarise},
    },
};
use proptest::{prelude::*, strategy::ValueTree as _};

/// Whoever is named, at most: few, so that the order of people decides often.
const MOST: usize = 2;

fn state(world: &World, dropped: u8, contended: u8, left: u8) -> State {
    let (dropped, contended) = crate::sync::guarded_laws::notes(world, dropped, contended);
    State {
        end_users: world.end_users.clone(),
        exclusions: world.exclusions.clone(),
        dropped,
        contended,
        left: crate::sync::guarded_laws::rows_of(&world.plan(), Some(left)),
    }
}

fn input<'a>(world: &'a World, state: &'a State, filters: &'a Filters) -> PlanInput<'a> {
    PlanInput {
        filters,
        users: &world.users,
        end_users: &state.end_users,
        exclusions: &state.exclusions,
        readings: &world.readings,
    }
}

/// The line from the plan of everybody.
fn whole(world: &World, state: &State, today: Option<&Filters>, together: Option<Share>) -> PlanSummary {
    let planned = |filters| {
        let Rested { plan, .. } = plan_rested(&input(world, state, filters), &state.dropped, &state.contended);
        let creates = plan.counts().create;
        let size = Size::of(&state.end_users);
        let guard = Guard {
            end_users: &state.end_users,
            size,
            together: together.unwrap_or_else(|| disabling(&plan, size)),
            confirmed: None,
            left: &state.left,
            approved: None,
        };
        (judge(plan, &guard).applied, creates)
    };
    let everybody = Everybody {
        users: &world.users,
        readings: &world.readings,
    };
    let (plan, creates) = planned(&world.filters);
    let today = today.map(|filters| (filters, planned(filters).0));
    let today = today.as_ref().map(|(filters, plan)| (*filters, plan));
    PlanSummary {
        creates,
        ..summarise((&world.filters, &plan), everybody, today, MOST)
    }
}

/// The line from a snapshot.
fn kept(world: &World, state: &State, today: Option<&Filters>, together: Option<Share>) -> PlanSummary {
    let mut users = world.users.clone();
    in_order(&mut users);
    let (roll, standing) = (Roll::new(&users), Standing::new(&users, state.clone()));
    let line = Line {
        roll: &roll,
        standing: &standing,
        readings: &world.readings,
    };
    let draft = line.draft(&world.filters, today, together, MOST);
    let (mut named_users, mut named_end_users) = (vec![], vec![]);
    for (user, end_user) in draft.named() {
        named_users.extend(users.iter().find(|it| it.id == user).cloned());
        named_end_users.extend(state.end_users.iter().find(|it| Some(it.id) == end_user).cloned());
    }
    draft.finish(&named_users, &named_end_users)
}

/// Several small worlds beside each other: most of their people have nothing to do with one another.
fn wide() -> impl Strategy<Value = World> {
    (world(), prop::collection::vec(world(), 0..5), filters()).prop_map(|(mut wide, others, filters)| {
        for (n, other) in others.into_iter().enumerate() {
            wide.add(other.moved(n as u128 + 1));
        }
        wide.filters = filters;
        wide
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_line_from_a_snapshot_is_the_line_of_the_whole_plan(
        world in wide(), today in prop::option::of(filters()), notes in any::<[u8; 3]>(),
        is_noted in prop::bool::weighted(0.5), together in prop::option::of((0usize..30, 1usize..60)),
    ) {
        let notes = if is_noted { notes } else { [0; 3] };
        let state = state(&world, notes[0], notes[1], notes[2]);
        let together = together.map(|(part, of)| Share { part, of });
        prop_assert_eq!(
            kept(&world, &state, today.as_ref(), together),
            whole(&world, &state, today.as_ref(), together)
        );
    }
}

#[test]
fn nobody_matches_a_section_with_nothing_ticked_or_a_group_of_nobody() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut one = world().new_tree(&mut runner).unwrap().current();
    for group in ["00000000-0000-0000-0000-00000000000a", "no id"] {
        one.filters = Filters {
            group: Choice::Values(vec![Some(group.into())]),
            ..Filters::default()
        };
        one.readings.groups = crate::model::directory::Reading::Read;
        let state = state(&one, 0, 0, 0);
        assert_eq!(kept(&one, &state, None, None), whole(&one, &state, None, None));
        assert_eq!(kept(&one, &state, None, None).matching, 0);
    }
}
