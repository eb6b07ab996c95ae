//! The port that clients see: sign-in and Graph on one listener. A request is answered as if all were well, then the
//! fault that strikes it, if any, spoils the answer, and then it is written into the journal.

mod connection;
mod graph;
mod login;
mod spoil;

pub use connection::Connection;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::faults::{Call, FaultKind};
use crate::journal::Entry;
use crate::protocol::refusal::Refusal;

/// The greatest form that the token endpoint reads.
const LARGEST_FORM: usize = 64 * 1024;

const GRAPH_JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8";
const PLAIN_JSON: &str = "application/json; charset=utf-8";

/// The router: one handler, because the faults have to stand in front of every path, known or not.
pub fn router(cloud: Arc<Cloud>) -> Router {
    Router::new().fallback(serve).with_state(cloud)
}

/// What every part needs to know of a request.
#[derive(Debug)]
struct Ask {
    method: String,
    path: String,
    query: String,
    /// Scheme and host as the client wrote them: links lead back the way it came.
    base: String,
    authorization: Option<String>,
    eventual: bool,
    request_id: Uuid,
    client_request_id: Option<String>,
    form: Vec<u8>,
    /// The time by the server's clock, which a fault can put wrong.
    now: DateTime<Utc>,
    /// Whether the page is to be empty although there is more to come.
    empty: bool,
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
}

impl Reply {
    fn json(status: u16, content_type: &'static str, body: &Value) -> Self {
        Self {
            status,
            content_type,
            body: body.to_string().into_bytes(),
            headers: Vec::new(),
            cut: false,
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

async fn serve(State(cloud): State<Arc<Cloud>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A body that is too long or breaks off is no form: the token endpoint then misses its parameters.
    let form = to_bytes(body, LARGEST_FORM)
        .await
        .map(|bytes| bytes.to_vec())
        .unwrap_or_default();
    let mut ask = ask(&parts, form);
    let tenant_of_path = login::tenant(&ask.path);
    let tenant = match tenant_of_path {
        Some(tenant) => cloud.tenant(tenant),
        None => cloud
            .tokens()
            .check(ask.authorization.as_deref(), std::time::Instant::now())
            .ok(),
    };
    let call = Call {
        tenant,
        path: &ask.path,
        query: &ask.query,
        token: tenant_of_path.is_some(),
        authorization: ask.authorization.as_deref(),
    };
    let fault = cloud.faults().strike(call);
    if let Some(delay) = fault.as_ref().and_then(|standing| standing.fault.delay_ms) {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let kind = fault.as_ref().map(|standing| standing.fault.kind);
    ask.empty = kind == Some(FaultKind::Empty);
    if let Some(seconds) = fault.as_ref().and_then(|standing| standing.fault.seconds) {
        ask.now += TimeDelta::try_seconds(seconds).unwrap_or_default();
    }
    let reply = match login::tenant(&ask.path) {
        Some(tenant) => login::token(&cloud, &ask, tenant),
        None => graph::answer(&cloud, &ask),
    };
    let reply = match &fault {
        Some(standing) => spoil::spoil(standing, &ask, reply),
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
        caller: connection::caller(&parts),
        fault: fault.as_ref().map(|standing| standing.id),
    });
    respond(&ask, reply, fault.and_then(|standing| spoil::size(&standing.fault)))
}

fn ask(parts: &Parts, form: Vec<u8>) -> Ask {
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
        base: format!("http://{}", host.as_deref().unwrap_or("localhost")),
        authorization: header("authorization"),
        eventual: header("consistencylevel").is_some_and(|value| value.eq_ignore_ascii_case("eventual")),
        request_id: Uuid::new_v4(),
        client_request_id: header("client-request-id"),
        form,
        now: Utc::now(),
        empty: false,
    }
}

/// `size` is that of a body sent in pieces in place of the reply's own.
fn respond(ask: &Ask, reply: Reply, size: Option<u64>) -> Response {
    let own = ask.request_id.to_string();
    let mut builder = Response::builder()
        .status(reply.status)
        .header("request-id", &own)
        .header("client-request-id", ask.client_request_id.as_ref().unwrap_or(&own))
        .header("cache-control", "no-store")
        .header("odata-version", "4.0")
        .header("content-type", reply.content_type);
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    let built = if let Some(size) = size {
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
