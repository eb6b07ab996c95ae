//! Consent by an Administrator, and what somebody with bad intentions may try with its answer.

use super::{Answer, House, Person};
use crate::{
    model::{
        access::Role,
        ids::{EntraTenantId, MicrosoftTenantId},
    },
    server::session::hash_token,
    store,
    tests::support::tester,
};
use axum::http::StatusCode;
use sqlx::PgPool;
use url::Url;
use uuid::Uuid;

const TENANTS: [&str; 3] = ["contoso", "fabrikam", "northwind"];

fn with_tenant(answer: &str, other: Uuid) -> String {
    let (before, rest) = answer.split_once("tenant=").unwrap();
    format!("{before}tenant={other}{}", &rest[36..])
}

async fn stage(pool: &PgPool) -> (House, Person) {
    let house = House::new(pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    (house, ada)
}

/// Begins a visit and accepts at Microsoft; the way back.
async fn accepted(house: &House, who: &Person, query: &str) -> String {
    let page = house.start(who, query).await;
    house.accept(&page).await
}

fn state_of(page: &Url) -> String {
    let found = page.query_pairs().find(|(name, _)| name == "state");
    found.unwrap().1.into_owned()
}

fn refused(answer: &Answer, words: &[&str]) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    for expected in words {
        assert!(answer.body.contains(expected), "{expected}: {}", answer.body);
    }
}

/// Our id of fabrikam, which is connected.
async fn fabrikam(house: &House) -> MicrosoftTenantId {
    let entra = EntraTenantId(house.id("fabrikam"));
    let found = store::microsoft_tenant::connected(&house.pool, entra).await.unwrap();
    found.unwrap().0
}

