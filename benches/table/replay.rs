//! What of a run is waiting for Microsoft: its requests are written down by a proxy on the way to the stand-in, in a run
//! that is not measured, and asked again by a bare client, one after another over one connection.
//!
//! Spans inside the program would tell the wait of a run itself, but they end when the headers have come, while most of
//! a listing is its body; and the stand-in's journal knows neither the bodies of batches nor which requests were in one.

use crate::Outcome;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use entrain::graph::{MemberRef, User};
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::AbortHandle};

/// A request as it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    /// Whether it asked for a page of users.
    pub fn is_for_users(&self) -> bool {
        resource(&self.path).ends_with("/users")
    }
}

/// The path without its query, and of a delta query what it is one of.
fn resource(path: &str) -> &str {
    path.split('?').next().unwrap_or_default().trim_end_matches("/delta")
}

#[derive(Clone)]
struct Way {
    target: String,
    client: Client,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A proxy in front of the stand-in, which ends with this.
pub struct Proxy {
    /// Where it listens.
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: AbortHandle,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Starts one.
    pub async fn start(target: &str) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let asked = Arc::default();
        let way = Way {
            target: target.to_owned(),
            client: Client::new(),
            asked: Arc::clone(&asked),
        };
        let serving = axum::serve(listener, Router::new().fallback(forward).with_state(way));
        let task = tokio::spawn(async move { serving.await.ok() }).abort_handle();
        Ok(Self { address, asked, task })
    }

    /// What was asked since the last time.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn forward(State(way): State<Way>, request: Request) -> Response {
    match pass(&way, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// The address asked for stays the proxy's own, so that links in answers lead back here.
async fn pass(way: &Way, request: Request) -> Outcome<Response> {
    let (parts, body) = request.into_parts();
    let asked = Asked {
        method: parts.method,
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await?,
    };
    let answer = send(&way.client, &way.target, &asked, true).await?;
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != header::TRANSFER_ENCODING && name != header::CONTENT_LENGTH && name != header::CONNECTION {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await?;
    way.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    Ok(response.body(Body::from(body))?)
}

async fn send(client: &Client, target: &str, asked: &Asked, same_host: bool) -> Outcome<reqwest::Response> {
    let mut headers = asked.headers.clone();
    headers.remove(header::CONTENT_LENGTH);
    // Bodies go through as they are: this client would unpack them.
    headers.remove(header::ACCEPT_ENCODING);
    if !same_host {
        headers.remove(header::HOST);
    }
    let request = client
        .request(asked.method.clone(), format!("{target}{}", asked.path))
        .headers(headers)
        .body(asked.body.clone());
    Ok(request.send().await?)
}

/// What a bare client got.
pub struct Replayed {
    /// How long all requests took, until the last byte of each answer.
    pub took: Duration,
    /// Paths and answers.
    pub answers: Vec<(String, Bytes)>,
}

impl Replayed {
    /// The bytes of all answers.
    pub fn bytes(&self) -> usize {
        self.answers.iter().map(|(_, body)| body.len()).sum()
    }
}

/// Asks the same again, straight at the stand-in.
pub async fn replay(target: &str, asked: &[Asked]) -> Outcome<Replayed> {
    let client = Client::new();
    let mut answers = Vec::with_capacity(asked.len());
    let began = Instant::now();
    for one in asked {
        let answer = send(&client, target, one, false).await?;
        answers.push((one.path.clone(), answer.bytes().await?));
    }
    Ok(Replayed {
        took: began.elapsed(),
        answers,
    })
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default = "Vec::new")]
    value: Vec<T>,
}

/// A group as a listing or a delta query tells it.
#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Group {
    #[serde(rename = "displayName")]
    name: Option<String>,
    #[serde(default, rename = "members@delta")]
    members: Vec<MemberRef>,
}

/// Decodes every answer into what our client decodes it into, and tells how long that took and how many users it held.
pub fn parse(answers: &[(String, Bytes)]) -> Outcome<(Duration, usize)> {
    let began = Instant::now();
    let mut users = 0;
    for (path, body) in answers {
        let path = resource(path);
        if path.ends_with("/users") {
            users += std::hint::black_box(serde_json::from_slice::<Page<User>>(body)?)
                .value
                .len();
        } else if path.ends_with("/members") {
            std::hint::black_box(serde_json::from_slice::<Page<MemberRef>>(body)?);
        } else if path.ends_with("/groups") {
            std::hint::black_box(serde_json::from_slice::<Page<Group>>(body)?);
        } else if !body.is_empty() {
            std::hint::black_box(serde_json::from_slice::<Value>(body)?);
        }
    }
    Ok((began.elapsed(), users))
}
