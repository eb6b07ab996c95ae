//! The laws of a plan, over directories and Organizations that chance makes.
//!
//! The worlds are small and crowded on purpose: few addresses and few departments for several people, so that swaps,
//! chains, repeated addresses and take-overs are common.

use super::{
    fields,
    normalise::key,
    plan::{PlanInput, plan},
};
use crate::model::{
    directory::{DirectoryUser, Reading, Readings, UserType},
    end_user::{EndUserState, Exclusion, Field, Fields, Mapping, Mark, MarkKind},
    filter::{Choice, Filters},
    ids::{DirectoryUserId, EndUserId, GroupId, SkuId},
    plan::{Outcome, Plan, Reason},
};
use chrono::DateTime;
use proptest::{prelude::*, sample::Index};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) filters: Filters,
    pub(super) users: Vec<DirectoryUser>,
    pub(super) end_users: Vec<EndUserState>,
    pub(super) exclusions: Vec<Exclusion>,
    pub(super) readings: Readings,
}

impl World {
    pub(super) fn plan(&self) -> Plan {
        plan(&PlanInput {
            filters: &self.filters,
            users: &self.users,
            end_users: &self.end_users,
            exclusions: &self.exclusions,
            readings: &self.readings,
        })
    }

    /// What the executor does, in memory. New ids follow the user's, so that the result does not depend on order.
    pub(super) fn apply(&self, plan: &Plan) -> Self {
        let mut after = self.clone();
        let mut by_id: HashMap<EndUserId, EndUserState> = after
            .end_users
            .drain(..)
            .map(|end_user| (end_user.id, end_user))
            .collect();
        for person in &plan.people {
            let id = match person.outcome {
                // The one that was made before may be there still, unmapped by somebody.
                Outcome::Create => (1..)
                    .map(|nth| EndUserId(Uuid::from_u128(person.user.0.as_u128() + nth * 0xC0_0000)))
                    .find(|id| !by_id.contains_key(id))
                    .unwrap_or_default(),
                _ => match person.end_user {
                    Some(id) if person.writes() => id,
                    _ => continue,
                },
            };
            let end_user = by_id.entry(id).or_insert_with(|| EndUserState {
                id,
                ..EndUserState::default()
            });
            for change in &person.fields {
                assert_eq!(
                    end_user.fields.get(change.field),
                    change.old,
                    "the old value is what is held"
                );
                end_user.fields.set(change.field, change.new.clone());
            }
            let before = end_user.mapping.take();
            let mark = match person.mark {
                Some(change) => change.new,
                None => before.and_then(|mapping| mapping.mark),
            };
            end_user.mapping = Some(Mapping {
                user: person.user,
                last_synced: person.last_synced(),
                mark,
            });
        }
        after.end_users = by_id.into_values().collect();
        after.end_users.sort_by_key(|end_user| end_user.id);
        after
    }
}

impl World {
    /// The same people under other ids and addresses, so that they have nothing to do with those of another world.
    pub(super) fn moved(mut self, n: u128) -> Self {
        let far = n << 64;
        let user = |id: DirectoryUserId| DirectoryUserId(Uuid::from_u128(id.0.as_u128() + far));
        let address = |address: &mut String| {
            if !address.is_empty() {
                address.insert_str(0, &format!("w{n}"));
            }
        };
        for one in &mut self.users {
            one.id = user(one.id);
            address(&mut one.mail);
            if n.is_multiple_of(2) {
                one.groups = vec![GroupId(Uuid::from_u128(n))];
            }
        }
        for one in &mut self.end_users {
            one.id = EndUserId(Uuid::from_u128(one.id.0.as_u128() + far));
            address(&mut one.fields.email);
            if let Some(mapping) = &mut one.mapping {
                mapping.user = user(mapping.user);
            }
        }
        for one in &mut self.exclusions {
            one.user = user(one.user);
            address(&mut one.address);
        }
        self
    }

    /// Both in one Organization.
    pub(super) fn add(&mut self, other: Self) {
        self.users.extend(other.users);
        self.end_users.extend(other.end_users);
        self.exclusions.extend(other.exclusions);
    }
}

const ADDRESSES: [&str; 6] = [
    "",
    "a@x.example",
    "A@X.example",
    "b@x.example",
    "c@x.example",
    "d@y.example",
];

pub(super) fn address() -> impl Strategy<Value = String> {
    prop::sample::select(&ADDRESSES[..]).prop_map(str::to_owned)
}

fn department() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "Sales", " sales", "Finance"]).prop_map(str::to_owned)
}

fn phone() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "555 0100", "(555) 0100", "555 0199"]).prop_map(str::to_owned)
}

