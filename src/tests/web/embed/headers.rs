use super::{HTML, House, ORIGIN, ancestors, function};
use crate::{
    model::access::Role,
    server::embed::portals,
    tests::{support::tester, web::roles::visit::sign_in},
};
use axum::http::{Method, StatusCode};
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn attack_click_jacking_the_origins_of_a_portal_may_frame_its_pages_and_nobody_anything_else(pool: PgPool) {
    let house = House::new(&pool).await;
    portals::register(&house.state, &tester(), "Other", "https://other.example")
        .await
        .unwrap();
    let two = format!("{ORIGIN}\nhttp://localhost:4000");
    portals::change(&house.state, &tester(), house.portal.id, "Acme Portal", &two)
        .await
        .unwrap();
    sign_in(&pool, "administrator", Role::Administrator, &[]).await;
    let frame = house.enter(Role::Technician, house.stage.our_tenant.0).await;
    let cookie = format!("entrain=administrator; {frame}");
    let framed = [
        (Method::GET, house.session()),
        (Method::POST, house.session()),
        (Method::GET, house.tenant_page()),
        (Method::GET, format!("{}?entered=1", house.tenant_page())),
        (Method::GET, house.people_page(house.stage.organization)),
        (
            Method::GET,
            house.people_page(crate::model::ids::OrganizationId::default()),
        ),
        (Method::GET, format!("/embed/{}/nothing", house.portal.id)),
        (Method::POST, format!("{}{}", house.tenant_page(), function("tenant"))),
        (Method::POST, format!("{}{}", house.tenant_page(), function("accounts"))),
    ];
    for (method, path) in framed {
        for cookie in [cookie.as_str(), ""] {
            let answer = house.ask(method.clone(), &path, cookie, HTML, String::new()).await;
            assert_eq!(
                ancestors(&answer),
                [format!("http://localhost:4000 {ORIGIN}")],
                "{method} {path}"
            );
            assert_eq!(answer.header("x-frame-options"), "", "{path}");
            assert_eq!(answer.header("cross-origin-opener-policy"), "", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"),
                "{policy}"
            );
        }
    }
    let stage = &house.stage;
    for path in [
        "/".to_owned(),
        "/sign-in".to_owned(),
        "/organizations".to_owned(),
        format!("/organizations/{}/end-users", stage.organization),
        format!("/tenants/{}", stage.our_tenant),
        "/settings".to_owned(),
        "/microsoft-tenants".to_owned(),
        "/activity".to_owned(),
        "/search?q=con".to_owned(),
        "/export/organizations.csv".to_owned(),
        "/nothing".to_owned(),
        "/embed.js".to_owned(),
        "/embed-frame.js".to_owned(),
        "/favicon.svg".to_owned(),
        "/pkg/nothing.js".to_owned(),
        "/healthz".to_owned(),
        "/embed".to_owned(),
        format!("/embed/{}/session", uuid::Uuid::now_v7()),
        function("tenant").to_owned(),
    ] {
        for cookie in [cookie.as_str(), ""] {
            let answer = house.open(&path, cookie).await;
            assert_eq!(ancestors(&answer), ["'none'"], "{path}");
        }
    }
}

#[sqlx::test(migrations = false)]
async fn what_is_too_large_says_so_in_the_frame_and_to_its_script(pool: PgPool) {
    let house = House::new(&pool).await;
    let cookie = house.enter(Role::Technician, house.stage.our_tenant.0).await;
    let large = "x".repeat(3 * 1024 * 1024);
    let function = format!("{}{}", house.tenant_page(), function("preview"));
    for path in [&house.session(), &function] {
        let answer = house.ask(Method::POST, path, &cookie, HTML, large.clone()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert_eq!(answer.heading(), "This form is too large", "{path}");
        assert_eq!(ancestors(&answer), [ORIGIN], "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("style-src 'self'"), "{policy}");
    }
    let told = house.call(&house.tenant_page(), "preview", &cookie, &large).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(told.header("content-type"), "application/json", "{}", told.body);
    assert!(told.body.contains("two megabytes"), "{}", told.body);
}

#[sqlx::test(migrations = false)]
async fn a_frame_says_that_the_database_is_away(pool: PgPool) {
    let house = House::new(&pool).await;
    let cookie = house.enter(Role::Viewer, house.stage.our_tenant.0).await;
    house.state.engine.pool.close().await;
    let answer = house.open(&house.tenant_page(), &cookie).await;
    let heading = "The database can't be reached";
    assert_eq!(
        (answer.status, answer.heading()),
        (StatusCode::SERVICE_UNAVAILABLE, heading)
    );
    assert_eq!(ancestors(&answer), [ORIGIN], "as the database told it last");
    let unknown = format!("/embed/{}/session", uuid::Uuid::now_v7());
    let answer = house.open(&unknown, &cookie).await;
    assert_eq!(
        (answer.heading(), ancestors(&answer)),
        (heading, vec!["'none'".to_owned()])
    );
    assert!(answer.body.contains("rel=\"stylesheet\""), "{}", answer.body);
    let outside = house.open("/organizations", "entrain=x; entrain-appearance=dark").await;
    let dark = outside.body.contains("rel=\"stylesheet\"") && outside.body.contains("data-theme=\"dark\"");
    assert!(dark, "{}", outside.body);
    assert_eq!(
        (outside.heading(), ancestors(&outside)),
        (heading, vec!["'none'".to_owned()])
    );
}

#[sqlx::test(migrations = false)]
async fn the_scripts_for_portals_need_no_session(pool: PgPool) {
    let house = House::new(&pool).await;
    for path in ["/embed.js", "/embed-frame.js"] {
        let answer = house.open(path, "").await;
        assert!(!answer.status.is_redirection(), "{path}: {}", answer.status);
    }
}
