//! Who may come in with Microsoft, and as which account.

use super::{Browser, Stage, problem};
use crate::{
    model::access::Role,
    server::session::create_administrator,
    store::{account_list, identity, in_utc},
    tests::{certificate::pem, samples::PASSWORD, support::tester},
};
use microsoft_sim::{Options, Simulator};
use serde_json::json;
use sqlx::PgPool;
use std::io::Write as _;

fn first_tenant(microsoft: &Simulator) -> String {
    microsoft.tenants()[0].id.to_string()
}

fn both_tenants(microsoft: &Simulator) -> String {
    let ids: Vec<String> = microsoft.tenants().iter().map(|tenant| tenant.id.to_string()).collect();
    ids.join(",")
}

#[sqlx::test(migrations = false)]
async fn whoever_was_invited_has_the_account_from_then_on_whatever_addresses_become(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let account = stage.invite("Ann@Contoso.example").await;
    let mut browser = Browser::new(&stage.state);
    let answer = stage.sign_in(&mut browser, "ann@contoso.example").await;
    assert_eq!(answer.location, "/assets");
    let cookie = answer
        .cookies
        .iter()
        .find(|cookie| cookie.starts_with("entrain="))
        .unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !browser.cookies.contains_key("entrain-sign-in"),
        "that one has done its work"
    );

    // The account's address becomes somebody else's, and Ann gets another one.
    let renamed = json!({ "userPrincipalName": "ann.lee@contoso.example" });
    stage
        .control("PATCH", &format!("tenants/contoso/users/{}", stage.ann), renamed)
        .await;
    stage
        .hire("contoso", json!({ "userPrincipalName": "ann@contoso.example" }))
        .await;
    let again = stage.sign_in(&mut browser, "ann.lee@contoso.example").await;
    assert_eq!(again.location, "/assets");
    let heir = stage
        .sign_in(&mut Browser::new(&stage.state), "ann@contoso.example")
        .await;
    assert_eq!(problem(&heir), "unknown");
    assert_eq!(
        stage.sessions().await,
        [account.id],
        "her former session in this browser has ended"
    );
    let told: Vec<String> =
        sqlx::query_scalar("select changes::text from audit_event where subject_id = $1 and action = 'edit'")
            .bind(account.id)
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains(&stage.ann.to_string()), "{told:?}");
}

#[sqlx::test(migrations = false)]
async fn whoever_declines_or_is_not_known_is_told_so(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let mut browser = Browser::new(&stage.state);
    let away = browser.get("/sign-in/microsoft").await;
    let back = stage.at_microsoft(&away.location, &[("cancel", "1")]).await;
    assert_eq!(problem(&browser.get(&back).await), "declined");
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "unknown"
    );
    let page = browser.get("/sign-in?problem=unknown").await.body;
    assert!(page.contains("This account is not known here.") && page.contains("Ask an Administrator"));
    assert!(page.contains("Sign in with Microsoft"), "the way to try again");
    let page = browser.get("/sign-in?problem=%3Cscript%3E").await.body;
    assert!(!page.contains("not known here"));
}

#[sqlx::test(migrations = false)]
async fn a_local_account_is_not_taken_by_its_address_unless_it_was_invited(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let account = stage.invite("ann@contoso.example").await;
    sqlx::query("update account set password_hash = 'hash'")
        .execute(&pool)
        .await
        .unwrap();
    let mut browser = Browser::new(&stage.state);
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "unknown"
    );
    let realm = format!("microsoft:{}", first_tenant(&stage.microsoft));
    identity::invite(&pool, &tester(), &account, &realm).await.unwrap();
    assert_eq!(
        stage.sign_in(&mut browser, "ann@contoso.example").await.location,
        "/assets"
    );
}

#[sqlx::test(migrations = false)]
async fn where_people_come_from_two_tenants_an_account_is_for_one_of_them(pool: PgPool) {
    let stage = Stage::with(&pool, Options::default(), |microsoft| {
        vec![("ENTRAIN_MICROSOFT_SIGN_IN_TENANTS", both_tenants(microsoft))]
    })
    .await;
    let account = stage.invite("ann@contoso.example").await;
    let mut browser = Browser::new(&stage.state);
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "unknown"
    );
    let realm = |at: usize| format!("microsoft:{}", stage.microsoft.tenants()[at].id);
    identity::invite(&pool, &tester(), &account, &realm(1)).await.unwrap();
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "unknown"
    );
    identity::invite(&pool, &tester(), &account, &realm(0)).await.unwrap();
    assert_eq!(
        stage.sign_in(&mut browser, "ann@contoso.example").await.location,
        "/assets"
    );
}

