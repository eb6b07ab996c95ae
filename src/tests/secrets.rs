//! Stored secrets and the commands: which key opens what, and what a log tells.

use super::command::{database_url, entrain, master_key, settings_of};
use crate::{
    model::credential::CredentialKind,
    store::{
        app_credential::{self, New, about},
        vault::{MasterKey, Vault},
    },
    tests::{
        samples::WRONG_SECRET as WRONG,
        support::{Stage, tester},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{TimeDelta, Utc};
use microsoft_sim::Options;
use sqlx::PgPool;
use uuid::Uuid;

fn vault(byte: u8) -> Vault {
    Vault::new(MasterKey::new(&vec![byte; 32].into()).unwrap(), vec![])
}

fn key(byte: u8) -> String {
    STANDARD.encode([byte; 32])
}

/// Keeps a secret under the key of [`master_key`], as Settings would.
async fn keep(pool: &PgPool, secret: &str, ends_in_days: Option<i64>) -> Uuid {
    let id = Uuid::now_v7();
    let client_id = Options::default().client_id;
    let about = about(id, CredentialKind::Secret, &client_id);
    let sealed = vault(7).seal(secret.as_bytes(), &about).unwrap();
    let new = New {
        id,
        client_id: &client_id,
        kind: CredentialKind::Secret,
        sealed: &sealed,
        thumbprint: "",
        ends: ends_in_days.map(|days| Utc::now() + TimeDelta::days(days)),
        tried: true,
    };
    app_credential::add(pool, &tester(), &new).await.unwrap();
    id
}

#[sqlx::test(migrations = false)]
async fn a_sync_goes_on_with_the_other_credential_and_the_finest_log_holds_neither(pool: PgPool) {
    let stage = Stage::new(&pool, 3).await;
    let id = keep(&pool, WRONG, None).await;
    let owned = settings_of(&stage);
    let mut settings: Vec<_> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.push(("ENTRAIN_LOG", "trace"));
    let folder = tempfile::tempdir().unwrap();
    let done = entrain(&["sync", "--all"], &settings, folder.path()).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stderr.contains("AADSTS7000215"),
        "the log does not say that one was refused"
    );
    for secret in [WRONG, Options::default().client_secret.as_str(), master_key().as_str()] {
        assert!(
            !done.stderr.contains(secret) && !done.stdout.contains(secret),
            "{secret}"
        );
    }
    let health = app_credential::health(&pool).await.unwrap();
    assert_eq!(health[&id.to_string()].refused_code, Some(7_000_215));
    let own = health.iter().find(|(name, _)| name.starts_with("environment:"));
    assert!(own.unwrap().1.worked_at.is_some());
}

#[sqlx::test(migrations = false)]
async fn a_new_master_key_takes_over_in_one_command_and_the_old_one_stops_the_start(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    keep(&pool, &Options::default().client_secret, None).await;
    let folder = tempfile::tempdir().unwrap();
    let (database, old, new) = (database_url(&pool), key(7), key(8));
    let with = |keys: &[(&'static str, &str)]| {
        let mut settings = vec![("DATABASE_URL".to_owned(), database.clone())];
        settings.extend(keys.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())));
        settings
    };
    let run = async |words: &[&str], settings: Vec<(String, String)>| {
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        entrain(words, &settings, folder.path()).await
    };
    let rotate = ["admin", "rotate-key"];
    let alone = run(&rotate, with(&[("ENTRAIN_MASTER_KEY", &new)])).await;
    assert_eq!(alone.code, 64, "{}", alone.stderr);
    assert!(alone.stderr.contains("ENTRAIN_MASTER_KEY_OLD"), "{}", alone.stderr);
    let both = [
        ("ENTRAIN_MASTER_KEY", new.as_str()),
        ("ENTRAIN_MASTER_KEY_OLD", old.as_str()),
    ];
    for words in [
        "1 secret sealed under the new key",
        "0 secrets sealed under the new key",
    ] {
        let done = run(&rotate, with(&both)).await;
        assert_eq!(done.code, 0, "{}", done.stderr);
        assert!(done.stdout.contains(words), "{}", done.stdout);
    }
    let serve = ["serve", "--role", "worker"];
    for (settings, words) in [
        (with(&[("ENTRAIN_MASTER_KEY", &old)]), vault(8).key_id()),
        (with(&[]), "openssl rand -base64 32".to_owned()),
    ] {
        let stopped = run(&serve, settings).await;
        assert_eq!(stopped.code, 1, "{}", stopped.stderr);
        let said: Vec<_> = stopped
            .stderr
            .lines()
            .filter(|line| line.starts_with("entrain: "))
            .collect();
        assert_eq!(said.len(), 1, "{}", stopped.stderr);
        assert!(
            said[0].contains("ENTRAIN_MASTER_KEY") && said[0].contains(&words),
            "{}",
            said[0]
        );
    }
    drop(stage);
}

#[sqlx::test(migrations = false)]
async fn the_doctor_tells_that_the_only_credential_is_refused_though_it_is_in_the_settings(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let owned = settings_of(&stage);
    let settings: Vec<_> = owned
        .iter()
        .map(|(name, value)| {
            let is_secret = *name == "ENTRAIN_MICROSOFT_CLIENT_SECRET";
            (*name, if is_secret { WRONG } else { value.as_str() })
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    // What Microsoft says of it is kept by a run.
    entrain(&["sync", "--all"], &settings, folder.path()).await;
    let told = entrain(&["doctor"], &settings, folder.path()).await;
    assert_eq!(told.code, 1, "{}", told.stdout);
    assert!(
        told.stdout.contains("Every credential of the app registration"),
        "{}",
        told.stdout
    );
}

#[sqlx::test(migrations = false)]
async fn the_doctor_tells_of_a_key_that_does_not_open_and_of_a_secret_that_ends(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    keep(&pool, &Options::default().client_secret, Some(6)).await;
    let owned = settings_of(&stage);
    let settings: Vec<_> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let folder = tempfile::tempdir().unwrap();
    let doctor = ["doctor"];
    let well = entrain(&doctor, &settings, folder.path()).await;
    assert_eq!(well.code, 0, "{}", well.stdout);
    assert!(well.stdout.contains("The client secret added on"), "{}", well.stdout);
    assert!(well.stdout.contains("which open all that is stored"), "{}", well.stdout);
    assert!(
        app_credential::health(&pool).await.unwrap().is_empty(),
        "the doctor wrote something"
    );
    let other = key(9);
    let settings: Vec<_> = settings
        .into_iter()
        .map(|(name, value)| {
            (
                name,
                if name == "ENTRAIN_MASTER_KEY" {
                    other.as_str()
                } else {
                    value
                },
            )
        })
        .collect();
    let wrong = entrain(&doctor, &settings, folder.path()).await;
    assert_eq!(wrong.code, 1, "{}", wrong.stdout);
    assert!(wrong.stdout.contains("entrain admin rotate-key"), "{}", wrong.stdout);
}