prop_compose! {
    fn user(n: u128)(
        mail in address(), department in department(), phone in phone(),
        created in prop::option::of(0i64..3), disabled in prop::bool::weighted(0.15),
        deleted in prop::bool::weighted(0.15), guest in any::<bool>(), licensed in any::<bool>(),
    ) -> DirectoryUser {
        let at = |set: bool| set.then(|| DateTime::from_timestamp(1_000, 0).unwrap());
        DirectoryUser {
            id: DirectoryUserId(Uuid::from_u128(n)),
            display_name: format!("Person {n}"),
            mail, department, business_phone: phone,
            user_type: if guest { UserType::Guest } else { UserType::Member },
            created_at: created.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            disabled_at: at(disabled), deleted_at: at(deleted),
            licenses: if licensed { vec![SkuId::default()] } else { vec![] },
            ..DirectoryUser::default()
        }
    }
}

prop_compose! {
    fn end_user(n: u128)(
        email in address(), phone in phone(), last_phone in phone(), marked in any::<bool>(),
        mapped in prop::option::weighted(0.6, any::<Index>()),
    ) -> (EndUserState, Option<Index>) {
        let mark = marked.then(|| Mark { kind: MarkKind::Disabled, at: DateTime::from_timestamp(9, 0).unwrap() });
        let last_synced = Fields { phone: last_phone, ..Fields::default() };
        (EndUserState {
            id: EndUserId(Uuid::from_u128(0xE000 + n)),
            fields: Fields { name: format!("Person {n}"), email, phone, ..Fields::default() },
            mapping: Some(Mapping { user: DirectoryUserId::default(), last_synced, mark }),
        }, mapped)
    }
}

fn choice(values: &'static [Option<&'static str>]) -> impl Strategy<Value = Choice> {
    prop_oneof![
        2 => Just(Choice::All),
        1 => prop::sample::subsequence(values.to_vec(), 1..=values.len())
            .prop_map(|values| Choice::Values(values.into_iter().map(|v| v.map(str::to_owned)).collect())),
    ]
}

prop_compose! {
    pub(super) fn filters()(
        department in choice(&[Some("SALES"), Some("Finance"), None]),
        domain in choice(&[Some("x.example"), Some("y.example")]),
        user_type in choice(&[Some("member"), Some("guest")]),
        license_status in choice(&[Some("licensed"), Some("unlicensed")]),
        group in prop_oneof![9 => Just(Choice::All), 1 => Just(Choice::Values(vec![None]))],
    ) -> Filters {
        Filters { user_type, domain, department, license_status, group, ..Filters::default() }
    }
}

