//! **Microsoft App Registration** in Settings: over the router, against the stand-in, and what of a secret gets out.

use super::{roles::sign_in, router, web_with};
use crate::{
    engine::connect,
    model::{access::Role, credential::Expiry},
    server::{app_credential::registration, state::AppState, telemetry::log},
    store::{app_credential, in_utc, migrate::migrate},
    tests::{
        certificate::{block, certificate, rsa_key},
        engine::logged::Kept,
        samples::{ADDED_SECRET as SECOND, WRONG_SECRET as WRONG},
        support::{contoso, engine, ran_alone, tester},
    },
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header::LOCATION},
};
use chrono::{TimeDelta, TimeZone as _, Utc};
use leptos::server_fn::axum::server_fn_paths;
use microsoft_sim::{Options, Secret, Simulator};
use sqlx::PgPool;
use tempfile::TempDir;
use tower::ServiceExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use url::form_urlencoded::Serializer;

struct House {
    router: Router,
    microsoft: Simulator,
    state: AppState,
    _site: TempDir,
}

/// An installation with a connected Microsoft tenant; the stand-in knows a second secret, and this certificate if any.
async fn house(pool: &PgPool, certificates: Vec<Vec<u8>>) -> House {
    house_with(pool, certificates, vec![]).await
}

