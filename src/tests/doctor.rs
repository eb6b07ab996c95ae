//! `entrain doctor`: what it says of a healthy and of a broken installation.

use super::command::{Done, database_url, entrain, master_key, on};
use crate::{
    engine::connect,
    server::postgres::EmbeddedPostgres,
    tests::{
        certificate::{block, certificate, rsa_key},
        support::{Stage, tester},
    },
};
use microsoft_sim::{Options, TenantSpec};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgPool};

const JSON: [&str; 3] = ["doctor", "--format", "json"];

/// The check of this subject.
fn check(done: &Done, subject: &str) -> Value {
    let report = done.json();
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["subject"] == subject);
    found
        .unwrap_or_else(|| panic!("no check of {subject} in {report:#}"))
        .clone()
}

/// A stage with a second connected Microsoft tenant, `fabrikam`.
async fn two_tenants(pool: &PgPool) -> Stage {
    let tenants = ["contoso", "fabrikam"].map(|name| TenantSpec {
        name: name.into(),
        users: 1,
    });
    let options = Options {
        tenants: tenants.into(),
        ..Options::default()
    };
    let stage = Stage::with(pool, options).await;
    connect::connect(&stage.engine, &tester(), "fabrikam.example")
        .await
        .unwrap();
    stage
}

#[sqlx::test(migrations = false)]
async fn a_healthy_installation_is_said_to_work_in_every_area_and_ends_with_0(pool: PgPool) {
    let stage = two_tenants(&pool).await;
    let before = stage.rows_as_written().await;
    let done = on(&stage, &JSON).await;
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    for subject in [
        "DATABASE_URL",
        "Postgres",
        "migrations",
        "this machine",
        "Contoso (contoso.example)",
        "Fabrikam (fabrikam.example)",
    ] {
        assert_eq!(check(&done, subject)["outcome"], "works", "{subject}");
    }
    assert_eq!(stage.rows_as_written().await, before, "the doctor wrote something");
    let text = on(&stage, &["doctor"]).await.stdout;
    for title in ["Settings\n", "Database\n", "Key\n", "Clock\n", "Microsoft tenants\n"] {
        assert!(text.contains(title), "{text}");
    }
    assert!(!text.contains(&Options::default().client_secret), "{text}");
}

#[sqlx::test(migrations = false)]
async fn a_tenant_that_gives_no_token_is_told_apart_from_one_that_can_not_be_read(pool: PgPool) {
    let stage = two_tenants(&pool).await;
    stage.consent(false).await;
    stage
        .fault(
            json!({ "path": "/v1.0/organization", "tenant": "fabrikam", "kind": "status", "status": 403,
        "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation." }),
        )
        .await;
    let done = on(&stage, &JSON).await;
    assert_eq!(done.code, 1, "{}", done.stdout);
    let (contoso, fabrikam) = (
        check(&done, "Contoso (contoso.example)"),
        check(&done, "Fabrikam (fabrikam.example)"),
    );
    assert_eq!(contoso["outcome"], "failed");
    assert!(contoso["detail"].as_str().unwrap().contains("no token"), "{contoso}");
    assert!(contoso["remedy"].as_str().unwrap().contains("consent"), "{contoso}");
    assert_eq!(fabrikam["outcome"], "failed");
    let remedy = fabrikam["remedy"].as_str().unwrap();
    assert!(remedy.contains("Organization.Read.All"), "{fabrikam}");
    let text = on(&stage, &["doctor"]).await.stdout;
    assert!(text.contains("FAILED") && text.contains("What to do: "), "{text}");
}

