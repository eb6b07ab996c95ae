//! Accounts.

use crate::{
    model::{access::Role, ids::AccountId},
    store::{
        StoreError,
        account::{self, Account},
        migrate,
    },
};
use sqlx::PgPool;
use uuid::Uuid;

pub(super) async fn admin(pool: &PgPool, email: &str) -> Result<Account, StoreError> {
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
