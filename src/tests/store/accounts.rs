//! Administrators, their sessions, and guesses at their passwords.

use crate::{
    model::ids::AdministratorId,
    store::{
        StoreError,
        administrator::{self, Administrator},
        migrate,
    },
};
use sqlx::PgPool;
use uuid::Uuid;

async fn admin(pool: &PgPool, email: &str) -> Result<Administrator, StoreError> {
    migrate::migrate(pool).await.unwrap();
    let who = Administrator {
        id: AdministratorId(Uuid::now_v7()),
        email: email.into(),
        name: "Ana".into(),
    };
    administrator::create(pool, &who, "hash").await?;
    Ok(who)
}

#[sqlx::test(migrations = false)]
async fn an_email_belongs_to_one_administrator_whatever_its_case(pool: PgPool) {
    assert!(!migrate::is_current(&pool).await.unwrap_or(false));
    let ana = admin(&pool, "Ana@msp.example").await.unwrap();
    assert!(migrate::is_current(&pool).await.unwrap());
    let error = admin(&pool, " ana@MSP.example ").await.unwrap_err();
    assert!(
        error.to_string().contains("administrator with this email exists"),
        "{error}"
    );
    let (found, hash) = administrator::by_email(&pool, "ANA@msp.example ")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found, hash.as_str()), (ana, "hash"));
}

#[sqlx::test(migrations = false)]
async fn a_session_lasts_until_its_end_or_until_it_is_closed(pool: PgPool) {
    let ana = admin(&pool, "ana@msp.example").await.unwrap();
    for token in [b"one", b"two"] {
        administrator::open_session(&pool, ana.id, token, 12).await.unwrap();
    }
    assert_eq!(
        administrator::by_session(&pool, b"one").await.unwrap(),
        Some(ana.clone())
    );
    assert_eq!(administrator::by_session(&pool, b"three").await.unwrap(), None);
    administrator::close_session(&pool, b"two").await.unwrap();
    assert_eq!(administrator::by_session(&pool, b"two").await.unwrap(), None);

    sqlx::query("update session set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(administrator::by_session(&pool, b"one").await.unwrap(), None);
    administrator::open_session(&pool, ana.id, b"new", 12).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from session")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1, "sessions that are over go");
}

#[sqlx::test(migrations = false)]
async fn failed_sign_ins_count_for_a_quarter_of_an_hour_whatever_the_case_of_the_email(pool: PgPool) {
    migrate::migrate(&pool).await.unwrap();
    for email in [
        "ana@msp.example",
        "ANA@msp.example",
        " Ana@msp.example",
        "ben@msp.example",
    ] {
        administrator::record_failure(&pool, email).await.unwrap();
    }
    assert_eq!(
        administrator::recent_failures(&pool, "aNa@msp.example").await.unwrap(),
        3
    );
    sqlx::query("update sign_in_failure set at = now() - interval '16 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(
        administrator::recent_failures(&pool, "ana@msp.example").await.unwrap(),
        0
    );
    sqlx::query("update sign_in_failure set at = now() - interval '2 days'")
        .execute(&pool)
        .await
        .unwrap();
    administrator::record_failure(&pool, "ana@msp.example").await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from sign_in_failure")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}
