//! One page of what is there or has changed (graph.md §2, §3).

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::State;
use crate::deltas::Deltas;
use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::history::{Removal, Trace};
use crate::model::schema::{Kind, Property};
use crate::random::Random;

/// One page: its items, and the state with which to go on if there is more.
#[derive(Debug)]
pub struct Page {
    /// The items.
    pub value: Vec<Value>,
    /// The state of the next page.
    pub next: Option<State>,
}

/// The page of a state. With `minimal`, changed objects come with nothing but what changed.
pub fn page(state: &State, kind: Kind, directory: &Directory, minimal: bool, deltas: &Deltas) -> Page {
    let reader = Reader {
        state,
        kind,
        directory,
        deltas,
        minimal: minimal && state.changes(),
        members: state.members(kind),
        properties: match &state.select {
            None => kind.properties().iter().filter(|property| property.default).collect(),
            Some(names) => names.iter().filter_map(|name| kind.property(name)).collect(),
        },
    };
    reader.page()
}

/// A member, and whether it came (true) or went.
type Membership = (Uuid, bool);

/// What a page says of an object, and the members to say with it: one more than fit, if there are more.
type Item = (Map<String, Value>, Vec<Membership>);

struct Reader<'a> {
    state: &'a State,
    kind: Kind,
    directory: &'a Directory,
    deltas: &'a Deltas,
    minimal: bool,
    members: bool,
    properties: Vec<&'static Property>,
}

