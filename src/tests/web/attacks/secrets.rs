//! Secrets in what is logged and in what is answered, searched for by value.

use crate::{
    engine::Engine,
    server::{session::create_administrator, state::AppState},
    store::migrate::migrate,
    tests::{
        certificate::{block, certificate, rsa_key},
        engine::logged::Kept,
        samples::{ADDED_SECRET, CLIENT_SECRET, OIDC_SECRET, PASSWORD, WRONG_PASSWORD as WRONG},
        support::ran_alone,
        web::{attacks::functions, router, web_with},
    },
};
use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use microsoft_sim::{Options, Secret, TenantSpec};
use sqlx::PgPool;
use std::net::SocketAddr;
use tower::ServiceExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use url::form_urlencoded::Serializer;

const CODE: &str = "code-of-somebody-c0ffee";

/// Somebody's browser, and every answer that it got.
struct Browser {
    state: AppState,
    cookies: Vec<(String, String)>,
    answers: Vec<String>,
}

impl Browser {
    async fn send(&mut self, method: Method, path: &str, accept: &str, form: &str) -> (StatusCode, String) {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let peer: SocketAddr = "192.0.2.1:4711".parse().unwrap();
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header("host", "localhost:3000")
            .header("sec-fetch-site", "same-origin")
            .header("accept", accept)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "))
            .header("authorization", format!("Bearer {CODE}"))
            .extension(ConnectInfo(peer))
            .body(Body::from(form.to_owned()))
            .unwrap();
        let answer = router(self.state.clone()).oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let to = headers.get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        // A file that the database breaks off is cut: nobody is told why.
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        // Whom a browser is sent to at Microsoft is told the state, and nothing else that is secret.
        let to = to.unwrap_or_default();
        self.answers.push(format!("{method} {path} {status}\n{to}\n{body}"));
        (status, to)
    }

    async fn get(&mut self, path: &str) -> (StatusCode, String) {
        self.send(Method::GET, path, "text/html", "").await
    }

    /// What a server function answers to these fields.
    async fn call(&mut self, name: &str, fields: &[(&str, &str)]) -> serde_json::Value {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path_of(name), "application/json", &form).await;
        let answer = self.answers.last().unwrap();
        serde_json::from_str(answer.splitn(3, '\n').nth(2).unwrap()).unwrap_or_default()
    }
}

