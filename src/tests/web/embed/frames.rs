use super::{House, ORIGIN};
use crate::{
    model::{access::Role, filter::Filters},
    server::embed::portals,
    tests::{
        support::{open_session, tester},
        web::roles::visit::sign_in,
    },
};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

const WAITING: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "Waiting for your portal");
const OVER: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "Your session is over");
const ELSEWHERE: (StatusCode, &str) = (
    StatusCode::NOT_FOUND,
    "This page is not part of what your portal opened",
);

#[sqlx::test(migrations = false)]
async fn a_token_opens_the_page_of_its_scope_with_a_cookie_that_lives_in_frames(pool: PgPool) {
    let house = House::new(&pool).await;
    let waiting = house.open(&house.session(), "").await;
    assert_eq!((waiting.status, waiting.heading()), (StatusCode::OK, WAITING.1));
    assert!(
        waiting.body.contains(&format!("data-origins=\"{ORIGIN}\"")),
        "{}",
        waiting.body
    );

    let token = house.signed(&house.claims(Role::Technician, house.stage.our_tenant.0));
    let entered = house.post(&token, "").await;
    let set = entered.header("set-cookie").to_owned();
    for part in [
        "entrain-embed=",
        "Path=/",
        "HttpOnly",
        "Secure",
        "SameSite=None",
        "Partitioned",
        "Max-Age=900",
    ] {
        assert!(set.contains(part), "{part}: {set}");
    }
    let marked = entered.header("location").to_owned();
    let refused = house.open(&marked, "").await;
    assert_eq!(refused.heading(), "Your browser keeps no cookie for this page");
    assert!(refused.body.contains("Open in a new tab"), "{}", refused.body);

    let clean = house.open(&marked, &entered.cookie()).await;
    assert_eq!(
        (clean.status, clean.header("location")),
        (StatusCode::SEE_OTHER, house.tenant_page().as_str())
    );
    let page = house.open(&house.tenant_page(), &entered.cookie()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("Contoso"), "{}", page.body);
    assert!(
        page.body.contains(&format!("data-embed=\"{}\"", house.tenant_page())),
        "{}",
        page.body
    );
    assert!(page.body.contains(&format!("data-origins=\"{ORIGIN}\"")));
    for outside in ["href=\"/", "Sign out", "aria-label=\"Main\""] {
        let hidden = page
            .body
            .replace("href=\"/pkg/", "")
            .replace("href=\"/favicon.svg\"", "");
        let hidden = hidden.replace("href=\"/embed/", "");
        assert!(!hidden.contains(outside), "{outside}: {hidden}");
    }
    assert!(page.body.contains("action=\"/embed/"), "forms without script");
    assert!(!page.body.contains("action=\"/api/"), "forms without script");
}

#[sqlx::test(migrations = false)]
async fn the_end_users_of_a_frame_lead_nowhere_outside(pool: PgPool) {
    let house = House::new(&pool).await;
    house.stage.hire("Ana López", "ana@contoso.example").await;
    house.stage.enable(&Filters::default()).await;
    house.stage.run_well().await;
    let cookie = house.enter(Role::Technician, house.stage.organization.0).await;
    let page = house.open(&house.people_page(house.stage.organization), &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("Ana López") && page.body.contains("New End User"),
        "{}",
        page.body
    );
    let links = page
        .body
        .match_indices("href=\"/")
        .map(|(at, _)| &page.body[at + 6..at + 60]);
    for link in links {
        let inside = ["/embed/", "/pkg/", "/favicon.svg"]
            .iter()
            .any(|path| link.starts_with(path));
        assert!(inside, "{link}");
    }
    let viewer = house.enter(Role::Viewer, house.stage.organization.0).await;
    let page = house.open(&house.people_page(house.stage.organization), &viewer).await;
    assert!(page.body.contains("Ana López") && !page.body.contains("New End User"));
}

