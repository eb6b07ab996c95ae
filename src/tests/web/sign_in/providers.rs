//! Another OpenID provider. The stand-in serves as one: a tenant's own metadata is plain OpenID Connect.

use super::{Answer, Browser, Stage, problem};
use crate::{store::identity, tests::support::tester};
use microsoft_sim::{Options, Simulator};
use serde_json::json;
use sqlx::PgPool;

fn issuer(microsoft: &Simulator, tenant: &str) -> String {
    format!("http://{}/{tenant}/v2.0", microsoft.address())
}

async fn stage(pool: &PgPool, issuer: impl Fn(&Simulator) -> String) -> Stage {
    Stage::with(pool, Options::default(), |microsoft| {
        let options = Options::default();
        vec![
            ("ENTRAIN_OIDC_ISSUER", issuer(microsoft)),
            ("ENTRAIN_OIDC_CLIENT_ID", options.client_id),
            ("ENTRAIN_OIDC_CLIENT_SECRET", options.client_secret),
            ("ENTRAIN_OIDC_NAME", "Contoso ID".into()),
        ]
    })
    .await
}

async fn sign_in(stage: &Stage, browser: &mut Browser) -> Answer {
    let away = browser.get("/sign-in/openid").await;
    let back = stage
        .at_microsoft(&away.location, &[("user", "ann@contoso.example")])
        .await;
    browser.get(&back).await
}

#[sqlx::test(migrations = false)]
async fn a_person_of_another_provider_is_known_by_issuer_and_subject_and_not_by_an_unverified_email(pool: PgPool) {
    let of = |microsoft: &Simulator| issuer(microsoft, &microsoft.tenants()[0].id.to_string());
    let stage = stage(&pool, of).await;
    let mail = json!({ "mail": "ann@contoso.example" });
    stage
        .control("PATCH", &format!("tenants/contoso/users/{}", stage.ann), mail)
        .await;
    let account = stage.invite("ann@contoso.example").await;
    let realm = format!("openid:{}", of(&stage.microsoft));
    identity::invite(&pool, &tester(), &account, &realm).await.unwrap();
    let mut browser = Browser::new(&stage.state);
    assert!(browser.get("/sign-in").await.body.contains("Sign in with Contoso ID"));
    // The provider does not say that it has verified the address.
    assert_eq!(problem(&sign_in(&stage, &mut browser).await), "unknown");
    // Nor does anybody come in under the name that Microsoft's own tokens have for the same person.
    let insert = "insert into account_identity (provider, authority, subject, account_id, by_role)
                  values ($1, $2, $3, $4, false)";
    sqlx::query(insert)
        .bind("microsoft")
        .bind(stage.microsoft.tenants()[0].id.to_string())
        .bind(stage.ann.to_string())
        .bind(account.id)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(problem(&sign_in(&stage, &mut browser).await), "unknown");
    assert_eq!(
        stage.sign_in(&mut browser, "ann@contoso.example").await.location,
        "/assets"
    );
}

#[sqlx::test(migrations = false)]
async fn a_provider_that_calls_itself_otherwise_or_is_away_is_not_used_and_the_page_says_so(pool: PgPool) {
    // By a domain it answers, and calls itself by the id.
    let stage = stage(&pool, |microsoft| issuer(microsoft, "contoso.example")).await;
    let mut browser = Browser::new(&stage.state);
    assert_eq!(problem(&browser.get("/sign-in/openid").await), "unreachable");
    let fault = json!({ "path": "/organizations/*", "kind": "html", "times": 1 });
    stage.control("POST", "faults", fault).await;
    assert_eq!(problem(&browser.get("/sign-in/microsoft").await), "unreachable");
    let away = browser.get("/sign-in/microsoft").await;
    assert!(
        away.location.starts_with("http://127.0.0.1:"),
        "it is asked again: {away:?}"
    );
    assert_eq!(browser.get("/sign-in/nobody").await.location, "/sign-in");
    assert_eq!(browser.get("/sign-in/nobody/callback").await.location, "/sign-in");
}

#[sqlx::test(migrations = false)]
async fn an_answer_of_another_issuer_is_refused(pool: PgPool) {
    let of = |microsoft: &Simulator| issuer(microsoft, &microsoft.tenants()[0].id.to_string());
    let stage = stage(&pool, of).await;
    let mut browser = Browser::new(&stage.state);
    let away = browser.get("/sign-in/openid").await;
    let back = stage
        .at_microsoft(&away.location, &[("user", "ann@contoso.example")])
        .await;
    let mixed = format!("{back}&iss=https%3A%2F%2Fevil.example");
    assert_eq!(problem(&browser.get(&mixed).await), "refused");
    // Nor is the answer of one provider taken at the address of the other.
    let away = browser.get("/sign-in/openid").await;
    let back = stage
        .at_microsoft(&away.location, &[("user", "ann@contoso.example")])
        .await;
    let elsewhere = back.replace("/sign-in/openid/", "/sign-in/microsoft/");
    assert_eq!(problem(&browser.get(&elsewhere).await), "expired");
}

#[sqlx::test(migrations = false)]
async fn an_invitation_of_another_issuer_is_not_for_whoever_comes_now(pool: PgPool) {
    let of = |microsoft: &Simulator| issuer(microsoft, &microsoft.tenants()[0].id.to_string());
    let stage = stage(&pool, of).await;
    let account = stage.invite("ann@contoso.example").await;
    for realm in ["openid", "openid:https://former.example"] {
        identity::invite(&pool, &tester(), &account, realm).await.unwrap();
        let at_this = format!("openid:{}", of(&stage.microsoft));
        let found = identity::invited(&pool, "ann@contoso.example", &at_this, false)
            .await
            .unwrap();
        assert_eq!(found, None, "{realm}");
    }
}
