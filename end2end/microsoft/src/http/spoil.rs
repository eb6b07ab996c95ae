//! Doing what a fault says to an answer.

mod page;

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::Value;

use uuid::Uuid;

use super::{Ask, Reply, login};
use crate::cloud::Cloud;
use crate::faults::{Fault, FaultKind, Standing};
use crate::model::history::Reset;
use crate::protocol::delta::Link;
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::Resource;

/// How large a body `large` sends, in bytes.
const LARGE: u64 = 100 * 1024 * 1024;

/// How deep `deep` nests.
const DEEP: u64 = 100_000;

/// Where `redirect` and `foreignLink` lead.
const ELSEWHERE: &str = "https://elsewhere.example";

/// What a fault does to the cloud before the request is answered.
pub fn beforehand(cloud: &Cloud, ask: &Ask, tenant: Option<Uuid>) {
    let resets = ask.fault.is_some_and(|(kind, _)| kind == FaultKind::Reset);
    let follows = resets && Link::followed(&ask.query).is_some();
    if !follows || !matches!(Resource::parse(&ask.path), Ok(Resource::Delta(_))) {
        return;
    }
    let mut directories = cloud.directories_mut();
    let directory = directories.iter_mut().find(|directory| Some(directory.id) == tenant);
    if let Some(directory) = directory {
        directory.reset_history(Reset::Gone);
        cloud.changed.notify_one();
    }
}

/// The answer as the fault leaves it.
pub fn spoil(standing: &Standing, ask: &Ask, mut reply: Reply) -> Reply {
    let fault = &standing.fault;
    let elsewhere = fault.to.as_deref().unwrap_or(ELSEWHERE);
    match fault.kind {
        FaultKind::Delay => {}
        FaultKind::Status => reply = status(fault, ask),
        FaultKind::Malformed => {
            let half = reply.body.len() / 2;
            reply.body.truncate(half);
        }
        FaultKind::Redirect => {
            reply.status = fault.status.filter(|status| (300..400).contains(status)).unwrap_or(302);
            reply
                .headers
                .push(("location", format!("{elsewhere}{}?{}", ask.path, ask.query)));
            reply.body.clear();
        }
        FaultKind::Large => {
            reply.status = fault.status.unwrap_or(reply.status);
            reply.streamed = Some(fault.size.unwrap_or(LARGE));
        }
        FaultKind::Deep => {
            reply.status = fault.status.unwrap_or(reply.status);
            let levels = usize::try_from(fault.size.unwrap_or(DEEP)).unwrap_or(usize::MAX);
            let name = if reply.status < 400 { "value" } else { "error" };
            reply.body = format!("{{\"{name}\":{}{}}}", "[".repeat(levels), "]".repeat(levels)).into_bytes();
        }
        FaultKind::Loop
        | FaultKind::Endless
        | FaultKind::ForeignLink
        | FaultKind::Surrogate
        | FaultKind::Duplicate
        | FaultKind::OtherId
        | FaultKind::Reorder => page::bend(standing, ask, &mut reply),
        FaultKind::Expire => {
            if let Some(link) = Link::followed(&ask.query) {
                reply = Reply::refusal(ask, &link.expired());
            }
        }
        FaultKind::Clock | FaultKind::Replay | FaultKind::Reset | FaultKind::IdToken => {}
        FaultKind::RefuseToken => {
            reply = Reply::refusal(
                ask,
                &Refusal::token("Lifetime validation failed, the token is expired."),
            );
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

/// A page without items in so many bytes, most of them blanks; no more of it is in memory than a piece.
pub fn large(size: u64) -> Body {
    const PIECE: u64 = 64 * 1024;
    let (head, tail) = (r#"{"value":["#, "]}");
    let blanks = size.saturating_sub(head.len() as u64 + tail.len() as u64);
    let pieces = (0..blanks.div_ceil(PIECE)).map(move |number| {
        let length = usize::try_from(PIECE.min(blanks - number * PIECE)).unwrap_or_default();
        Bytes::from(vec![b' '; length])
    });
    let whole = std::iter::once(Bytes::from_static(head.as_bytes()))
        .chain(pieces)
        .chain(std::iter::once(Bytes::from_static(tail.as_bytes())));
    Body::from_stream(stream::iter(whole.map(Ok::<_, std::io::Error>)))
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
