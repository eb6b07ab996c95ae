//! Links for administrators of customers, who have no session here.

use super::{House, Person};
use crate::{
    model::{
        access::Role,
        connect::{Cloud, LinkState, NewConsentLink},
        ids::EntraTenantId,
    },
    server::{asker::Asker, connect::links::make_one},
    store,
};
use axum::http::StatusCode;
use sqlx::PgPool;
use url::Url;

const TENANTS: [&str; 2] = ["contoso", "fabrikam"];

pub async fn link(house: &House, who: &Person, tenant: &str) -> String {
    let asker = Asker::new(house.state.clone(), who.signed_in());
    let NewConsentLink { address, .. } = make_one(&asker, Cloud::Global, tenant).await.unwrap();
    address.strip_prefix("http://localhost:3000").unwrap().to_owned()
}

/// Where the page of a link leads on to.
pub fn onward(body: &str) -> Url {
    let (_, rest) = body.split_once("rel=\"external noreferrer\" href=\"").unwrap();
    let href = rest.split('"').next().unwrap().replace("&amp;", "&");
    href.parse().unwrap()
}

pub async fn rows(house: &House) -> Vec<(String, LinkState, String)> {
    let now = store::in_utc(chrono::Utc::now());
    let links = store::consent::links(&house.pool, &now).await.unwrap();
    links
        .into_iter()
        .map(|link| (link.name, link.state, link.outcome))
        .collect()
}

