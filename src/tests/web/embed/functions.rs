use super::{Answer, HTML, House, function};
use crate::{
    model::{
        access::Role,
        audit::{Action, ActorKind},
        filter::Filters,
    },
    server::embed::{OF_ORGANIZATION, OF_TENANT},
    store::{audit_list, in_utc},
    tests::{support::only, web::roles::visit::sign_in},
};
use axum::http::{Method, StatusCode};
use chrono::Utc;
use leptos::server_fn::axum::server_fn_paths;
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeSet;

const NOT_FROM_A_PORTAL: &str = "can't be done from a portal";

fn name_of(path: &str) -> &str {
    path.trim_start_matches("/api/")
        .trim_end_matches(|c: char| c.is_ascii_digit())
}

#[sqlx::test(migrations = false)]
async fn of_all_server_functions_a_frame_calls_those_of_its_pages_and_no_other(pool: PgPool) {
    let house = House::new(&pool).await;
    sign_in(&pool, "administrator", Role::Administrator, &[]).await;
    let names: BTreeSet<_> = server_fn_paths().map(|(path, _)| name_of(path)).collect();
    let one = format!("/embed/{}/organizations/{}", house.portal.id, house.stage.organization);
    let mut cookie = String::new();
    for (scope, base, allowed) in [
        (house.stage.organization.0, one, &OF_ORGANIZATION[..]),
        (house.stage.our_tenant.0, house.tenant_page(), &OF_TENANT[..]),
    ] {
        assert!(
            allowed.iter().all(|name| names.contains(name)),
            "there is no such function"
        );
        let frame = house.enter(Role::Technician, scope).await;
        cookie = format!("entrain=administrator; {frame}");
        for name in &names {
            let answer = house.call(&base, name, &cookie, "").await;
            let refused = answer.status == StatusCode::FORBIDDEN && answer.body.contains(NOT_FROM_A_PORTAL);
            assert_eq!(
                refused,
                !allowed.contains(name),
                "{base} {name}: {} {}",
                answer.status,
                answer.body
            );
        }
    }
    let base = house.tenant_page();
    for path in [
        "/api/none",
        "/api/../../../../api/account",
        "/api/tenant%2F..%2Faccount",
        "/api/tenant/x",
    ] {
        let script = [("accept", "application/json"), ("sec-fetch-site", "same-origin")];
        let answer = house
            .ask(Method::POST, &format!("{base}{path}"), &cookie, &script, String::new())
            .await;
        assert!(!answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
    }
}

/// What a role is told by each function that changes something, in the frame of a Tenant.
async fn told(house: &House, role: Role, name: &str) -> Answer {
    let cookie = house.enter(role, house.stage.our_tenant.0).await;
    let stage = &house.stage;
    let fields = match name {
        "sync_now" | "retry_now" => format!("id={}", stage.tenant),
        "rename_tenant" => format!("id={}&seen=Contoso&name=Renamed", stage.our_tenant),
        _ => format!("organization={}", stage.organization),
    };
    house.call(&house.tenant_page(), name, &cookie, &fields).await
}

#[sqlx::test(migrations = false)]
async fn a_viewer_in_a_frame_reads_and_a_technician_works(pool: PgPool) {
    let house = House::new(&pool).await;
    house.stage.enable(&Filters::default()).await;
    let changing = [
        "sync_now",
        "retry_now",
        "rename_tenant",
        "open_filter_dialog",
        "preview",
        "people_to_delete",
        "disable_user_sync",
    ];
    for name in changing {
        let answer = told(&house, Role::Viewer, name).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {}", answer.body);
        assert!(
            answer.body.contains("takes the role Technician"),
            "{name}: {}",
            answer.body
        );
    }
    for name in changing {
        let answer = told(&house, Role::Technician, name).await;
        // A run may be under way, which refuses another; it is theirs to ask for all the same.
        let theirs = answer.status.is_success() || answer.status == StatusCode::UNPROCESSABLE_ENTITY;
        assert!(theirs, "{name}: {} {}", answer.status, answer.body);
    }
    let filter = audit_list::AuditFilter::default();
    let (events, _) = audit_list::page(&pool, &filter, 1, &in_utc(Utc::now())).await.unwrap();
    let actor = &events[0].actor;
    assert_eq!(events[0].action, Some(Action::Disable));
    assert_eq!((actor.kind, actor.id), (ActorKind::Portal, None));
    assert_eq!(actor.name, "Ann Other (42), Acme Portal");
}

#[sqlx::test(migrations = false)]
async fn the_frame_of_an_organization_never_sees_the_rest_of_the_directory(pool: PgPool) {
    let house = House::new(&pool).await;
    let stage = &house.stage;
    stage.hire("Ana López", "ana@contoso.example").await;
    let ben = json!({ "displayName": "Ben Jones", "mail": "ben@contoso.example", "department": "Sales" });
    stage.add(ben).await;
    let sales = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    // Its Tenant has no other Organization, which makes the directory theirs no more.
    stage.enable(&sales).await;
    stage.run_well().await;
    let one = house.enter(Role::Technician, stage.organization.0).await;
    let page = house.open(&house.people_page(stage.organization), &one).await;
    assert!(
        page.body.contains("Ben Jones") && !page.body.contains("Ana"),
        "{}",
        page.body
    );
    let base = format!("/embed/{}/organizations/{}", house.portal.id, stage.organization);
    let fields = format!("organization={}", stage.organization);
    for (name, fields) in [
        ("open_filter_dialog", fields.clone()),
        ("preview", fields.clone()),
        ("save_user_sync", fields.clone()),
        ("disable_user_sync", fields),
        ("sync_now", format!("id={}", stage.tenant)),
        ("rename_tenant", format!("id={}&name=x", stage.our_tenant)),
        ("tenant", format!("id={}", stage.our_tenant)),
    ] {
        let answer = house.call(&base, name, &one, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {}", answer.body);
        assert!(answer.body.contains(NOT_FROM_A_PORTAL), "{name}: {}", answer.body);
    }
    let people = house
        .call(&base, "end_users", &one, &format!("id={}", stage.organization))
        .await;
    assert!(people.body.contains("\"whole\":false"), "{}", people.body);

    let branch = stage.another_organization("Branch").await;
    let foreign = house.call(&base, "end_users", &one, &format!("id={branch}")).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    // The frame of another scope is called with its own addresses only.
    let theirs = house.call(&house.tenant_page(), "tenant", &one, "").await;
    assert_eq!(theirs.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrations = false)]
async fn the_frame_of_an_organization_is_not_told_how_large_the_directory_is(pool: PgPool) {
    let house = House::new(&pool).await;
    let stage = &house.stage;
    stage.enable(&Filters::default()).await;
    sqlx::query(
        "insert into run (id, microsoft_tenant_id, trigger, stage, progress_done, progress_total)
         values ($1, $2, 'manual', 'planning', 1717, 4321)",
    )
    .bind(uuid::Uuid::now_v7())
    .bind(stage.tenant)
    .execute(&pool)
    .await
    .unwrap();
    let fields = format!("id={}", stage.organization);
    for (scope, base, told) in [
        (stage.our_tenant.0, house.tenant_page(), true),
        (
            stage.organization.0,
            format!("/embed/{}/organizations/{}", house.portal.id, stage.organization),
            false,
        ),
    ] {
        let cookie = house.enter(Role::Viewer, scope).await;
        let people = house.call(&base, "end_users", &cookie, &fields).await;
        assert!(people.body.contains("\"state\":\"syncing\""), "{}", people.body);
        for number in ["\"done\":1717", "\"total\":4321"] {
            assert_eq!(people.body.contains(number), told, "{base}: {}", people.body);
        }
    }
}

#[sqlx::test(migrations = false)]
async fn a_form_without_script_stays_in_the_frame(pool: PgPool) {
    let house = House::new(&pool).await;
    let cookie = house.enter(Role::Technician, house.stage.our_tenant.0).await;
    let send = async |name: &str, fields: String| {
        let path = format!("{}{}", house.tenant_page(), function(name));
        let answer = house.ask(Method::POST, &path, &cookie, HTML, fields).await;
        answer.header("location").to_owned()
    };
    let page = house.tenant_page();
    let to = send(
        "rename_tenant",
        format!("id={}&seen=Contoso&name=Renamed", house.stage.our_tenant),
    )
    .await;
    assert_eq!(to, format!("{page}?notice=saved"));
    let fields = format!("id={}&next=https%3A%2F%2Fevil.example", house.stage.tenant);
    assert_eq!(send("sync_now", fields).await, page);
    let stage = &house.stage;
    let fields = format!(
        "organization={}&id={}&fields[name]=Ada",
        stage.organization,
        uuid::Uuid::now_v7()
    );
    assert_eq!(
        send("create_end_user", fields).await,
        format!("{page}?notice=end-user-created")
    );
    let dialog = format!("{page}?dialog=filters&organization={}", stage.organization);
    let preview = format!("formaction=\"{}\"", dialog.replace('&', "&amp;"));
    for answer in [
        house.open(&dialog, &cookie).await,
        house.ask(Method::POST, &dialog, &cookie, HTML, String::new()).await,
    ] {
        assert!(
            answer.body.contains(&format!("action=\"{page}/api/save_user_sync")),
            "{}",
            answer.body
        );
        assert!(answer.body.contains(&preview), "{}", answer.body);
    }
    let fields = format!("organization={}&next={page}", stage.organization);
    let path = format!("{page}{}", function("save_user_sync"));
    let refused = house.ask(Method::POST, &path, &cookie, HTML, fields).await;
    assert_eq!(refused.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(refused.header("location"), format!("{dialog}&refused=empty"));
}
