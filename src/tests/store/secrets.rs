//! What is stored in confidence: credentials of the app registration, and everything sealed under another key.

use crate::{
    model::{credential::CredentialKind, ids::AccountId},
    store::{
        StoreError,
        app_credential::{self, New, about},
        migrate::migrate,
        sealed::{COLUMNS, Resealed, check, reseal},
        vault::{MasterKey, Vault},
    },
    tests::support::tester,
};
use secrecy::ExposeSecret as _;
use sqlx::PgPool;
use uuid::Uuid;

const CLIENT: &str = "client-1";

fn key(byte: u8) -> MasterKey {
    MasterKey::new(&vec![byte; 32].into()).unwrap()
}

async fn keep(pool: &PgPool, vault: &Vault, secret: &str) -> Uuid {
    let id = Uuid::now_v7();
    let about = about(id, CredentialKind::Secret, CLIENT);
    keep_sealed(pool, vault, secret, id, &about).await
}

async fn keep_sealed(pool: &PgPool, vault: &Vault, secret: &str, id: Uuid, about: &str) -> Uuid {
    let sealed = vault.seal(secret.as_bytes(), about).unwrap();
    let new = New {
        id,
        client_id: CLIENT,
        kind: CredentialKind::Secret,
        sealed: &sealed,
        thumbprint: "",
        ends: None,
        tried: true,
    };
    app_credential::add(pool, &tester(), &new).await.unwrap();
    id
}

async fn opened(pool: &PgPool, vault: &Vault) -> Vec<String> {
    let kept = app_credential::kept(pool, CLIENT).await.unwrap();
    let open = |one: &app_credential::Kept| one.open(vault).unwrap();
    let text = |one| String::from_utf8(open(one).expose_secret().to_vec()).unwrap();
    kept.iter().map(text).collect()
}