/// The same with further settings.
async fn house_with(pool: &PgPool, certificates: Vec<Vec<u8>>, more: Vec<(&'static str, String)>) -> House {
    migrate(pool).await.unwrap();
    let secrets = vec![Secret {
        value: SECOND.into(),
        expires: None,
    }];
    let microsoft = microsoft_sim::start(Options {
        secrets,
        certificates,
        ..contoso(1)
    })
    .await
    .unwrap();
    let engine = engine(pool, &microsoft);
    connect::connect(&engine, &tester(), &microsoft.tenants()[0].id.to_string())
        .await
        .unwrap();
    let options = Options::default();
    let app = vec![
        ("ENTRAIN_MICROSOFT_CLIENT_ID", options.client_id),
        ("ENTRAIN_MICROSOFT_CLIENT_SECRET", options.client_secret),
    ];
    let (state, site) = web_with(engine, &[app, more].concat());
    sign_in(pool, "administrator", Role::Administrator, &[]).await;
    House {
        router: router(state.clone()),
        microsoft,
        state,
        _site: site,
    }
}

impl House {
    async fn ask(&self, request: axum::http::request::Builder, body: String) -> (StatusCode, String, String) {
        let request = request
            .header("host", "localhost:3000")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", "entrain=administrator");
        let answer = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        let to = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (
            status,
            to.unwrap_or_default(),
            String::from_utf8_lossy(&body).into_owned(),
        )
    }

    /// Calls a server function as our script does, or with `accept` of a browser without it.
    async fn call(&self, name: &str, fields: &[(&str, &str)], accept: &str) -> (StatusCode, String, String) {
        let path = server_fn_paths()
            .map(|(path, _)| path)
            .find(|path| path.trim_end_matches(|c: char| c.is_ascii_digit()) == format!("/api/{name}"))
            .unwrap();
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header("accept", accept)
            .header("referer", "http://localhost:3000/settings")
            .header("content-type", "application/x-www-form-urlencoded");
        self.ask(request, form).await
    }

    async fn script(&self, name: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let (status, to, words) = self.call(name, fields, "application/json").await;
        (status, to + &words)
    }

    async fn page(&self, path: &str) -> String {
        let (status, _, page) = self
            .ask(Request::get(path).header("accept", "text/html"), String::new())
            .await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        page
    }
}

#[sqlx::test(migrations = false)]
async fn a_second_secret_is_tried_taken_and_never_seen_again(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "a_second_secret_is_tried_taken_and_never_seen_again",
    )
    .await
    {
        return;
    }
    let house = house(&pool, vec![]).await;
    let kept = Kept::default();
    let seen = {
        let _log = log("trace", false, kept.clone()).set_default();
        let mut seen = vec![];
        let (_, words) = house.script("add_client_secret", &[("secret", WRONG)]).await;
        assert!(words.contains("secret's value (not its ID)"), "{words}");
        seen.push(words);
        assert!(
            app_credential::shown(&pool).await.unwrap().is_empty(),
            "a refused one is not kept"
        );
        // Without script an answer leads back to the page, with the error in the address.
        let (_, to, words) = house.call("add_client_secret", &[("secret", WRONG)], "text/html").await;
        seen.push(to + &words);
        let ends = (Utc::now() + TimeDelta::days(20)).format("%Y-%m-%d").to_string();
        let (status, words) = house
            .script("add_client_secret", &[("secret", SECOND), ("ends", &ends)])
            .await;
        assert!(status.is_success() || status.is_redirection(), "{words}");
        seen.push(words);
        seen.push(house.script("app_credentials", &[]).await.1);
        seen.push(house.page("/settings").await);
        seen.push(house.page("/microsoft-tenants").await);
        seen.push(house.page("/activity/audit").await);
        seen.push(house.page("/settings?dialog=add-client-secret").await);
        seen
    };
    let own = Options::default().client_secret;
    let logged = kept.text();
    assert!(logged.contains("was added"), "nothing was logged at all");
    for text in seen.iter().chain([&logged]) {
        for secret in [WRONG, SECOND, own.as_str()] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let (settings, tenants) = (&seen[4], &seen[5]);
    for words in [
        "Microsoft App Registration",
        &Options::default().client_id,
        "In use",
        "Ends within 30 days",
        "In the server&#39;s settings",
    ] {
        assert!(
            settings.contains(words) || settings.contains(&words.replace("&#39;", "'")),
            "{words}: {settings}"
        );
    }
    assert!(
        tenants.contains("The client secret added on"),
        "no notice there: {tenants}"
    );
    let shown = app_credential::shown(&pool).await.unwrap();
    assert!(shown[0].tried && shown[0].expires_at.is_some());

    // The next token is asked for with the new one; with that of the settings nothing is lost when it goes.
    let tenant = house.microsoft.tenants()[0].id.to_string();
    let graph = house.state.engine.graph.as_ref().unwrap();
    let order = graph.credentials().in_order(Utc::now()).await;
    assert_eq!(*order[0].name, shown[0].id.to_string());
    graph.tenant(&tenant).forget_token().await;
    graph.tenant(&tenant).organization().await.unwrap();
    let id = shown[0].id.to_string();
    let (_, words) = house.script("remove_credential", &[("id", &id)]).await;
    assert!(app_credential::shown(&pool).await.unwrap().is_empty(), "{words}");
    graph.tenant(&tenant).forget_token().await;
    graph.tenant(&tenant).organization().await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn the_end_of_the_settings_secret_is_shown_and_warned_of_as_that_of_a_stored_one(pool: PgPool) {
    let day = Utc::now() + TimeDelta::days(20);
    let told = day.format("%Y-%m-%d").to_string();
    let more = vec![("ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES", told.clone())];
    let house = house_with(&pool, vec![], more).await;
    let settings = house.page("/settings").await;
    for words in ["Ends within 30 days", &day.format("%-d %B %Y").to_string()] {
        assert!(settings.contains(words), "{words}: {settings}");
    }
    let tenants = house.page("/microsoft-tenants").await;
    assert!(
        tenants.contains("The client secret of the server") && tenants.contains(&told),
        "no notice there: {tenants}"
    );
    for (days, number, urgent) in [(-20, 0, false), (0, 1, false), (15, 1, true), (22, 1, true)] {
        let at = in_utc(Utc::now() + TimeDelta::days(days));
        let found = registration(&pool, &house.state.settings, &at).await.unwrap();
        let seen: Vec<_> = found.warnings.iter().map(|warning| warning.urgent).collect();
        assert_eq!(seen, vec![urgent; number], "{days}: {:?}", found.warnings);
    }
}

#[sqlx::test(migrations = false)]
async fn the_end_of_the_settings_certificate_is_shown_and_warned_of(pool: PgPool) {
    let key = rsa_key();
    let pem = block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", &certificate(&key, 2020, 2100));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pem).unwrap();
    let more = vec![("ENTRAIN_MICROSOFT_CERTIFICATE_FILE", file.path().display().to_string())];
    let house = house_with(&pool, vec![], more).await;
    let end = Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).unwrap();
    for (days, expiry, warned) in [
        (40, Expiry::Far, None),
        (30, Expiry::Soon(30), Some(false)),
        (7, Expiry::Urgent(7), Some(true)),
        (-1, Expiry::Over, Some(true)),
    ] {
        let at = in_utc(end - TimeDelta::days(days));
        let found = registration(&pool, &house.state.settings, &at).await.unwrap();
        let row = &found.credentials[0];
        assert_eq!(row.ends.as_ref().map(|ends| ends.at), Some(end));
        assert_eq!(row.expiry, expiry, "{days}");
        assert_eq!(found.warnings.first().map(|warning| warning.urgent), warned, "{days}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_certificate_is_taken_with_its_key_and_shown_by_its_thumbprint_and_end(pool: PgPool) {
    let (key, stranger) = (rsa_key(), rsa_key());
    let der = certificate(&key, 2020, 2100);
    let house = house(&pool, vec![block("CERTIFICATE", &der).into_bytes()]).await;
    let pem = |key: &crate::tests::certificate::Key, der: &[u8]| {
        block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", der)
    };
    let expired = certificate(&key, 2020, 2021);
    let unknown = certificate(&stranger, 2020, 2100);
    for (wrong, words) in [
        (String::from("nothing"), "is no PEM file"),
        (block("CERTIFICATE", &der), "no private key"),
        (pem(&stranger, &der), "does not belong"),
        (pem(&key, &expired), "expired on"),
        (pem(&stranger, &unknown), "signature of the certificate"),
    ] {
        let (_, told) = house.script("add_client_certificate", &[("pem", &wrong)]).await;
        assert!(told.contains(words), "{words}: {told}");
        assert!(!told.contains("PRIVATE KEY-----"), "{told}");
    }
    assert!(app_credential::shown(&pool).await.unwrap().is_empty());
    let good = pem(&key, &der);
    let (_, told) = house.script("add_client_certificate", &[("pem", &good)]).await;
    let shown = app_credential::shown(&pool).await.unwrap();
    assert_eq!(shown.len(), 1, "{told}");
    let page = house.page("/settings").await;
    assert!(
        page.contains(&shown[0].thumbprint) && shown[0].thumbprint.len() == 64,
        "{page}"
    );
    assert_eq!(shown[0].expires_at.unwrap().format("%Y").to_string(), "2100");
    for line in good.lines().filter(|line| !line.starts_with("-----")) {
        assert!(!page.contains(line) && !told.contains(line), "{line}");
    }
}

#[sqlx::test(migrations = false)]
async fn one_is_not_removed_while_every_other_one_is_refused_or_over(pool: PgPool) {
    let house = house(&pool, vec![]).await;
    house.script("add_client_secret", &[("secret", SECOND)]).await;
    let id = app_credential::shown(&pool).await.unwrap()[0].id.to_string();
    let own = house.state.settings.microsoft.as_ref().unwrap().credential.own();
    let own = own.unwrap().name.to_string();
    app_credential::note(&pool, &own, Some(7_000_222)).await.unwrap();
    let (_, told) = house.script("remove_credential", &[("id", &id)]).await;
    assert!(told.contains("No other credential works now"), "{told}");
    assert_eq!(app_credential::shown(&pool).await.unwrap().len(), 1);
    app_credential::note(&pool, &own, None).await.unwrap();
    let (_, told) = house.script("remove_credential", &[("id", &id)]).await;
    assert!(app_credential::shown(&pool).await.unwrap().is_empty(), "{told}");
}

#[sqlx::test(migrations = false)]
async fn what_was_typed_wrong_is_said_before_microsoft_is_asked(pool: PgPool) {
    let house = house(&pool, vec![]).await;
    let before = house.microsoft.requests().len();
    for (fields, words) in [
        (vec![("secret", "")], "Enter the client secret's value"),
        (vec![("secret", "two\nlines")], "in one line"),
        (
            vec![("secret", "-----BEGIN PRIVATE KEY-----\nMIIE")],
            "Add it with Add Certificate",
        ),
        (
            vec![("secret", "84841066-274d-4ec0-a5c1-276be684bdd3")],
            "This is the secret's ID",
        ),
        (vec![("secret", SECOND), ("ends", "soon")], "year, month and day"),
        (vec![("secret", SECOND), ("ends", "2020-01-01")], "This day is over"),
    ] {
        let (_, told) = house.script("add_client_secret", &fields).await;
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(house.microsoft.requests().len(), before);
}

#[sqlx::test(migrations = false)]
async fn a_credential_of_another_client_id_is_shown_and_never_sent(pool: PgPool) {
    let house = house(&pool, vec![]).await;
    house.script("add_client_secret", &[("secret", SECOND)]).await;
    sqlx::query("update app_credential set client_id = 'another'")
        .execute(&pool)
        .await
        .unwrap();
    let graph = house.state.engine.graph.as_ref().unwrap();
    assert_eq!(graph.credentials().in_order(Utc::now()).await.len(), 1);
    assert!(house.page("/settings").await.contains("Of another client ID"));
}