prop_compose! {
    pub(super) fn world()(n in 1usize..9)(
        users in (0..n as u128).map(|i| user(i + 1)).collect::<Vec<_>>(),
        end_users in (0..n as u128).map(end_user).collect::<Vec<_>>(),
        excluded in prop::collection::vec((any::<Index>(), address()), 0..2),
        filters in filters(), groups_read in any::<bool>(),
    ) -> World {
        let mut taken = HashSet::new();
        let end_users = end_users.into_iter().map(|(mut end_user, mapped)| {
            let user = mapped.map(|index| index.get(&users).id).filter(|user| taken.insert(*user));
            end_user.mapping = end_user.mapping.zip(user).map(|(mapping, user)| Mapping { user, ..mapping });
            end_user
        }).collect();
        let exclusions = excluded.into_iter()
            .map(|(index, address)| Exclusion { user: index.get(&users).id, address }).collect();
        let groups = if groups_read { Reading::Read } else { Reading::NeverRead };
        World { filters, users, end_users, exclusions, readings: Readings { groups, ..Readings::default() } }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn planning_after_applying_plans_nothing(world in world()) {
        let after = world.apply(&world.plan());
        let again = after.plan();
        prop_assert!(!again.writes(), "{:#?}", again.people.iter().filter(|p| p.writes()).collect::<Vec<_>>());
    }

    /// So that a run need not be followed by another one that only tells how those stand whom it wrote.
    #[test]
    fn how_those_stand_who_are_written_is_what_planning_again_says(world in world()) {
        let plan = world.plan();
        let again = world.apply(&plan).plan();
        for (person, next) in plan.people.iter().zip(&again.people) {
            if person.writes() || person.outcome == Outcome::Superseded {
                prop_assert_eq!(person.stands(), next.stands(), "{:?}", person);
            }
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(world in world(), seed in any::<prop::sample::Selector>()) {
        let mut shuffled = world.clone();
        shuffled.users.reverse();
        shuffled.end_users.reverse();
        shuffled.exclusions.reverse();
        let turn = seed.select(0..shuffled.users.len());
        shuffled.users.rotate_left(turn);
        let turn = turn % shuffled.end_users.len().max(1);
        shuffled.end_users.rotate_left(turn);
        prop_assert_eq!(world.plan(), shuffled.plan());
    }

    #[test]
    fn every_directory_user_has_exactly_one_outcome(world in world()) {
        let planned: Vec<_> = world.plan().people.iter().map(|person| person.user).collect();
        let mut users: Vec<_> = world.users.iter().map(|user| user.id).collect();
        users.sort_unstable();
        prop_assert_eq!(planned, users);
    }

    #[test]
    fn a_user_out_of_scope_is_never_written_except_for_the_mark(world in world()) {
        let scope = super::filter::Scope::new(&world.filters);
        for person in &world.plan().people {
            let user = world.users.iter().find(|user| user.id == person.user).unwrap();
            if !scope.refusals(user).is_empty() {
                prop_assert!(person.fields.is_empty());
                prop_assert!(!matches!(person.outcome, Outcome::Create | Outcome::Link), "{:?}", person);
            }
        }
    }

    #[test]
    fn no_end_user_is_written_by_two_people_and_nobody_is_written_who_is_not_of_the_organization(world in world()) {
        let mut written = HashSet::new();
        for person in world.plan().people.iter().filter(|person| person.writes()) {
            if let Some(id) = person.end_user {
                prop_assert!(world.end_users.iter().any(|end_user| end_user.id == id));
                prop_assert!(written.insert(id), "{:?} is written twice", id);
            }
        }
    }

    /// Nobody is created or renamed onto an address that another End User of the Organization keeps.
    #[test]
    fn the_plan_adds_no_repeated_address(world in world()) {
        let plan = world.plan();
        let after = world.apply(&plan);
        for person in &plan.people {
            let Some(change) = person.fields.iter().find(|change| change.field == Field::Email) else { continue };
            let holders = after.end_users.iter().filter(|e| key(&e.fields.email) == key(&change.new)).count();
            prop_assert_eq!(holders, 1, "{:?} of {:?}", change, person);
        }
    }

    /// Where every address in Microsoft is one person's own, and the Organization has no others, whatever swap or
    /// chain happened is settled by one plan.
    #[test]
    fn swaps_and_chains_settle_in_one_run(from in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle(),
                                           to in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle()) {
        let mail = |n: usize| format!("m{n}@x.example");
        let users: Vec<_> = (0..6).map(|i| DirectoryUser {
            id: DirectoryUserId(Uuid::from_u128(i as u128 + 1)), display_name: format!("P{i}"),
            mail: mail(to[i]), ..DirectoryUser::default()
        }).collect();
        let end_users = (0..6).map(|i| EndUserState {
            id: EndUserId(Uuid::from_u128(0xE000 + i as u128)),
            fields: Fields { name: format!("P{i}"), email: mail(from[i]), ..Fields::default() },
            mapping: Some(Mapping { user: users[i].id, ..Mapping::default() }),
        }).collect();
        let world = World {
            filters: Filters::default(), users, end_users, exclusions: vec![], readings: Readings::default(),
        };
        let after = world.apply(&world.plan());
        for user in &world.users {
            let held = after.end_users.iter().find(|e| e.mapping.as_ref().is_some_and(|m| m.user == user.id)).unwrap();
            prop_assert_eq!(&held.fields.email, &user.mail);
        }
    }

    #[test]
    fn an_empty_value_never_wipes_what_microsoft_did_not_write(world in world()) {
        for person in &world.plan().people {
            let Some(held) = world.end_users.iter().find(|e| Some(e.id) == person.end_user) else { continue };
            let last = held.mapping.as_ref().filter(|m| m.user == person.user).map(|m| m.last_synced.clone());
            for change in person.fields.iter().filter(|change| change.new.is_empty()) {
                let last = last.as_ref().map(|fields| fields.get(change.field)).unwrap_or_default();
                prop_assert!(super::normalise::same(change.field, last, &change.old) && !last.is_empty());
            }
        }
    }

    #[test]
    fn every_superseded_account_is_deleted_and_names_who_took_over(world in world()) {
        let plan = world.plan();
        for person in plan.people.iter().filter(|person| person.outcome == Outcome::Superseded) {
            let user = world.users.iter().find(|user| user.id == person.user).unwrap();
            prop_assert!(!user.is_living());
            let Reason::TakenOver { by } = person.reason else { panic!("{:?}", person.reason) };
            prop_assert!(plan.people.iter().any(|p| p.user == by && p.outcome == Outcome::Link));
        }
    }

    #[test]
    fn what_is_written_is_what_microsoft_says(world in world()) {
        for person in &world.plan().people {
            let user = world.users.iter().find(|user| user.id == person.user).unwrap();
            let microsoft = fields::of_user(user);
            for change in &person.fields {
                prop_assert_eq!(&change.new, microsoft.get(change.field));
            }
        }
    }
}
