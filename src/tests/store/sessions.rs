//! Sessions with their two ends, and guesses at passwords.

use super::accounts::admin;
use crate::{
    model::{
        access::{Access, Role},
        ids::{AccountId, OrganizationId, TenantId},
        sign_in::{ProviderKind, Way},
    },
    store::{
        account, in_utc, migrate, organization,
        session::{self, NewSession},
        sign_in::{self, NewAttempt},
    },
    tests::support::tester,
};
use chrono::Utc;
use sqlx::PgPool;
use uuid::Uuid;

async fn open(pool: &PgPool, account: AccountId, token_hash: &[u8]) {
    let new = NewSession {
        account,
        token_hash,
        way: Way::Provider(ProviderKind::Microsoft),
        address: Some("192.0.2.1".into()),
        agent: "Firefox",
    };
    session::open(&mut pool.acquire().await.unwrap(), &new).await.unwrap();
}

async fn sql(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_session_ends_at_its_absolute_end_though_it_is_used_all_the_time(pool: PgPool) {
    let ana = admin(&pool, "ana@msp.example").await.unwrap();
    open(&pool, ana.id, b"one").await;
    let found = session::find(&pool, b"one").await.unwrap();
    assert_eq!(found, Some((ana.clone(), Access::everything())));
    assert_eq!(session::find(&pool, b"three").await.unwrap(), None);
    let end: bool = sqlx::query_scalar("select expires_at = created_at + interval '12 hours' from session")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(end, "using it does not put this end off");
    sql(&pool, "update session set expires_at = now(), last_seen_at = now()").await;
    assert_eq!(session::find(&pool, b"one").await.unwrap(), None);
}

#[sqlx::test(migrations = false)]
async fn a_session_that_nobody_uses_ends_and_one_that_is_used_goes_on(pool: PgPool) {
    let ana = admin(&pool, "ana@msp.example").await.unwrap();
    for token in [b"one", b"two"] {
        open(&pool, ana.id, token).await;
    }
    sql(
        &pool,
        "update session set last_seen_at = now() - interval '119 minutes'",
    )
    .await;
    assert!(session::find(&pool, b"one").await.unwrap().is_some());
    sql(
        &pool,
        "update session set last_seen_at = last_seen_at - interval '2 minutes'",
    )
    .await;
    assert!(session::find(&pool, b"one").await.unwrap().is_some(), "it was used");
    assert_eq!(session::find(&pool, b"two").await.unwrap(), None, "it was not");
    open(&pool, ana.id, b"new").await;
    let kept: i64 = sqlx::query_scalar("select count(*) from session")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 2, "sessions that are over go");
}

#[sqlx::test(migrations = false)]
async fn sessions_are_listed_and_ended_one_by_one_and_all_together_but_only_ones_own(pool: PgPool) {
    let ana = admin(&pool, "ana@msp.example").await.unwrap();
    let ben = admin(&pool, "ben@msp.example").await.unwrap();
    for (who, token) in [(&ana, b"one"), (&ana, b"two"), (&ben, b"ben")] {
        open(&pool, who.id, token).await;
    }
    let now = in_utc(Utc::now());
    let list = session::of_account(&pool, ana.id, b"two", &now).await.unwrap();
    let here: Vec<bool> = list.iter().map(|session| session.here).collect();
    assert_eq!(here, [true, false], "this browser comes first");
    assert_eq!(list[1].way, Way::Provider(ProviderKind::Microsoft));
    assert_eq!(
        (list[1].address.as_deref(), list[1].agent.as_str()),
        (Some("192.0.2.1"), "Firefox")
    );

    assert!(
        !session::end(&pool, &tester(), ben.id, list[1].id).await.unwrap(),
        "not somebody else's"
    );
    assert!(session::end(&pool, &tester(), ana.id, list[1].id).await.unwrap());
    assert_eq!(session::find(&pool, b"one").await.unwrap(), None);
    assert_eq!(session::end_all(&pool, &tester(), ana.id).await.unwrap(), 1);
    assert!(session::find(&pool, b"ben").await.unwrap().is_some());
    session::close(&pool, b"ben").await.unwrap();
    assert_eq!(session::find(&pool, b"ben").await.unwrap(), None);
}

