//! Forged id tokens, each attack in the name of its test. The stand-in makes them; nobody comes in with one.

use super::{Browser, Stage, problem};
use sqlx::PgPool;

/// Sees that an id token which is wrong in any of these ways signs nobody in, and the next right one does.
async fn refused(pool: &PgPool, forgeries: &[&str]) {
    let stage = Stage::new(pool).await;
    stage.invite("ann@contoso.example").await;
    let mut browser = Browser::new(&stage.state);
    for forgery in forgeries {
        stage.forge(forgery).await;
        let answer = stage.sign_in(&mut browser, "ann@contoso.example").await;
        assert_eq!(problem(&answer), "refused", "{forgery}");
        assert!(
            answer.location.contains("next=%2Fassets"),
            "the way on is kept: {answer:?}"
        );
        assert!(!browser.is_signed_in().await, "{forgery}");
    }
    assert_eq!(stage.sessions().await, []);
    let answer = stage.sign_in(&mut browser, "ann@contoso.example").await;
    assert_eq!(answer.location, "/assets");
    assert!(browser.is_signed_in().await);
}

#[sqlx::test(migrations = false)]
async fn a_forged_issuer_is_refused(pool: PgPool) {
    refused(&pool, &["issuer", "issuerHost"]).await;
}

#[sqlx::test(migrations = false)]
async fn a_key_of_another_issuer_is_refused_and_so_is_a_strangers_key_under_a_known_name(pool: PgPool) {
    refused(&pool, &["consumerKey", "strangerKey"]).await;
}

#[sqlx::test(migrations = false)]
async fn algorithm_none_is_refused_and_so_is_a_signature_with_what_is_public(pool: PgPool) {
    refused(&pool, &["none", "hmac"]).await;
}

#[sqlx::test(migrations = false)]
async fn a_wrong_nonce_is_refused_and_so_is_none(pool: PgPool) {
    refused(&pool, &["nonce", "noNonce"]).await;
}

#[sqlx::test(migrations = false)]
async fn a_token_for_another_application_or_another_time_is_refused(pool: PgPool) {
    refused(&pool, &["audience", "expired", "early"]).await;
}

#[sqlx::test(migrations = false)]
async fn a_personal_account_is_refused_although_its_token_fits_together(pool: PgPool) {
    refused(&pool, &["consumer"]).await;
}
