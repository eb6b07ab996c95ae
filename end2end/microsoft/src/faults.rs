//! Faults: what the control API breaks, for whom, from which call on and how often. Deciding is here; doing is the
//! server's part.
//!
//! Several faults for one path strike one after another, in the order in which they were ordered: the next one comes
//! when the one before it is spent. A list of them is therefore a script that can be played again.

use crate::error::SimError;
use crate::identity::forgery::Forgery;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// An error with a status, in the body that Microsoft gives it.
    Status,
    /// The right answer, late.
    Delay,
    /// The right answer's first half, as if it were whole.
    Malformed,
    /// Pages whose links lead in a circle, of as many pages as `pages` says (1 if none: a page that leads to itself).
    Loop,
    /// Pages without end: each has a link to a further page that has not been asked for yet.
    Endless,
    /// A page whose next link leads to another host, the one in `to`.
    ForeignLink,
    /// A redirect to another host, the one in `to`.
    Redirect,
    /// A body of `size` bytes, sent piece by piece.
    Large,
    /// JSON that is nested `size` levels deep.
    Deep,
    /// A page whose first item has half of a character in its name: `"\ud800"`, which JSON can write and UTF-8 can not.
    Surrogate,
    /// The right answer of a server whose clock is `seconds` ahead of ours.
    Clock,
    /// 401 for the token that it first meets, for as long as that token is used; a newer one is good.
    RefuseToken,
    /// The connection breaks in the middle of the body.
    Cut,
    /// A page without items whose next link leads on (graph.md §2); nothing at all where there are no pages.
    Empty,
    /// A page that holds its objects twice, first as if under an older name: the last one wins (graph.md §2).
    Duplicate,
    /// A page of a delta query that comes again: its link leads back to it before it leads on. By a delta link, every
    /// change that the history holds, those from before the link among them (graph.md §2).
    Replay,
    /// A page whose items come in the reverse order; a delta round that begins with it has all its objects mixed over
    /// its pages.
    Reorder,
    /// A link that is too old: 400 `Directory_ExpiredPageToken` or `syncStateNotFound`. A request that follows no link
    /// is answered rightly.
    Expire,
    /// The service forgets its history before it answers who follows a link of a delta query: 410 with a `Location`,
    /// and the same for every link of the tenant made before.
    Reset,
    /// No body at all.
    Blank,
    /// A page of HTML, as gateways send it.
    Html,
    /// A page whose first item has another id, the one in `to`: `/organization` then speaks for another tenant.
    OtherId,
    /// An id token that is wrong in the way that `forge` says.
    IdToken,
}

/// A fault as it is ordered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The tenant that it is for (id, name or domain); every tenant when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// A prefix of the path, or a pattern with `*`; with a `?` in it the query string is compared too. `token` is the
    /// token endpoint.
    pub path: String,
    /// The matching call at which it begins, counted from 1.
    #[serde(default = "first")]
    pub nth: u64,
    /// How often it strikes; for ever when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// The status, for `status` (503 if none) and `html` (502 if none).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error's code; for the token endpoint the number of an AADSTS error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The error's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The `Retry-After` header, a number or any text; none is sent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Value>,
    /// How long to wait first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Another host, as scheme and host, for `redirect` and `foreignLink` (`https://elsewhere.example` if none); another
    /// id for `otherId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// For `large` the size of the body in bytes (100 MiB if none), for `deep` the number of levels (100,000 if none).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// How many pages a `loop` has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    /// What is wrong with the id token of `idToken`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forge: Option<Forgery>,
    /// How far the clock of `clock` is ahead, in seconds; behind when negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
}

/// Reads a JSON list of faults, as `--faults` takes it; a wrong one is named by its place in the list.
pub fn parse_faults(text: &str) -> Result<Vec<Fault>, SimError> {
    let entries: Vec<Value> = serde_json::from_str(text).map_err(|error| SimError::Faults(error.to_string()))?;
    let read = |(index, entry)| {
        serde_json::from_value(entry).map_err(|error| SimError::Fault {
            number: index + 1,
            why: error.to_string(),
        })
    };
    entries.into_iter().enumerate().map(read).collect()
}

fn first() -> u64 {
    1
}

/// A fault in force.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The number by which it can be lifted.
    pub id: u64,
    /// How many requests it has met.
    pub matched: u64,
    /// How many of them it has struck.
    pub struck: u64,
    /// The tenant meant, found when the fault was ordered.
    #[serde(skip)]
    pub tenant: Option<Uuid>,
    /// Path and query of the page to which a loop leads back.
    #[serde(skip)]
    pub loop_start: String,
    /// The `Authorization` header that is refused.
    #[serde(skip)]
    refused: Option<String>,
    /// What was ordered.
    #[serde(flatten)]
    pub fault: Fault,
}

/// All faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    standing: Vec<Standing>,
    last: u64,
}

/// What a fault is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The tenant of the request.
    pub tenant: Option<Uuid>,
    /// Its path.
    pub path: &'a str,
    /// Its query string.
    pub query: &'a str,
    /// Whether it is for the token endpoint.
    pub token: bool,
    /// Its `Authorization` header.
    pub authorization: Option<&'a str>,
}

impl Faults {
    /// Puts a fault in force.
    pub fn add(&mut self, fault: Fault, tenant: Option<Uuid>) -> u64 {
        self.last += 1;
        self.standing.push(Standing {
            id: self.last,
            matched: 0,
            struck: 0,
            tenant,
            loop_start: String::new(),
            refused: None,
            fault,
        });
        self.last
    }

    /// The faults in force, those that are spent among them.
    pub fn list(&self) -> &[Standing] {
        &self.standing
    }

    /// Lifts one; tells whether it was there.
    pub fn lift(&mut self, id: u64) -> bool {
        let before = self.standing.len();
        self.standing.retain(|standing| standing.id != id);
        self.standing.len() < before
    }