#[sqlx::test(migrations = false)]
async fn each_permission_of_each_tenant_is_told_in_its_own_cloud_with_what_is_missing_and_the_role_id(pool: PgPool) {
    let stage = two_tenants(&pool).await;
    stage.premium(false).await;
    stage.deny(&["groups"]).await;
    // Every cloud answers at the address that is set; which client is asked is seen in `engine::probes`.
    sqlx::query("update microsoft_tenant set cloud = 'us_gov' where display_name = 'Fabrikam'")
        .execute(&pool)
        .await
        .unwrap();
    let done = on(&stage, &JSON).await;
    assert_eq!(done.code, 1, "{}", done.stdout);
    let (contoso, fabrikam) = (
        check(&done, "Contoso (contoso.example)"),
        check(&done, "Fabrikam (fabrikam.example)"),
    );
    assert_eq!(fabrikam["outcome"], "works", "{fabrikam}");
    let permission = |what: &str| {
        let permissions = contoso["permissions"].as_array().unwrap();
        permissions.iter().find(|one| one["what"] == what).unwrap().clone()
    };
    let groups = permission("Groups and their members");
    assert_eq!(groups["state"], "refused");
    assert_eq!(groups["permission"], "GroupMember.Read.All");
    assert_eq!(groups["appRoleId"], "98830695-27a2-44f7-8c18-0c3ebc9698f6");
    assert!(groups["missing"].as_str().unwrap().contains("Group"), "{groups}");
    assert_eq!(permission("Users")["state"], "works");
    let premium = permission("Entra ID P1 or P2");
    assert_eq!(premium["state"], "needsLicense", "{premium}");
    assert_eq!(
        contoso["remedy"], groups["remedy"],
        "a missing license is nothing to mend"
    );
    let text = on(&stage, &["doctor"]).await.stdout;
    for words in [
        "REFUSED",
        "license",
        "not tried",
        "98830695-27a2-44f7-8c18-0c3ebc9698f6",
        "Missing on screen: ",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from microsoft_probe")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 0, "the doctor wrote something");
}

#[sqlx::test(migrations = false)]
async fn a_token_that_is_refused_is_explained_by_its_code_and_nothing_else_is_tried(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage
        .fault(json!({ "path": "token", "kind": "status", "status": 400, "code": "AADSTS5000224" }))
        .await;
    let done = on(&stage, &JSON).await;
    let contoso = check(&done, "Contoso (contoso.example)");
    let remedy = contoso["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("no longer available") && remedy.contains("AADSTS5000224"),
        "{contoso}"
    );
    let permissions = contoso["permissions"].as_array().unwrap();
    assert_eq!(permissions[0]["state"], "refused");
    assert!(
        permissions[1..].iter().all(|one| one["state"] == "notTried"),
        "{contoso}"
    );
}

#[sqlx::test(migrations = false)]
async fn a_clock_that_microsoft_would_refuse_is_told_with_its_direction(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    for (seconds, words) in [(600, "behind Microsoft's"), (-600, "ahead of Microsoft's")] {
        stage
            .fault(json!({ "path": "/organizations/v2.0", "kind": "clock", "seconds": seconds }))
            .await;
        let done = on(&stage, &JSON).await;
        let clock = check(&done, "this machine");
        assert_eq!(clock["outcome"], "attention");
        assert!(clock["detail"].as_str().unwrap().contains(words), "{clock}");
        assert!(clock["remedy"].as_str().unwrap().contains("NTP"), "{clock}");
        assert_eq!(done.code, 0, "attention is no failure");
        stage.lift_faults().await;
    }
}

#[sqlx::test(migrations = false)]
async fn the_end_of_the_certificate_is_told_before_it_comes(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let key = rsa_key();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("client.pem");
    let database = database_url(&pool);
    let settings = [
        ("DATABASE_URL", database.as_str()),
        ("ENTRAIN_MICROSOFT_CLIENT_ID", "5a1e0000-0000-4000-8000-000000000001"),
        ("ENTRAIN_MICROSOFT_CERTIFICATE_FILE", file.to_str().unwrap()),
        (
            "ENTRAIN_MICROSOFT_LOGIN_URL",
            &format!("http://{}", stage.microsoft.address()),
        ),
    ];
    for (until, outcome) in [(2100, "works"), (2021, "failed")] {
        let pem = block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", &certificate(&key, 2020, until));
        std::fs::write(&file, pem).unwrap();
        let done = entrain(&JSON, &settings, folder.path()).await;
        let found = check(&done, "ENTRAIN_MICROSOFT_CERTIFICATE_FILE");
        assert_eq!(found["outcome"], outcome, "{found}");
        assert!(
            found["detail"].as_str().unwrap().contains(&until.to_string()),
            "{found}"
        );
        assert!(!done.stdout.contains("PRIVATE KEY"));
    }
}

#[tokio::test]
async fn a_wrong_setting_is_named_and_the_rest_is_not_tried() {
    let folder = tempfile::tempdir().unwrap();
    let done = entrain(&JSON, &[("ENTRAIN_MASTER_KEY", "c2hvcnQ=")], folder.path()).await;
    assert_eq!(done.code, 1);
    let key = check(&done, "ENTRAIN_MASTER_KEY");
    assert_eq!(key["outcome"], "failed");
    assert!(key["detail"].as_str().unwrap().contains("openssl rand"), "{key}");
    let report = done.json();
    let not_tried = report["checks"].as_array().unwrap().iter();
    assert_eq!(not_tried.filter(|check| check["outcome"] == "notTried").count(), 4);
}

#[tokio::test]
async fn without_a_database_the_rest_is_looked_at_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let microsoft = microsoft_sim::start(Options::default()).await.unwrap();
    let (address, options) = (format!("http://{}", microsoft.address()), Options::default());
    let settings = [
        ("DATABASE_URL", "postgres://nobody:hush@127.0.0.1:1/nothing"),
        ("ENTRAIN_MICROSOFT_LOGIN_URL", address.as_str()),
        ("ENTRAIN_MICROSOFT_GRAPH_URL", address.as_str()),
        ("ENTRAIN_MICROSOFT_CLIENT_ID", &options.client_id),
        ("ENTRAIN_MICROSOFT_CLIENT_SECRET", &options.client_secret),
    ];
    let done = entrain(&JSON, &settings, folder.path()).await;
    assert_eq!(done.code, 1);
    assert_eq!(check(&done, "Postgres")["outcome"], "failed");
    assert_eq!(check(&done, "this machine")["outcome"], "works");
    assert_eq!(check(&done, "all")["outcome"], "notTried");
    assert!(!done.stdout.contains("hush"), "{}", done.stdout);
}