#[sqlx::test(migrations = false)]
async fn a_link_says_what_is_read_and_why_and_is_used_up_by_consent_alone(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let path = link(&house, &ada, "fabrikam.example").await;
    let told: String = sqlx::query_scalar("select changes::text from audit_event where action = 'make_link'")
        .fetch_one(&pool)
        .await
        .unwrap();
    for words in [house.id("fabrikam").to_string().as_str(), "Cloud", "Ends"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let page = onward(&house.get_from(&path, None, "cross-site").await.body);
    for _ in 0..2 {
        let shown = house.get_from(&path, None, "cross-site").await;
        assert_eq!(shown.status, StatusCode::OK);
        for words in [
            "Ada",
            "fabrikam.example",
            "User.Read.All",
            "They become End Users",
            "Nothing is",
        ] {
            assert!(shown.body.contains(words), "{words}: {}", shown.body);
        }
    }
    let back = house.at_microsoft(&page, &[("fail", "90094")]).await;
    let refused = house.get_from(&back, None, "cross-site").await;
    assert!(refused.body.contains("The link is still good"), "{}", refused.body);
    assert!(
        !refused.body.contains("/microsoft-tenants"),
        "it is nobody's who is signed in: {}",
        refused.body
    );
    assert!(rows(&house).await[0].2.contains("AADSTS90094"));
    house.get_from(&back, None, "cross-site").await;
    let told: Vec<(String, Option<String>)> =
        sqlx::query_as("select actor_name, client_address from audit_event where action = 'decline_consent'")
            .fetch_all(&pool)
            .await
            .unwrap();
    let once = ("Ada, by a link to the customer".into(), Some("192.0.2.1".into()));
    assert_eq!(told, [once], "of those who decline again the log tells once");

    let back = house.accept(&page).await;
    let thanks = house.get_from(&back, None, "cross-site").await;
    assert_eq!(thanks.status, StatusCode::OK, "{}", thanks.body);
    assert!(
        thanks.body.contains("Thank you") && !thanks.body.contains("href=\"/microsoft"),
        "{}",
        thanks.body
    );
    assert_eq!(house.connected().await, ["Fabrikam"]);
    let told = vec![("fabrikam.example".into(), LinkState::Used, "Connected Fabrikam.".into())];
    assert_eq!(rows(&house).await, told);
    let again = house.get_from(&path, None, "cross-site").await;
    assert!(again.body.contains("This was used before"), "{}", again.body);
    let who: (String, Option<String>) =
        sqlx::query_as("select actor_name, client_address from audit_event where action = 'connect'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(who, ("Ada, by a link to the customer".into(), Some("192.0.2.1".into())));
}

#[sqlx::test(migrations = false)]
async fn a_link_for_any_tenant_leads_to_one_that_waits(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let page = onward(&house.get(&link(&house, &ada, "").await, None).await.body);
    let back = house
        .at_microsoft(&page, &[("accept", "1"), ("tenant", &house.id("fabrikam").to_string())])
        .await;
    let thanks = house.get(&back, None).await;
    assert!(thanks.body.contains("confirms it before"), "{}", thanks.body);
    assert_eq!(
        (house.connected().await, house.pending().await),
        (vec![], vec!["Fabrikam".into()])
    );
    let waiting = store::pending_tenant::rows(&pool, "", &store::in_utc(chrono::Utc::now()))
        .await
        .unwrap();
    assert_eq!(waiting[0].how, "by a link of Ada");
}

#[sqlx::test(migrations = false)]
async fn a_revoked_link_and_one_of_more_than_seven_days_open_nothing(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let (revoked, expired) = (
        link(&house, &ada, "fabrikam.example").await,
        link(&house, &ada, "").await,
    );
    let page = onward(&house.get(&revoked, None).await.body);
    let days: i32 = sqlx::query_scalar(
        "select extract(epoch from expires_at - created_at)::int / 86400 from consent_request limit 1",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(days, 7);
    let now = store::in_utc(chrono::Utc::now());
    let links = store::consent::links(&pool, &now).await.unwrap();
    let named = links.iter().find(|link| !link.name.is_empty()).unwrap();
    store::consent::revoke(&pool, &ada.actor(), named.id).await.unwrap();
    assert!(store::consent::revoke(&pool, &ada.actor(), named.id).await.is_err());
    sqlx::query("update consent_request set expires_at = now() where expected_name = ''")
        .execute(&pool)
        .await
        .unwrap();
    for (path, words) in [(&revoked, "was revoked"), (&expired, "The time for this is over")] {
        let answer = house.get(path, None).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            answer.body.contains(words) && answer.body.contains("for a new one"),
            "{}",
            answer.body
        );
    }
    let back = house.accept(&page).await;
    let late = house.get(&back, None).await;
    assert!(
        late.body.contains("was revoked"),
        "after the page was opened, too: {}",
        late.body
    );
    assert_eq!(house.connected().await, [""; 0]);
    let forged = house.get("/connect/link/forged", None).await;
    assert!(forged.body.contains("This answer is not known"), "{}", forged.body);
}

#[sqlx::test(migrations = false)]
async fn an_attack_with_a_link_of_another_customer_is_refused(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let page = onward(
        &house
            .get(&link(&house, &ada, "fabrikam.example").await, None)
            .await
            .body,
    );
    let state = page
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .to_string();
    let other = format!(
        "/connect/done?admin_consent=True&tenant={}&state={state}",
        house.id("contoso")
    );
    let answer = house.get(&other, None).await;
    assert!(
        answer.body.contains("Another Microsoft tenant was expected"),
        "{}",
        answer.body
    );
    let told: i64 = sqlx::query_scalar("select count(*) from audit_event where action = 'refuse_consent'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(told, 1);
    assert!(answer.body.contains("Ask whoever sent you the link"), "{}", answer.body);
    assert_eq!((house.connected().await, house.asked_of_graph()), (vec![], vec![]));
}

#[sqlx::test(migrations = false)]
async fn a_link_is_not_good_once_its_maker_is_disabled_or_is_no_administrator_any_more(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    for (name, ended) in [
        ("Ada", "update account set disabled_at = now() where name = 'Ada'"),
        ("Ben", "update account set role = 'technician' where name = 'Ben'"),
        ("Cid", "delete from account where name = 'Cid'"),
    ] {
        let maker = house.person(name, Role::Administrator).await;
        let path = link(&house, &maker, "fabrikam.example").await;
        let back = house.accept(&onward(&house.get(&path, None).await.body)).await;
        sqlx::query(ended).execute(&pool).await.unwrap();
        for late in [&path, &back] {
            let answer = house.get(late, None).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            assert!(answer.body.contains("not good any more"), "{name}: {}", answer.body);
        }
        house.set_consent("fabrikam", false).await;
    }
    assert_eq!((house.connected().await, house.asked_of_graph()), (vec![], vec![]));
}

#[sqlx::test(migrations = false)]
async fn links_for_a_microsoft_tenant_end_when_it_is_connected_and_when_it_is_removed(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    let (used, other, any) = (
        link(&house, &ada, "fabrikam.example").await,
        link(&house, &ada, "fabrikam.example").await,
        link(&house, &ada, "").await,
    );
    let late = onward(&house.get(&other, None).await.body);
    let back = house.accept(&onward(&house.get(&used, None).await.body)).await;
    assert_eq!(house.get(&back, None).await.status, StatusCode::OK);
    let (id, _) = store::microsoft_tenant::connected(&pool, EntraTenantId(house.id("fabrikam")))
        .await
        .unwrap()
        .unwrap();

    // One for its consent anew, of which nothing is left once it is removed.
    sqlx::query("update consent_request set revoked_at = null, renewal = true where used_at is null")
        .execute(&pool)
        .await
        .unwrap();
    store::integration::remove(&pool, &ada.actor(), id).await.unwrap();
    let back = house.accept(&late).await;
    let answer = house.get(&back, None).await;
    assert!(answer.body.contains("was revoked"), "{}", answer.body);
    assert_eq!(house.connected().await, [""; 0]);
    assert_eq!(house.get(&any, None).await.status, StatusCode::OK, "it is for another");
    let revoked: i64 = sqlx::query_scalar(
        "select count(*) from audit_event
         where action = 'revoke_link' and changes -> 0 ->> 'old' = 'Open' and changes -> 0 ->> 'new' = 'Revoked'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(revoked, 2, "once when it was connected, once when it was removed");
}
