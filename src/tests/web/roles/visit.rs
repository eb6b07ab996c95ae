//! A stage with people of every kind, and what each is answered.

use crate::{
    model::{
        access::Role,
        asset::Asset,
        exchange::Kind,
        filter::Filters,
        ids::{AccountId, AssetId, DirectoryUserId, EndUserId, OrganizationId, RunId, TenantId},
    },
    store::{
        account::{self, Account},
        asset_edit,
        import::{self, NewImport},
        migrate::migrate,
        organization,
    },
    tests::{
        support::{Stage, open_session, tester},
        web::{router, web},
    },
};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use futures::StreamExt as _;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Who asks, in the order of the tables: nobody, a Technician of another Organization, and the three roles of ours.
pub const PEOPLE: [&str; 5] = ["nobody", "stranger", "viewer", "technician", "administrator"];

/// A page that says nothing for so long never ends: whoever waits for it would wait for ever.
pub(in crate::tests::web) const STUCK: Duration = Duration::from_secs(60);

/// What somebody was told.
#[derive(Debug)]
pub struct Told {
    pub status: StatusCode,
    pub words: String,
    pub to: String,
    pub kind: String,
    pub headers: HeaderMap,
}

/// Two customers, of whom ours has a Microsoft tenant with people, and accounts for both.
pub struct Scene {
    pub stage: Stage,
    pub router: Router,
    pub end_user: EndUserId,
    pub user: DirectoryUserId,
    pub asset: AssetId,
    pub run: RunId,
    pub import: Uuid,
    _site: TempDir,
}

impl Scene {
    pub async fn new(pool: &PgPool) -> Self {
        migrate(pool).await.unwrap();
        let stage = Stage::new(pool, 0).await;
        let ana = stage.hire("Ana López", "ana@contoso.example").await;
        stage.enable(&Filters::default()).await;
        let run = stage.run_well().await;
        let foreign = OrganizationId(Uuid::now_v7());
        let tenant = TenantId(Uuid::now_v7());
        organization::create(pool, &tester(), foreign, tenant, "Elsewhere", "", "")
            .await
            .unwrap();
        let asset = new_asset(pool, stage.organization).await;
        let import = Uuid::now_v7();
        let new = NewImport {
            id: import,
            kind: Kind::EndUsers,
            file_name: "contoso.csv",
            organization: Some(stage.organization),
        };
        import::start(pool, &new, &tester()).await.unwrap();
        for (name, role, organization) in [
            ("stranger", Role::Technician, Some(foreign)),
            ("viewer", Role::Viewer, Some(stage.organization)),
            ("technician", Role::Technician, Some(stage.organization)),
            ("administrator", Role::Administrator, None),
        ] {
            sign_in(pool, name, role, organization.as_slice()).await;
        }
        let (state, site) = web(stage.engine.clone());
        Self {
            router: router(state),
            end_user: EndUserId(stage.person(ana).await.id.0),
            user: DirectoryUserId(ana),
            asset,
            run,
            import,
            stage,
            _site: site,
        }
    }

    /// What our script is told when it calls a server function with these fields of a form.
    pub async fn call(&self, who: &str, path: &str, fields: &str) -> Told {
        let request = Request::post(path)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.ask(who, request, Body::from(fields.to_owned())).await
    }

    /// What a browser is shown at an address.
    pub async fn open(&self, who: &str, method: Method, path: &str) -> Told {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", "text/html")
            .header("content-type", "multipart/form-data; boundary=x")
            .header("sec-fetch-site", "same-origin");
        self.ask(who, request, Body::from("--x--\r\n")).await
    }

    /// What a browser without script is told that sends a form from a page.
    pub async fn submit(&self, who: &str, path: &str, fields: &str, referer: &str) -> Told {
        let request = Request::post(path)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("referer", referer);
        self.ask(who, request, Body::from(fields.to_owned())).await
    }

    /// Their session, if something ended it.
    pub async fn sign_in_anew(&self, who: &str) {
        sqlx::query(
            "insert into session (token_hash, account_id, way, expires_at)
             select $2, id, 'password', now() + interval '1 hour' from account where email like $1 || '@msp.example%'
             on conflict do nothing",
        )
        .bind(who)
        .bind(Sha256::digest(who.as_bytes()).as_slice())
        .execute(&self.stage.pool)
        .await
        .unwrap();
    }

    async fn ask(&self, who: &str, request: axum::http::request::Builder, body: Body) -> Told {
        let request = request
            .header("host", "localhost:3000")
            .header("cookie", format!("entrain={who}"));
        let request = request.body(body).unwrap();
        let asked = format!("{} {} by {who}", request.method(), request.uri());
        let answer = timeout(STUCK, self.router.clone().oneshot(request)).await;
        let answer = answer.unwrap_or_else(|_| panic!("nothing answers {asked}")).unwrap();
        let to = answer
            .headers()
            .get("location")
            .map(|to| to.to_str().unwrap().to_owned());
        let (status, headers) = (answer.status(), answer.headers().clone());
        let kind = headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
        let kind = kind.to_owned();
        let mut parts = answer.into_body().into_data_stream();
        let mut body = Vec::new();
        loop {
            let part = timeout(STUCK, parts.next()).await;
            let part = part.unwrap_or_else(|_| panic!("{asked} is stuck: {}", String::from_utf8_lossy(&body)));
            let Some(part) = part else { break };
            body.extend(part.unwrap());
        }
        Told {
            status,
            kind,
            headers,
            words: String::from_utf8_lossy(&body).into_owned(),
            to: to.unwrap_or_default(),
        }
    }
}

/// Somebody with a session whose token is their name.
pub async fn sign_in(pool: &PgPool, name: &str, role: Role, organizations: &[OrganizationId]) -> AccountId {
    let account = Account {
        id: AccountId(Uuid::now_v7()),
        email: format!("{name}@msp.example"),
        name: name.to_owned(),
        role,
    };
    account::create(pool, &account, None).await.unwrap();
    for organization in organizations {
        sqlx::query("insert into account_organization (account_id, organization_id) values ($1, $2)")
            .bind(account.id)
            .bind(organization)
            .execute(pool)
            .await
            .unwrap();
    }
    open_session(pool, account.id, &Sha256::digest(name.as_bytes())).await;
    account.id
}

pub async fn new_asset(pool: &PgPool, organization: OrganizationId) -> AssetId {
    let id = AssetId(Uuid::now_v7());
    let asset = Asset {
        name: "CONTOSO-01".into(),
        ..Asset::default()
    };
    asset_edit::create(pool, id, organization, &asset, &tester())
        .await
        .unwrap();
    id
}

/// One letter for what somebody was told: `o`ut (sign in first), `n`ot found, `f`orbidden, or `y`es, whatever came of it.
pub fn letter(told: &Told) -> char {
    match told.status {
        StatusCode::UNAUTHORIZED => 'o',
        status if status.is_redirection() && told.to.starts_with("/sign-in") => 'o',
        StatusCode::NOT_FOUND => 'n',
        StatusCode::FORBIDDEN => 'f',
        status if status.is_server_error() => '!',
        _ => 'y',
    }
}
