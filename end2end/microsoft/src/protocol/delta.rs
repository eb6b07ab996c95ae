//! Delta queries: their options and the state that their tokens carry (graph.md §2, §3; "Use delta query to track
//! changes").

mod page;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::deltas::Deltas;
use crate::model::directory::Directory;
use crate::model::schema::{Kind, Shape};
use crate::protocol::filter::Filter;
use crate::protocol::paging::{opened, sealed};
use crate::protocol::query::{option, pairs};
use crate::protocol::refusal::Refusal;

pub use page::{Page, page};

/// The greatest number of objects that a filter can name.
const SCOPED: usize = 50;

/// What a token carries: where the round stands, and the options of the first request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    generation: Uuid,
    /// The latest revision of which the holder can have heard.
    seen: u64,
    /// When the token was made.
    made: DateTime<Utc>,
    /// After which revision changes are wanted; none in the first round, which lists what is there.
    from: Option<u64>,
    /// At which revision the round began, from which the next one goes on.
    to: u64,
    /// The last object that is done with.
    after: Option<Uuid>,
    /// A group that was begun, and the last of its members that was sent.
    begun: Option<(Uuid, Uuid)>,
    /// What mixes the order of the objects; without it they come in the order of their ids.
    mixed: Option<u64>,
    /// How often this place was asked for already: a link that leads to it again is another link.
    again: u32,
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
    Stale(State),
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
    let mut seen = Vec::new();
    for (name, value) in pairs(raw) {
        let known = option(&name);
        if known.is_some() && seen.contains(&known) {
            return Err(Refusal::twice(&name));
        }
        seen.push(known);
        match known {
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

/// The link that a request follows, by the option that carries its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The link to a next page.
    Next,
    /// The link for what changed since.
    Delta,
}

impl Link {
    /// The link that a query string comes from, if it comes from one.
    pub fn followed(raw: &str) -> Option<Self> {
        let link = |(name, value): (String, String)| match option(&name)? {
            "$skiptoken" => Some(Self::Next),
            "$deltatoken" if !matches!(value.as_str(), "" | "latest") => Some(Self::Delta),
            _ => None,
        };
        pairs(raw).find_map(link)
    }

    /// What who follows such a link too late is told (graph.md §2).
    pub fn expired(self) -> Refusal {
        match self {
            Self::Next => Refusal::expired_page(),
            Self::Delta => Refusal::sync_state_not_found(),
        }
    }
}

/// Reads what a delta query asks for, at a moment of the service's clock.
pub fn read(
    raw: &str,
    kind: Kind,
    directory: &Directory,
    now: DateTime<Utc>,
    deltas: &Deltas,
) -> Result<Wanted, Refusal> {
    let options = options(raw, kind)?;
    let (link, text) = match (&options.skip_token, options.delta_token.as_deref()) {
        (Some(_), Some(_)) => {
            let message = "$deltatoken and $skiptoken cannot be combined in a delta query.";
            return Err(Refusal::bad_request(message));
        }
        (Some(text), None) => (Link::Next, text.as_str()),
        (None, None | Some("")) => return Ok(Wanted::Page(State::fresh(options, directory, now))),
        (None, Some("latest")) => return Ok(Wanted::Latest(State::fresh(options, directory, now))),
        (None, Some(text)) => (Link::Delta, text),
    };
    // A link holds the options of the first request. Which of them may be sent with it again is not documented but for
    // `$select`; what would be passed over is refused.
    if options.ids.is_some() || (link == Link::Next && options.select.is_some()) {
        let message = "Query options of the first request cannot be combined with a token in a delta query.";
        return Err(Refusal::bad_request(message));
    }
    let payload = opened(directory.id, purpose(kind), text);
    let state = payload.and_then(|payload| serde_json::from_slice::<State>(&payload).ok());
    let state = state.ok_or_else(|| match link {
        Link::Next => Refusal::bad_request("The value of the $skiptoken is not valid for this request."),
        Link::Delta => link.expired(),
    })?;
    if now - state.made > deltas.life(link == Link::Next) {
        return Err(link.expired());
    }
    let history = directory.history();
    Ok(match history.knows(state.generation, state.seen) {
        false => Wanted::Stale(state),
        true if link == Link::Next => Wanted::Page(state),
        true => Wanted::Page(State {
            to: history.revision(),
            // Who names properties again wants those from now on.
            select: options.select.or(state.select),
            ..state
        }),
    })
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
    /// The state in which a first round begins.
    fn fresh(options: Options, directory: &Directory, now: DateTime<Utc>) -> Self {
        let history = directory.history();
        Self {
            generation: history.generation,
            seen: history.revision(),
            made: now,
            from: None,
            to: history.revision(),
            after: None,
            begun: None,
            mixed: None,
            again: 0,
            select: options.select,
            ids: options.ids,
        }
    }

    /// The token for a link that is made now. Who gets it has heard of everything up to now.
    pub fn token(&self, kind: Kind, directory: &Directory, now: DateTime<Utc>) -> Result<String, serde_json::Error> {
        let history = directory.history();
        let state = Self {
            generation: history.generation,
            seen: history.revision(),
            made: now,
            ..self.clone()
        };
        Ok(sealed(directory.id, purpose(kind), &serde_json::to_vec(&state)?))
    }

    /// The state in which the next round begins.
    pub fn finished(self) -> Self {
        Self {
            from: Some(self.to),
            after: None,
            begun: None,
            mixed: None,
            again: 0,
            ..self
        }
    }

    /// The same place once more, after a page without items or one that is to come again.
    pub fn once_more(self) -> Self {
        Self {
            again: self.again + 1,
            ..self
        }
    }

    /// Whether this place was not asked for before.
    pub fn first_time(&self) -> bool {
        self.again == 0
    }

    /// The same round, all its objects in another order; a round that has begun keeps the order that it has.
    pub fn mixed(self, by: u64) -> Self {
        match (self.after, self.begun) {
            (None, None) => Self {
                mixed: Some(by),
                ..self
            },
            _ => self,
        }
    }

    /// A round that tells every change again that the history still holds, as the service may (graph.md §2).
    pub fn replayed(self) -> Self {
        Self {
            from: self.from.map(|_| 0),
            ..self
        }
    }

    /// The properties that `$select` names, without the relationships among them.
    pub fn properties(&self, kind: Kind) -> Option<Vec<&str>> {
        let names = self.select.as_ref()?.iter().map(String::as_str);
        Some(names.filter(|name| *name != relationship(kind)).collect())
    }

    /// The query string that starts over with the same options (graph.md §2: an empty `$deltatoken`).
    pub fn starting_over(&self) -> String {
        let mut query = String::new();
        if let Some(select) = &self.select {
            query += &format!("$select={}&", select.join(","));
        }
        if let Some(ids) = &self.ids {
            let ids: Vec<String> = ids.iter().map(|id| format!("id+eq+'{id}'")).collect();
            query += &format!("$filter={}&", ids.join("+or+"));
        }
        query + "$deltatoken="
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
