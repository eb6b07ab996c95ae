//! Somebody who has one of several Organizations of a Tenant.

use super::visit::{Scene, letter, sign_in};
use crate::{
    model::{access::Role, filter::Filters},
    store::activity::{self, RunFilter},
    tests::support::only,
};
use leptos::server_fn::axum::server_fn_paths;
use serde_json::json;
use sqlx::PgPool;

async fn told(scene: &Scene, who: &str, name: &str, fields: &str) -> (char, String) {
    let path = server_fn_paths()
        .map(|(path, _)| path)
        .find(|path| path.trim_end_matches(|c: char| c.is_ascii_digit()) == format!("/api/{name}"))
        .unwrap();
    let told = scene.call(who, path, fields).await;
    (letter(&told), told.words)
}

/// Ana in Contoso and Ben in its branch, which share a Microsoft tenant; the branch is `part`'s.
async fn shared(pool: &PgPool) -> (Scene, String) {
    let scene = Scene::new(pool).await;
    let branch = scene.stage.another_organization("Branch").await;
    let ben = json!({ "displayName": "Ben Jones", "mail": "ben@contoso.example", "department": "Sales" });
    scene.stage.add(ben).await;
    let filters = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    scene.stage.enable_for(branch, &filters).await;
    scene.stage.run_well().await;
    sign_in(pool, "part", Role::Technician, &[branch]).await;
    (scene, branch.to_string())
}

#[sqlx::test(migrations = false)]
async fn part_of_a_tenant_shows_the_people_mapped_there_and_nobody_else_of_the_directory(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let runs = activity::runs(
        &pool,
        &RunFilter::default(),
        1,
        &crate::store::in_utc(chrono::Utc::now()),
    )
    .await;
    let run = runs.unwrap().0.remove(0).run.id;
    for (name, fields) in [
        ("end_users", format!("id={branch}")),
        ("run", format!("id={run}")),
        ("run", format!("id={run}&outcome=now")),
        ("tenant", format!("id={}", scene.stage.our_tenant)),
        ("search", "words=ana".to_owned()),
        ("audit_page", String::new()),
        ("runs_page", String::new()),
    ] {
        let (letter, words) = told(&scene, "part", name, &fields).await;
        assert_eq!(letter, 'y', "{name}: {words}");
        assert!(
            !words.contains("Ana"),
            "{name} told of somebody who is not mapped there: {words}"
        );
    }
    let (_, people) = told(&scene, "part", "end_users", &format!("id={branch}")).await;
    assert!(people.contains("Ben Jones"), "{people}");
    let (_, tenant) = told(&scene, "part", "tenant", &format!("id={}", scene.stage.our_tenant)).await;
    assert!(
        tenant.contains("Branch") && !tenant.contains("\"name\":\"Contoso\",\"tenant"),
        "{tenant}"
    );
    let (_, why) = told(
        &scene,
        "part",
        "why",
        &format!("organization={branch}&user={}", scene.user),
    )
    .await;
    assert!(why.contains("Nobody") && !why.contains("Ana"), "{why}");
}

#[sqlx::test(migrations = false)]
async fn how_far_a_run_is_tells_only_those_who_have_all_of_a_tenant_how_large_it_is(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let both = [branch.parse().unwrap(), scene.stage.organization];
    sign_in(&pool, "whole", Role::Technician, &both).await;
    let run: uuid::Uuid = sqlx::query_scalar(
        "update run set state = 'running', finished_at = null, stage = 'planning', progress_done = 1717,
                        progress_total = 4321
         where id = (select run_id from run_organization where organization_id = $1 order by run_id desc limit 1)
         returning id",
    )
    .bind(both[0])
    .fetch_one(&pool)
    .await
    .unwrap();
    sqlx::query("update user_sync set first_applied_at = null")
        .execute(&pool)
        .await
        .unwrap();
    for (name, fields) in [
        ("organizations", String::new()),
        ("organization", format!("id={branch}")),
        ("end_users", format!("id={branch}")),
        ("tenant", format!("id={}", scene.stage.our_tenant)),
        ("run", format!("id={run}")),
    ] {
        for (who, is_told) in [("part", false), ("whole", true)] {
            let (letter, words) = told(&scene, who, name, &fields).await;
            assert_eq!(letter, 'y', "{name}: {words}");
            for number in ["\"done\":1717", "\"total\":4321"] {
                assert_eq!(words.contains(number), is_told, "{who}, {name}: {words}");
            }
        }
    }
}

#[sqlx::test(migrations = false)]
async fn what_is_about_the_whole_directory_takes_every_organization_of_the_tenant(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let microsoft = scene.stage.tenant;
    let whole = [
        ("open_filter_dialog", format!("organization={branch}")),
        ("preview", format!("organization={branch}")),
        ("save_user_sync", format!("organization={branch}")),
        ("why", format!("organization={branch}&words=ana")),
        ("sync_now", format!("id={microsoft}")),
        ("microsoft_tenant", format!("id={microsoft}")),
    ];
    for (name, fields) in &whole {
        let (letter, words) = told(&scene, "part", name, fields).await;
        assert_eq!(letter, 'f', "{name}: {words}");
        assert!(
            words.contains("every Organization") && words.contains("An Administrator"),
            "{words}"
        );
    }
    let (_, tenants) = told(&scene, "part", "microsoft_tenants", "").await;
    assert!(tenants.contains("\"total\":0"), "{tenants}");
    sign_in(
        &pool,
        "whole",
        Role::Technician,
        &[branch.parse().unwrap(), scene.stage.organization],
    )
    .await;
    for (name, fields) in &whole {
        let (letter, words) = told(&scene, "whole", name, fields).await;
        assert_eq!(letter, 'y', "{name}: {words}");
    }
    let (letter, _) = told(&scene, "part", "disable_user_sync", &format!("organization={branch}")).await;
    assert_eq!(letter, 'y', "their own Organization's sync is theirs to disable");
}
