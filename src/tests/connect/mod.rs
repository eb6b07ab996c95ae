//! Connecting Microsoft tenants, against the stand-in: visits to Microsoft with their attacks, and the partner.

mod customers;
mod demo;
mod links;
mod partner;
mod proof;
mod visits;

use crate::{
    engine::Engine,
    graph::GraphClient,
    model::{
        access::Role,
        audit::{Actor, ActorKind},
        ids::AccountId,
    },
    server::{caller::SignedIn, serve::state, session::hash_token, settings::Settings, state::AppState},
    store::{
        account::{self, Account},
        migrate::migrate,
    },
    tests::{
        said,
        support::{contoso, engine, open_session},
        web::router,
    },
};
use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use microsoft_sim::{Options, Simulator, TenantSpec};
use serde_json::Value;
use sqlx::PgPool;
use std::{fs, net::SocketAddr};
use tempfile::TempDir;
use tower::ServiceExt as _;
use url::Url;
use uuid::Uuid;

/// A web server, the stand-in, and people who are signed in.
pub struct House {
    pub pool: PgPool,
    pub engine: Engine,
    pub microsoft: Simulator,
    pub state: AppState,
    http: reqwest::Client,
    _site: TempDir,
}

/// What the web server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub body: String,
}

/// Somebody with a session.
#[derive(Clone, Debug)]
pub struct Person {
    pub account: Account,
    pub session: String,
}

impl Person {
    pub fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::Administrator,
            id: Some(self.account.id),
            name: self.account.name.clone(),
            address: None,
        }
    }

    pub fn signed_in(&self) -> SignedIn {
        SignedIn {
            account: self.account.clone(),
            access: crate::model::access::Access::new(self.account.role, []),
            address: None,
            portal: None,
        }
    }
}

impl House {
    /// Over tenants of the stand-in with so many people, of which none has consented but the first.
    pub async fn new(pool: &PgPool, tenants: &[&str]) -> Self {
        migrate(pool).await.unwrap();
        let tenants = tenants.iter().map(|name| TenantSpec {
            name: (*name).to_owned(),
            users: 3,
        });
        let microsoft = microsoft_sim::start(Options {
            tenants: tenants.collect(),
            ..contoso(3)
        })
        .await
        .unwrap();
        let site = tempfile::tempdir().unwrap();
        let names = r#"{"js": "a.js", "wasm": "a.wasm", "css": "a.css"}"#;
        fs::write(site.path().join("assets.json"), names).unwrap();
        let (folder, address) = (
            site.path().display().to_string(),
            format!("http://{}", microsoft.address()),
        );
        let env = |name: &str| match name {
            "ENTRAIN_SITE_DIR" | "ENTRAIN_DATA_DIR" => Some(folder.clone()),
            "ENTRAIN_MICROSOFT_CLIENT_ID" => Some(Options::default().client_id),
            "ENTRAIN_MICROSOFT_CLIENT_SECRET" => Some(Options::default().client_secret),
            "ENTRAIN_MICROSOFT_LOGIN_URL" | "ENTRAIN_MICROSOFT_GRAPH_URL" | "ENTRAIN_MICROSOFT_PARTNER_URL" => {
                Some(address.clone())
            }
            _ => None,
        };
        let settings = Settings::read(&env, None).unwrap();
        let national = settings.national_graph().into_iter();
        let national = national.map(|(cloud, settings)| (cloud, GraphClient::new(settings).unwrap()));
        let engine = engine(pool, &microsoft).with_national(national);
        let state = state(engine.clone(), settings).unwrap();
        let redirect = reqwest::redirect::Policy::none();
        let house = Self {
            pool: pool.clone(),
            engine,
            microsoft,
            state,
            http: reqwest::Client::builder().redirect(redirect).build().unwrap(),
            _site: site,
        };
        for tenant in house.microsoft.tenants().iter().skip(1) {
            house.set_consent(&tenant.name, false).await;
        }
        house
    }

    /// An account of this role, signed in.
    pub async fn person(&self, name: &str, role: Role) -> Person {
        let account = Account {
            id: AccountId(Uuid::now_v7()),
            email: format!("{}@msp.example", name.to_lowercase()),
            name: name.to_owned(),
            role,
        };
        account::create(&self.pool, &account, None).await.unwrap();
        let session = format!("session-of-{name}-{}", Uuid::new_v4());
        said::never("the cookie of a session", &session);
        open_session(&self.pool, account.id, &hash_token(&session)).await;
        Person { account, session }
    }

    /// Follows a link of ours, as a browser does on one of our pages, or comes back from Microsoft.
    pub async fn get(&self, path: &str, who: Option<&Person>) -> Answer {
        self.get_from(path, who, "same-origin").await
    }

    pub async fn get_from(&self, path: &str, who: Option<&Person>, site: &str) -> Answer {
        let mut request = Request::get(path)
            .header("host", "localhost:3000")
            .header("accept", "text/html")
            .header("sec-fetch-site", site)
            .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4711))));
        if let Some(who) = who {
            request = request.header("cookie", format!("entrain={}", who.session));
        }
        let answer = router(self.state.clone())
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let status = answer.status();
        let location = answer.headers().get(header::LOCATION);
        let location = location
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Answer {
            status,
            location,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Begins a visit; the address at Microsoft.
    pub async fn start(&self, who: &Person, query: &str) -> Url {
        let answer = self.get(&format!("/connect/start?{query}"), Some(who)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location.parse().unwrap()
    }

    /// Does something on Microsoft's page; the path and query to which it leads back.
    pub async fn at_microsoft(&self, page: &Url, form: &[(&str, &str)]) -> String {
        let shown = self.http.get(page.clone()).send().await.unwrap();
        assert_eq!(shown.status(), 200);
        let answer = self.http.post(page.clone()).form(form).send().await.unwrap();
        let status = answer.status();
        let location = answer
            .headers()
            .get("location")
            .map(|value| value.to_str().unwrap().to_owned());
        let location = location.unwrap_or_else(|| panic!("{status} at {page}"));
        location.strip_prefix("http://localhost:3000").unwrap().to_owned()
    }

    pub async fn accept(&self, page: &Url) -> String {
        self.at_microsoft(page, &[("accept", "1")]).await
    }

    pub fn id(&self, tenant: &str) -> Uuid {
        let tenants = self.microsoft.tenants();
        tenants.iter().find(|one| one.name == tenant).unwrap().id
    }

    pub async fn control(&self, path: &str, body: Value) {
        let address = format!("http://{}{path}", self.microsoft.control_address());
        let answer = self.http.put(address).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    /// Orders a fault, as the control API takes it.
    pub fn fault(&self, fault: Value) {
        self.microsoft
            .add_fault(serde_json::from_value(fault).unwrap())
            .unwrap();
    }

    pub async fn set_consent(&self, tenant: &str, granted: bool) {
        self.control(
            &format!("/tenants/{tenant}/consent"),
            serde_json::json!({ "granted": granted }),
        )
        .await;
    }

    /// The names of what is connected.
    pub async fn connected(&self) -> Vec<String> {
        sqlx::query_scalar("select display_name from microsoft_tenant where removed_at is null order by 1")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// The names of what waits.
    pub async fn pending(&self) -> Vec<String> {
        sqlx::query_scalar("select display_name from pending_microsoft_tenant order by 1")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// What was asked of Graph since the journal began, by path.
    pub fn asked_of_graph(&self) -> Vec<String> {
        let seen = self.microsoft.requests();
        let graph = seen.iter().filter(|entry| entry.path.starts_with("/v1.0/"));
        graph.map(|entry| entry.path.clone()).collect()
    }
}
