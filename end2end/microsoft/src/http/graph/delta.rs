//! Answers to delta queries: the links around a page, and the refusals that send a client back to the start.

use serde_json::{Map, Value, json};

use super::super::Ask;
use super::{Headers, written};
use crate::model::directory::{Directory, Permission};
use crate::model::history::Reset;
use crate::model::schema::Kind;
use crate::protocol::delta::{State, Wanted, page, read};
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::{Resource, version};
use crate::tokens::Access;

/// The body of an answer.
pub fn answer(
    directory: &Directory,
    access: &Access,
    ask: &Ask,
    kind: Kind,
    headers: &mut Headers,
) -> Result<Vec<u8>, Refusal> {
    let path = ask.path.trim_end_matches('/');
    let link = |option: &str, state: &State| {
        let token = state.token(kind, directory.id);
        let token = token.map_err(|error| Refusal::new(500, "generalException", error.to_string()))?;
        Ok(format!("{}{path}?{option}={token}", ask.base))
    };
    let state = match read(&ask.query, kind, directory)? {
        Wanted::Latest(state) => {
            let delta = link("$deltatoken", &state.clone().finished())?;
            return written(&body(ask, kind, &state, ("@odata.deltaLink", delta), Vec::new()));
        }
        Wanted::Stale(select) => return Err(stale(directory, ask, select, headers)),
        Wanted::Page(state) => state,
    };
    if state.members(kind) && !access.permits(Permission::Members) {
        return Err(Refusal::denied());
    }
    if ask.empty {
        let again = link("$skiptoken", &state)?;
        return written(&body(ask, kind, &state, ("@odata.nextLink", again), Vec::new()));
    }
    if ask.minimal && state.changes() {
        headers.push(("preference-applied", "return=minimal".to_owned()));
    }
    let page = page(&state, kind, directory, ask.minimal);
    let link = match page.next {
        Some(next) => ("@odata.nextLink", link("$skiptoken", &next)?),
        None => ("@odata.deltaLink", link("$deltatoken", &state.clone().finished())?),
    };
    written(&body(ask, kind, &state, link, page.value))
}

fn body(ask: &Ask, kind: Kind, state: &State, link: (&str, String), value: Vec<Value>) -> Map<String, Value> {
    let names = state
        .select()
        .map(|names| format!("({})", names.join(",")))
        .unwrap_or_default();
    let set = Resource::Delta(kind).set();
    let context = format!("{}/{}/$metadata#{set}{names}", ask.base, version(&ask.path));
    Map::from_iter([
        ("@odata.context".to_owned(), json!(context)),
        (link.0.to_owned(), json!(link.1)),
        ("value".to_owned(), Value::Array(value)),
    ])
}

/// A token of a history that is no more: too old, or taken back by the service, which then says where to begin.
fn stale(directory: &Directory, ask: &Ask, select: Option<Vec<String>>, headers: &mut Headers) -> Refusal {
    if directory.history().reset == Reset::Expired {
        return Refusal::sync_state_not_found();
    }
    let select = select
        .map(|names| format!("$select={}&", names.join(",")))
        .unwrap_or_default();
    let path = ask.path.trim_end_matches('/');
    headers.push(("location", format!("{}{path}?{select}$deltatoken=", ask.base)));
    let (code, message) = Refusal::usual_code(410);
    Refusal::new(410, code, message)
}