impl Reader<'_> {
    fn page(&self) -> Page {
        let (mut value, mut room) = (Vec::new(), self.deltas.page_of_members());
        let mut next = State {
            again: 0,
            ..self.state.clone()
        };
        for id in self.candidates() {
            let Some((mut item, mut members)) = self.item(id, room) else {
                continue;
            };
            if value.len() == self.deltas.page() || room == 0 {
                return Page {
                    value,
                    next: Some(next),
                };
            }
            let more = members.len() > room;
            members.truncate(room);
            room -= members.len();
            let last = members.last().map(|(member, _)| *member);
            if !members.is_empty() {
                let members = members.into_iter().map(|(member, inside)| self.member(member, inside));
                item.insert("members@delta".to_owned(), members.collect());
            }
            value.push(Value::Object(item));
            if let Some(last) = last.filter(|_| more) {
                next.begun = Some((id, last));
                return Page {
                    value,
                    next: Some(next),
                };
            }
            (next.begun, next.after) = (None, Some(id));
        }
        Page { value, next: None }
    }

    /// The objects that the page could hold, in the order of the round.
    fn candidates(&self) -> Box<dyn Iterator<Item = Uuid> + '_> {
        if let Some(by) = self.state.mixed {
            let mut all: Vec<(u64, Uuid)> = self
                .all()
                .filter(|id| self.wanted(id))
                .map(|id| (rank(by, id), id))
                .collect();
            all.sort_unstable();
            let start = match (self.state.begun, self.state.after) {
                (Some((group, _)), _) => all.partition_point(|place| *place < (rank(by, group), group)),
                (None, Some(after)) => all.partition_point(|place| *place <= (rank(by, after), after)),
                (None, None) => 0,
            };
            return Box::new(all.into_iter().skip(start).map(|(_, id)| id));
        }
        let start = match (self.state.begun, self.state.after) {
            (Some((group, _)), _) => Bound::Included(group),
            (None, Some(after)) => Bound::Excluded(after),
            (None, None) => Bound::Unbounded,
        };
        match self.state.from {
            // Each of these is an item of the page, so that no more of them are needed than it holds, and one that
            // tells that there are more.
            None => {
                let enough = self.deltas.page() + 1;
                let objects = self.objects().range((start, Bound::Unbounded)).map(|(id, _)| *id);
                let mut first: BTreeSet<Uuid> = objects.filter(|id| self.wanted(id)).take(enough).collect();
                first.extend(self.gone(start, enough));
                Box::new(first.into_iter())
            }
            Some(_) => {
                let traces = self.directory.history().after(self.kind, start);
                Box::new(traces.map(|(id, _)| id).filter(|id| self.wanted(id)))
            }
        }
    }

    /// Every object of the round, in the order of their ids.
    fn all(&self) -> Box<dyn Iterator<Item = Uuid> + '_> {
        match self.state.from {
            None => Box::new(
                self.objects()
                    .keys()
                    .copied()
                    .chain(self.gone(Bound::Unbounded, usize::MAX)),
            ),
            Some(_) => {
                let traces = self.directory.history().after(self.kind, Bound::Unbounded);
                Box::new(traces.map(|(id, _)| id))
            }
        }
    }

    fn objects(&self) -> &BTreeMap<Uuid, Entity> {
        match self.kind {
            Kind::Group => &self.directory.groups,
            _ => &self.directory.users,
        }
    }

    /// Whether an object is among those that the request was narrowed to.
    fn wanted(&self, id: &Uuid) -> bool {
        self.state.ids.as_ref().is_none_or(|ids| ids.contains(id))
    }

    /// The first so many that the first round tells as gone, from an id on: deleted users that can be restored, and
    /// whatever was removed since the history began.
    fn gone(&self, start: Bound<Uuid>, enough: usize) -> impl Iterator<Item = Uuid> {
        let mut gone = BTreeSet::new();
        if self.deltas.removed_first {
            let traces = self.directory.history().after(self.kind, start);
            let traces = traces.filter(|(_, trace)| trace.removed.is_some()).map(|(id, _)| id);
            gone.extend(traces.filter(|id| self.wanted(id)).take(enough));
            let deleted = self.directory.deleted.range((start, Bound::Unbounded));
            let deleted = deleted.filter(|_| self.kind == Kind::User).map(|(id, _)| *id);
            gone.extend(deleted.filter(|id| self.wanted(id)).take(enough));
        }
        gone.into_iter()
    }

    /// What the page says of an object and of its members, of which `room` find place; nothing if nothing that was
    /// asked for has changed.
    fn item(&self, id: Uuid, room: usize) -> Option<Item> {
        let trace = self.directory.history().trace(self.kind, id);
        let Some(entity) = self.objects().get(&id) else {
            return Some((self.removed(id, trace)?, Vec::new()));
        };
        let (Some(from), Some(trace)) = (self.state.from, trace) else {
            return Some((self.whole(entity, trace), self.all_members(id, room)));
        };
        let after = self.after(id);
        let moved = trace.members.range((after, Bound::Unbounded));
        let moved = moved.filter(|(_, (revision, _))| self.members && *revision > from);
        let mut moved = moved.map(|(member, (_, inside))| (*member, *inside));
        if trace.appeared > from {
            // An older group of this id can be known still: what it held and this one does not is gone.
            let mut members: BTreeMap<Uuid, bool> = moved.filter(|(_, inside)| !inside).take(room + 1).collect();
            members.extend(self.all_members(id, room));
            return Some((
                self.whole(entity, Some(trace)),
                members.into_iter().take(room + 1).collect(),
            ));
        }
        let changed = |property: &&&Property| trace.properties.get(property.name).is_some_and(|at| *at > from);
        let mut properties = self.properties.iter().filter(changed).peekable();
        // The room can be used up when a group begins; whether it has something to say must be known all the same.
        let members: Vec<Membership> = moved.by_ref().take(room + 1).collect();
        if members.is_empty() && properties.peek().is_none() {
            return None;
        }
        if !self.minimal {
            return Some((self.whole(entity, Some(trace)), members));
        }
        let mut item = Map::from_iter([("id".to_owned(), json!(id))]);
        for property in properties {
            let value = entity.get(property.name).cloned();
            item.insert(
                property.name.to_owned(),
                value.unwrap_or_else(|| property.shape.absent()),
            );
        }
        Some((item, members))
    }

    /// What is said of an object that is gone: in the first round in any case, later if it went since.
    fn removed(&self, id: Uuid, trace: Option<&Trace>) -> Option<Map<String, Value>> {
        let went = trace.and_then(|trace| trace.removed);
        if let Some(from) = self.state.from
            && went.is_none_or(|(revision, _)| revision <= from)
        {
            return None;
        }
        let reason = match went {
            Some((_, Removal::Deleted)) => "deleted",
            Some((_, Removal::Changed)) => "changed",
            None if self.directory.deleted.contains_key(&id) => "changed",
            None => return None,
        };
        json!({"id": id, "@removed": {"reason": reason}}).as_object().cloned()
    }

    /// Every property that was ever set; one that has lost its value is there without it.
    fn whole(&self, entity: &Entity, trace: Option<&Trace>) -> Map<String, Value> {
        let mut item = Map::from_iter([("id".to_owned(), json!(entity.id()))]);
        for property in &self.properties {
            let lost = trace.is_some_and(|trace| trace.properties.contains_key(property.name));
            let value = entity.get(property.name).cloned();
            let value = value.or_else(|| lost.then(|| property.shape.absent()));
            if let Some(value) = value {
                item.insert(property.name.to_owned(), value);
            }
        }
        item
    }

    /// From which member on a group is told of.
    fn after(&self, group: Uuid) -> Bound<Uuid> {
        match self.state.begun {
            Some((begun, member)) if begun == group => Bound::Excluded(member),
            _ => Bound::Unbounded,
        }
    }

    fn all_members(&self, group: Uuid, room: usize) -> Vec<Membership> {
        if !self.members {
            return Vec::new();
        }
        let after = match self.after(group) {
            Bound::Excluded(member) => Some(member),
            _ => None,
        };
        let members = self.directory.members_after(group, after, None, room + 1);
        members.into_iter().map(|member| (member, true)).collect()
    }

    /// A member, by its id and type alone. Of one that is gone altogether the type is what the history knows.
    fn member(&self, id: Uuid, inside: bool) -> Value {
        let was_group = || self.directory.history().trace(Kind::Group, id).map(|_| Kind::Group);
        let kind = self.directory.object(id).map(Entity::kind).or_else(was_group);
        let kind = kind.unwrap_or(Kind::User);
        let mut member = json!({"@odata.type": format!("#{}", kind.type_name()), "id": id});
        if !inside {
            member["@removed"] = json!({"reason": "deleted"});
        }
        member
    }
}

/// The place of an object in an order that a number mixes.
fn rank(by: u64, id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    Random::from_state(by ^ high ^ low.rotate_left(17)).next()
}
