//! **Preview** by a browser without script: the choice comes in a form, however much is ticked in it.

use super::roles::{routes, visit::Scene};
use crate::app::pages::address::address;
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;
use tower::ServiceExt as _;

/// More than any address may hold.
const TICKED: usize = 3_000;

const DIALOG: &str = "/tenants/{tenant}?dialog=filters&organization={organization}";

/// The form of the dialog with All in each section but **Department**, where so many values are ticked that nobody has.
fn form(scene: &Scene, ticked: usize) -> String {
    let (tenant, organization) = (scene.stage.our_tenant, scene.stage.organization);
    let next = format!("/tenants/{tenant}");
    let organization = organization.to_string();
    let values: Vec<_> = (0..ticked).map(|n| format!("Nobody's department {n}")).collect();
    let mut fields = vec![
        ("organization", organization.as_str()),
        ("next", next.as_str()),
        ("seen", "another"),
        ("filters[userType][all]", "true"),
        ("filters[domain][all]", "true"),
        ("filters[officeLocation][all]", "true"),
        ("filters[group][all]", "true"),
        ("filters[licenseStatus][all]", "true"),
    ];
    fields.extend(
        values
            .iter()
            .map(|value| ("filters[department][values][]", value.as_str())),
    );
    address("", &fields).trim_start_matches('?').to_owned()
}

/// What a save would change.
async fn written(pool: &PgPool) -> (String, i64, i64) {
    sqlx::query_as(
        "select string_agg(user_sync::text, ' '), (select count(*) from audit_event), (select count(*) from run)
         from user_sync",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_choice_of_three_thousand_values_is_previewed_without_script_and_nothing_is_written(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let dialog = routes::filled(&scene, DIALOG);
    let (before, form) = (written(&pool).await, form(&scene, TICKED));
    // Whoever loads the page again sends the form again.
    for _ in 0..2 {
        let told = scene.submit("technician", &dialog, &form, "").await;
        assert_eq!(told.status, StatusCode::OK);
        assert!(told.words.contains("Edit User Sync Filters"), "{}", told.words);
        assert!(told.words.contains("0 of 1 Microsoft users match"), "{}", told.words);
        assert!(told.words.contains("3,000 of 3,000"), "{}", told.words);
        assert!(told.words.contains("value=\"another\""), "the version it was made on");
    }
    let all = form.split("&filters[department]").next().unwrap();
    let all = format!("{all}&filters[department][all]=true");
    let told = scene.submit("technician", &dialog, &all, "").await;
    assert!(told.words.contains("1 of 1 Microsoft users match"), "{}", told.words);
    assert_eq!(written(&pool).await, before);
}

#[sqlx::test(migrations = false)]
async fn a_preview_is_asked_for_by_our_own_page_and_by_whoever_may_set_up(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let (dialog, form) = (routes::filled(&scene, DIALOG), form(&scene, 1));
    let told = scene.submit("viewer", &dialog, &form, "").await;
    assert!(!told.words.contains("Microsoft users match"), "{}", told.words);
    let told = scene.submit("nobody", &dialog, &form, "").await;
    assert!(told.to.starts_with("/sign-in?"), "{} {}", told.status, told.to);
    let foreign = Request::post(&dialog)
        .header("host", "localhost:3000")
        .header("cookie", "entrain=technician")
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(form))
        .unwrap();
    let answer = scene.router.clone().oneshot(foreign).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = false)]
async fn a_large_choice_that_was_refused_comes_back_without_script(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let dialog = routes::filled(&scene, DIALOG);
    let save = server_fn_paths()
        .map(|(path, _)| path)
        .find(|path| path.starts_with("/api/save_user_sync"))
        .unwrap();
    let before = written(&pool).await;
    let mut stale = form(&scene, TICKED);
    let told = scene.submit("technician", save, &stale, &dialog).await;
    assert_eq!(
        (told.status, told.to.as_str()),
        (
            StatusCode::TEMPORARY_REDIRECT,
            format!("{dialog}&refused=stale").as_str()
        )
    );
    // The browser sends what it sent there.
    let told = scene.submit("technician", &told.to, &stale, &dialog).await;
    assert!(
        told.words.contains("Somebody else changed this user sync"),
        "{}",
        told.words
    );
    assert!(told.words.contains("3,000 of 3,000"), "{}", told.words);
    assert!(
        !told.words.contains("value=\"another\""),
        "to save again would be refused again"
    );

    stale.truncate(stale.find("&filters[department]").unwrap());
    let told = scene.submit("technician", save, &stale, &dialog).await;
    assert_eq!(told.to, format!("{dialog}&refused=empty"));
    let told = scene.submit("technician", &told.to, &stale, &dialog).await;
    assert!(told.words.contains("Department: nothing is ticked"), "{}", told.words);
    assert_eq!(written(&pool).await, before);
}
