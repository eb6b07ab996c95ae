//! Answers to delta queries: the links around a page, and the refusals that send a client back to the start.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::Ask;
use super::{Headers, written};
use crate::deltas::Deltas;
use crate::faults::FaultKind;
use crate::model::directory::{Directory, Permission};
use crate::model::history::Reset;
use crate::model::schema::Kind;
use crate::protocol::delta::{Link, State, Wanted, page, read};
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::{Resource, version};
use crate::tokens::Access;

/// One delta query.
pub struct Query<'a> {
    pub directory: &'a Directory,
    pub access: &'a Access,
    pub ask: &'a Ask,
    pub kind: Kind,
    pub deltas: Deltas,
}

impl Query<'_> {
    /// The body of the answer.
    pub fn answer(&self, headers: &mut Headers) -> Result<Vec<u8>, Refusal> {
        let (directory, kind, ask) = (self.directory, self.kind, self.ask);
        let state = match read(&ask.query, kind, directory, ask.now, &self.deltas)? {
            Wanted::Latest(state) => {
                let delta = self.link(Link::Delta, &state.clone().finished())?;
                return written(&self.body(&state, (Link::Delta, delta), Vec::new()));
            }
            Wanted::Stale(state) => return Err(self.stale(&state, headers)),
            Wanted::Page(state) => self.twisted(state),
        };
        if state.members(kind) && !self.access.permits(Permission::Members) {
            return Err(Refusal::denied());
        }
        if ask.empty() {
            let on = self.link(Link::Next, &state.clone().once_more())?;
            return written(&self.body(&state, (Link::Next, on), Vec::new()));
        }
        if ask.minimal && state.changes() {
            headers.push(("preference-applied", "return=minimal".to_owned()));
        }
        let mut page = page(&state, kind, directory, ask.minimal, &self.deltas);
        if kind == Kind::Group && !self.access.permits(Permission::HiddenMembers) {
            page.value.iter_mut().for_each(|item| self.hide_members(item));
        }
        let link = match page.next {
            _ if self.comes_again(&state) => (Link::Next, self.link(Link::Next, &state.clone().once_more())?),
            Some(next) => (Link::Next, self.link(Link::Next, &next)?),
            None => (Link::Delta, self.link(Link::Delta, &state.clone().finished())?),
        };
        written(&self.body(&state, link, page.value))
    }

    /// Who is in a group with hidden membership is told with a permission of its own (graph.md §3). Without it a listing
    /// of the members is refused; a page of many groups leaves them out.
    fn hide_members(&self, item: &mut Value) {
        let id = item["id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
        let group = id.and_then(|id| self.directory.groups.get(&id));
        let hidden = group.is_some_and(|group| group.text("visibility") == Some("HiddenMembership"));
        if let (true, Some(item)) = (hidden, item.as_object_mut()) {
            item.remove("members@delta");
        }
    }

    /// The round as a fault has it go.
    fn twisted(&self, state: State) -> State {
        match self.ask.fault {
            Some((FaultKind::Reorder, strike)) => state.mixed(strike),
            Some((FaultKind::Replay, _)) if self.follows_delta() => state.replayed(),
            _ => state,
        }
    }

    /// Whether a fault has the page come a second time before its link leads on.
    fn comes_again(&self, state: &State) -> bool {
        let replay = self.ask.fault.is_some_and(|(kind, _)| kind == FaultKind::Replay);
        replay && state.first_time() && !self.follows_delta()
    }

    fn follows_delta(&self) -> bool {
        Link::followed(&self.ask.query) == Some(Link::Delta)
    }

    fn link(&self, link: Link, state: &State) -> Result<String, Refusal> {
        let option = match link {
            Link::Next => "$skiptoken",
            Link::Delta => "$deltatoken",
        };
        let token = state.token(self.kind, self.directory, self.ask.now);
        let token = token.map_err(|error| Refusal::new(500, "generalException", error.to_string()))?;
        Ok(format!("{}{}?{option}={token}", self.ask.base, self.path()))
    }

    fn path(&self) -> &str {
        self.ask.path.trim_end_matches('/')
    }

    fn body(&self, state: &State, (link, address): (Link, String), value: Vec<Value>) -> Map<String, Value> {
        // The relationships among the names are not told (`groups-delta-1`).
        let names = state.properties(self.kind).filter(|names| !names.is_empty());
        let names = names.map(|names| format!("({})", names.join(","))).unwrap_or_default();
        let set = Resource::Delta(self.kind).set();
        let context = format!("{}/{}/$metadata#{set}{names}", self.ask.base, version(&self.ask.path));
        let link = match link {
            Link::Next => "@odata.nextLink",
            Link::Delta => "@odata.deltaLink",
        };
        Map::from_iter([
            ("@odata.context".to_owned(), json!(context)),
            (link.to_owned(), json!(address)),
            ("value".to_owned(), Value::Array(value)),
        ])
    }

    /// A token of a history that is no more: too old, or taken back by the service, which then says where to begin.
    fn stale(&self, state: &State, headers: &mut Headers) -> Refusal {
        if self.directory.history().reset == Reset::Expired {
            return Refusal::sync_state_not_found();
        }
        let location = format!("{}{}?{}", self.ask.base, self.path(), state.starting_over());
        headers.push(("location", location));
        let (code, message) = Refusal::usual_code(410);
        Refusal::new(410, code, message)
    }
}
