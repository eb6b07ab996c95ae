//! What happened to a directory since it was made: a revision that counts up with every change, and for each object
//! when which of its properties last changed. Delta queries are answered from it (graph.md §2, §3). It is not kept in
//! the state file: after a restart every token is of an older generation, and clients start over.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::Deserialize;
use uuid::Uuid;

use super::entity::Entity;
use super::schema::Kind;

/// How an object went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It can be restored.
    Changed,
    /// It is gone for good.
    Deleted,
}

/// How clients with an older token are sent back to the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reset {
    /// 400: the token is too old.
    #[default]
    Expired,
    /// 410: the service asks for a fresh start and says where.
    Gone,
}

/// What happened to one object, each with the revision at which it last did.
#[derive(Debug, Default)]
pub struct Trace {
    /// When it came into being, or back.
    pub appeared: u64,
    /// When it went, if it is gone.
    pub removed: Option<(u64, Removal)>,
    /// When a property changed; a property in here was set once, even if it has no value now.
    pub properties: BTreeMap<&'static str, u64>,
    /// When a member came (true) or went.
    pub members: BTreeMap<Uuid, (u64, bool)>,
}

/// The history of one directory.
#[derive(Debug)]
pub struct History {
    /// Which history this is; tokens of another one are of no use.
    pub generation: Uuid,
    /// What becomes of those who hold one.
    pub reset: Reset,
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
            revision: 0,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
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