/// Makes what an Administrator is shown once, and adds what they type once: each with the part of it by which it would be
/// found in a log.
async fn shown_once(browser: &mut Browser, pool: &PgPool, pem: &str) -> Vec<(&'static str, String)> {
    let origins = "https://portal.example";
    let portal = browser
        .call("register_portal", &[("name", "Portal"), ("origins", origins)])
        .await;
    let again = browser
        .call("new_portal_secret", &[("id", portal["id"].as_str().unwrap())])
        .await;
    let link = browser
        .call("make_consent_link", &[("tenant", "fabrikam.example")])
        .await;
    let token = link["address"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    browser.get(&format!("/connect/link/{token}")).await;
    let (_, to) = browser.get("/connect/start?tenant=fabrikam.example").await;
    let to = url::Url::parse(&to).unwrap();
    let state = to
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    browser.call("add_client_secret", &[("secret", ADDED_SECRET)]).await;
    browser.call("add_client_certificate", &[("pem", pem)]).await;
    let added: i64 = sqlx::query_scalar("select count(*) from app_credential")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(added, 2, "{:?}", browser.answers.last());
    // However it is written or spelled, a long run of letters and digits stays.
    let (key, _) = pem.split_once("-----END").unwrap();
    let runs = key.split(|c: char| !c.is_ascii_alphanumeric());
    let run = runs.max_by_key(|run| run.len()).unwrap();
    vec![
        ("a portal's secret", portal["secret"].as_str().unwrap().to_owned()),
        ("a portal's new secret", again["secret"].as_str().unwrap().to_owned()),
        ("a link for a customer", token),
        ("the state of a visit", state),
        ("a secret added in Settings", ADDED_SECRET.to_owned()),
        ("a key added in Settings", run.to_owned()),
    ]
}

/// The first passwords that are made for accounts without a typed one, by script and by form.
async fn made_passwords(browser: &mut Browser) -> [(&'static str, String); 2] {
    let by_script = browser
        .call("add_account", &[("email", "ben@msp.example"), ("role", "viewer")])
        .await;
    let by_script = by_script["password"].as_str().unwrap().to_owned();
    let form = "email=cleo%40msp.example&name=&role=viewer&password=";
    browser
        .send(Method::POST, path_of("add_account"), "text/html", form)
        .await;
    let page = browser.answers.last().unwrap();
    let (_, rest) = page.split_once("shown this once: ").unwrap();
    let (by_form, _) = rest.split_once('<').unwrap();
    [
        ("a made password", by_script),
        ("a made password on a page", by_form.to_owned()),
    ]
}

fn path_of(name: &str) -> &'static str {
    functions().into_iter().find(|(known, ..)| *known == name).unwrap().1
}

/// What a person and an attacker do who come by, errors of every kind among it.
async fn wander(browser: &mut Browser, pool: &PgPool, pem: &str) -> Vec<(&'static str, String)> {
    let form = |password: &str| {
        Serializer::new(String::new())
            .extend_pairs([("email", "ada@msp.example"), ("password", password)])
            .finish()
    };
    for accept in ["application/json", "text/html"] {
        browser
            .send(Method::POST, path_of("sign_in"), accept, &form(WRONG))
            .await;
    }
    let away = browser.get("/sign-in/microsoft?next=/assets").await;
    assert!(away.1.contains("/authorize"), "{away:?}");
    let state = url::Url::parse(&away.1).unwrap();
    let state = state
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    // A code that Microsoft never gave is refused there, and its answer is told of.
    browser
        .get(&format!("/sign-in/microsoft/callback?code={CODE}&state={state}"))
        .await;
    browser
        .get(&format!("/sign-in/microsoft/callback?code={CODE}&state={CODE}"))
        .await;
    browser.get(&format!("/sign-in/openid?next=/{CODE}")).await;
    browser
        .send(Method::POST, path_of("sign_in"), "application/json", &form(PASSWORD))
        .await;
    assert!(
        browser.cookies.iter().any(|(name, _)| name == "entrain"),
        "{:?}",
        browser.cookies
    );
    let mut once = shown_once(browser, pool, pem).await;
    once.extend(made_passwords(browser).await);
    browser
        .get(&format!(
            "/connect/done?admin_consent=True&tenant={}&state={CODE}",
            uuid::Uuid::now_v7()
        ))
        .await;
    browser.get(&format!("/connect/link/{CODE}")).await;
    for page in [
        "/settings",
        "/microsoft-tenants",
        "/activity/audit",
        "/organizations",
        "/no-such-page",
    ] {
        browser.get(page).await;
    }
    // A table that is gone: every page and function that reads it fails as on a bad day.
    sqlx::query("alter table organization rename to gone")
        .execute(pool)
        .await
        .unwrap();
    for page in ["/organizations", "/search?q=a", "/assets", "/export/organizations.csv"] {
        browser.get(page).await;
    }
    for (_, path, form) in functions() {
        if !path.contains("sign_out") {
            browser.send(Method::POST, path, "application/json", form).await;
        }
    }
    sqlx::query("alter table session rename to gone_too")
        .execute(pool)
        .await
        .unwrap();
    assert!(browser.get("/organizations").await.0.is_server_error());
    once
}

#[sqlx::test(migrations = false)]
async fn attack_secrets_no_log_line_and_no_answer_holds_one_by_value(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "attack_secrets_no_log_line_and_no_answer_holds_one_by_value",
    )
    .await
    {
        return;
    }
    migrate(&pool).await.unwrap();
    create_administrator(
        &pool,
        &crate::tests::support::tester(),
        "ada@msp.example",
        "Ada",
        PASSWORD,
    )
    .await
    .unwrap();
    let tenants = ["contoso", "fabrikam"].map(|name| TenantSpec {
        name: name.into(),
        users: 1,
    });
    let key = rsa_key();
    let der = certificate(&key, 2020, 2100);
    let pem = block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", &der);
    let microsoft = microsoft_sim::start(Options {
        tenants: tenants.to_vec(),
        secrets: vec![Secret {
            value: ADDED_SECRET.into(),
            expires: None,
        }],
        certificates: vec![der],
        ..Options::default()
    })
    .await
    .unwrap();
    let address = format!("http://{}", microsoft.address());
    let master = STANDARD.encode([0xa7; 32]);
    let env = [
        ("ENTRAIN_MASTER_KEY", master.clone()),
        ("ENTRAIN_MICROSOFT_CLIENT_ID", Options::default().client_id),
        ("ENTRAIN_MICROSOFT_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("ENTRAIN_MICROSOFT_LOGIN_URL", address.clone()),
        ("ENTRAIN_MICROSOFT_GRAPH_URL", address.clone()),
        (
            "ENTRAIN_MICROSOFT_SIGN_IN_TENANTS",
            microsoft.tenants()[0].id.to_string(),
        ),
        ("ENTRAIN_OIDC_ISSUER", format!("{address}/nobody")),
        ("ENTRAIN_OIDC_CLIENT_ID", "entrain".into()),
        ("ENTRAIN_OIDC_CLIENT_SECRET", OIDC_SECRET.to_owned()),
    ];
    let (state, _site) = web_with(Engine::new(pool.clone(), None), &env);
    let graph = state
        .settings
        .graph()
        .map(|settings| crate::graph::GraphClient::new(settings).unwrap());
    let state = AppState {
        engine: Engine::new(pool.clone(), graph),
        ..state
    };
    let mut browser = Browser {
        state: state.clone(),
        cookies: vec![],
        answers: vec![],
    };
    let kept = Kept::default();
    let once = {
        let _log = crate::server::telemetry::log("trace", false, kept.clone()).set_default();
        tracing::info!(settings = ?state.settings, engine = ?state.engine, providers = ?state.providers, "what is set");
        wander(&mut browser, &pool, &pem).await
    };
    let log = kept.text();
    assert!(
        log.lines().count() > 100 && log.contains("a query failed"),
        "the log was kept"
    );
    let cookies = browser
        .cookies
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let secrets = [
        ("the client secret", CLIENT_SECRET),
        ("the client secret of the provider", OIDC_SECRET),
        ("the master key", master.as_str()),
        ("a password", PASSWORD),
        ("a wrong password", WRONG),
        ("a password, as a form has it", "correct+horse+battery+51e7"),
        ("a wrong password, as a form has it", "wrong+horse+battery+77aa"),
    ];
    for (what, secret) in secrets.into_iter().chain(cookies) {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{what} is in the log");
        let answer = browser.answers.iter().find(|answer| answer.contains(secret));
        assert_eq!(answer, None, "{what} is in an answer");
    }
    for (what, secret) in once {
        assert!(secret.len() >= 16, "{what} is too short to be searched for");
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{what} is in the log");
    }
    // What a provider or a link hands over in an address is not repeated either, but for the page's own address.
    let line = log.lines().find(|line| line.contains(CODE));
    assert_eq!(line, None, "a code is in the log");
}
