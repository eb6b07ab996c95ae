//! Delta queries: their options, the state that their tokens carry, and one page of what is there or has changed
//! (graph.md §2, §3; "Use delta query to track changes").

use std::ops::Bound;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::history::{Removal, Trace};
use crate::model::schema::{Kind, Property, Shape};
use crate::protocol::filter::Filter;
use crate::protocol::paging::{opened, sealed};
use crate::protocol::query::{option, pairs};
use crate::protocol::refusal::Refusal;

/// How many objects and how many members a page holds at most: the service's own choice.
const OBJECTS: usize = 100;
const MEMBERS: usize = 200;

/// The greatest number of objects that a filter can name.
const SCOPED: usize = 50;

/// What a token carries: where the round stands, and the options of the first request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    generation: Uuid,
    /// After which revision changes are wanted; none in the first round, which lists what is there.
    from: Option<u64>,
    /// At which revision the round began, from which the next one goes on.
    to: u64,
    /// The last object that is done with.
    after: Option<Uuid>,
    /// A group that was begun, and the last of its members that was sent.
    begun: Option<(Uuid, Uuid)>,
    select: Option<Vec<String>>,
    ids: Option<Vec<Uuid>>,
}

/// What a request asks for.
#[derive(Debug)]
pub enum Wanted {
    /// A page of this round.
    Page(State),
    /// Nothing but the link for what comes from now on.
    Latest(State),
    /// The token belongs to a history that is no more; the options may be used again.
    Stale(Option<Vec<String>>),
}

fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "delta of groups",
        _ => "delta of users",
    }
}

/// The options of a delta query, as they were sent.
#[derive(Default)]
struct Options {
    select: Option<Vec<String>>,
    ids: Option<Vec<Uuid>>,
    delta_token: Option<String>,
    skip_token: Option<String>,
}

fn options(raw: &str, kind: Kind) -> Result<Options, Refusal> {
    let mut options = Options::default();
    for (name, value) in pairs(raw) {
        match option(&name) {
            Some("$select") => options.select = Some(selected(&value, kind)?),
            Some("$filter") => options.ids = Some(scope(&value, kind)?),
            Some("$deltatoken") => options.delta_token = Some(value),
            Some("$skiptoken") => options.skip_token = Some(value),
            None if !name.starts_with('$') => {}
            _ => return Err(Refusal::unsupported(&name)),
        }
    }
    Ok(options)
}

/// Reads what a delta query asks for.
pub fn read(raw: &str, kind: Kind, directory: &Directory) -> Result<Wanted, Refusal> {
    let Options {
        select,
        ids,
        delta_token: token,
        skip_token: skip,
    } = options(raw, kind)?;
    let history = directory.history();
    let state = |text: &str| {
        let payload = opened(directory.id, purpose(kind), text)?;
        serde_json::from_slice::<State>(&payload).ok()
    };
    let fresh = State {
        generation: history.generation,
        from: None,
        to: history.revision(),
        after: None,
        begun: None,
        select: select.clone(),
        ids,
    };
    let state = match (skip, token.as_deref()) {
        (Some(_), _) if select.is_some() => {
            return Err(Refusal::bad_request(
                "$select and $skiptoken cannot be combined in a delta query.",
            ));
        }
        (Some(text), _) => state(&text)
            .ok_or_else(|| Refusal::bad_request("The value of the $skiptoken is not valid for this request."))?,
        (None, None | Some("")) => return Ok(Wanted::Page(fresh)),
        (None, Some("latest")) => return Ok(Wanted::Latest(fresh)),
        (None, Some(text)) => {
            let state = state(text).ok_or_else(Refusal::sync_state_not_found)?;
            State {
                to: history.revision(),
                // Who names properties again wants those from now on.
                select: select.or(state.select),
                ..state
            }
        }
    };
    match state.generation == history.generation {
        true => Ok(Wanted::Page(state)),
        false => Ok(Wanted::Stale(state.select)),
    }
}