#[sqlx::test(migrations = false)]
async fn attack_the_cookie_of_an_account_is_never_used_in_a_frame_nor_that_of_a_frame_elsewhere(pool: PgPool) {
    let house = House::new(&pool).await;
    let account = sign_in(&pool, "administrator", Role::Administrator, &[]).await;
    let page = house.tenant_page();
    for cookie in ["entrain=administrator", "__Host-entrain=administrator"] {
        let answer = house.open(&page, cookie).await;
        assert_eq!((answer.status, answer.heading()), WAITING, "{cookie}");
        let answer = house.call(&page, "tenant", cookie, "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
    let answer = house.open(&page, "entrain-embed=administrator").await;
    assert_eq!((answer.status, answer.heading()), OVER);

    let frame = house.enter(Role::Viewer, house.stage.our_tenant.0).await;
    let token = frame.split_once('=').unwrap().1;
    for cookie in [
        frame.clone(),
        format!("entrain={token}"),
        format!("__Host-entrain={token}"),
    ] {
        let answer = house.open("/organizations", &cookie).await;
        assert!(answer.header("location").starts_with("/sign-in"), "{cookie}");
        let full = format!("/tenants/{}", house.stage.our_tenant);
        assert!(
            house
                .open(&full, &cookie)
                .await
                .header("location")
                .starts_with("/sign-in")
        );
        assert_eq!(
            house.call("", "organizations", &cookie, "").await.status,
            StatusCode::UNAUTHORIZED
        );
    }

    // Both at once, as where an Administrator of ours works in the portal.
    open_session(&pool, account, &Sha256::digest(token.as_bytes())).await;
    let both = format!("entrain=administrator; {frame}");
    let answer = house.open(&page, &both).await;
    assert!(answer.body.contains("data-role=\"viewer\""), "{}", answer.body);
    let answer = house
        .call(&page, "sync_now", &both, &format!("id={}", house.stage.tenant))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    assert_eq!(house.open("/organizations", &both).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = false)]
async fn a_session_is_over_a_quarter_of_an_hour_after_its_last_token(pool: PgPool) {
    let house = House::new(&pool).await;
    let scope = house.stage.our_tenant.0;
    let cookie = house.enter(Role::Technician, scope).await;
    let left: i64 = sqlx::query_scalar("select extract(epoch from expires_at - now())::bigint from embed_session")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!((800..=900).contains(&left), "{left}");

    let script = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
    let body = format!("token={}", house.signed(&house.claims(Role::Technician, scope)));
    let renewed = house.ask(Method::POST, &house.session(), &cookie, &script, body).await;
    let told: Value = serde_json::from_str(&renewed.body).unwrap();
    assert_eq!(told, json!({ "page": house.tenant_page(), "seconds": 900 }));
    assert_ne!(renewed.cookie(), cookie, "another cookie with each token");
    let page = house.tenant_page();
    assert_eq!(house.open(&page, &cookie).await.status, StatusCode::OK, "for a moment");
    pass(&pool).await;
    let old = house.open(&page, &cookie).await;
    assert_eq!((old.status, old.heading()), OVER);
    assert_eq!(
        house.open(&house.tenant_page(), &renewed.cookie()).await.status,
        StatusCode::OK
    );

    sqlx::query("update embed_session set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    let late = house.open(&house.tenant_page(), &renewed.cookie()).await;
    assert_eq!((late.status, late.heading()), OVER);
    assert!(
        late.body.contains(" data-over"),
        "its script tells the portal: {}",
        late.body
    );
    let called = house.call(&house.tenant_page(), "tenant", &renewed.cookie(), "").await;
    assert_eq!(called.status, StatusCode::UNAUTHORIZED);
}

/// Ten seconds go by.
async fn pass(pool: &PgPool) {
    sqlx::query(
        "update embed_session set created_at = created_at - interval '10 seconds',
                                  expires_at = expires_at - interval '10 seconds'",
    )
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = false)]
async fn two_frames_that_renew_at_once_do_not_evict_each_other(pool: PgPool) {
    let house = House::new(&pool).await;
    let scopes = [
        house.stage.organization,
        house.stage.another_organization("Branch").await,
    ];
    let token = |scope: usize| house.signed(&house.claims(Role::Viewer, scopes[scope].0));
    let first = house.post(&token(0), "").await.cookie();
    let both = house.post(&token(1), &first).await.cookie();
    pass(&pool).await;
    // Both are sent with the cookie that was there before either was answered; a browser keeps the last one.
    house.post(&token(0), &both).await;
    let last = house.post(&token(1), &both).await.cookie();
    pass(&pool).await;
    for scope in scopes {
        let answer = house.open(&house.people_page(scope), &last).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.heading());
    }
    let ends: bool = sqlx::query_scalar(
        "select bool_and(expires_at = created_at + interval '15 minutes') from embed_session
         where expires_at > now()",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(ends, "no session lives longer for the token of another");
}

#[sqlx::test(migrations = false)]
async fn of_two_tabs_opened_at_one_moment_the_one_overtaken_is_let_in_beside_the_other(pool: PgPool) {
    let house = House::new(&pool).await;
    let (one, branch) = (
        house.stage.organization,
        house.stage.another_organization("Branch").await,
    );
    let token = |scope: crate::model::ids::OrganizationId| house.signed(&house.claims(Role::Viewer, scope.0));
    // Neither token comes with a cookie, and the browser keeps the one that is answered last.
    let overtaken = house.post(&token(one), "").await;
    let last = house.post(&token(branch), "").await.cookie();
    let page = house.open(overtaken.header("location"), &last).await;
    assert_eq!((page.status, page.heading()), OVER);
    assert!(page.body.contains(" data-over"), "it asks the portal: {}", page.body);
    // A document that stood before the other tab came learns it from the function that it calls.
    let base = format!("/embed/{}/organizations/{one}", house.portal.id);
    let called = house.call(&base, "end_users", &last, &format!("id={one}")).await;
    assert_eq!(called.status, StatusCode::UNAUTHORIZED, "{}", called.body);

    let again = house.post(&token(one), &last).await;
    let followed = house.open(again.header("location"), &again.cookie()).await;
    assert_eq!(followed.header("location"), house.people_page(one));
    for organization in [one, branch] {
        let answer = house.open(&house.people_page(organization), &again.cookie()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.heading());
    }
}

#[sqlx::test(migrations = false)]
async fn frames_of_one_person_stand_side_by_side_and_another_person_ends_them(pool: PgPool) {
    let house = House::new(&pool).await;
    let branch = house.stage.another_organization("Branch").await;
    let enter = async |scope, person: &str, cookie: &str| {
        let mut claims = house.claims(Role::Viewer, scope);
        claims["sub"] = json!(person);
        house.post(&house.signed(&claims), cookie).await.cookie()
    };
    let first = enter(house.stage.organization.0, "42", "").await;
    let both = enter(branch.0, "42", &first).await;
    for organization in [house.stage.organization, branch] {
        assert_eq!(
            house.open(&house.people_page(organization), &both).await.status,
            StatusCode::OK
        );
    }
    let answer = house.open(&house.people_page(branch), &first).await;
    assert_eq!(
        (answer.status, answer.heading()),
        ELSEWHERE,
        "a cookie that somebody has planted is worth nothing new"
    );
    pass(&pool).await;
    let answer = house.open(&house.people_page(house.stage.organization), &first).await;
    assert_eq!((answer.status, answer.heading()), OVER, "and soon nothing at all");
    let other = enter(branch.0, "43", &both).await;
    for organization in [house.stage.organization, branch] {
        let answer = house.open(&house.people_page(organization), &both).await;
        assert_eq!(
            (answer.status, answer.heading()),
            OVER,
            "another person ends it at once"
        );
    }
    assert_eq!(
        house.open(&house.people_page(branch), &other).await.status,
        StatusCode::OK
    );
    let answer = house.open(&house.people_page(house.stage.organization), &other).await;
    assert_eq!((answer.status, answer.heading()), ELSEWHERE);
}

#[sqlx::test(migrations = false)]
async fn attack_a_foreign_scope_a_frame_opens_nothing_but_what_its_token_says(pool: PgPool) {
    let house = House::new(&pool).await;
    let branch = house.stage.another_organization("Branch").await;
    let one = house.enter(Role::Technician, branch.0).await;
    let whole = house.enter(Role::Technician, house.stage.our_tenant.0).await;
    for organization in [house.stage.organization, branch] {
        assert_eq!(
            house.open(&house.people_page(organization), &whole).await.status,
            StatusCode::OK
        );
    }
    let nobody_s = crate::model::ids::OrganizationId(uuid::Uuid::now_v7());
    let other = portals::register(&house.state, &tester(), "Other", "https://other.example")
        .await
        .unwrap();
    for (path, cookie) in [
        (house.people_page(house.stage.organization), &one),
        (house.tenant_page(), &one),
        (house.people_page(nobody_s), &one),
        (house.people_page(nobody_s), &whole),
        (format!("/embed/{}/settings", house.portal.id), &whole),
        (format!("/embed/{}/organizations/{branch}", house.portal.id), &whole),
    ] {
        let answer = house.open(&path, cookie).await;
        assert_eq!((answer.status, answer.heading()), ELSEWHERE, "{path}");
    }
    let theirs = house
        .people_page(branch)
        .replace(&house.portal.id.to_string(), &other.id.to_string());
    let answer = house.open(&theirs, &one).await;
    assert_eq!(
        (answer.status, answer.heading()),
        OVER,
        "a session with another portal is none"
    );
}
