//! `$batch`: the requests in a body, and the body of their answers (graph.md §8; "Combine multiple HTTP requests using
//! JSON batching").

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::protocol::refusal::Refusal;

/// How many requests a batch may hold.
const MOST: usize = 20;

/// One request of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// By which its answer is found.
    pub id: String,
    /// The method, in capitals.
    pub method: String,
    /// The path behind the version, beginning with a slash.
    pub path: String,
    /// The query string.
    pub query: String,
    headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// The members that must have succeeded before.
    pub depends_on: Vec<String>,
}

impl Member {
    /// The value of a header; letter case does not count.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Deserialize)]
struct Sent {
    requests: Vec<SentMember>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentMember {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    depends_on: Option<Vec<String>>,
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}

/// The requests in a batch's body; one that is malformed makes the whole batch fail.
pub fn read(body: &[u8]) -> Result<Vec<Member>, Refusal> {
    let sent: Sent = serde_json::from_slice(body).map_err(|_| malformed("Invalid batch payload format."))?;
    if sent.requests.is_empty() {
        return Err(malformed("Invalid batch payload format."));
    }
    if sent.requests.len() > MOST {
        return Err(malformed(format!(
            "Number of batch request steps exceeds the maximum value of {MOST}."
        )));
    }
    let mut seen = HashSet::new();
    let mut members = Vec::new();
    for sent in sent.requests {
        let member = member(sent)?;
        // What a member depends on stands before it, so that no circle is possible.
        if let Some(unknown) = member.depends_on.iter().find(|id| !seen.contains(&id.to_lowercase())) {
            return Err(malformed(format!(
                "Invalid dependency for request Id: {}; there is no request '{unknown}' before it.",
                member.id
            )));
        }
        if member.id.is_empty() || !seen.insert(member.id.to_lowercase()) {
            return Err(malformed("Request Id has to be unique in a batch."));
        }
        members.push(member);
    }
    Ok(members)
}

fn member(sent: SentMember) -> Result<Member, Refusal> {
    let method = sent.method.to_ascii_uppercase();
    if !["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method.as_str()) {
        return Err(malformed(format!(
            "Invalid method '{}' for request Id: {}",
            sent.method, sent.id
        )));
    }
    // An absolute address is not malformed: its first segment names no resource, and the member fails by itself
    // (msgraph-sdk-python issue 1015).
    if sent.url.is_empty() {
        return Err(malformed("Invalid batch payload format."));
    }
    let headers: Vec<(String, String)> = sent
        .headers
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let typed = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let writes = matches!(method.as_str(), "POST" | "PATCH" | "PUT");
    if (sent.body.is_some() || writes) && (sent.body.is_none() || !typed) {
        return Err(malformed(format!(
            "Write request id : {} does not contain Content-Type header or body.",
            sent.id
        )));
    }
    let (path, query) = sent.url.split_once('?').unwrap_or((&sent.url, ""));
    Ok(Member {
        path: format!("/{}", path.trim_start_matches('/')),
        query: query.to_owned(),
        id: sent.id,
        method,
        headers,
        body: sent.body.map(bytes).unwrap_or_default(),
        depends_on: sent.depends_on.unwrap_or_default(),
    })
}

/// A body that is text stands for bytes in base64, if it is such a text.
fn bytes(body: Value) -> Vec<u8> {
    match &body {
        Value::String(text) => STANDARD.decode(text).unwrap_or_else(|_| text.clone().into_bytes()),
        other => other.to_string().into_bytes(),
    }
}

/// The answer to a member in the batch's answer: JSON as it is, everything else as text in base64.
pub fn answered(id: &str, status: u16, headers: &[(String, String)], body: &[u8]) -> Value {
    let headers: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let mut answer = json!({"id": id, "status": status, "headers": headers});
    if !body.is_empty() {
        let object = serde_json::from_slice(body).ok().filter(Value::is_object);
        answer["body"] = object.unwrap_or_else(|| json!(STANDARD.encode(body)));
    }
    answer
}

/// The refusal of a member whose dependency failed.
pub fn failed_dependency() -> Refusal {
    Refusal::new(
        424,
        "FailedDependency",
        "A request that this one depends on has failed.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(requests: Value) -> String {
        let refusal = read(json!({ "requests": requests }).to_string().as_bytes()).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (400, "BadRequest"));
        refusal.message
    }

    #[test]
    fn a_request_is_read_with_its_options_headers_and_body() {
        let body = json!({"requests": [{
            "id": "a", "method": "post", "url": "directoryObjects/getByIds?$select=id",
            "headers": {"Content-Type": "application/json"}, "body": {"ids": []},
        }]});
        let members = read(body.to_string().as_bytes()).unwrap();
        assert_eq!(
            (members[0].path.as_str(), members[0].query.as_str()),
            ("/directoryObjects/getByIds", "$select=id")
        );
        assert_eq!(
            (members[0].method.as_str(), members[0].header("content-type")),
            ("POST", Some("application/json"))
        );
        assert_eq!(members[0].body, br#"{"ids":[]}"#);
    }

    #[test]
    fn a_malformed_batch_is_refused_as_a_whole() {
        let get = |id: &str| json!({"id": id, "method": "GET", "url": "/users"});
        let many: Vec<Value> = (0..21).map(|number| get(&number.to_string())).collect();
        assert!(refused(json!(many)).contains("maximum value of 20"));
        assert!(read(json!({"requests": many[..20]}).to_string().as_bytes()).is_ok());
        assert!(refused(json!([get("a"), get("A")])).contains("unique"));
        assert!(refused(json!([])).contains("payload"));
        assert!(read(b"[]").is_err() && read(b"").is_err());
        assert!(refused(json!([get("1"), {"id": "2", "method": "GET", "url": ""}])).contains("payload"));
        assert!(refused(json!([{"id": "1", "method": "BREW", "url": "/users"}])).contains("BREW"));
        assert!(refused(json!([{"id": "1", "method": "POST", "url": "/users", "body": {}}])).contains("Content-Type"));
        let later = json!([{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["2"]}, get("2")]);
        assert!(refused(later).contains("Invalid dependency for request Id: 1"));
    }

    #[test]
    fn a_body_that_is_no_object_travels_as_base64() {
        assert_eq!(answered("1", 200, &[], b"36")["body"], "MzY=");
        assert_eq!(answered("1", 200, &[], br#"{"a":1}"#)["body"], json!({"a": 1}));
        assert!(answered("1", 204, &[], b"").get("body").is_none());
    }
}