#[tokio::test]
async fn without_an_embedded_database_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let done = entrain(&JSON, &[("ENTRAIN_DATA_DIR", data.to_str().unwrap())], folder.path()).await;
    assert_eq!(done.code, 0, "{}", done.stdout);
    assert_eq!(check(&done, "Postgres")["outcome"], "notTried");
    assert!(!data.exists(), "the doctor made a database");
}

#[tokio::test]
async fn beside_a_server_with_the_embedded_database_that_one_is_looked_at_and_goes_on() {
    // In /tmp whatever TMPDIR says: as root, Postgres runs under an account that must come to it.
    let folder = tempfile::TempDir::new_in("/tmp").unwrap();
    let postgres = EmbeddedPostgres::start(folder.path()).await.unwrap();
    let settings = [
        ("ENTRAIN_DATA_DIR", folder.path().to_str().unwrap()),
        ("HOME", "/nowhere"),
    ];
    for _ in 0..2 {
        let done = entrain(&JSON, &settings, folder.path()).await;
        assert_eq!(done.code, 0, "{}", done.stdout);
        assert_eq!(check(&done, "Postgres")["outcome"], "works");
    }
    sqlx::PgConnection::connect(postgres.url()).await.unwrap();
    postgres.stop().await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn missing_migrations_are_named_and_not_run(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let database = database_url(&pool);
    let settings = [
        ("DATABASE_URL", database.as_str()),
        ("ENTRAIN_MASTER_KEY", &master_key()),
    ];
    let done = entrain(&JSON, &settings, folder.path()).await;
    assert_eq!(done.code, 0, "{}", done.stdout);
    let migrations = check(&done, "migrations");
    assert_eq!(migrations["outcome"], "attention");
    assert!(migrations["remedy"].as_str().unwrap().contains("entrain migrate"));
    let tables: i64 = sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(tables, 0, "the doctor migrated");
}
