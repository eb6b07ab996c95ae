//! The port that clients see: sign-in and Graph on one listener. A request is answered as if all were well, then the
//! fault that strikes it, if any, spoils the answer, and then it is written into the journal.

mod batch;
mod connection;
mod graph;
mod login;
mod partner_center;
mod spoil;

pub use connection::Connection;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::faults::{Call, FaultKind};
use crate::identity::forgery::Forgery;
use crate::journal::{Caller, Entry};
use crate::protocol::refusal::Refusal;

/// The greatest body that is read: a form for the token endpoint, or a batch.
const LARGEST_FORM: usize = 4 * 1024 * 1024;

/// The longest address that is read, the one inside a batch too, where the HTTP server does not limit it. No source
/// tells Microsoft's figure: this is the usual one of its web server.
const LONGEST_ADDRESS: usize = 16 * 1024;

const GRAPH_JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8";
const PLAIN_JSON: &str = "application/json; charset=utf-8";

/// The router: one handler, because the faults have to stand in front of every path, known or not.
pub fn router(cloud: Arc<Cloud>, scheme: Scheme) -> Router {
    Router::new().fallback(serve).layer(Extension(scheme)).with_state(cloud)
}

/// By which scheme a listener's clients come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Scheme {
    /// As it stands in an address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// What every part needs to know of a request.
#[derive(Debug)]
struct Ask {
    method: String,
    path: String,
    query: String,
    /// Scheme and host by which the client came: links lead back the same way.
    base: String,
    authorization: Option<String>,
    eventual: bool,
    request_id: Uuid,
    client_request_id: Option<String>,
    /// Whether `Prefer: return=minimal` was sent.
    minimal: bool,
    form: Vec<u8>,
    /// Whether the body was longer than is read.
    oversized: bool,
    caller: Caller,
    /// The time by the server's clock, which a fault can put wrong.
    now: DateTime<Utc>,
    /// The fault that strikes, if it is one that shows in how the answer is made, and the number of the stroke.
    fault: Option<(FaultKind, u64)>,
    /// What is to be wrong with an id token.
    forgery: Option<Forgery>,
}

impl Ask {
    /// Whether the page is to be empty although there is more to come.
    fn empty(&self) -> bool {
        self.fault.is_some_and(|(kind, _)| kind == FaultKind::Empty)
    }
}

/// An answer before it goes out.
#[derive(Debug)]
struct Reply {
    status: u16,
    content_type: &'static str,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    /// Whether the connection breaks in the middle of the body.
    cut: bool,
    /// The size of a body of blanks that is sent in pieces in place of `body`.
    streamed: Option<u64>,
}

impl Reply {
    fn json(status: u16, content_type: &'static str, body: &Value) -> Self {
        Self {
            status,
            content_type,
            body: body.to_string().into_bytes(),
            headers: Vec::new(),
            cut: false,
            streamed: None,
        }
    }

