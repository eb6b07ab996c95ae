//! **Add Account** and **Register Portal**, with script and without: what is told once.

use super::{
    part::told,
    visit::{Scene, Told},
};
use crate::api::{accounts::AddedAccount, portals::MadePortal};
use axum::http::StatusCode;
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;

const PAGE: &str = "http://localhost:3000/settings?dialog=add-account";

fn path_of(function: &str) -> &'static str {
    server_fn_paths()
        .map(|(path, _)| path)
        .find(|path| {
            let name = path.strip_prefix("/api/").unwrap_or_default();
            name.trim_end_matches(|c: char| c.is_ascii_digit()) == function
        })
        .unwrap()
}

fn path() -> &'static str {
    path_of("add_account")
}

/// What the answer to a form shows once: a page of its own that nothing keeps, and no way back with it in the address.
fn shown_by_form<'a>(answer: &'a Told, title: &str) -> &'a str {
    assert_eq!((answer.status, answer.to.as_str()), (StatusCode::OK, ""));
    assert!(answer.kind.starts_with("text/html"), "{}", answer.kind);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(answer.words.contains(title), "{}", answer.words);
    let (_, rest) = answer.words.split_once("shown this once: ").unwrap();
    rest.split_once('<').unwrap().0
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
    let password = shown_by_form(&by_form, "Account ben@msp.example added");
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

#[sqlx::test(migrations = false)]
async fn a_portals_secret_is_shown_once_with_script_and_without_and_is_in_no_address(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let page = "http://localhost:3000/settings?dialog=register-portal";
    let register = path_of("register_portal");
    let fields = |name: &str| format!("name={name}&origins=https%3A%2F%2F{name}.example");
    let by_script = scene.call("administrator", register, &fields("acme")).await;
    let made: MadePortal = serde_json::from_str(&by_script.words).unwrap();

    let by_form = scene.submit("administrator", register, &fields("best"), page).await;
    let secret = shown_by_form(&by_form, "Portal best registered");
    assert_eq!(secret.len(), made.secret.len(), "{secret}");
    assert!(
        by_form.words.contains("<p>Its id, the issuer of its tokens: "),
        "{}",
        by_form.words
    );
    let renewed = format!("id={}", made.id);
    let by_form = scene
        .submit("administrator", path_of("new_portal_secret"), &renewed, page)
        .await;
    assert_ne!(shown_by_form(&by_form, "Portal acme has a new secret"), made.secret);

    let refused = scene.submit("administrator", register, &fields("best"), page).await;
    assert!(
        refused.status.is_redirection() && refused.to.contains("__err") && !refused.words.contains(secret),
        "{refused:?}"
    );
}
