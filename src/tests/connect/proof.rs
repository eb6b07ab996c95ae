//! What a token and a read say of a consent, where it is not what the answer said.

use super::{
    House, links,
    partner::{at_rest, sign_in, stage},
};
use crate::{
    model::{access::Role, partner::ConsentProgress},
    store::partner_consent,
};
use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

const TENANTS: [&str; 2] = ["contoso", "fabrikam"];

/// The token endpoint refuses once with this code.
fn refuse_token(house: &House, code: &str) {
    house.fault(json!({ "path": "token", "kind": "status", "status": 400, "code": code, "times": 1 }));
}

/// The token of one tenant reads as another's from now on.
fn confuse(house: &House, tenant: &str, other: &str) {
    let to = house.id(other).to_string();
    house.fault(json!({ "tenant": tenant, "path": "/v1.0/organization", "kind": "otherId", "to": to }));
}

#[sqlx::test(migrations = false)]
async fn an_attack_with_a_token_of_another_microsoft_tenant_is_refused(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let page = house.start(&ada, "tenant=fabrikam.example").await;
    let back = house.accept(&page).await;
    confuse(&house, "fabrikam", "contoso");
    let answer = house.get(&back, Some(&ada)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Another Microsoft tenant was expected"),
        "{}",
        answer.body
    );
    let told: String =
        sqlx::query_scalar("select string_agg(changes::text, ' ') from audit_event where action = 'refuse_consent'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(told.contains("another Microsoft tenant was expected"), "{told}");
    let again = house.get(&back, Some(&ada)).await;
    assert!(
        again.body.contains("This was used before"),
        "the state is used up: {}",
        again.body
    );
    assert_eq!((house.connected().await, house.pending().await), (vec![], vec![]));
}

#[sqlx::test(migrations = false)]
async fn an_attack_with_a_token_of_another_microsoft_tenant_is_refused_in_bulk(pool: PgPool) {
    let (house, ada, all) = stage(&pool, 0).await;
    partner_consent::choose(&pool, &ada.actor(), &all[..1]).await.unwrap();
    let back = sign_in(&house, &ada).await;
    confuse(&house, "contoso", "fabrikam");
    assert_eq!(house.get(&back, Some(&ada)).await.status, StatusCode::SEE_OTHER);
    house.state.tasks.close();
    house.state.tasks.wait().await;
    let row = at_rest(&house).await.remove(0);
    assert!(
        row.outcome_failed && row.outcome.contains("answered for another Microsoft tenant"),
        "{row:?}"
    );
    let told: Vec<(String, String)> =
        sqlx::query_as("select actor_name, changes::text from audit_event where action = 'refuse_consent'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, ada.actor().name, "who chose the customer");
    assert!(told[0].1.contains("answered for another Microsoft tenant"), "{told:?}");
    assert_eq!((house.connected().await, house.pending().await), (vec![], vec![]));
}

#[sqlx::test(migrations = false)]
async fn a_proof_that_fails_says_whom_to_tell_and_is_noted_with_the_link(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let path = links::link(&house, &ada, "fabrikam.example").await;
    let page = links::onward(&house.get(&path, None).await.body);
    let back = house.accept(&page).await;
    for code in ["900382", "53003"] {
        refuse_token(&house, code);
        let answer = house.get(&back, None).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in [
            "could not be verified",
            "Load this page again",
            "tell whoever sent you the link",
        ] {
            assert!(answer.body.contains(words), "{words}: {}", answer.body);
        }
        assert!(
            !answer.body.contains(code),
            "what is ours to mend is told to us: {}",
            answer.body
        );
        let noted = links::rows(&house).await.remove(0).2;
        assert!(noted.contains(&format!("AADSTS{code}")), "{noted}");
    }
    let thanks = house.get(&back, None).await;
    assert_eq!(
        thanks.status,
        StatusCode::OK,
        "the link is good for another try: {}",
        thanks.body
    );
}

#[sqlx::test(migrations = false)]
async fn a_proof_that_finds_a_tenant_of_another_cloud_says_so_to_an_administrator(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let page = house.start(&ada, "tenant=fabrikam.example").await;
    let back = house.accept(&page).await;
    refuse_token(&house, "900382");
    let answer = house.get(&back, Some(&ada)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["AADSTS900382", "choose its cloud", "Load this page again"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
}

#[sqlx::test(migrations = false)]
async fn a_sign_in_for_the_partner_whose_code_is_refused_is_to_be_begun_again(pool: PgPool) {
    let (house, ada, all) = stage(&pool, 0).await;
    partner_consent::choose(&pool, &ada.actor(), &all).await.unwrap();
    let back = sign_in(&house, &ada).await;
    refuse_token(&house, "53003");
    let answer = house.get(&back, Some(&ada)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["Signing in for the partner failed", "Go back and begin again"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    assert!(!answer.body.contains("Load this page again"), "{}", answer.body);
    let rows = at_rest(&house).await;
    assert!(
        rows.iter().all(|row| row.consent == ConsentProgress::Chosen),
        "{rows:?}"
    );
}
