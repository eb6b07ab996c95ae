//! What of a run is waiting for Microsoft: its requests are written down in a run that is not measured, and asked again
//! by a bare client, one after another over one connection.
//!
//! Spans inside the program would tell the wait of a run itself, but they end when the headers have come, while most of
//! a listing is its body; and the stand-in's journal knows neither the bodies of batches nor which requests were in one.
//! So a proxy writes them down, one that programs are told of by `http_proxy`: whoever goes through it asks the stand-in
//! by its own name, and the delta links that are kept lead there too.

use crate::{Outcome, http, stage};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use entrain::{
    engine::Engine,
    graph::{Group, MemberRef, User},
    model::ids::MicrosoftTenantId,
};
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use std::{
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, process::Command, task::AbortHandle};

/// A request as it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    /// Whether it asked for a page of users.
    pub fn is_for_users(&self) -> bool {
        resource(&self.url).ends_with("/users")
    }
}

/// A run in a process of its own, so that its requests can be written down.
#[derive(Clone, Debug, clap::Args)]
pub struct Run {
    #[arg(long)]
    database: String,
    #[arg(long)]
    microsoft: String,
    #[arg(long)]
    tenant: MicrosoftTenantId,
}

impl Run {
    /// Does it in this process.
    pub async fn run(self) -> Outcome<()> {
        let engine = Engine::new(stage::pool(&self.database).await?, Some(stage::graph(&self.microsoft)?));
        stage::run(&engine, self.tenant).await?;
        Ok(())
    }
}

/// The requests of a run of a database, but for those for tokens: whoever is measured has one.
pub async fn requests(database: &str, microsoft: &str, tenant: MicrosoftTenantId) -> Outcome<Vec<Asked>> {
    let proxy = Proxy::start().await?;
    let mut program = Command::new(std::env::current_exe()?);
    program
        .args(["run", "--database", database, "--microsoft", microsoft])
        .args(["--tenant", &tenant.to_string()])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    proxy.before(&mut program);
    let ended = program.status().await?;
    if !ended.success() {
        return Err(format!("the run whose requests are written down ended with {ended}").into());
    }
    let mut asked = proxy.take();
    asked.retain(|asked| !resource(&asked.url).ends_with("/token"));
    if asked.is_empty() {
        return Err("a run asked Microsoft nothing: was it kept from the proxy?".into());
    }
    Ok(asked)
}

/// The address without its query, and of a delta query what it is one of.
fn resource(url: &str) -> &str {
    url.split('?').next().unwrap_or_default().trim_end_matches("/delta")
}

#[derive(Clone)]
struct Way {
    client: Client,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A proxy for plain HTTP, which ends with this.
pub struct Proxy {
    address: String,
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
    pub async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let asked = Arc::default();
        let way = Way {
            client: http()?,
            asked: Arc::clone(&asked),
        };
        let serving = axum::serve(listener, Router::new().fallback(forward).with_state(way));
        let task = tokio::spawn(async move { serving.await.ok() }).abort_handle();
        Ok(Self { address, asked, task })
    }

    /// Sends a program that is still to be started through it.
    pub fn before(&self, program: &mut Command) {
        program
            .env("http_proxy", &self.address)
            .env_remove("no_proxy")
            .env_remove("NO_PROXY");
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

async fn pass(way: &Way, request: Request) -> Outcome<Response> {
    let (parts, body) = request.into_parts();
    let asked = Asked {
        method: parts.method,
        url: parts.uri.to_string(),
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await?,
    };
    let answer = send(&way.client, &asked).await?;
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

async fn send(client: &Client, asked: &Asked) -> Outcome<reqwest::Response> {
    let mut headers = asked.headers.clone();
    headers.remove(header::CONTENT_LENGTH);
    // Bodies go through as they are: this client would unpack them.
    headers.remove(header::ACCEPT_ENCODING);
    let request = client
        .request(asked.method.clone(), &asked.url)
        .headers(headers)
        .body(asked.body.clone());
    Ok(request.send().await?)
}

/// What a bare client got.
pub struct Replayed {
    /// How long all requests took, until the last byte of each answer.
    pub took: Duration,
    /// Addresses and answers.
    pub answers: Vec<(String, Bytes)>,
}

impl Replayed {
    /// The bytes of all answers.
    pub fn bytes(&self) -> usize {
        self.answers.iter().map(|(_, body)| body.len()).sum()
    }
}

/// Asks the same again, with nobody in between.
pub async fn replay(asked: &[Asked]) -> Outcome<Replayed> {
    let client = http()?;
    let mut answers = Vec::with_capacity(asked.len());
    let began = Instant::now();
    for one in asked {
        let answer = send(&client, one).await?;
        answers.push((one.url.clone(), answer.bytes().await?));
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

/// Decodes every answer into what our client decodes it into, and tells how long that took and how many users it held.
pub fn parse(answers: &[(String, Bytes)]) -> Outcome<(Duration, usize)> {
    let began = Instant::now();
    let mut users = 0;
    for (url, body) in answers {
        let path = resource(url);
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
