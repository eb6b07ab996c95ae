//! Properties of delta queries, without HTTP: whatever happens to a directory, before, between and after the pages, who
//! follows the links ends with a copy of it.

use chrono::{DateTime, TimeDelta, Utc};
use microsoft_sim::Deltas;
use microsoft_sim::model::directory::Directory;
use microsoft_sim::model::dump::{Dump, Stored};
use microsoft_sim::model::schema::Kind;
use microsoft_sim::protocol::delta::{State, Wanted, page, read};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::replica::{Copied, Replica};

const USER: &[&str] = &[
    "displayName",
    "department",
    "accountEnabled",
    "assignedLicenses",
    "userType",
];
const GROUP: &[&str] = &["displayName", "description"];

/// Something that happens. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Create,
    Patch(usize, usize, Option<u8>),
    License(usize, usize),
    Delete(usize),
    Purge(usize),
    Restore(usize),
    CreateGroup(Vec<usize>),
    PatchGroup(usize, Option<u8>),
    DeleteGroup(usize),
    Member(usize, usize, bool),
    /// The program ends and starts again from its state file.
    Restart,
    /// Somebody asks for a page.
    Ask(usize),
    /// The service mixes the next round, or tells old changes again.
    Mix(usize, u64),
    Replay(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = any::<usize>;
    let step = prop_oneof![
        2 => Just(Step::Create),
        4 => (one(), one(), any::<Option<u8>>()).prop_map(|(user, name, value)| Step::Patch(user, name, value)),
        2 => (one(), one()).prop_map(|(user, sku)| Step::License(user, sku)),
        3 => one().prop_map(Step::Delete),
        2 => one().prop_map(Step::Purge),
        3 => one().prop_map(Step::Restore),
        2 => vec(one(), 0..6).prop_map(Step::CreateGroup),
        1 => (one(), any::<Option<u8>>()).prop_map(|(group, value)| Step::PatchGroup(group, value)),
        1 => one().prop_map(Step::DeleteGroup),
        6 => (one(), one(), any::<bool>()).prop_map(|(group, member, inside)| Step::Member(group, member, inside)),
        1 => Just(Step::Restart),
        9 => one().prop_map(Step::Ask),
        1 => (one(), any::<u64>()).prop_map(|(who, by)| Step::Mix(who, by)),
        1 => one().prop_map(Step::Replay),
    ];
    vec(step, 0..60)
}

fn settings() -> impl Strategy<Value = Deltas> {
    (1usize..6, 1usize..6, any::<bool>()).prop_map(|(objects, members, removed_first)| Deltas {
        objects,
        members,
        removed_first,
        ..Deltas::default()
    })
}

/// Somebody who follows the links.
struct Follower {
    kind: Kind,
    minimal: bool,
    query: String,
    replica: Replica,
}

impl Follower {
    fn new(kind: Kind, minimal: bool) -> Self {
        let names = match kind {
            Kind::Group => [GROUP, &["members"]].concat().join(","),
            _ => USER.join(","),
        };
        Self {
            kind,
            minimal,
            query: format!("$select={names}"),
            replica: Replica::default(),
        }
    }

    /// Asks for a page, takes it over, and tells how many items it had and whether the round is over.
    fn ask(&mut self, world: &World, bend: impl FnOnce(State) -> State) -> (usize, bool) {
        let (directory, now) = (&world.directory, world.now);
        let wanted = read(&self.query, self.kind, directory, now, &world.deltas).unwrap();
        let Wanted::Page(state) = wanted else {
            panic!("no page: {wanted:?}");
        };
        let state = bend(state);
        // Missing means unchanged only after a delta link: in the first round the objects are whole.
        let minimal = self.minimal && state.changes();
        let page = page(&state, self.kind, directory, self.minimal, &world.deltas);
        assert!(page.value.len() <= world.deltas.objects);
        let members = page.value.iter().filter_map(|item| item["members@delta"].as_array());
        assert!(members.map(Vec::len).sum::<usize>() <= world.deltas.members);
        self.replica.take(&page.value, minimal);
        let over = page.next.is_none();
        let (option, state) = match page.next {
            Some(next) => ("$skiptoken", next),
            None => ("$deltatoken", state.finished()),
        };
        self.query = format!("{option}={}", state.token(self.kind, directory, now).unwrap());
        (page.value.len(), over)
    }

