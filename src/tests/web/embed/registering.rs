use super::{House, ORIGIN};
use crate::{
    model::{
        access::Role,
        audit::{Action, Subject},
    },
    server::embed::portals,
    store::{audit_list, in_utc, portal},
    tests::support::tester,
};
use axum::http::StatusCode;
use chrono::Utc;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn a_secret_is_stored_sealed_and_told_once(pool: PgPool) {
    let house = House::new(&pool).await;
    let secret = house.portal.secret.clone();
    assert_eq!(secret.len(), 43, "32 bytes in base64url");
    let kept: Vec<u8> = sqlx::query_scalar("select secret from portal")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(kept.len() > secret.len());
    assert!(!kept.windows(secret.len()).any(|part| part == secret.as_bytes()));
    let listed = portal::all(&pool, &in_utc(Utc::now())).await.unwrap();
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "Acme Portal"));
    assert_eq!(listed[0].origins, [ORIGIN]);
    assert!(!format!("{:?}", house.portal).contains(&secret), "nor in a log");
    let twice = portals::register(&house.state, &tester(), "ACME portal", ORIGIN).await;
    assert!(twice.unwrap_err().to_string().contains("with this name is registered"));
}

#[sqlx::test(migrations = false)]
async fn a_new_secret_stops_the_old_one_at_once(pool: PgPool) {
    let house = House::new(&pool).await;
    let scope = house.stage.organization.0;
    let living = house.enter(Role::Viewer, scope).await;
    let made = portals::new_secret(&house.state, &tester(), house.portal.id)
        .await
        .unwrap();
    let old = house.post(&house.signed(&house.claims(Role::Viewer, scope)), "").await;
    assert_eq!(old.status, StatusCode::BAD_REQUEST);
    let new = super::sign(&house.claims(Role::Viewer, scope), &made.secret);
    assert_eq!(house.post(&new, "").await.status, StatusCode::SEE_OTHER);
    let page = house.people_page(house.stage.organization);
    assert_eq!(
        house.open(&page, &living).await.status,
        StatusCode::OK,
        "who is in stays in"
    );
}

#[sqlx::test(migrations = false)]
async fn frames_end_with_their_origin_and_with_their_portal(pool: PgPool) {
    let house = House::new(&pool).await;
    let page = house.people_page(house.stage.organization);
    let scope = house.stage.organization.0;
    let cookie = house.enter(Role::Viewer, scope).await;
    portals::change(&house.state, &tester(), house.portal.id, "Acme", "https://new.example")
        .await
        .unwrap();
    assert_eq!(house.open(&page, &cookie).await.heading(), "Your session is over");
    portals::change(&house.state, &tester(), house.portal.id, "Acme", ORIGIN)
        .await
        .unwrap();
    let cookie = house.enter(Role::Viewer, scope).await;
    portal::remove(&pool, &tester(), house.portal.id).await.unwrap();
    assert_eq!(
        house.open(&page, &cookie).await.heading(),
        "This portal is not known here"
    );
    let left: i64 = sqlx::query_scalar("select count(*) from embed_session")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);

    let filter = audit_list::AuditFilter::default();
    let (events, _) = audit_list::page(&pool, &filter, 1, &in_utc(Utc::now())).await.unwrap();
    let of_portals = events.iter().filter(|event| event.subject == Some(Subject::Portal));
    let actions: Vec<_> = of_portals.map(|event| event.action.unwrap()).collect();
    assert_eq!(actions, [Action::Delete, Action::Edit, Action::Edit, Action::Create]);
    assert!(
        events
            .iter()
            .all(|event| !format!("{event:?}").contains(&house.portal.secret))
    );
}
