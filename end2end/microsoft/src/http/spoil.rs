//! Doing what a fault says to an answer.

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::{Value, json};

use super::{Ask, Reply, login};
use crate::faults::{Fault, FaultKind};
use crate::protocol::refusal::Refusal;

/// The answer as the fault leaves it.
pub fn spoil(fault: &Fault, ask: &Ask, mut reply: Reply) -> Reply {
    match fault.kind {
        FaultKind::Delay => {}
        FaultKind::Status => reply = status(fault, ask),
        FaultKind::Malformed => {
            let half = reply.body.len() / 2;
            reply.body.truncate(half);
        }
        FaultKind::Loop => {
            if let Ok(Value::Object(mut page)) = serde_json::from_slice(&reply.body)
                && page.contains_key("value")
            {
                let own = if ask.query.is_empty() {
                    ask.path.clone()
                } else {
                    format!("{}?{}", ask.path, ask.query)
                };
                page.insert("@odata.nextLink".to_owned(), json!(format!("{}{own}", ask.base)));
                reply.body = Value::Object(page).to_string().into_bytes();
            }
        }
        FaultKind::Cut => reply.cut = true,
        // The page was made empty where it was made; an answer that is no page loses its body.
        FaultKind::Empty => {
            let page = serde_json::from_slice::<Value>(&reply.body).is_ok_and(|body| body.get("value").is_some());
            if !page && reply.status < 400 {
                reply.body.clear();
            }
        }
        FaultKind::Blank => {
            reply.body.clear();
            reply.status = fault.status.unwrap_or(reply.status);
        }
        FaultKind::Html => {
            reply.status = fault.status.unwrap_or(502);
            reply.content_type = "text/html; charset=utf-8";
            let title = fault
                .message
                .as_deref()
                .unwrap_or("502 - Web server received an invalid response");
            reply.body =
                format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h2>{title}</h2></body></html>")
                    .into_bytes();
        }
    }
    if let Some(after) = &fault.retry_after {
        let text = after.as_str().map_or_else(|| after.to_string(), str::to_owned);
        reply.headers.push(("retry-after", text));
    }
    reply
}

fn status(fault: &Fault, ask: &Ask) -> Reply {
    let status = fault.status.filter(|status| (200..600).contains(status)).unwrap_or(503);
    if login::tenant(&ask.path).is_some() {
        return login::ordered(ask, status, fault.code.as_deref(), fault.message.as_deref());
    }
    let (code, message) = Refusal::usual_code(status);
    let code = fault.code.as_deref().unwrap_or(code);
    Reply::refusal(
        ask,
        &Refusal::new(status, code, fault.message.as_deref().unwrap_or(message)),
    )
}

/// A body whose connection breaks in the middle: the length promised is the whole one.
pub fn broken(body: Vec<u8>) -> Body {
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let end = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut by a fault");
    Body::from_stream(stream::iter([Ok(half), Err(end)]))
}
