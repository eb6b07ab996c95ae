//! Accounts, their sessions, and guesses at their passwords.

use crate::{
    model::{
        access::{Access, Role},
        ids::{AccountId, OrganizationId, TenantId},
    },
    store::{
        StoreError,
        account::{self, Account},
        migrate, organization,
    },
    tests::support::tester,
};
use sqlx::PgPool;
use uuid::Uuid;

async fn admin(pool: &PgPool, email: &str) -> Result<Account, StoreError> {
    migrate::migrate(pool).await.unwrap();
    let who = Account {
        id: AccountId(Uuid::now_v7()),
        email: email.into(),
        name: "Ana".into(),
        role: Role::Administrator,
    };
    account::create(pool, &who, Some("hash")).await?;
    Ok(who)
}

#[sqlx::test(migrations = false)]
async fn an_email_belongs_to_one_account_whatever_its_case(pool: PgPool) {
    assert!(!migrate::is_current(&pool).await.unwrap_or(false));
    let ana = admin(&pool, "Ana@msp.example").await.unwrap();
    assert!(migrate::is_current(&pool).await.unwrap());
    let error = admin(&pool, " ana@MSP.example ").await.unwrap_err();
    assert!(error.to_string().contains("account with this email exists"), "{error}");
    let (found, hash) = account::by_email(&pool, "ANA@msp.example ").await.unwrap().unwrap();
    assert_eq!((found, hash.as_deref()), (ana, Some("hash")));
}

#[sqlx::test(migrations = false)]
async fn a_session_lasts_until_its_end_or_until_it_is_closed(pool: PgPool) {
    let ana = admin(&pool, "ana@msp.example").await.unwrap();
    for token in [b"one", b"two"] {
        account::open_session(&pool, ana.id, token, 12).await.unwrap();
    }
    assert_eq!(
        account::by_session(&pool, b"one").await.unwrap(),
        Some((ana.clone(), Access::everything()))
    );
    assert_eq!(account::by_session(&pool, b"three").await.unwrap(), None);
    account::close_session(&pool, b"two").await.unwrap();
    assert_eq!(account::by_session(&pool, b"two").await.unwrap(), None);

    sqlx::query("update session set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(account::by_session(&pool, b"one").await.unwrap(), None);
    account::open_session(&pool, ana.id, b"new", 12).await.unwrap();
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
        account::record_failure(&pool, email).await.unwrap();
    }
    assert_eq!(account::recent_failures(&pool, "aNa@msp.example").await.unwrap(), 3);
    sqlx::query("update sign_in_failure set at = now() - interval '16 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(account::recent_failures(&pool, "ana@msp.example").await.unwrap(), 0);
    sqlx::query("update sign_in_failure set at = now() - interval '2 days'")
        .execute(&pool)
        .await
        .unwrap();
    account::record_failure(&pool, "ana@msp.example").await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from sign_in_failure")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}

#[sqlx::test(migrations = false)]
async fn a_session_tells_the_role_and_the_organizations_given_and_ends_when_the_account_is_disabled(pool: PgPool) {
    let mut ana = admin(&pool, "ana@msp.example").await.unwrap();
    let (id, tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    organization::create(&pool, &tester(), id, tenant, "Contoso", "", "")
        .await
        .unwrap();
    sqlx::query("update account set role = 'technician'")
        .execute(&pool)
        .await
        .unwrap();
    ana.role = Role::Technician;
    account::open_session(&pool, ana.id, b"one", 12).await.unwrap();
    let nothing = Access::new(Role::Technician, []);
    let found = account::by_session(&pool, b"one").await.unwrap();
    assert_eq!(found, Some((ana.clone(), nothing)));
    sqlx::query("insert into account_organization values ($1, $2)")
        .bind(ana.id)
        .bind(id)
        .execute(&pool)
        .await
        .unwrap();
    let contoso = Access::new(Role::Technician, [id]);
    let found = account::by_session(&pool, b"one").await.unwrap();
    assert_eq!(found, Some((ana, contoso)));

    sqlx::query("update account set disabled_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(account::by_session(&pool, b"one").await.unwrap(), None);
    assert_eq!(account::by_email(&pool, "ana@msp.example").await.unwrap(), None);
}
