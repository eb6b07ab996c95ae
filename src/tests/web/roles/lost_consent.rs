//! Lost consent on the screens, each as the server draws it without script, and **Check Permissions** at its address.

use super::visit::Scene;
use crate::{
    server::{
        permissions::{Recent, permissions},
        state::AppState,
    },
    store,
    tests::{support::Stage, web::web},
};
use axum::http::{Method, StatusCode};
use chrono::Utc;
use sqlx::PgPool;
use std::time::Duration;

async fn page(scene: &Scene, who: &str, path: &str) -> String {
    let told = scene.open(who, Method::GET, path).await;
    assert_eq!(told.status, StatusCode::OK, "{path}: {}", told.words);
    told.words
}

#[sqlx::test(migrations = false)]
async fn lost_consent_shows_on_the_tenant_its_details_and_activity_and_administrators_can_renew_it(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    scene.stage.consent(false).await;
    let error = scene.stage.run_badly().await;
    let (remedy, renewal) = (error.summary(), "purpose=renewal");
    let check = format!("dialog=permissions&amp;tenant={}", scene.stage.tenant);
    assert!(remedy.contains("AADSTS700016"), "{remedy}");
    for path in [
        "/microsoft-tenants".to_owned(),
        format!("/tenants/{}", scene.stage.our_tenant),
    ] {
        for (who, may_renew) in [("administrator", true), ("technician", false)] {
            let shown = page(&scene, who, &path).await;
            assert!(
                shown.contains("Consent needed") && shown.contains(&remedy),
                "{path}: {shown}"
            );
            assert!(shown.contains(&check), "{path} of {who} leads to no Check Permissions");
            assert_eq!(shown.contains(renewal), may_renew, "{path} of {who}");
        }
    }
    let activity = page(&scene, "technician", "/activity").await;
    let told = remedy.split(" (AADSTS").next().unwrap();
    assert!(activity.contains("Failed") && activity.contains(told), "{activity}");
}

#[sqlx::test(migrations = false)]
async fn check_permissions_opens_by_its_address_and_tells_what_is_refused(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    scene.stage.deny(&["groups"]).await;
    let path = format!("/microsoft-tenants?dialog=permissions&tenant={}", scene.stage.tenant);
    for (who, may_renew) in [("administrator", true), ("technician", false)] {
        let shown = page(&scene, who, &path).await;
        for words in [
            "<dialog",
            "Permissions and licenses",
            "1 is refused",
            "98830695-27a2-44f7-8c18-0c3ebc9698f6",
            "add the application permission GroupMember.Read.All",
            "a user sync that chooses groups is not applied",
            "Microsoft Intune",
        ] {
            assert!(shown.contains(words), "{who} does not read {words}: {shown}");
        }
        assert_eq!(shown.contains("Consent Again"), may_renew, "{who}");
    }
    let shown = page(&scene, "viewer", &path).await;
    assert!(!shown.contains("<dialog"), "it is not a Viewer's");
    let kept: i64 = sqlx::query_scalar("select count(*) from microsoft_probe where last_success_at is not null")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(kept > 5, "what works is kept as the last success");
}

#[sqlx::test(migrations = false)]
async fn a_page_that_is_loaded_again_asks_microsoft_nothing_and_the_button_asks_anew(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (state, _site) = web(stage.engine.clone());
    let state = AppState {
        permission_reports: Recent::lasting(Duration::from_secs(3_600)),
        ..state
    };
    let asked = async |is_page| {
        let before = stage.microsoft.requests().len();
        let now = store::in_utc(Utc::now());
        let report = permissions(&state, stage.tenant, &now, is_page).await.unwrap();
        (report.wants_consent(), stage.microsoft.requests().len() - before)
    };
    let (_, first) = asked(true).await;
    assert!(first > 5, "{first}");
    stage.deny(&["groups"]).await;
    assert_eq!(asked(true).await, (false, 0));
    let (refused, again) = asked(false).await;
    assert!(refused && again > 5, "{again}");
    assert_eq!(asked(true).await, (true, 0), "the page tells the latest");
}
