//! Sign-in from outside: a browser, the web server, and the stand-in for Microsoft as the provider.

mod accounts;
mod attacks;
mod credentials;
mod passwords;
mod providers;
mod tokens;
mod userinfo;

use super::{router, web_with};
use crate::{
    engine::Engine,
    model::{access::Role, ids::AccountId},
    server::state::AppState,
    store::{
        account::{self, Account},
        migrate::migrate,
    },
    tests::said,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
};
use microsoft_sim::{Options, Simulator, TenantSpec};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{collections::BTreeMap, net::SocketAddr};
use tempfile::TempDir;
use tower::ServiceExt as _;
use url::Url;
use uuid::Uuid;

/// Where the web server believes to be.
const HOME: &str = "http://localhost:3000";

/// What a browser is told.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    location: String,
    body: String,
    cookies: Vec<String>,
}

/// Somebody's browser: it keeps cookies, and follows nothing by itself.
#[derive(Clone)]
struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    peer: SocketAddr,
}

impl Browser {
    fn new(state: &AppState) -> Self {
        Self {
            router: router(state.clone()),
            cookies: BTreeMap::new(),
            peer: "192.0.2.1:4711".parse().unwrap(),
        }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, String::new()).await
    }

    async fn send(&mut self, method: Method, path: &str, form: String) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(path.strip_prefix(HOME).unwrap_or(path))
            .header("host", "localhost:3000")
            .header("sec-fetch-site", "same-origin")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Firefox/132.0")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "))
            .extension(ConnectInfo(self.peer))
            .body(Body::from(form))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let text = |value: &header::HeaderValue| value.to_str().unwrap().to_owned();
        let status = answer.status();
        let location = answer.headers().get(header::LOCATION).map(text).unwrap_or_default();
        let cookies: Vec<String> = answer.headers().get_all(header::SET_COOKIE).iter().map(text).collect();
        for cookie in &cookies {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Answer {
            status,
            location,
            body: String::from_utf8(body.to_vec()).unwrap(),
            cookies,
        }
    }

    /// Whether the front page leads on, and not to the sign-in.
    async fn is_signed_in(&mut self) -> bool {
        self.get("/").await.location == "/organizations"
    }
}

/// The web server, a stand-in with the tenants contoso and fabrikam, and ann@contoso.example in it.
struct Stage {
    pool: PgPool,
    state: AppState,
    microsoft: Simulator,
    ann: Uuid,
    http: reqwest::Client,
    _site: TempDir,
}

impl Stage {
    /// People of contoso may sign in.
    async fn new(pool: &PgPool) -> Self {
        Self::with(pool, Options::default(), |_| vec![]).await
    }

    /// The same with more settings, made from the addresses and the tenants.
    async fn with(pool: &PgPool, options: Options, more: impl Fn(&Simulator) -> Vec<(&'static str, String)>) -> Self {
        migrate(pool).await.unwrap();
        let tenants = ["contoso", "fabrikam"].map(|name| TenantSpec {
            name: name.into(),
            users: 1,
        });
        let (client_id, client_secret) = (options.client_id.clone(), options.client_secret.clone());
        let microsoft = microsoft_sim::start(Options {
            tenants: tenants.to_vec(),
            ..options
        })
        .await
        .unwrap();
        let mut env = more(&microsoft);
        env.extend([
            ("ENTRAIN_MICROSOFT_LOGIN_URL", format!("http://{}", microsoft.address())),
            ("ENTRAIN_MICROSOFT_CLIENT_ID", client_id),
            ("ENTRAIN_MICROSOFT_CLIENT_SECRET", client_secret),
            (
                "ENTRAIN_MICROSOFT_SIGN_IN_TENANTS",
                microsoft.tenants()[0].id.to_string(),
            ),
        ]);
        // A test's own value comes first.
        let (state, site) = web_with(Engine::new(pool.clone(), None), &env);
        let mut stage = Self {
            pool: pool.clone(),
            state,
            microsoft,
            ann: Uuid::nil(),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            _site: site,
        };
        stage.ann = stage
            .hire("contoso", json!({ "userPrincipalName": "ann@contoso.example" }))
            .await;
        stage
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("http://{}/{path}", self.microsoft.control_address());
        let request = self.http.request(method.parse().unwrap(), &url).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    async fn hire(&self, tenant: &str, user: Value) -> Uuid {
        let made = self.control("POST", &format!("tenants/{tenant}/users"), user).await;
        made["id"].as_str().unwrap().parse().unwrap()
    }

    /// Has the next id token be wrong.
    async fn forge(&self, forgery: &str) {
        let fault = json!({ "path": "token", "kind": "idToken", "forge": forgery, "times": 1 });
        self.control("POST", "faults", fault).await;
    }

    /// An account without a password: it waits for whoever has its address.
    async fn invite(&self, email: &str) -> Account {
        let account = Account {
            id: AccountId(Uuid::now_v7()),
            email: email.into(),
            name: "Ann".into(),
            role: Role::Technician,
        };
        account::create(&self.pool, &account, None).await.unwrap();
        account
    }

    /// Signs in at the provider, and tells where the browser is sent back to.
    async fn at_microsoft(&self, away: &str, form: &[(&str, &str)]) -> String {
        let answer = self.http.post(away).form(form).send().await.unwrap();
        let location = answer
            .headers()
            .get("location")
            .map(|value| value.to_str().unwrap().to_owned());
        let Some(location) = location else {
            panic!("{}", answer.text().await.unwrap());
        };
        let back = Url::parse(HOME).unwrap().join(&location).unwrap();
        if let Some((_, code)) = back.query_pairs().find(|(name, _)| name == "code") {
            said::never("a provider's code", &code);
        }
        location
    }

    /// The whole way with Microsoft, as far as our server's last word.
    async fn sign_in(&self, browser: &mut Browser, user: &str) -> Answer {
        let away = browser.get("/sign-in/microsoft?next=%2Fassets").await;
        assert_eq!(away.status, StatusCode::SEE_OTHER, "{away:?}");
        let back = self.at_microsoft(&away.location, &[("user", user)]).await;
        browser.get(&back).await
    }

    /// The account of each session.
    async fn sessions(&self) -> Vec<AccountId> {
        sqlx::query_scalar("select account_id from session order by created_at")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }
}

/// Why an answer leads back to the sign-in page.
fn problem(answer: &Answer) -> String {
    let url = Url::parse(HOME).unwrap().join(&answer.location).unwrap();
    assert_eq!(url.path(), "/sign-in", "{answer:?}");
    let found = url.query_pairs().find(|(name, _)| name == "problem");
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}