#[sqlx::test(migrations = false)]
async fn an_app_role_makes_an_account_which_follows_it_and_ends_with_it(pool: PgPool) {
    let stage = Stage::with(&pool, Options::default(), |microsoft| {
        vec![("ENTRAIN_MICROSOFT_ROLE_TENANTS", first_tenant(microsoft))]
    })
    .await;
    let roles = async |roles: &[&str]| {
        let path = "tenants/contoso/users/ann@contoso.example/roles";
        stage.control("PUT", path, json!({ "roles": roles })).await;
    };
    let mut browser = Browser::new(&stage.state);
    roles(&["Auditor"]).await;
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "unknown"
    );
    for (given, role) in [
        (&["Viewer", "Technician"][..], Role::Technician),
        (&["viewer"], Role::Viewer),
        (&["Administrator"], Role::Administrator),
    ] {
        roles(given).await;
        assert_eq!(
            stage.sign_in(&mut browser, "ann@contoso.example").await.location,
            "/assets"
        );
        let kept: Vec<String> = sqlx::query_scalar("select role from account")
            .fetch_all(&pool)
            .await
            .unwrap();
        assert_eq!(kept, [role.key()]);
    }
    // She is the only Administrator there is, and stays it until another one has a password.
    roles(&["Viewer"]).await;
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "last-administrator"
    );
    create_administrator(&pool, &tester(), "ada@msp.example", "", PASSWORD)
        .await
        .unwrap();
    assert_eq!(
        stage.sign_in(&mut browser, "ann@contoso.example").await.location,
        "/assets"
    );
    roles(&[]).await;
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "no-role"
    );
}

#[sqlx::test(migrations = false)]
async fn an_app_role_of_a_tenant_that_may_give_none_counts_for_nothing(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let path = "tenants/contoso/users/ann@contoso.example/roles";
    stage.control("PUT", path, json!({ "roles": ["Administrator"] })).await;
    let mut browser = Browser::new(&stage.state);
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "unknown"
    );
    stage.invite("ann@contoso.example").await;
    stage.sign_in(&mut browser, "ann@contoso.example").await;
    let kept: String = sqlx::query_scalar("select role from account")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, "technician", "as it was given here");
}

#[sqlx::test(migrations = false)]
async fn the_code_is_redeemed_with_a_certificate_as_well(pool: PgPool) {
    let pem = pem();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    let options = Options {
        certificates: vec![pem.into_bytes()],
        ..Options::default()
    };
    let path = file.path().display().to_string();
    let stage = Stage::with(&pool, options, |_| {
        vec![("ENTRAIN_MICROSOFT_CERTIFICATE_FILE", path.clone())]
    })
    .await;
    stage.invite("ann@contoso.example").await;
    let mut browser = Browser::new(&stage.state);
    assert_eq!(
        stage.sign_in(&mut browser, "ann@contoso.example").await.location,
        "/assets"
    );
}

#[sqlx::test(migrations = false)]
async fn an_invitation_ends_after_fourteen_days_and_when_the_account_is_disabled(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let account = stage.invite("ann@contoso.example").await;
    let realm = format!("microsoft:{}", first_tenant(&stage.microsoft));
    let invited = async || {
        let rows = account_list::all(&pool, &in_utc(chrono::Utc::now())).await.unwrap();
        rows[0].invited.as_ref().is_some_and(|invitation| !invitation.is_over)
    };
    identity::invite(&pool, &tester(), &account, &realm).await.unwrap();
    assert!(invited().await);
    let days: bool = sqlx::query_scalar(
        "select expires_at between now() + interval '13 days' and now() + interval '14 days' from account_invitation",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(days);

    create_administrator(&pool, &tester(), "zoe@msp.example", "", PASSWORD)
        .await
        .unwrap();
    let mut browser = Browser::new(&stage.state);
    for end in ["time", "withdrawn"] {
        if end == "time" {
            sqlx::query("update account_invitation set expires_at = now()")
                .execute(&pool)
                .await
                .unwrap();
        } else {
            identity::invite(&pool, &tester(), &account, &realm).await.unwrap();
            account_list::disable(&pool, &tester(), account.id).await.unwrap();
            account_list::enable(&pool, &tester(), account.id).await.unwrap();
        }
        assert!(!invited().await, "{end}");
        let answer = stage.sign_in(&mut browser, "ann@contoso.example").await;
        assert_eq!(problem(&answer), "unknown", "{end}");
    }
    // Without a row of its own an account does not wait for ever either.
    for sql in [
        "delete from account_invitation",
        "update account set created_at = now() - interval '15 days'",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    assert_eq!(
        problem(&stage.sign_in(&mut browser, "ann@contoso.example").await),
        "unknown"
    );
    identity::invite(&pool, &tester(), &account, &realm).await.unwrap();
    assert_eq!(
        stage.sign_in(&mut browser, "ann@contoso.example").await.location,
        "/assets"
    );
    assert!(!invited().await, "it is hers now");
}

#[sqlx::test(migrations = false)]
async fn a_member_whose_token_names_the_issuer_as_their_home_is_known_by_their_address(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.invite("ann@contoso.example").await;
    stage.forge("atHome").await;
    let answer = stage
        .sign_in(&mut Browser::new(&stage.state), "ann@contoso.example")
        .await;
    assert_eq!(answer.location, "/assets");
}
