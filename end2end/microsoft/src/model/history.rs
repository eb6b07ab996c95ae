//! What happened to a directory since it was made: a revision that counts up with every change, and for each object
//! when which of its properties last changed. Delta queries are answered from it (graph.md §2, §3).
//!
//! It is kept in the state file together with the directory, so that links last over a restart. What a crash took back
//! was perhaps told to a client all the same: a token says up to which revision its holder has heard, and each run of
//! the program is a generation of its own that knows how far the ones before it got. A token of a holder who has heard
//! more than was kept is of no use any more.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::entity::Entity;
use super::schema::Kind;

/// How an object went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Removal {
    /// It can be restored.
    Changed,
    /// It is gone for good.
    Deleted,
}

/// How clients with an older token are sent back to the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reset {
    /// 400: the token is too old.
    #[default]
    Expired,
    /// 410: the service asks for a fresh start and says where.
    Gone,
}

/// What happened to one object, each with the revision at which it last did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Trace {
    /// When it came into being, or back.
    pub appeared: u64,
    /// When it went, if it is gone.
    pub removed: Option<(u64, Removal)>,
    /// When a property changed; a property in here was set once, even if it has no value now.
    #[serde(deserialize_with = "known_properties")]
    pub properties: BTreeMap<&'static str, u64>,
    /// When a member came (true) or went.
    pub members: BTreeMap<Uuid, (u64, bool)>,
}

/// The properties of a stored trace; one that the model does not know any more is left out.
fn known_properties<'de, D: Deserializer<'de>>(stored: D) -> Result<BTreeMap<&'static str, u64>, D::Error> {
    let stored = BTreeMap::<String, u64>::deserialize(stored)?;
    let known = |name: &str| Kind::User.property(name).or_else(|| Kind::Group.property(name));
    let properties = stored.into_iter();
    Ok(properties
        .filter_map(|(name, revision)| Some((known(&name)?.name, revision)))
        .collect())
}

/// The history of one directory.
#[derive(Debug, Serialize, Deserialize)]
pub struct History {
    /// Which run of the program this is, as tokens name it.
    pub generation: Uuid,
    /// What becomes of those who hold a token that is of no use any more.
    pub reset: Reset,
    /// The generations that went before, each with the last revision that was kept of it.
    before: BTreeMap<Uuid, u64>,
    revision: u64,
    users: BTreeMap<Uuid, Trace>,
    groups: BTreeMap<Uuid, Trace>,
}

impl Default for History {
    fn default() -> Self {
        Self::starting(Reset::default())
    }
}

impl History {
    /// An empty history; who holds a token of an older one is sent back as `reset` says.
    pub fn starting(reset: Reset) -> Self {
        Self {
            generation: Uuid::new_v4(),
            reset,
            before: BTreeMap::new(),
            revision: 0,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
    }

    /// The history as a new run of the program goes on with it: what the last one did not keep never happened.
    pub fn resumed(mut self) -> Self {
        self.before.insert(self.generation, self.revision);
        self.generation = Uuid::new_v4();
        self
    }

    /// Whether a token is of use: it was made by this history, and its holder has heard of nothing later than `seen`.
    pub fn knows(&self, generation: Uuid, seen: u64) -> bool {
        let kept = match generation == self.generation {
            true => Some(self.revision),
            false => self.before.get(&generation).copied(),
        };
        kept.is_some_and(|kept| seen <= kept)
    }

    /// The latest revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The trace of an object, if anything happened to it.
    pub fn trace(&self, kind: Kind, id: Uuid) -> Option<&Trace> {
        self.traces(kind).get(&id)
    }

    /// The traces of a kind from an id on.
    pub fn after(&self, kind: Kind, from: Bound<Uuid>) -> impl Iterator<Item = (Uuid, &Trace)> {
        let range = self.traces(kind).range((from, Bound::Unbounded));
        range.map(|(id, trace)| (*id, trace))
    }

    fn traces(&self, kind: Kind) -> &BTreeMap<Uuid, Trace> {
        match kind {
            Kind::Group => &self.groups,
            _ => &self.users,
        }
    }

    /// The trace to write to, at the next revision.
    fn next(&mut self, kind: Kind, id: Uuid) -> (u64, &mut Trace) {
        self.revision += 1;
        let traces = match kind {
            Kind::Group => &mut self.groups,
            _ => &mut self.users,
        };
        (self.revision, traces.entry(id).or_default())
    }

    /// An object came into being, or back.
    pub fn appeared(&mut self, kind: Kind, id: Uuid) {
        let (revision, trace) = self.next(kind, id);
        trace.appeared = revision;
        trace.removed = None;
    }

    /// An object went.
    pub fn removed(&mut self, kind: Kind, id: Uuid, removal: Removal) {
        let (revision, trace) = self.next(kind, id);
        trace.removed = Some((revision, removal));
    }

    /// An object's properties changed, perhaps.
    pub fn changed(&mut self, id: Uuid, before: &Entity, after: &Entity) {
        let names = before.names().chain(after.names());
        let changed: Vec<_> = names.filter(|name| before.get(name) != after.get(name)).collect();
        if changed.is_empty() {
            return;
        }
        let (revision, trace) = self.next(after.kind(), id);
        trace
            .properties
            .extend(changed.into_iter().map(|name| (name, revision)));
    }

    /// A member came into a group, or went.
    pub fn member(&mut self, group: Uuid, member: Uuid, inside: bool) {
        let (revision, trace) = self.next(Kind::Group, group);
        trace.members.insert(member, (revision, inside));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lasts_over_a_restart_unless_its_holder_has_heard_what_was_not_kept() {
        let (user, mut history) = (Uuid::new_v4(), History::default());
        history.appeared(Kind::User, user);
        let kept = serde_json::to_string(&history).unwrap();
        let generation = history.generation;
        history.removed(Kind::User, user, Removal::Changed);
        assert!(history.knows(generation, 2) && !history.knows(Uuid::new_v4(), 0));

        let mut resumed = serde_json::from_str::<History>(&kept).unwrap().resumed();
        resumed.member(Uuid::new_v4(), user, true);
        assert!(resumed.knows(generation, 1), "it was kept");
        assert!(
            !resumed.knows(generation, 2),
            "another second change has happened since"
        );
        assert!(resumed.knows(resumed.generation, 2));
        let again = resumed.generation;
        let resumed = resumed.resumed();
        assert!(resumed.knows(generation, 1) && resumed.knows(again, 2));
        assert!(!History::starting(Reset::Gone).knows(again, 0));
    }

    #[test]
    fn a_stored_trace_forgets_properties_that_the_model_does_not_know() {
        let stored =
            r#"{"appeared": 1, "removed": [4, "deleted"], "properties": {"mail": 2, "colour": 3}, "members": {}}"#;
        let trace: Trace = serde_json::from_str(stored).unwrap();
        assert_eq!(trace.properties, BTreeMap::from([("mail", 2)]));
        assert_eq!(trace.removed, Some((4, Removal::Deleted)));
    }
}