/// Properties, and the one relationship of each kind that can be followed.
fn selected(value: &str, kind: Kind) -> Result<Vec<String>, Refusal> {
    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| match kind.property(name) {
            Some(property) if matches!(property.shape, Shape::Outside) => Err(Refusal::outside_store()),
            // It is kept outside the store that changes are followed in.
            Some(property) if property.name == "signInActivity" => Err(Refusal::unsupported("$select=signInActivity")),
            Some(property) => Ok(property.name.to_owned()),
            None if name.eq_ignore_ascii_case(relationship(kind)) => Ok(relationship(kind).to_owned()),
            None => Err(Refusal::no_property(name, kind.type_name())),
        })
        .collect()
}

fn relationship(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "members",
        // Nobody here has a manager, so that there is nothing to send of it.
        _ => "manager",
    }
}

fn scope(value: &str, kind: Kind) -> Result<Vec<Uuid>, Refusal> {
    let ids = Filter::read(value, &[kind])?.ids();
    let ids = ids.ok_or_else(|| {
        let message = "Unsupported Query. A delta query can be filtered by 'id eq' only.";
        Refusal::new(400, "Request_UnsupportedQuery", message)
    })?;
    match ids.len() {
        0..=SCOPED => Ok(ids),
        _ => Err(Refusal::bad_request(format!(
            "A delta query can be filtered by at most {SCOPED} ids."
        ))),
    }
}

impl State {
    /// The token for a link.
    pub fn token(&self, kind: Kind, tenant: Uuid) -> Result<String, serde_json::Error> {
        Ok(sealed(tenant, purpose(kind), &serde_json::to_vec(self)?))
    }

    /// The state in which the next round begins.
    pub fn finished(self) -> Self {
        Self {
            from: Some(self.to),
            after: None,
            begun: None,
            ..self
        }
    }

    /// The names in `$select`.
    pub fn select(&self) -> Option<&[String]> {
        self.select.as_deref()
    }

    /// Whether members are asked for: without `$select` they are sent too.
    pub fn members(&self, kind: Kind) -> bool {
        let named = |names: &Vec<String>| names.iter().any(|name| name == "members");
        kind == Kind::Group && self.select.as_ref().is_none_or(named)
    }

    /// Whether this goes on from a link to changes, where only changed properties can be asked for.
    pub fn changes(&self) -> bool {
        self.from.is_some()
    }
}

/// One page: its items, and the state with which to go on if there is more.
pub struct Page {
    /// The items.
    pub value: Vec<Value>,
    /// The state of the next page.
    pub next: Option<State>,
}