    /// Goes on until the round is over, and tells how many items came.
    fn finish(&mut self, world: &World) -> usize {
        let mut items = 0;
        for _ in 0..10_000 {
            let (count, over) = self.ask(world, |state| state);
            items += count;
            if over {
                return items;
            }
        }
        panic!("a round without end");
    }
}

struct World {
    directory: Directory,
    deltas: Deltas,
    now: DateTime<Utc>,
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn chosen<'a>(ids: impl ExactSizeIterator<Item = &'a Uuid>, number: usize) -> Option<String> {
    let mut ids = ids;
    let count = ids.len();
    (count > 0).then(|| ids.nth(number % count).unwrap().to_string())
}

impl World {
    /// Does a step; one for which there is nobody is left out.
    fn step(&mut self, step: &Step, followers: &mut [Follower]) {
        self.now += TimeDelta::seconds(1);
        let bend: fn(State, u64) -> State = match step {
            Step::Mix(..) => State::mixed,
            Step::Replay(_) => |state, _| state.replayed(),
            _ => |state, _| state,
        };
        match step {
            Step::Ask(who) | Step::Replay(who) => {
                followers[who % 4].ask(self, |state| bend(state, 0));
            }
            Step::Mix(who, by) => {
                followers[who % 4].ask(self, |state| bend(state, *by));
            }
            Step::Restart => {
                let kept = serde_json::to_string(&Dump::to_keep(&self.directory)).unwrap();
                self.directory = serde_json::from_str::<Stored>(&kept).unwrap().directory();
            }
            _ => {
                let _nobody_there = self.change_users(step).and_then(|()| self.regroup(step));
            }
        }
    }

    fn change_users(&mut self, step: &Step) -> Option<()> {
        let (now, directory) = (self.now, &mut self.directory);
        match step {
            Step::Create => drop(directory.create_user(&map(json!({"displayName": "New"})), now).unwrap()),
            Step::Patch(user, name, value) => {
                let user = chosen(directory.users.keys(), *user)?;
                let value = match USER[name % 3] {
                    "accountEnabled" => json!(value.is_some_and(|value| value % 2 == 0)),
                    _ => json!(value.map(|value| format!("Value {}", value % 3))),
                };
                let change = Map::from_iter([(USER[name % 3].to_owned(), value)]);
                directory.patch_user(&user, &change).unwrap();
            }
            Step::License(user, sku) => {
                let user = chosen(directory.users.keys(), *user)?;
                let skus = &directory.skus;
                let sku = skus[sku % skus.len()].get("skuId").cloned();
                let change = json!({"assignedLicenses": [{"skuId": sku, "disabledPlans": []}]});
                directory.patch_user(&user, &map(change)).unwrap();
            }
            Step::Delete(user) => drop(
                directory
                    .delete_user(&chosen(directory.users.keys(), *user)?, now)
                    .unwrap(),
            ),
            Step::Purge(user) => {
                let deleted = chosen(directory.deleted.keys(), *user).filter(|_| user % 2 == 0);
                let user = deleted.or_else(|| chosen(directory.users.keys(), *user))?;
                directory.purge_user(&user, now).unwrap();
            }
            Step::Restore(user) => drop(
                directory
                    .restore_user(&chosen(directory.deleted.keys(), *user)?)
                    .unwrap(),
            ),
            _ => {}
        }
        Some(())
    }