#[sqlx::test(migrations = false)]
async fn a_credential_is_nowhere_in_the_database_as_it_was_typed(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let vault = Vault::new(key(1), vec![]);
    keep(&pool, &vault, "hush-hush").await;
    let rows: Vec<String> = sqlx::query_scalar(
        "select row_to_json(c)::text || encode(c.sealed, 'escape') from app_credential c
         union all select row_to_json(a)::text from audit_event a",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| !row.contains("hush")), "{rows:?}");
    assert_eq!(opened(&pool, &vault).await, ["hush-hush"]);
}

#[sqlx::test(migrations = false)]
async fn the_last_credential_stays_and_the_newest_is_first(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let vault = Vault::new(key(1), vec![]);
    let (old, new) = (keep(&pool, &vault, "old").await, keep(&pool, &vault, "new").await);
    assert_eq!(opened(&pool, &vault).await, ["new", "old"]);
    app_credential::note(&pool, &old.to_string(), Some(7_000_222))
        .await
        .unwrap();
    app_credential::remove(&pool, &tester(), old, false).await.unwrap();
    assert!(app_credential::health(&pool).await.unwrap().is_empty());
    let last = app_credential::remove(&pool, &tester(), new, false).await;
    assert!(matches!(last, Err(StoreError::Conflict(_))), "{last:?}");
    app_credential::remove(&pool, &tester(), new, true).await.unwrap();
    let gone = app_credential::remove(&pool, &tester(), new, true).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    let told: i64 = sqlx::query_scalar(
        "select count(*) from audit_event where action = 'delete' and changes -> 0 ->> 'old' = $1 and subject_name <> ''",
    )
    .bind(CLIENT)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(told, 2, "of which app registration each was");
}

#[sqlx::test(migrations = false)]
async fn what_microsoft_said_last_of_a_credential_is_kept_until_it_works_again(pool: PgPool) {
    migrate(&pool).await.unwrap();
    for refused in [None, Some(7_000_215), None] {
        app_credential::note(&pool, "environment", refused).await.unwrap();
        let health = app_credential::health(&pool).await.unwrap()["environment"];
        assert!(health.worked_at.is_some());
        assert_eq!(
            (health.refused_code, health.refused_at.is_some()),
            (refused, refused.is_some())
        );
    }
}

#[sqlx::test(migrations = false)]
async fn what_is_known_of_a_credential_is_not_written_again(pool: PgPool) {
    migrate(&pool).await.unwrap();
    for refused in [None, Some(7_000_222)] {
        app_credential::note(&pool, "one", refused).await.unwrap();
        let first = app_credential::health(&pool).await.unwrap()["one"];
        app_credential::note(&pool, "one", refused).await.unwrap();
        assert_eq!(app_credential::health(&pool).await.unwrap()["one"], first);
    }
}

#[sqlx::test(migrations = false)]
async fn everything_is_sealed_anew_in_one_step_which_may_be_repeated(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let old = Vault::new(key(1), vec![]);
    keep(&pool, &old, "first").await;
    keep(&pool, &old, "second").await;
    let both = Vault::new(key(2), vec![key(1)]);
    keep(&pool, &both, "third").await;
    assert_eq!(reseal(&pool, &both).await.unwrap(), Resealed { anew: 2, already: 1 });
    assert_eq!(reseal(&pool, &both).await.unwrap(), Resealed { anew: 0, already: 3 });
    let new = Vault::new(key(2), vec![]);
    check(&pool, &new).await.unwrap();
    assert_eq!(opened(&pool, &new).await, ["third", "second", "first"]);
    let error = check(&pool, &old).await.unwrap_err().to_string();
    assert!(
        error.contains(&key(2).id()) && error.contains("ENTRAIN_MASTER_KEY"),
        "{error}"
    );
    assert!(!error.contains('\n'), "{error}");
}

#[sqlx::test(migrations = false)]
async fn one_secret_that_does_not_open_leaves_all_of_them_as_they_were(pool: PgPool) {
    migrate(&pool).await.unwrap();
    keep(&pool, &Vault::new(key(1), vec![]), "first").await;
    keep(&pool, &Vault::new(key(3), vec![]), "of a key that is lost").await;
    let both = Vault::new(key(2), vec![key(1)]);
    assert!(matches!(reseal(&pool, &both).await, Err(StoreError::Vault(_))));
    let keys: Vec<String> = sqlx::query_scalar("select key_id from app_credential order by added_at")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(keys, [key(1).id(), key(3).id()]);
}

#[sqlx::test(migrations = false)]
async fn a_secret_that_is_damaged_under_the_key_in_use_is_an_error_of_sealing_anew(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let vault = Vault::new(key(1), vec![]);
    keep(&pool, &vault, "whole").await;
    let damaged = keep(&pool, &vault, "damaged").await;
    sqlx::query("update app_credential set sealed = set_byte(sealed, 30, 255 - get_byte(sealed, 30)) where id = $1")
        .bind(damaged)
        .execute(&pool)
        .await
        .unwrap();
    let error = reseal(&pool, &vault).await.unwrap_err();
    assert!(matches!(error, StoreError::Vault(_)), "{error:?}");
    assert!(error.to_string().contains(&damaged.to_string()), "{error}");
}

#[sqlx::test(migrations = false)]
async fn a_sealed_credential_that_was_moved_to_another_row_does_not_open(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let vault = Vault::new(key(1), vec![]);
    let (one, other) = (keep(&pool, &vault, "one").await, keep(&pool, &vault, "other").await);
    sqlx::query("update app_credential set sealed = (select sealed from app_credential where id = $1) where id = $2")
        .bind(one)
        .bind(other)
        .execute(&pool)
        .await
        .unwrap();
    let kept = app_credential::kept(&pool, CLIENT).await.unwrap();
    let moved = kept.iter().find(|kept| kept.id == other).unwrap();
    assert!(moved.open(&vault).is_err());
}

#[sqlx::test(migrations = false)]
async fn a_credential_whose_kind_or_client_id_was_changed_in_the_database_does_not_open(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let vault = Vault::new(key(1), vec![]);
    keep(&pool, &vault, "hush").await;
    for (sql, client_id) in [
        (
            "update app_credential set kind = 'certificate', thumbprint = 'x'",
            CLIENT,
        ),
        (
            "update app_credential set kind = 'secret', thumbprint = '', client_id = 'client-2'",
            "client-2",
        ),
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
        let kept = app_credential::kept(&pool, client_id).await.unwrap();
        assert!(kept[0].open(&vault).is_err(), "{sql}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_credential_of_before_its_kind_and_client_id_were_bound_opens_and_is_bound_by_sealing_anew(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let vault = Vault::new(key(1), vec![]);
    let id = Uuid::now_v7();
    keep_sealed(
        &pool,
        &vault,
        "of before",
        id,
        &format!("app_credential/{id}/credential"),
    )
    .await;
    keep(&pool, &vault, "of now").await;
    assert_eq!(opened(&pool, &vault).await, ["of now", "of before"]);
    // Under the same key, and under another one.
    assert_eq!(reseal(&pool, &vault).await.unwrap(), Resealed { anew: 1, already: 1 });
    assert_eq!(reseal(&pool, &vault).await.unwrap(), Resealed { anew: 0, already: 2 });
    let both = Vault::new(key(2), vec![key(1)]);
    assert_eq!(reseal(&pool, &both).await.unwrap(), Resealed { anew: 2, already: 0 });
    assert_eq!(opened(&pool, &both).await, ["of now", "of before"]);
    sqlx::query("update app_credential set client_id = 'client-2'")
        .execute(&pool)
        .await
        .unwrap();
    let kept = app_credential::kept(&pool, "client-2").await.unwrap();
    assert!(kept.iter().all(|one| one.open(&both).is_err()));
}

/// Whoever adds such a column has to name its key `...key_id`, and finds out here that the list has to name the column.
#[sqlx::test(migrations = false)]
async fn every_column_that_names_a_key_is_in_the_list_of_sealed_columns(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let mut columns: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text from information_schema.columns
         where table_schema = 'public' and column_name like '%key\\_id' order by 1, 2",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let listed: Vec<_> = COLUMNS
        .iter()
        .map(|one| (one.table.to_owned(), one.key_id.to_owned()))
        .collect();
    columns.retain(|column| !listed.contains(column));
    assert!(columns.is_empty(), "a new master key would leave {columns:?} behind");
}

#[sqlx::test(migrations = false)]
async fn who_added_a_credential_is_kept_with_it_and_in_the_audit_log(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let id = keep(&pool, &Vault::new(key(1), vec![]), "hush").await;
    let shown = app_credential::shown(&pool).await.unwrap();
    assert_eq!(
        (shown[0].id, shown[0].added_by_name.as_str()),
        (id, tester().name.as_str())
    );
    let logged: (String, String, Option<AccountId>) =
        sqlx::query_as("select action, subject_kind, actor_id from audit_event where subject_id = $1")
            .bind(id)
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(logged, ("create".to_owned(), "app_credential".to_owned(), None));
}
