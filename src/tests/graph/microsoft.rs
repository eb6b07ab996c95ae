//! A server that takes the place of Entra and Graph and answers from a script.

use crate::{
    graph::{Credential, GraphClient, GraphSettings, TenantClient},
    tests::said,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Response},
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;

pub const TENANT: &str = "84841066-274d-4ec0-a5c1-276be684bdd3";
pub use crate::tests::samples::SCRIPTED_SECRET as SECRET;

/// One answer.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    delay: Duration,
    /// The request's token and form stand in the body, as in the error pages of some gateways.
    echoes: bool,
    /// Answered with 401 instead when the request carries this token.
    refuses: Option<&'static str>,
}

pub fn reply(status: u16, body: impl ToString) -> Reply {
    Reply {
        status,
        headers: vec![],
        body: body.to_string(),
        delay: Duration::ZERO,
        echoes: false,
        refuses: None,
    }
}

pub fn ok(body: Value) -> Reply {
    reply(200, body).header("content-type", "application/json")
}

pub fn error(status: u16, code: &str) -> Reply {
    let body = json!({"error": {"code": code, "message": "as scripted", "innerError": {"request-id": "r-1"}}});
    reply(status, body).header("content-type", "application/json")
}

pub fn token_error(status: u16, aadsts: u32) -> Reply {
    let text = format!("AADSTS{aadsts}: as scripted.\r\nTrace ID: t-1");
    ok(json!({"error": "invalid_client", "error_description": text, "error_codes": [aadsts]})).status(status)
}

pub fn token(value: &str, expires_in: u64) -> Reply {
    ok(json!({"token_type": "Bearer", "expires_in": expires_in, "ext_expires_in": expires_in, "access_token": value}))
}

impl Reply {
    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn delay(mut self, milliseconds: u64) -> Self {
        self.delay = Duration::from_millis(milliseconds);
        self
    }

    pub fn echoing(mut self) -> Self {
        self.echoes = true;
        self
    }

    pub fn refusing(mut self, token: &'static str) -> Self {
        self.refuses = Some(token);
        self
    }
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: String,
    pub peer: SocketAddr,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Behind a path: what is said to who asks for sign-in activity there, where that is something else.
pub const ACTIVITY: &str = "?signInActivity";

#[derive(Clone)]
pub struct Microsoft {
    pub address: String,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    replies: HashMap<String, VecDeque<Reply>>,
    seen: Vec<Seen>,
    tokens: usize,
}

impl Microsoft {
    pub async fn start() -> Self {
        said::listen();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::<Mutex<Script>>::default();
        let service = Router::new()
            .fallback(answer)
            .layer(CompressionLayer::new())
            .with_state(script.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { address, script }
    }

    /// Somebody else's server at an address: clients of it, and no script.
    pub fn at(address: String) -> Self {
        let script = Arc::default();
        Self { address, script }
    }

    /// Adds an answer for a path; the last one is given again and again.
    pub fn on(&self, path: &str, reply: Reply) -> &Self {
        self.script
            .lock()
            .unwrap()
            .replies
            .entry(path.to_owned())
            .or_default()
            .push_back(reply);
        self
    }

    /// Adds an answer of the token endpoint, which otherwise issues `token-1`, `token-2` and so on for an hour each.
    pub fn on_token(&self, reply: Reply) -> &Self {
        self.on("token", reply)
    }

    /// Removes what is left of the answers for a path.
    pub fn clear(&self, path: &str) {
        self.script.lock().unwrap().replies.remove(path);
    }

    pub fn seen(&self, path: &str) -> Vec<Seen> {
        self.script
            .lock()
            .unwrap()
            .seen
            .iter()
            .filter(|seen| seen.path == path)
            .cloned()
            .collect()
    }

    pub fn token_requests(&self) -> Vec<Seen> {
        let script = self.script.lock().unwrap();
        script
            .seen
            .iter()
            .filter(|seen| seen.path.ends_with("/oauth2/v2.0/token"))
            .cloned()
            .collect()
    }

    /// A client with the sign-in service below `/login` and Graph below `/graph`.
    pub fn client(&self) -> GraphClient {
        self.client_with(Credential::Secret(SECRET.into()))
    }

    pub fn client_with(&self, credential: Credential) -> GraphClient {
        GraphClient::new(GraphSettings {
            reports_in_ten_seconds: 1_000,
            login_url: format!("{}/login", self.address).parse().unwrap(),
            graph_url: format!("{}/graph/", self.address).parse().unwrap(),
            client_id: "client-1".into(),
            credential: credential.into(),
        })
        .unwrap()
    }

    pub fn tenant(&self) -> TenantClient {
        self.client().tenant(TENANT)
    }

    /// A link to later changes as Graph would write it.
    pub fn delta_link(&self, path: &str, token: &str) -> String {
        format!("{}{path}?$deltatoken={token}", self.address)
    }

    /// A link as Graph would write it.
    pub fn link(&self, path: &str, skip: &str) -> String {
        format!("{}{path}?$skiptoken={skip}", self.address)
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path().to_owned();
    let authorization = parts
        .headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    let form = String::from_utf8(body.to_vec()).unwrap();
    let mut reply = {
        let mut script = script.lock().unwrap();
        script.seen.push(Seen {
            method: parts.method.to_string(),
            path: path.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: form.clone(),
            peer,
        });
        let of_activity = format!("{path}{ACTIVITY}");
        let asks_activity = parts.uri.query().is_some_and(|query| query.contains("signInActivity"));
        match asks_activity && script.replies.contains_key(&of_activity) {
            true => next_reply(&mut script, &of_activity),
            false => next_reply(&mut script, &path),
        }
    };
    tokio::time::sleep(reply.delay).await;
    if reply.echoes {
        let token = authorization.as_deref().unwrap_or_default();
        // The last field, which is the secret one, comes first, so that the beginning of the page holds it.
        let fields: Vec<&str> = form.split('&').rev().collect();
        reply.body = format!("{}<pre>{token} {}</pre>", reply.body, fields.join("&"));
    }
    let refused = reply
        .refuses
        .is_some_and(|token| authorization == Some(format!("Bearer {token}")));
    let reply = if refused {
        error(401, "InvalidAuthenticationToken")
    } else {
        reply
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

fn next_reply(script: &mut Script, path: &str) -> Reply {
    let is_token = path.ends_with("/oauth2/v2.0/token");
    let key = if is_token { "token" } else { path };
    if let Some(replies) = script.replies.get_mut(key) {
        return if replies.len() > 1 {
            replies.pop_front().unwrap()
        } else {
            replies[0].clone()
        };
    }
    if is_token {
        script.tokens += 1;
        return token(&format!("token-{}", script.tokens), 3600);
    }
    reply(418, format!("nothing scripted for {path}"))
}
