//! Addresses of ours that would lead to somebody else's site.

use super::functions;
use crate::{
    app::pages::address::address,
    server::session::safe_path,
    tests::web::roles::{functions::filled, visit::Scene},
};
use axum::http::Method;
use proptest::prelude::*;
use sqlx::PgPool;
use url::Url;

const HOME: &str = "http://localhost:3000";

/// What a browser may take for another site.
const AWAY: [&str; 16] = [
    "https://evil.example",
    "https:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "@evil.example",
    ".evil.example",
    "/a\r\nset-cookie: entrain=planted",
];

/// Whether a browser on one of our pages stays here when it is told this.
fn stays(location: &str) -> bool {
    let home = Url::parse(HOME).unwrap();
    home.join(location).is_ok_and(|url| url.origin() == home.origin())
}

#[test]
fn attack_open_redirect_no_path_that_is_followed_leads_away() {
    for path in AWAY {
        assert_eq!(safe_path(path), "/organizations", "{path:?}");
    }
    // Encoded once more, as an address takes it, it is a path of ours.
    for path in [
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/%09/evil.example",
        "/a//evil.example",
    ] {
        assert_eq!(safe_path(path), path);
        assert!(stays(path), "{path}");
    }
}

proptest! {
    #[test]
    fn attack_open_redirect_whatever_is_made_up(path in "[/\\\\\t\r\n :@.a-c%#?-]{0,12}") {
        prop_assert!(stays(safe_path(&path)), "{:?}", path);
    }
}

#[sqlx::test(migrations = false)]
async fn attack_open_redirect_no_server_function_leads_away_whatever_its_form_says_comes_next(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let (mut wrong, mut followed) = (vec![], 0);
    for (name, path, fields) in functions() {
        for next in ["/assets?probe=1", AWAY[0], AWAY[2], AWAY[4], AWAY[8]] {
            let form = format!(
                "{}{}",
                filled(&scene, fields, ""),
                address("", &[("next", next)]).replacen('?', "&", 1)
            );
            for referer in ["https://evil.example/", "http://localhost:3000/assets"] {
                let told = scene.submit("administrator", path, &form, referer).await;
                followed += usize::from(told.to.starts_with("/assets?probe=1"));
                if !stays(&told.to) {
                    wrong.push(format!("{name} with {next:?} from {referer} led to {:?}", told.to));
                }
                scene.sign_in_anew("administrator").await;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(followed > 5, "forms are led on where they ask for: {followed}");
}

#[sqlx::test(migrations = false)]
async fn attack_open_redirect_no_address_of_ours_leads_away(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    for path in [
        "//pkg",
        "//evil.example",
        "//evil.example/%2e%2e",
        "/pkg",
        "/%5cevil.example",
        "/%09/evil.example/",
        "//pkg?x=1",
    ] {
        for who in ["administrator", "nobody"] {
            let told = scene.open(who, Method::GET, path).await;
            assert!(stays(&told.to), "{path} led {who} to {:?}", told.to);
        }
    }
    for next in AWAY {
        let encoded = address("/sign-in", &[("next", next)]);
        let told = scene.open("administrator", Method::GET, &encoded).await;
        assert_eq!(told.to, "/organizations", "{next:?}");
        for provider in ["microsoft", "openid", "nonsense"] {
            let path = address(&format!("/sign-in/{provider}"), &[("next", next)]);
            assert!(stays(&scene.open("nobody", Method::GET, &path).await.to), "{path}");
        }
    }
    // The page that asks to sign in goes back to where a form came from, if that was one of ours.
    let (_, path, _) = functions().into_iter().find(|(name, ..)| *name == "sync_now").unwrap();
    for (referer, next) in [
        ("https://evil.example/x", "%2Forganizations"),
        ("http://localhost:3000/assets?a=b", "%2Fassets%3Fa%3Db"),
    ] {
        let told = scene.submit("nobody", path, "", referer).await;
        assert_eq!(told.to, format!("/sign-in?next={next}&over=1"));
    }
}