    /// Lifts all.
    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// The fault that strikes a call: the oldest whose turn it is. All that match count the call.
    pub fn strike(&mut self, call: Call<'_>) -> Option<Standing> {
        let mut chosen = None;
        for standing in self.standing.iter_mut().filter(|standing| standing.meets(call)) {
            standing.matched += 1;
            let turn = standing.matched >= standing.fault.nth.max(1);
            let left = standing.fault.times.is_none_or(|times| standing.struck < times);
            if turn && left && chosen.is_none() && standing.refuses(call.authorization) {
                if standing.struck.is_multiple_of(standing.pages()) {
                    standing.loop_start = call.address();
                }
                standing.struck += 1;
                chosen = Some(standing.clone());
            }
        }
        chosen
    }
}

impl Call<'_> {
    /// Path and query as they were sent.
    fn address(&self) -> String {
        match self.query {
            "" => self.path.to_owned(),
            query => format!("{}?{query}", self.path),
        }
    }
}

impl Standing {
    /// How many pages a loop has.
    pub fn pages(&self) -> u64 {
        self.fault.pages.unwrap_or(1).max(1)
    }

    /// Whether a request with this token is struck: `refuseToken` knows the token that it struck first.
    fn refuses(&mut self, authorization: Option<&str>) -> bool {
        if self.fault.kind != FaultKind::RefuseToken {
            return true;
        }
        let Some(authorization) = authorization else {
            return false;
        };
        self.refused.get_or_insert_with(|| authorization.to_owned()) == authorization
    }

    fn meets(&self, call: Call<'_>) -> bool {
        if self.fault.tenant.is_some() && self.tenant != call.tenant {
            return false;
        }
        match self.fault.path.as_str() {
            "token" => call.token,
            pattern if pattern.contains('?') => fits(pattern, &format!("{}?{}", call.path, call.query)),
            pattern => fits(pattern, call.path),
        }
    }
}

/// Whether a path fits a pattern: with `*` as a whole, without as a prefix. Letter case does not count.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (
        pattern.to_ascii_lowercase(),
        path.to_ascii_lowercase().replace("%24", "$"),
    );
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return true;
    };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CALL: Call<'_> = Call {
        tenant: None,
        path: "/v1.0/users",
        query: "$top=5",
        token: false,
        authorization: Some("Bearer first"),
    };

    fn kinds(faults: &mut Faults, calls: usize) -> Vec<Option<u16>> {
        let status = |standing: Standing| standing.fault.status;
        (0..calls).map(|_| faults.strike(CALL).and_then(status)).collect()
    }

    #[test]
    fn a_pattern_is_a_prefix_unless_it_has_a_star() {
        assert!(fits("/v1.0/groups", "/v1.0/groups/1/members"));
        assert!(fits("/v1.0/groups/*/members", "/v1.0/groups/1/members"));
        assert!(!fits(
            "/v1.0/groups/*/members",
            "/v1.0/groups/1/members/microsoft.graph.user"
        ));
        assert!(fits("/v1.0/users?*skiptoken*", "/v1.0/users?$top=1&%24skiptoken=x"));
        assert!(!fits("/v1.0/users?*skiptoken*", "/v1.0/users?$top=1"));
    }

    #[test]
    fn a_fault_strikes_from_its_turn_on_and_as_often_as_it_was_told() {
        let mut faults = Faults::default();
        let fault = json!({"path": "/v1.0/users", "kind": "status", "nth": 2, "times": 2});
        faults.add(serde_json::from_value(fault).unwrap(), None);
        let struck: Vec<bool> = (0..5).map(|_| faults.strike(CALL).is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn a_list_of_faults_strikes_in_its_order_and_the_same_way_each_time() {
        let text = r#"[
            {"path": "/v1.0/users", "kind": "status", "status": 503, "times": 1},
            {"path": "/v1.0/users", "kind": "status", "status": 429, "nth": 2, "times": 2},
            {"path": "/v1.0/groups", "kind": "status", "status": 418},
            {"path": "/v1.0/users", "kind": "status", "status": 500, "nth": 5, "times": 1}
        ]"#;
        for _ in 0..2 {
            let mut faults = Faults::default();
            for fault in parse_faults(text).unwrap() {
                faults.add(fault, None);
            }
            let expected = [Some(503), Some(429), Some(429), None, Some(500), None];
            assert_eq!(kinds(&mut faults, 6), expected);
        }
    }

    #[test]
    fn a_wrong_list_of_faults_names_the_entry() {
        let told = |text: &str| parse_faults(text).unwrap_err().to_string();
        let second = told(r#"[{"path": "token", "kind": "html"}, {"path": "token", "kind": "rain"}]"#);
        assert!(second.contains("fault 2") && second.contains("rain"), "{second}");
        let misspelt = told(r#"[{"path": "token", "kind": "html", "time": 1}]"#);
        assert!(misspelt.contains("fault 1") && misspelt.contains("time"), "{misspelt}");
        assert!(told("{}").contains("JSON list"), "{}", told("{}"));
    }

    #[test]
    fn a_refused_token_is_refused_until_another_comes() {
        let mut faults = Faults::default();
        let fault = json!({"path": "/v1.0/users", "kind": "refuseToken", "nth": 2});
        faults.add(serde_json::from_value(fault).unwrap(), None);
        let newer = Call {
            authorization: Some("Bearer second"),
            ..CALL
        };
        let struck = [CALL, CALL, newer, CALL].map(|call| faults.strike(call).is_some());
        assert_eq!(struck, [false, true, false, true]);
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        assert!(serde_json::from_value::<Fault>(json!({"path": "token", "kind": "status", "time": 1})).is_err());
    }
}