    fn regroup(&mut self, step: &Step) -> Option<()> {
        let (now, directory) = (self.now, &mut self.directory);
        match step {
            Step::CreateGroup(members) => {
                let ids: Vec<Uuid> = directory
                    .users
                    .keys()
                    .chain(directory.devices.keys())
                    .copied()
                    .collect();
                let members: Vec<_> = members
                    .iter()
                    .filter_map(|member| chosen(ids.iter(), *member))
                    .collect();
                let group = json!({"displayName": "New", "members": members});
                directory.create_group(&map(group), now).unwrap();
            }
            Step::PatchGroup(group, value) => {
                let group = chosen(directory.groups.keys(), *group)?;
                let change = json!({"description": value.map(|value| format!("Value {}", value % 3))});
                directory.patch_group(&group, &map(change)).unwrap();
            }
            Step::DeleteGroup(group) => {
                // Every other one comes again, with nobody in it, as no group of Microsoft's does.
                let id = chosen(directory.groups.keys(), *group)?;
                directory.delete_group(&id).unwrap();
                if group % 2 == 0 {
                    directory
                        .create_group(&map(json!({"id": id, "displayName": "Again"})), now)
                        .unwrap();
                }
            }
            Step::Member(group, member, inside) => {
                let group = chosen(directory.groups.keys(), *group)?;
                let ids: Vec<Uuid> = [
                    directory.users.keys(),
                    directory.groups.keys(),
                    directory.devices.keys(),
                ]
                .into_iter()
                .flatten()
                .copied()
                .collect();
                directory
                    .set_member(&group, &chosen(ids.iter(), *member)?, *inside)
                    .unwrap();
            }
            _ => {}
        }
        Some(())
    }

    /// What a client should know.
    fn expected(&self, kind: Kind) -> Replica {
        let directory = &self.directory;
        let (objects, select) = match kind {
            Kind::Group => (&directory.groups, GROUP),
            _ => (&directory.users, USER),
        };
        let copy = |(id, entity): (&Uuid, _)| {
            let mut copied = Copied::of(&serde_json::to_value(entity).unwrap(), select);
            if kind == Kind::Group {
                let members = directory.members_after(*id, None, None, usize::MAX);
                copied.members = members.iter().map(Uuid::to_string).collect();
            }
            (id.to_string(), copied)
        };
        Replica {
            objects: objects.iter().map(copy).collect(),
        }
    }
}

proptest! {
    #[test]
    fn who_follows_the_links_through_any_history_ends_with_a_copy_of_the_directory(
        steps in steps(),
        deltas in settings(),
    ) {
        let mut world = World {
            directory: microsoft_sim::generate::directory(1, "contoso", 7),
            deltas,
            now: Utc::now(),
        };
        let mut followers = [
            Follower::new(Kind::User, false),
            Follower::new(Kind::User, true),
            Follower::new(Kind::Group, false),
            Follower::new(Kind::Group, true),
        ];
        for step in &steps {
            world.step(step, &mut followers);
        }
        for follower in &mut followers {
            follower.finish(&world);
            follower.finish(&world);
            prop_assert_eq!(&follower.replica, &world.expected(follower.kind));
            prop_assert_eq!(follower.finish(&world), 0, "nothing has happened since");
        }
    }

    #[test]
    fn a_change_to_what_was_not_asked_for_is_not_told(
        titles in vec(any::<Option<u8>>(), 1..8),
        deltas in settings(),
    ) {
        let mut world = World {
            directory: microsoft_sim::generate::directory(1, "contoso", 3),
            deltas,
            now: Utc::now(),
        };
        let mut follower = Follower::new(Kind::User, false);
        follower.finish(&world);
        let user = chosen(world.directory.users.keys(), 0).unwrap();
        for title in titles {
            let title = title.map(|title| format!("Title {title}"));
            world.directory.patch_user(&user, &map(json!({"jobTitle": title}))).unwrap();
        }
        prop_assert_eq!(follower.finish(&world), 0);
    }
}