#[sqlx::test(migrations = false)]
async fn consent_for_the_expected_tenant_connects_it_and_keeps_no_state_but_its_hash(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let page = house.start(&ada, "tenant=fabrikam.example").await;
    assert!(
        page.path()
            .starts_with(&format!("/{}/v2.0/adminconsent", house.id("fabrikam"))),
        "{page}"
    );
    let state = state_of(&page);
    let kept: String = sqlx::query_scalar("select string_agg(consent_request::text, ' ') from consent_request")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(!kept.contains(&state) && !kept.contains(&ada.session), "{kept}");

    let back = house.accept(&page).await;
    let answer = house.get(&back, Some(&ada)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(answer.location, "/microsoft-tenants?notice=connected");
    assert_eq!(house.connected().await, ["Fabrikam"]);
    assert_eq!(house.pending().await, [""; 0]);
}

#[sqlx::test(migrations = false)]
async fn an_attack_with_a_replayed_consent_changes_nothing(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let back = accepted(&house, &ada, "tenant=fabrikam.example").await;
    assert_eq!(house.get(&back, Some(&ada)).await.status, StatusCode::SEE_OTHER);
    let id = fabrikam(&house).await;
    store::integration::remove(&pool, &tester(), id).await.unwrap();

    let again = house.get(&back, Some(&ada)).await;
    refused(&again, &["This was used before", "begin again"]);
    assert_eq!(house.connected().await, [""; 0]);
}

#[sqlx::test(migrations = false)]
async fn an_attack_with_a_foreign_state_is_not_heard(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let eve = house.person("Eve", Role::Administrator).await;
    let back = accepted(&house, &eve, "tenant=fabrikam.example").await;
    for victim in [Some(&ada), None] {
        let answer = house.get(&back, victim).await;
        refused(&answer, &["begun in another session"]);
    }
    let forged = format!(
        "/connect/done?admin_consent=True&tenant={}&state=forged",
        house.id("fabrikam")
    );
    let answer = house.get(&forged, Some(&ada)).await;
    assert!(answer.body.contains("This answer is not known"), "{}", answer.body);
    assert_eq!(house.connected().await, [""; 0]);
    assert_eq!(
        house.get(&back, Some(&eve)).await.status,
        StatusCode::SEE_OTHER,
        "her own is still good"
    );
}

#[sqlx::test(migrations = false)]
async fn an_attack_with_the_tenant_id_of_another_microsoft_tenant_is_refused(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    // Contoso has consented to the app, for somebody else: a token for it can be had.
    let back = accepted(&house, &ada, "tenant=fabrikam.example").await;
    let back = with_tenant(&back, house.id("contoso"));
    let answer = house.get(&back, Some(&ada)).await;
    refused(&answer, &["Another Microsoft tenant was expected"]);
    assert_eq!(house.asked_of_graph(), [""; 0], "nothing is asked about it");
    let honest = with_tenant(&back, house.id("fabrikam"));
    let answer = house.get(&honest, Some(&ada)).await;
    assert!(
        answer.body.contains("This was used before"),
        "the state is used up: {}",
        answer.body
    );
    assert_eq!((house.connected().await, house.pending().await), (vec![], vec![]));
}

#[sqlx::test(migrations = false)]
async fn an_attack_naming_a_connected_tenant_is_refused_and_so_is_the_beginning_for_one(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    crate::engine::connect::connect(&house.engine, &tester(), "contoso.example")
        .await
        .unwrap();
    let page = house.start(&ada, "").await;
    let back = house
        .at_microsoft(&page, &[("accept", "1"), ("tenant", &house.id("contoso").to_string())])
        .await;
    let answer = house.get(&back, Some(&ada)).await;
    assert!(answer.body.contains("connected already"), "{}", answer.body);
    assert_eq!(house.pending().await, [""; 0]);
    let begun = house.get("/connect/start?tenant=contoso.example", Some(&ada)).await;
    refused(&begun, &["is connected already"]);
    let back = accepted(&house, &ada, "tenant=contoso.example&purpose=renewal").await;
    assert_eq!(
        house.get(&back, Some(&ada)).await.status,
        StatusCode::SEE_OTHER,
        "its consent may be renewed"
    );
}

#[sqlx::test(migrations = false)]
async fn an_unexpected_tenant_waits_with_nothing_read_but_its_name_and_domains(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    for tenant in ["fabrikam", "northwind"] {
        let page = house.start(&ada, "").await;
        assert!(page.path().starts_with("/organizations/"), "{page}");
        let back = house
            .at_microsoft(&page, &[("accept", "1"), ("tenant", &house.id(tenant).to_string())])
            .await;
        let answer = house.get(&back, Some(&ada)).await;
        assert_eq!(answer.location, "/microsoft-tenants?notice=pending", "{}", answer.body);
    }
    assert_eq!(
        (house.connected().await.len(), house.pending().await),
        (0, vec!["Fabrikam".into(), "Northwind".into()])
    );
    assert_eq!(house.asked_of_graph(), ["/v1.0/organization"; 2]);
    let now = store::in_utc(chrono::Utc::now());
    let waiting = store::pending_tenant::rows(&pool, "", &now).await.unwrap();
    for (search, names) in [
        ("FABRI", vec!["Fabrikam"]),
        ("northwind.onmicrosoft", vec!["Northwind"]),
        ("nowhere", vec![]),
    ] {
        let found = store::pending_tenant::rows(&pool, search, &now).await.unwrap();
        let found: Vec<_> = found.iter().map(|one| one.display_name.as_str()).collect();
        assert_eq!(found, names, "{search}");
    }
    let fabrikam = waiting.iter().find(|one| one.display_name == "Fabrikam").unwrap();
    assert!(
        fabrikam.domains.contains(&"fabrikam.onmicrosoft.example".to_owned()),
        "{fabrikam:?}"
    );
    assert_eq!(fabrikam.how, "begun by Ada");

    let id = MicrosoftTenantId(Uuid::now_v7());
    store::pending_tenant::confirm(&pool, &ada.actor(), id, fabrikam.entra_tenant_id)
        .await
        .unwrap();
    let northwind = EntraTenantId(house.id("northwind"));
    store::pending_tenant::reject(&pool, &ada.actor(), northwind)
        .await
        .unwrap();
    assert_eq!(
        (house.connected().await, house.pending().await),
        (vec!["Fabrikam".into()], vec![])
    );
    assert!(
        store::queue::is_requested(&pool, id).await.unwrap(),
        "its first run is asked for"
    );
    let twice = store::pending_tenant::reject(&pool, &ada.actor(), northwind).await;
    assert!(twice.unwrap_err().to_string().contains("does not wait any more"));
}

#[sqlx::test(migrations = false)]
async fn an_attack_naming_a_tenant_that_never_consented_is_not_believed(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let page = house.start(&ada, "tenant=fabrikam.example").await;
    let state = state_of(&page);
    let claimed = format!(
        "/connect/done?admin_consent=True&tenant={}&state={state}",
        house.id("fabrikam")
    );
    let answer = house.get(&claimed, Some(&ada)).await;
    refused(&answer, &["has yet to let us in", "http-equiv=\"refresh\""]);
    assert_eq!((house.connected().await, house.pending().await), (vec![], vec![]));
    sqlx::query("update consent_request set not_yet_since = not_yet_since - interval '6 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    let long = house.get(&claimed, Some(&ada)).await;
    assert!(
        long.body.contains("still does not let us in") && !long.body.contains("http-equiv=\"refresh\""),
        "it does not try for ever: {}",
        long.body
    );
    house.set_consent("fabrikam", true).await;
    let later = house.get(&claimed, Some(&ada)).await;
    assert_eq!(
        later.status,
        StatusCode::SEE_OTHER,
        "a consent that takes a while is seen through: {}",
        later.body
    );
}

#[sqlx::test(migrations = false)]
async fn every_refusal_of_microsoft_ends_on_a_page_that_says_what_to_do(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    for (form, code, words) in [
        (("cancel", "1"), "AADSTS65004", "accept as a Global Administrator"),
        (("fail", "90094"), "AADSTS90094", "have a Global Administrator run it"),
        (("fail", "900382"), "AADSTS900382", "choose its cloud"),
    ] {
        let page = house.start(&ada, "tenant=fabrikam.example").await;
        let back = house.at_microsoft(&page, &[form]).await;
        let answer = house.get(&back, Some(&ada)).await;
        refused(&answer, &[code, words, "Nothing was connected", "/microsoft-tenants"]);
        let told: String = sqlx::query_scalar(
            "select changes::text from audit_event where action = 'decline_consent' order by at desc, id desc limit 1",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        assert!(told.contains(code), "{told}");
        let again = house.get(&back, Some(&ada)).await;
        assert!(
            again.body.contains("used before"),
            "a visit of our own is over with it: {}",
            again.body
        );
    }
    let nowhere = house.get("/connect/start?tenant=nobody.example", Some(&ada)).await;
    assert!(nowhere.body.contains("the cloud chosen for it"), "{}", nowhere.body);
}

#[sqlx::test(migrations = false)]
async fn an_answer_after_its_time_is_not_heard(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let page = house.start(&ada, "tenant=fabrikam.example").await;
    sqlx::query("update consent_request set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    let back = house.accept(&page).await;
    let answer = house.get(&back, Some(&ada)).await;
    assert!(answer.body.contains("The time for this is over"), "{}", answer.body);
    assert_eq!(house.connected().await, [""; 0]);
}

#[sqlx::test(migrations = false)]
async fn only_an_administrator_begins_a_visit_and_no_link_on_another_site_does(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let ted = house.person("Ted", Role::Technician).await;
    for path in ["/connect/start", "/connect/partner"] {
        let answer = house.get(path, Some(&ted)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.body.contains("the role Administrator"), "{}", answer.body);
        let answer = house.get(path, None).await;
        assert!(answer.location.starts_with("/sign-in"), "{path}: {}", answer.location);
        let answer = house.get_from(path, Some(&ada), "cross-site").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let begun: i64 = sqlx::query_scalar("select count(*) from consent_request")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(begun, 0);
}

#[sqlx::test(migrations = false)]
async fn who_is_no_administrator_any_more_ends_no_visit(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let back = accepted(&house, &ada, "tenant=fabrikam.example").await;
    sqlx::query("update account set role = 'viewer'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(
        house.get(&back, Some(&ada)).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(house.connected().await, [""; 0]);
    let kept = store::consent::by_state(&pool, &hash_token("never given"))
        .await
        .unwrap();
    assert_eq!(kept, None);
}

#[sqlx::test(migrations = false)]
async fn a_national_cloud_is_chosen_with_the_tenant_and_kept_with_it(pool: PgPool) {
    let (house, ada) = stage(&pool).await;
    let back = accepted(&house, &ada, "tenant=fabrikam.example&cloud=us_gov").await;
    assert_eq!(house.get(&back, Some(&ada)).await.status, StatusCode::SEE_OTHER);
    let id = fabrikam(&house).await;
    let row = store::microsoft_tenant::get(&pool, id).await.unwrap();
    assert_eq!(row.cloud, crate::model::connect::Cloud::UsGov);
    let run = crate::engine::run::run_tenant(
        &house.engine,
        id,
        crate::model::run::Trigger::Manual,
        chrono::Utc::now(),
        None,
    );
    let ended = run.await.unwrap();
    assert!(matches!(ended, crate::engine::run::RunEnd::Succeeded(_)), "{ended:?}");
    let global_only = crate::engine::Engine {
        national: std::sync::Arc::default(),
        ..house.engine.clone()
    };
    let error = global_only.client_of(&row).unwrap_err().to_string();
    assert!(
        error.contains("No app registration is set"),
        "it is never looked for in another cloud: {error}"
    );
}
