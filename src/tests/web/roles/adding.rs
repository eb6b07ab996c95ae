//! **Add Account**, with script and without.

use super::{part::told, visit::Scene};
use crate::api::accounts::AddedAccount;
use axum::http::StatusCode;
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;

const PAGE: &str = "http://localhost:3000/settings?dialog=add-account";

fn path() -> &'static str {
    server_fn_paths()
        .map(|(path, _)| path)
        .find(|path| path.trim_end_matches(|c: char| c.is_ascii_digit()) == "/api/add_account")
        .unwrap()
}

fn fields(email: &str, password: &str) -> String {
    format!("email={email}%40msp.example&name=&role=viewer&password={password}")
}

async fn signs_in(scene: &Scene, email: &str, password: &str) -> bool {
    let fields = format!("email={email}%40msp.example&password={password}");
    let (_, words) = told(scene, "nobody", "sign_in", &fields).await;
    !words.contains("Email or password is wrong")
}

#[sqlx::test(migrations = false)]
async fn without_a_typed_password_one_is_made_and_shown_once_with_script_and_without(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let by_script = scene.call("administrator", path(), &fields("ada", "")).await;
    let added: AddedAccount = serde_json::from_str(&by_script.words).unwrap();
    assert!(signs_in(&scene, "ada", &added.password.unwrap()).await);

    let by_form = scene.submit("administrator", path(), &fields("ben", ""), PAGE).await;
    assert_eq!((by_form.status, by_form.to.as_str()), (StatusCode::OK, ""));
    assert!(by_form.kind.starts_with("text/html"), "{}", by_form.kind);
    assert_eq!(by_form.headers["cache-control"], "no-store");
    assert!(
        by_form.words.contains("Account ben@msp.example added"),
        "{}",
        by_form.words
    );
    let (_, rest) = by_form.words.split_once("shown this once: ").unwrap();
    let (password, _) = rest.split_once('<').unwrap();
    assert!(signs_in(&scene, "ben", password).await, "{password}");
    assert!(!signs_in(&scene, "ben", "another-password").await);
}

#[sqlx::test(migrations = false)]
async fn a_typed_password_and_a_refusal_lead_a_form_without_script_back_to_its_page(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let typed = fields("ada", "correct-horse-battery");
    let added = scene.submit("administrator", path(), &typed, PAGE).await;
    assert_eq!((added.status, added.to.as_str()), (StatusCode::FOUND, PAGE));
    assert!(signs_in(&scene, "ada", "correct-horse-battery").await);
    let short = scene
        .submit("administrator", path(), &fields("ben", "short"), PAGE)
        .await;
    assert!(short.status.is_redirection() && short.to.contains("__err"), "{short:?}");
}
