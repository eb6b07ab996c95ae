//! The fields of a synced End User that a form may change, and those that it may not.

use super::roles::{functions::name_of, visit::Scene};
use crate::{server::forms::version_of, store::end_user::details};
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn of_a_synced_person_what_microsoft_leaves_empty_is_saved_and_what_it_has_is_refused(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let (organization, tenant, id) = (scene.stage.organization, scene.stage.tenant, scene.end_user);
    let path = server_fn_paths()
        .map(|(path, _)| path)
        .find(|path| name_of(path) == "save_end_user")
        .unwrap();
    let held = async || details::get(&pool, organization, id, Some(tenant)).await.unwrap();
    let save = async |name: &str, city: &str| {
        let version = version_of(held().await.updated_at);
        let fields = format!(
            "organization={organization}&id={id}&version={version}&fields[name]={name}\
             &fields[email]=ana@contoso.example&fields[city]={city}"
        );
        scene.call("technician", path, &fields).await
    };
    let saved = save("Ana%20L%C3%B3pez", "Bern").await;
    assert!(saved.status.is_success(), "{saved:?}");
    assert_eq!(held().await.fields.city, "Bern");

    let refused = save("Anna", "Basel").await;
    assert!(!refused.status.is_success(), "{refused:?}");
    assert!(refused.words.contains("Microsoft has the last word"), "{refused:?}");
    let held = held().await.fields;
    assert_eq!((held.name.as_str(), held.city.as_str()), ("Ana López", "Bern"));
}
