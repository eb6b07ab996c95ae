//! Faults: what the control API breaks, for whom, from which call on and how often. Deciding is here; doing is the
//! server's part.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// An error with a status, in the body that Microsoft gives it.
    Status,
    /// The right answer, late.
    Delay,
    /// The right answer's first half, as if it were whole.
    Malformed,
    /// A page whose next link leads to itself.
    Loop,
    /// The connection breaks in the middle of the body.
    Cut,
    /// A page without items whose next link leads on (graph.md §2); nothing at all where there are no pages.
    Empty,
    /// No body at all.
    Blank,
    /// A page of HTML, as gateways send it.
    Html,
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
            if turn && left && chosen.is_none() {
                standing.struck += 1;
                chosen = Some(standing.clone());
            }
        }
        chosen
    }
}

impl Standing {
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
    };

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
    fn a_misspelt_field_is_refused() {
        assert!(serde_json::from_value::<Fault>(json!({"path": "token", "kind": "status", "time": 1})).is_err());
    }
}