#[sqlx::test(migrations = false)]
async fn a_session_tells_the_role_and_the_organizations_given_and_ends_when_the_account_is_disabled(pool: PgPool) {
    let mut ana = admin(&pool, "ana@msp.example").await.unwrap();
    let (id, tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    organization::create(&pool, &tester(), id, tenant, "Contoso", "", "")
        .await
        .unwrap();
    sql(&pool, "update account set role = 'technician'").await;
    ana.role = Role::Technician;
    open(&pool, ana.id, b"one").await;
    let nothing = Access::new(Role::Technician, []);
    let found = session::find(&pool, b"one").await.unwrap();
    assert_eq!(found, Some((ana.clone(), nothing)));
    sqlx::query("insert into account_organization values ($1, $2)")
        .bind(ana.id)
        .bind(id)
        .execute(&pool)
        .await
        .unwrap();
    let contoso = Access::new(Role::Technician, [id]);
    let found = session::find(&pool, b"one").await.unwrap();
    assert_eq!(found, Some((ana, contoso)));

    sql(&pool, "update account set disabled_at = now()").await;
    assert_eq!(session::find(&pool, b"one").await.unwrap(), None);
    assert_eq!(account::by_email(&pool, "ana@msp.example").await.unwrap(), None);
}

#[sqlx::test(migrations = false)]
async fn guesses_count_for_a_quarter_of_an_hour_by_email_whatever_its_case_and_by_address(pool: PgPool) {
    migrate::migrate(&pool).await.unwrap();
    let guess = async |email, address| sign_in::guess(&pool, email, address).await.unwrap();
    let counts = |guess: sign_in::Guess| (guess.by_email, guess.by_address);
    assert_eq!(counts(guess("ana@msp.example", Some("192.0.2.1")).await), (1, 1));
    assert_eq!(counts(guess("ANA@msp.example", Some("192.0.2.2")).await), (2, 1));
    assert_eq!(counts(guess(" Ana@msp.example", None).await), (3, 0));
    assert_eq!(counts(guess("ben@msp.example", Some("192.0.2.1")).await), (1, 2));
    let right = guess("ana@msp.example", Some("192.0.2.1")).await;
    assert_eq!((counts(right), right.by_both), ((4, 3), 2));
    sign_in::take_back(&pool, right).await.unwrap();
    assert_eq!(counts(guess("ana@msp.example", Some("192.0.2.1")).await), (4, 3));
    sql(&pool, "update sign_in_failure set at = now() - interval '16 minutes'").await;
    assert_eq!(counts(guess("ana@msp.example", Some("192.0.2.1")).await), (1, 1));
    sql(&pool, "update sign_in_failure set at = now() - interval '2 days'").await;
    guess("ana@msp.example", None).await;
    let kept: i64 = sqlx::query_scalar("select count(*) from sign_in_failure")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}

#[sqlx::test(migrations = false)]
async fn an_attempt_is_good_once_for_its_browser_and_its_provider_until_its_end(pool: PgPool) {
    migrate::migrate(&pool).await.unwrap();
    let begin = async |state_hash: &'static [u8], most| {
        let new = NewAttempt {
            state_hash,
            browser_hash: b"browser",
            provider: "microsoft",
            next: "/assets",
            address: Some("192.0.2.1".into()),
            seconds: 600,
        };
        sign_in::begin(&pool, &new, most).await.unwrap()
    };
    let take = async |state: &[u8], browser: &[u8], provider: &str| {
        sign_in::take(&pool, state, browser, provider).await.unwrap()
    };
    assert!(begin(b"one", 2).await);
    assert_eq!(take(b"one", b"another browser", "microsoft").await, None);
    assert_eq!(take(b"one", b"browser", "openid").await, None);
    assert_eq!(take(b"one", b"browser", "microsoft").await.as_deref(), Some("/assets"));
    assert_eq!(take(b"one", b"browser", "microsoft").await, None, "once");

    assert!(begin(b"two", 2).await && begin(b"three", 2).await);
    assert!(!begin(b"four", 2).await, "one address has no more than so many");
    sql(
        &pool,
        "update sign_in_attempt set expires_at = now() where state_hash = 'two'::bytea",
    )
    .await;
    assert_eq!(take(b"two", b"browser", "microsoft").await, None, "too late");
}