    fn refusal(ask: &Ask, refusal: &Refusal) -> Self {
        let own = ask.request_id.to_string();
        let body = refusal.body(ask.now, &own, ask.client_request_id.as_deref().unwrap_or(&own));
        let mut reply = Self::json(refusal.status, GRAPH_JSON, &body);
        if refusal.status == 401 {
            reply
                .headers
                .push(("www-authenticate", r#"Bearer realm="""#.to_owned()));
        }
        reply
    }
}

async fn serve(State(cloud): State<Arc<Cloud>>, Extension(scheme): Extension<Scheme>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A body that breaks off has nobody left to hear of it, so that what cannot be read was too long.
    let form = to_bytes(body, LARGEST_FORM).await.map(|bytes| bytes.to_vec());
    let mut ask = ask(&parts, scheme, form.ok(), cloud.now());
    let reply = exchange(&cloud, &mut ask).await;
    respond(&ask, reply)
}

/// One request with its answer: as if all were well, then as the fault that strikes leaves it, then in the journal.
async fn exchange(cloud: &Cloud, ask: &mut Ask) -> Reply {
    let tenant = match login::route(&ask.path) {
        Some(route) => cloud.tenant(route.tenant),
        None => cloud
            .tokens()
            .check(ask.authorization.as_deref(), std::time::Instant::now())
            .ok()
            .map(|access| access.tenant),
    };
    let call = Call {
        tenant,
        path: &ask.path,
        query: &ask.query,
        token: login::tenant(&ask.path).is_some(),
        authorization: ask.authorization.as_deref(),
    };
    let fault = cloud.faults().strike(call);
    if let Some(delay) = fault.as_ref().and_then(|standing| standing.fault.delay_ms) {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    ask.fault = fault.as_ref().map(|standing| (standing.fault.kind, standing.struck));
    ask.forgery = fault
        .as_ref()
        .filter(|standing| standing.fault.kind == FaultKind::IdToken)
        .and_then(|standing| standing.fault.forge);
    spoil::beforehand(cloud, ask, tenant);
    if let Some(seconds) = fault.as_ref().and_then(|standing| standing.fault.seconds) {
        ask.now += TimeDelta::try_seconds(seconds).unwrap_or_default();
    }
    let reply = match login::route(&ask.path) {
        _ if ask.oversized => Reply::refusal(ask, &Refusal::body_too_long()),
        _ if ask.path.len() + ask.query.len() > LONGEST_ADDRESS => Reply::refusal(ask, &Refusal::address_too_long()),
        Some(route) => login::answer(cloud, ask, route).await,
        None if batch::wanted(ask) => batch::answer(cloud, ask).await,
        None => match partner_center::route(&ask.path) {
            Some(route) => partner_center::answer(cloud, ask, &route),
            None => graph::answer(cloud, ask),
        },
    };
    let reply = match &fault {
        Some(standing) => spoil::spoil(standing, ask, reply),
        None => reply,
    };
    tracing::debug!(
        method = ask.method,
        path = ask.path,
        status = reply.status,
        "the simulated cloud answered"
    );
    cloud.journal().write(Entry {
        at: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
        method: ask.method.clone(),
        path: ask.path.clone(),
        query: ask.query.clone(),
        tenant,
        status: reply.status,
        request_id: ask.request_id,
        client_request_id: ask.client_request_id.clone(),
        caller: ask.caller.clone(),
        fault: fault.as_ref().map(|standing| standing.id),
    });
    reply
}

fn ask(parts: &Parts, scheme: Scheme, form: Option<Vec<u8>>, now: DateTime<Utc>) -> Ask {
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let host = header("host").or_else(|| parts.uri.authority().map(ToString::to_string));
    Ask {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        base: format!("{}://{}", scheme.name(), host.as_deref().unwrap_or("localhost")),
        authorization: header("authorization"),
        eventual: header("consistencylevel").is_some_and(|value| value.eq_ignore_ascii_case("eventual")),
        request_id: Uuid::new_v4(),
        client_request_id: header("client-request-id"),
        minimal: header("prefer").is_some_and(|value| minimal(&value)),
        oversized: form.is_none(),
        form: form.unwrap_or_default(),
        caller: connection::caller(parts),
        now,
        fault: None,
        forgery: None,
    }
}

/// Whether a `Prefer` header asks for no more than what changed.
fn minimal(prefer: &str) -> bool {
    prefer
        .split(',')
        .any(|part| part.trim().eq_ignore_ascii_case("return=minimal"))
}

fn respond(ask: &Ask, reply: Reply) -> Response {
    let own = ask.request_id.to_string();
    let mut builder = Response::builder()
        .status(reply.status)
        .header("request-id", &own)
        .header("client-request-id", ask.client_request_id.as_ref().unwrap_or(&own))
        .header("cache-control", "no-store")
        .header("odata-version", "4.0")
        .header("content-type", reply.content_type)
        .header("date", ask.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if login::tenant(&ask.path).is_none() {
        builder = builder.header("x-ms-ags-diagnostic", graph::DIAGNOSTIC);
    }
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    let built = if let Some(size) = reply.streamed {
        builder.body(spoil::large(size))
    } else if reply.cut {
        builder
            .header("content-length", reply.body.len())
            .body(spoil::broken(reply.body))
    } else {
        builder.body(Body::from(reply.body))
    };
    // Only a header ordered through the control API can be unfit; the request then fails, visibly.
    built.unwrap_or_else(|error| {
        let mut response = Response::new(Body::from(error.to_string()));
        *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