/// The page of a state. With `minimal`, changed objects come with nothing but what changed.
pub fn page(state: &State, kind: Kind, directory: &Directory, minimal: bool) -> Page {
    let reader = Reader {
        state,
        kind,
        directory,
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

/// What a page says of an object, and the members to say with it.
type Item = (Map<String, Value>, Vec<Membership>);

struct Reader<'a> {
    state: &'a State,
    kind: Kind,
    directory: &'a Directory,
    minimal: bool,
    members: bool,
    properties: Vec<&'static Property>,
}

impl Reader<'_> {
    fn page(&self) -> Page {
        let (mut value, mut budget) = (Vec::new(), MEMBERS);
        let mut next = self.state.clone();
        for id in self.candidates() {
            let Some((mut item, members)) = self.item(id) else {
                continue;
            };
            if value.len() == OBJECTS || budget == 0 {
                return Page {
                    value,
                    next: Some(next),
                };
            }
            let begun = self
                .state
                .begun
                .filter(|(group, _)| *group == id)
                .map(|(_, member)| member);
            let mut members: Vec<_> = members
                .into_iter()
                .filter(|(member, _)| Some(*member) > begun)
                .collect();
            let more = members.len() > budget;
            members.truncate(budget);
            budget -= members.len();
            let last = members.last().map(|(member, _)| *member);
            if !members.is_empty() {
                let members = members.into_iter().map(|(member, inside)| self.member(member, inside));
                item.insert("members@delta".to_owned(), members.collect());
            }
            value.push(Value::Object(item));
            match last.filter(|_| more) {
                Some(last) => next.begun = Some((id, last)),
                None => (next.begun, next.after) = (None, Some(id)),
            }
            if more {
                return Page {
                    value,
                    next: Some(next),
                };
            }
        }
        Page { value, next: None }
    }

    /// The objects that the page could hold, in the order of their ids.
    fn candidates(&self) -> Box<dyn Iterator<Item = Uuid> + '_> {
        let start = match (self.state.begun, self.state.after) {
            (Some((group, _)), _) => Bound::Included(group),
            (None, Some(after)) => Bound::Excluded(after),
            (None, None) => Bound::Unbounded,
        };
        let wanted = |id: &Uuid| self.state.ids.as_ref().is_none_or(|ids| ids.contains(id));
        match self.state.from {
            None => {
                let objects = self.objects().range((start, Bound::Unbounded));
                Box::new(objects.map(|(id, _)| *id).filter(wanted))
            }
            Some(_) => {
                let traces = self.directory.history().after(self.kind, start);
                Box::new(traces.map(|(id, _)| id).filter(wanted))
            }
        }
    }

    fn objects(&self) -> &std::collections::BTreeMap<Uuid, Entity> {
        match self.kind {
            Kind::Group => &self.directory.groups,
            _ => &self.directory.users,
        }
    }

    /// What the page says of an object and its members; nothing if nothing that was asked for has changed.
    fn item(&self, id: Uuid) -> Option<Item> {
        let trace = self.directory.history().trace(self.kind, id);
        let entity = self.objects().get(&id);
        let (Some(from), Some(trace)) = (self.state.from, trace) else {
            return Some((self.whole(entity?, trace), self.all_members(id)));
        };
        let Some(entity) = entity else {
            let (revision, removal) = trace.removed?;
            let reason = match removal {
                Removal::Changed => "changed",
                Removal::Deleted => "deleted",
            };
            let item = json!({"id": id, "@removed": {"reason": reason}});
            return (revision > from).then_some((item.as_object()?.clone(), Vec::new()));
        };
        if trace.appeared > from {
            return Some((self.whole(entity, Some(trace)), self.all_members(id)));
        }
        let since = |revision: &u64| *revision > from;
        let changed = |property: &&&Property| trace.properties.get(property.name).is_some_and(since);
        let members: Vec<Membership> = match self.members {
            true => trace
                .members
                .iter()
                .filter(|(_, (at, _))| since(at))
                .map(|(id, (_, inside))| (*id, *inside))
                .collect(),
            false => Vec::new(),
        };
        if members.is_empty() && !self.properties.iter().any(|property| changed(&property)) {
            return None;
        }
        if !self.minimal {
            return Some((self.whole(entity, Some(trace)), members));
        }
        let mut item = Map::from_iter([("id".to_owned(), json!(id))]);
        for property in self.properties.iter().filter(changed) {
            let value = entity.get(property.name).cloned();
            item.insert(
                property.name.to_owned(),
                value.unwrap_or_else(|| property.shape.absent()),
            );
        }
        Some((item, members))
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

    fn all_members(&self, group: Uuid) -> Vec<Membership> {
        if !self.members {
            return Vec::new();
        }
        let members = self.directory.members_after(group, None, None, usize::MAX);
        members.into_iter().map(|member| (member, true)).collect()
    }

    /// A member; of one that is gone altogether nothing but the id is left to say, and users are the kind that goes.
    fn member(&self, id: Uuid, inside: bool) -> Value {
        let kind = self.directory.object(id).map_or(Kind::User, Entity::kind);
        let mut member = json!({"@odata.type": format!("#{}", kind.type_name()), "id": id});
        if !inside {
            member["@removed"] = json!({"reason": "deleted"});
        }
        member
    }
}
