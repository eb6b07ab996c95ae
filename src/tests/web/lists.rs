//! What lists say where they have nothing to show.

use super::roles::{routes, visit::Scene};
use axum::http::Method;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn a_page_number_beyond_the_end_of_a_list_says_so_and_leads_to_its_first_page(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    for list in [
        "/organizations",
        "/organizations/{organization}/end-users",
        "/organizations/{organization}/assets",
        "/organizations/{organization}/excluded",
        "/assets",
        "/microsoft-tenants",
        "/activity",
        "/activity/audit",
        "/runs/{run}",
    ] {
        let list = routes::filled(&scene, list);
        let told = scene
            .open("administrator", Method::GET, &format!("{list}?page=9"))
            .await;
        let says = told.words.contains("The list is shorter than this page number.");
        assert!(says, "{list}: {}", told.words);
        let first = format!("href=\"{list}\"");
        assert!(told.words.contains(&first), "{list}: {}", told.words);
    }
}

#[sqlx::test(migrations = false)]
async fn before_the_first_read_of_a_microsoft_tenant_its_people_are_not_counted_as_none(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let table = async || {
        scene
            .open("administrator", Method::GET, "/microsoft-tenants")
            .await
            .words
    };
    assert!(!table().await.contains("Not read yet"));
    for sql in [
        "update directory_user set deleted_at = now()",
        "update microsoft_tenant set last_pass_at = null",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let table = table().await;
    assert!(table.contains("Not read yet"), "{table}");
}
