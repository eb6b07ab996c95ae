//! What the stand-in does wrong in a run: at any call, of whatever kind.
//!
//! Left out is what a run makes no failure of and what the model has no rules for: that groups, or the members of a group
//! that shows them to few, are refused with 403. Filters on groups then wait (`tests/engine/refusals.rs`).

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// What a run reads page by page and can't do without.
const ROUNDS: [&str; 3] = ["/v1.0/users/delta", "/v1.0/groups/delta", "/v1.0/*/delta"];
/// What else it can't do without: the members of the stage's group that shows them to few, and single accounts.
const NEEDED: [&str; 2] = ["/v1.0/groups/c0000000*/members", "/v1.0/users/a0000000*"];
/// What it does without where that is refused, and whatever else is wrong there may end it or not.
const REFUSED: [&str; 2] = ["/v1.0/subscribedSkus", "/v1.0/directory/deletedItems"];
/// What it does without, whatever is wrong there.
const SPARED: [&str; 7] = [
    "/v1.0/users/$count",
    "/v1.0/organization",
    "/v1.0/domains",
    "/v1.0/users?*signInActivity*",
    "/v1.0/reports/",
    "/v1.0/deviceManagement/",
    "/v1.0/$batch",
];
const TOKEN: [&str; 1] = ["token"];

/// Answers that can't be read, or whose links are not to be followed.
const NONSENSE: [&str; 5] = ["malformed", "html", "blank", "loop", "foreignLink"];
/// After these the same is asked again.
const PASSING: [u16; 4] = [429, 500, 503, 504];

/// A path, and at which of its calls a fault begins.
type Place = (&'static str, u8);

fn place(paths: &'static [&'static str], most: u8) -> BoxedStrategy<Place> {
    (select(paths), 1..=most).boxed()
}

/// A call that a run needs. The longest round here has eight pages or so.
fn needed() -> BoxedStrategy<Place> {
    prop_oneof![3 => place(&ROUNDS, 8), 1 => place(&NEEDED, 2)].boxed()
}

fn any() -> BoxedStrategy<Place> {
    prop_oneof![
        3 => needed(),
        1 => place(&REFUSED, 2),
        3 => place(&SPARED, 2),
        1 => place(&TOKEN, 1),
    ]
    .boxed()
}

/// A fault at a place, of which the rest says what and how often. Nobody waits longer than it takes.
fn at((path, nth): Place, rest: &Value) -> Value {
    let mut fault = json!({ "path": path, "nth": nth, "retryAfter": "0" });
    for (name, value) in rest.as_object().into_iter().flatten() {
        fault[name.as_str()] = value.clone();
    }
    fault
}

fn with(places: BoxedStrategy<Place>, rest: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    (places, rest).prop_map(|(place, rest)| at(place, &rest)).boxed()
}

fn once(kind: &'static str) -> BoxedStrategy<Value> {
    Just(json!({ "kind": kind, "times": 1 })).boxed()
}

fn status(statuses: &'static [u16]) -> BoxedStrategy<Value> {
    select(statuses)
        .prop_map(|status| json!({ "kind": "status", "status": status }))
        .boxed()
}

fn nonsense() -> BoxedStrategy<Value> {
    select(&NONSENSE[..]).prop_map(|kind| json!({ "kind": kind })).boxed()
}

/// Of the numbers of Entra that 90033 is one that passes, and 65001 says that there is no consent.
fn no_token(code: &'static str) -> Value {
    json!({ "kind": "status", "status": 400, "code": code })
}

/// Faults that a run has to bear.
pub fn bearable() -> BoxedStrategy<Value> {
    let of_delta = select(&["duplicate", "replay", "reorder", "empty", "expire", "reset"][..]);
    let twice = select(&PASSING[..]).prop_map(|status| json!({ "kind": "status", "status": status, "times": 2 }));
    let passing = no_token("90033");
    prop_oneof![
        6 => (of_delta, 1u8..8, 1u8..3).prop_map(|(kind, nth, times)| {
            json!({ "path": "/v1.0/*/delta", "kind": kind, "nth": nth, "times": times })
        }),
        3 => with(any(), twice.boxed()),
        // As long as the token is the one that is refused.
        2 => with(needed(), Just(json!({ "kind": "refuseToken" })).boxed()),
        // The one fault here after which somebody waits, for a second.
        1 => with(any(), once("cut")),
        4 => with(place(&SPARED, 2), status(&[400, 401, 403, 404, 429, 500, 503, 504])),
        3 => with(place(&SPARED, 2), nonsense()),
        1 => with(place(&REFUSED, 1), status(&[403])),
        1 => place(&TOKEN, 1).prop_map(move |token| {
            let mut fault = at(token, &passing);
            fault["times"] = json!(1);
            fault
        }),
    ]
    .boxed()
}

/// Faults that end a run if they strike it.
pub fn unbearable() -> BoxedStrategy<Value> {
    let ending = || prop_oneof![3 => needed(), 1 => place(&REFUSED, 2)].boxed();
    let refused = place(&["/v1.0/users/delta", "/v1.0/users/a0000000*"], 3);
    prop_oneof![
        4 => with(ending(), status(&[401, 429, 500, 503])),
        1 => with(refused, status(&[403])),
        4 => with(ending(), nonsense()),
        1 => with(place(&TOKEN, 1), Just(no_token("65001")).boxed()),
        1 => with(place(&TOKEN, 1), select(&["malformed", "html", "blank"][..]).prop_map(|kind| json!({ "kind": kind })).boxed()),
    ]
    .boxed()
}
