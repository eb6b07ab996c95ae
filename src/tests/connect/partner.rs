//! Consent for many customers in the name of a partner's administrator.

use super::{
    House, Person,
    customers::{self, BOTH, TENANTS, asker, now, partner, rows},
};
use crate::{
    engine::partner::{Waits, read_customers, see_through},
    model::{
        access::Role,
        audit::Actor,
        directory::{FactReading, Readings, Refusal, RefusalCause},
        ids::EntraTenantId,
        partner::{ConsentProgress, CustomerRow, Lack},
    },
    server::{connect::links::make_for, partner::create_all},
    store::{self, partner_consent},
};
use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use std::time::Duration;
use url::Url;

pub async fn stage(pool: &PgPool, delay_seconds: i64) -> (House, Person, Vec<EntraTenantId>) {
    let house = House::new(pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    partner(&house, &BOTH, delay_seconds).await;
    read_customers(&house.engine).await.unwrap();
    let all = rows(&house).await.iter().map(|row| row.entra_tenant_id).collect();
    (house, ada, all)
}

/// Goes to Microsoft, signs in as somebody of the partner, and comes back. The path and query.
pub async fn sign_in(house: &House, who: &Person) -> String {
    let answer = house.get("/connect/partner", Some(who)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page: Url = answer.location.parse().unwrap();
    let asked: Vec<_> = page.query_pairs().into_owned().collect();
    let has = |name: &str| asked.iter().any(|(known, _)| known == name);
    assert!(has("code_challenge") && has("state") && !has("nonce"), "{page}");
    let address = format!("http://{}/tenants/partner", house.microsoft.control_address());
    let directory: serde_json::Value = reqwest::get(address).await.unwrap().json().await.unwrap();
    let users = directory["users"].as_array().unwrap();
    let admin = users.iter().find(|user| user["accountEnabled"] != false).unwrap();
    let name = admin["userPrincipalName"].as_str().unwrap().to_owned();
    house.at_microsoft(&page, &[("user", &name)]).await
}

/// Waits until nobody is gone through any more.
pub async fn at_rest(house: &House) -> Vec<CustomerRow> {
    for _ in 0..500 {
        let rows = rows(house).await;
        let busy = rows
            .iter()
            .any(|row| matches!(row.consent, ConsentProgress::Queued | ConsentProgress::Asking));
        if !busy {
            return rows;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the queue did not end");
}

#[sqlx::test(migrations = false)]
async fn consent_in_bulk_connects_and_maps_whom_it_may_and_fails_each_other_one_in_its_own_row(pool: PgPool) {
    let (house, ada, all) = stage(&pool, 0).await;
    create_all(&asker(&house, &ada), &all, &now()).await.unwrap();
    let from_home = Actor {
        address: Some("192.0.2.9".into()),
        ..ada.actor()
    };
    assert_eq!(partner_consent::choose(&pool, &from_home, &all).await.unwrap(), 3);
    let back = sign_in(&house, &ada).await;
    let answer = house.get(&back, Some(&ada)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    house.state.tasks.close();
    house.state.tasks.wait().await;
    let rows = at_rest(&house).await;
    assert!(rows[0].connected.is_some() && rows[0].mapped, "{:?}", rows[0]);
    assert_eq!(rows[0].outcome, "Connected.");
    for row in &rows[1..] {
        assert!(row.connected.is_none() && row.outcome_failed, "{row:?}");
        assert!(
            row.outcome.contains("Admin agent") && row.outcome.contains("send the customer a link"),
            "{row:?}"
        );
    }
    let who: Vec<(String, Option<String>)> =
        sqlx::query_as("select distinct actor_name, client_address from audit_event where action = 'connect'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(who, [("Ada".to_owned(), Some("192.0.2.9".to_owned()))]);

    let again = house.get(&back, Some(&ada)).await;
    assert!(again.body.contains("This was used before"), "{}", again.body);
}

#[sqlx::test(migrations = false)]
async fn a_consent_that_does_not_work_yet_is_tried_after_three_minutes_and_one_more_and_then_given_up(pool: PgPool) {
    let (house, ada, all) = stage(&pool, 170).await;
    partner_consent::choose(&pool, &ada.actor(), &all[..1]).await.unwrap();
    let back = sign_in(&house, &ada).await;
    house.get(&back, Some(&ada)).await;
    house.state.tasks.close();
    house.state.tasks.wait().await;
    let row = at_rest(&house).await.remove(0);
    assert_eq!((row.consent, row.connected), (ConsentProgress::Granted, None));
    let wait = async || -> i32 {
        sqlx::query_scalar(
            "select round(extract(epoch from next_try_at - now()))::int from partner_customer where consent = 'granted'",
        )
        .fetch_one(&pool)
        .await
        .unwrap()
    };
    let due = async || {
        sqlx::query("update partner_customer set next_try_at = now() where consent = 'granted'")
            .execute(&pool)
            .await
            .unwrap();
    };
    assert!((170..=180).contains(&wait().await), "{}", wait().await);
    see_through(&house.engine, Waits::MICROSOFT).await.unwrap();
    assert!(rows(&house).await[0].connected.is_none(), "it is not due");
    due().await;
    see_through(&house.engine, Waits::MICROSOFT).await.unwrap();
    assert!((50..=60).contains(&wait().await), "{}", wait().await);

    house.control("/clock", json!({ "ahead": 171 })).await;
    due().await;
    see_through(&house.engine, Waits::MICROSOFT).await.unwrap();
    let row = rows(&house).await.remove(0);
    assert!(row.connected.is_some(), "{row:?}");

    house.set_consent("contoso", false).await;
    sqlx::query(
        "update partner_customer set consent = 'granted', tries = 2, next_try_at = now() where outcome = 'Connected.'",
    )
    .execute(&pool)
    .await
    .unwrap();
    see_through(&house.engine, Waits::MICROSOFT).await.unwrap();
    let row = rows(&house).await.remove(0);
    assert!(
        row.outcome_failed && row.outcome.contains("Consented, but it does not work"),
        "{row:?}"
    );
}

#[sqlx::test(migrations = false)]
async fn a_sign_in_that_was_cancelled_or_refused_or_is_anothers_says_so_and_asks_for_nobody(pool: PgPool) {
    let (house, ada, all) = stage(&pool, 0).await;
    let eve = house.person("Eve", Role::Administrator).await;
    let none = house.get("/connect/partner", Some(&ada)).await;
    assert!(none.body.contains("No customer is chosen"), "{}", none.body);
    partner_consent::choose(&pool, &ada.actor(), &all).await.unwrap();
    let back = sign_in(&house, &ada).await;
    assert!(house.get(&back, Some(&eve)).await.body.contains("another session"));
    let cancelled = format!(
        "/connect/done?error=access_denied&error_description=AADSTS65004%3A+no&{}",
        back.split_once("state=")
            .map(|(_, rest)| format!("state={rest}"))
            .unwrap()
    );
    let answer = house.get(&cancelled, Some(&ada)).await;
    assert!(
        answer.body.contains(">The sign-in was cancelled at Microsoft</h1>")
            && answer.body.contains("open Consent in Bulk and sign in again")
            && !answer.body.contains("onsent was declined"),
        "{}",
        answer.body
    );
    let (_, way_on) = answer.body.rsplit_once("\" href=\"").unwrap();
    let dialog = house.get(way_on.split_once('"').unwrap().0, Some(&ada)).await;
    assert!(
        dialog.body.contains("Consent is asked for 3 customers.") && dialog.body.contains("href=\"/connect/partner\""),
        "{}",
        dialog.body
    );
    let back = sign_in(&house, &ada).await;
    let refused = back.replace(
        "/connect/done?",
        "/connect/done?error=access_denied&error_description=AADSTS90094%3A+x&",
    );
    let answer = house.get(&refused, Some(&ada)).await;
    assert!(
        answer.body.contains("Signing in for the partner failed") && answer.body.contains("AADSTS90094"),
        "{}",
        answer.body
    );
    let rows = rows(&house).await;
    assert!(
        rows.iter().all(|row| row.consent == ConsentProgress::Chosen),
        "{rows:?}"
    );
    assert_eq!(house.connected().await, [""; 0]);
    // No consent was asked for, so that the log tells of none that was declined.
    let (ended, declined): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where action = 'end_partner_sign_in'),
                count(*) filter (where action = 'decline_consent') from audit_event",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!((ended, declined), (2, 0));
}

#[sqlx::test(migrations = false)]
async fn links_for_customers_name_each_its_own_tenant_and_none_is_made_for_who_is_connected(pool: PgPool) {
    let (house, ada, all) = stage(&pool, 0).await;
    house.set_consent("contoso", true).await;
    crate::engine::connect::connect(&house.engine, &ada.actor(), "contoso.example")
        .await
        .unwrap();
    let links = make_for(&asker(&house, &ada), &all, &now()).await.unwrap();
    let names: Vec<_> = links.iter().map(|link| link.name.as_str()).collect();
    assert_eq!(names, ["Fabrikam", "Northwind"]);
    let rows = rows(&house).await;
    assert!(rows[0].outcome.contains("no link was made"), "{:?}", rows[0]);
    let kept = store::consent::links(&pool, &now()).await.unwrap();
    let expected: Vec<_> = kept.iter().filter_map(|link| link.expected).collect();
    assert!(expected.contains(&all[1]) && expected.contains(&all[2]) && expected.len() == 2);

    // Consent given anew mends a missing permission, and no missing licence.
    for (cause, lacks) in [(RefusalCause::NoPremium, false), (RefusalCause::NoPermission, true)] {
        let readings = Readings {
            mfa: FactReading {
                refusal: Some(Refusal {
                    cause,
                    words: "Do it.".into(),
                }),
                ..FactReading::default()
            },
            ..Readings::default()
        };
        sqlx::query("update microsoft_tenant set readings = $1")
            .bind(sqlx::types::Json(readings))
            .execute(&pool)
            .await
            .unwrap();
        let row = customers::rows(&house).await.remove(0);
        assert_eq!(row.lacks().contains(&Lack::Permission), lacks, "{row:?}");
        let links = make_for(&asker(&house, &ada), &all[..1], &now()).await.unwrap();
        assert_eq!(links.len(), usize::from(lacks));
    }
}
