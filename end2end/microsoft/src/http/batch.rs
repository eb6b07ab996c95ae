//! `POST /$batch`: its members one after another, each through faults, limits and journal like a request of its own.
//! Without dependencies the answers come in the reverse order, as Graph promises none: who counts instead of looking
//! at the ids finds out here.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::json;
use uuid::Uuid;

use super::{Ask, GRAPH_JSON, Reply, exchange, minimal};
use crate::cloud::Cloud;
use crate::protocol::batch::{Member, answered, failed_dependency, read};
use crate::protocol::query::decode;
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::version;

/// Whether a request is a batch.
pub fn wanted(ask: &Ask) -> bool {
    let path = decode(&ask.path, false);
    let rest = path.trim_start_matches('/').split_once('/').map(|(_, rest)| rest);
    rest.is_some_and(|rest| rest.trim_end_matches('/').eq_ignore_ascii_case("$batch"))
}

/// The answer to a batch.
pub async fn answer(cloud: &Cloud, ask: &Ask) -> Reply {
    match members(cloud, ask) {
        Ok(members) => run(cloud, ask, members).await,
        Err(refusal) => Reply::refusal(ask, &refusal),
    }
}

fn members(cloud: &Cloud, ask: &Ask) -> Result<Vec<Member>, Refusal> {
    cloud.tokens().check(ask.authorization.as_deref(), Instant::now())?;
    if ask.method != "POST" {
        return Err(Refusal::method_not_allowed());
    }
    let known = ["v1.0", "beta"];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(version(&ask.path))) {
        let message = format!("Invalid version: {}", version(&ask.path));
        return Err(Refusal::new(400, "BadRequest", message));
    }
    let members = read(&ask.form)?;
    match members
        .iter()
        .find(|member| member.path.eq_ignore_ascii_case("/$batch"))
    {
        Some(_) => Err(Refusal::new(400, "BadRequest", "A batch cannot hold another batch.")),
        None => Ok(members),
    }
}

async fn run(cloud: &Cloud, ask: &Ask, members: Vec<Member>) -> Reply {
    let ordered = members.iter().any(|member| !member.depends_on.is_empty());
    let mut failed = HashSet::new();
    let mut answers = Vec::new();
    for member in members {
        let mut own = of_member(ask, &member);
        let blocked = member.depends_on.iter().any(|id| failed.contains(&id.to_lowercase()));
        let reply = match blocked {
            true => Reply::refusal(&own, &failed_dependency()),
            // A member is an exchange of its own, and the compiler cannot know that it is no batch.
            false => Box::pin(exchange(cloud, &mut own)).await,
        };
        if reply.status >= 400 {
            failed.insert(member.id.to_lowercase());
        }
        answers.push(answered(&member.id, reply.status, &headers(&reply), &reply.body));
    }
    if !ordered {
        answers.reverse();
    }
    Reply::json(200, GRAPH_JSON, &json!({ "responses": answers }))
}

fn of_member(ask: &Ask, member: &Member) -> Ask {
    let header = |name: &str| member.header(name).map(str::to_owned);
    Ask {
        method: member.method.clone(),
        path: format!("/{}{}", version(&ask.path), member.path),
        query: member.query.clone(),
        base: ask.base.clone(),
        authorization: header("authorization").or_else(|| ask.authorization.clone()),
        eventual: member
            .header("consistencylevel")
            .is_some_and(|value| value.eq_ignore_ascii_case("eventual")),
        request_id: Uuid::new_v4(),
        client_request_id: header("client-request-id").or_else(|| ask.client_request_id.clone()),
        minimal: member.header("prefer").is_some_and(minimal),
        form: member.body.clone(),
        oversized: false,
        caller: ask.caller.clone(),
        now: ask.now,
        fault: None,
        forgery: None,
    }
}

/// The headers that an answer would have had, in the spelling of Microsoft's examples.
fn headers(reply: &Reply) -> Vec<(String, String)> {
    let mut headers = vec![
        ("Cache-Control".to_owned(), "no-cache".to_owned()),
        ("OData-Version".to_owned(), "4.0".to_owned()),
        ("Content-Type".to_owned(), reply.content_type.to_owned()),
    ];
    headers.extend(reply.headers.iter().map(|(name, value)| {
        let name = match *name {
            "retry-after" => "Retry-After",
            other => other,
        };
        (name.to_owned(), value.clone())
    }));
    headers
}
