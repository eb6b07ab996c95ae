//! Frames in portals, from outside: a portal that signs tokens, a browser, and the real router.

mod attacks;
mod frames;
mod functions;
mod headers;
mod registering;

use super::{router, web};
use crate::{
    api::portals::MadePortal,
    model::{access::Role, ids::OrganizationId},
    server::{embed::portals, state::AppState},
    tests::support::{Stage, tester},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Where the web server believes to be.
const HOME: &str = "http://localhost:3000";
/// Where the portal's pages stand.
const ORIGIN: &str = "https://portal.example";
/// What a browser sends with a navigation.
const HTML: &[(&str, &str)] = &[("accept", "text/html,*/*;q=0.8"), ("sec-fetch-site", "same-origin")];

/// What a browser is told.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// `name=value` of the cookie that it sets; empty where it sets none.
    fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").split(';').next();
        cookie.unwrap_or_default().to_owned()
    }

    fn heading(&self) -> &str {
        let from = self.body.find("<h1").map_or("", |at| &self.body[at..]);
        let text = from.split_once('>').map_or("", |(_, rest)| rest);
        text.split("</h1>").next().unwrap_or_default()
    }
}

/// A registered portal, and a Tenant with Contoso and its people.
struct House {
    stage: Stage,
    state: AppState,
    router: Router,
    portal: MadePortal,
    _site: TempDir,
}

impl House {
    async fn new(pool: &PgPool) -> Self {
        let stage = Stage::new(pool, 0).await;
        let (state, site) = web(stage.engine.clone());
        let portal = portals::register(&state, &tester(), "Acme Portal", ORIGIN)
            .await
            .unwrap();
        Self {
            router: router(state.clone()),
            stage,
            state,
            portal,
            _site: site,
        }
    }

    fn tenant_page(&self) -> String {
        format!("/embed/{}/tenants/{}", self.portal.id, self.stage.our_tenant)
    }

    fn people_page(&self, organization: OrganizationId) -> String {
        format!("/embed/{}/organizations/{organization}/end-users", self.portal.id)
    }

    fn session(&self) -> String {
        format!("/embed/{}/session", self.portal.id)
    }

    fn claims(&self, role: Role, scope: Uuid) -> Value {
        json!({
            "iss": self.portal.id, "aud": HOME, "sub": "42", "name": "Ann Other", "role": role.key(), "scope": scope,
            "origin": ORIGIN, "exp": Utc::now().timestamp() + 300, "jti": Uuid::now_v7(),
        })
    }

    fn signed(&self, claims: &Value) -> String {
        sign(claims, &self.portal.secret)
    }

    async fn ask(&self, method: Method, path: &str, cookie: &str, more: &[(&str, &str)], body: String) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path.strip_prefix(HOME).unwrap_or(path))
            .header("host", "localhost:3000")
            .header("content-type", "application/x-www-form-urlencoded");
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let answer = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn open(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Method::GET, path, cookie, HTML, String::new()).await
    }

    /// The portal's page posts a token into the frame.
    async fn post(&self, token: &str, cookie: &str) -> Answer {
        let cross_site = [
            ("accept", "text/html"),
            ("sec-fetch-site", "cross-site"),
            ("origin", ORIGIN),
        ];
        self.ask(
            Method::POST,
            &self.session(),
            cookie,
            &cross_site,
            format!("token={token}"),
        )
        .await
    }

    /// A session in a frame: its cookie.
    async fn enter(&self, role: Role, scope: Uuid) -> String {
        let answer = self.post(&self.signed(&self.claims(role, scope)), "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.cookie()
    }

    /// What our script in a frame is told by a server function. `base` is what its addresses begin with.
    async fn call(&self, base: &str, name: &str, cookie: &str, fields: &str) -> Answer {
        let script = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
        let path = format!("{base}{}", function(name));
        self.ask(Method::POST, &path, cookie, &script, fields.to_owned()).await
    }
}

fn sign(claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// `/api/tenant12345678` of `tenant`.
fn function(name: &str) -> &'static str {
    server_fn_paths()
        .map(|(path, _)| path)
        .find(|path| path.trim_end_matches(|c: char| c.is_ascii_digit()) == format!("/api/{name}"))
        .unwrap()
}

/// Who may have an answer in a frame.
fn ancestors(answer: &Answer) -> Vec<String> {
    let policy = answer.header(header::CONTENT_SECURITY_POLICY.as_str());
    let directive = policy.split(';').map(str::trim);
    directive
        .filter_map(|directive| directive.strip_prefix("frame-ancestors "))
        .map(str::to_owned)
        .collect()
}
