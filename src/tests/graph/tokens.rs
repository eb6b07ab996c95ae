use super::microsoft::{Microsoft, SECRET, TENANT, error, ok, reply, token, token_error};
use crate::graph::{GraphErrorKind, TenantClient};
use futures::future::join_all;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

const DOMAINS: &str = "/graph/v1.0/domains";

async fn started() -> Microsoft {
    let microsoft = Microsoft::start().await;
    microsoft.on(DOMAINS, ok(json!({"value": []})));
    microsoft
}

async fn ask_often(tenant: &TenantClient) -> Vec<Result<(), GraphErrorKind>> {
    let asked = (0..20).map(|_| async { tenant.domains().await.map(drop).map_err(|error| error.kind) });
    join_all(asked).await
}

#[tokio::test]
async fn a_token_is_asked_for_as_microsoft_documents_it() {
    let microsoft = started().await;
    microsoft.tenant().domains().await.unwrap();
    let [asked] = &microsoft.token_requests()[..] else {
        panic!("one token request")
    };
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", &*format!("/login/{TENANT}/oauth2/v2.0/token"))
    );
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(asked.header("authorization"), "");
    let form: BTreeSet<_> = url::form_urlencoded::parse(asked.body.as_bytes())
        .into_owned()
        .collect();
    let expected = [
        ("client_id", "client-1"),
        ("client_secret", SECRET),
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    assert_eq!(
        form,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    );
}

#[tokio::test]
async fn one_token_serves_every_request_of_its_tenant_however_the_tenant_is_spelled() {
    let microsoft = started().await;
    let client = microsoft.client();
    for tenant in ["contoso.com", "Contoso.com", " CONTOSO.COM"] {
        client.clone().tenant(tenant).domains().await.unwrap();
    }
    assert_eq!(microsoft.token_requests().len(), 1);
    client.tenant("fabrikam.com").domains().await.unwrap();
    assert_eq!(microsoft.token_requests().len(), 2);
    assert_eq!(microsoft.seen(DOMAINS)[3].header("authorization"), "Bearer token-2");
}

#[tokio::test]
async fn many_requests_at_once_fetch_one_token() {
    let microsoft = started().await;
    microsoft.on_token(token("slow", 3600).delay(50));
    assert!(ask_often(&microsoft.tenant()).await.iter().all(Result::is_ok));
    assert_eq!(
        (microsoft.token_requests().len(), microsoft.seen(DOMAINS).len()),
        (1, 20)
    );
}

#[tokio::test]
async fn many_requests_at_once_share_one_refusal_and_the_next_one_asks_again() {
    let microsoft = started().await;
    microsoft.on_token(token_error(401, 7000215).delay(50));
    let tenant = microsoft.tenant();
    let refused = Err(GraphErrorKind::Token { aadsts: Some(7000215) });
    assert_eq!(ask_often(&tenant).await, vec![refused; 20]);
    assert_eq!(microsoft.token_requests().len(), 1);
    microsoft.clear("token");
    tenant.domains().await.unwrap();
    assert_eq!(microsoft.token_requests().len(), 2);
}

#[tokio::test]
async fn two_tenants_do_not_wait_for_each_other() {
    let microsoft = started().await;
    microsoft
        .on_token(token("slow", 3600).delay(30_000))
        .on_token(token("quick", 3600));
    let client = microsoft.client();
    let (slow, quick) = (client.tenant("slow.example"), client.tenant("quick.example"));
    let waiting = tokio::spawn(async move { slow.domains().await });
    while microsoft.token_requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::timeout(Duration::from_secs(10), quick.domains())
        .await
        .unwrap()
        .unwrap();
    waiting.abort();
}

#[tokio::test]
async fn a_fetch_given_up_leaves_the_tenant_usable() {
    let microsoft = started().await;
    microsoft
        .on_token(token("never", 3600).delay(30_000))
        .on_token(token("next", 3600));
    let tenant = microsoft.tenant();
    tokio::time::timeout(Duration::from_millis(100), tenant.domains())
        .await
        .unwrap_err();
    tenant.domains().await.unwrap();
    assert_eq!(microsoft.seen(DOMAINS)[0].header("authorization"), "Bearer next");
}

#[tokio::test]
async fn a_short_lived_token_is_renewed_at_half_of_its_life() {
    let microsoft = started().await;
    microsoft.on_token(token("first", 2)).on_token(token("second", 3600));
    let tenant = microsoft.tenant();
    tenant.domains().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1050)).await;
    tenant.domains().await.unwrap();
    assert_eq!(microsoft.seen(DOMAINS)[1].header("authorization"), "Bearer second");
}

#[tokio::test]
async fn a_token_that_says_to_live_no_time_or_for_ever_is_fetched_once() {
    for life in [0, u64::MAX] {
        let microsoft = started().await;
        microsoft.on_token(token("odd", life));
        assert!(ask_often(&microsoft.tenant()).await.iter().all(Result::is_ok));
        assert_eq!(microsoft.token_requests().len(), 1, "{life}");
    }
}

#[tokio::test]
async fn a_throttled_token_request_waits_as_long_as_it_is_told() {
    let microsoft = started().await;
    microsoft
        .on_token(reply(429, "").header("retry-after", "0.3"))
        .on_token(token("late", 3600));
    let asked = std::time::Instant::now();
    microsoft.tenant().domains().await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(300), "{:?}", asked.elapsed());
    assert_eq!(microsoft.token_requests().len(), 2);
}

#[tokio::test]
async fn a_token_still_valid_is_used_on_while_the_sign_in_service_is_out_of_order() {
    let microsoft = started().await;
    microsoft.on_token(token("first", 6)).on_token(reply(503, "<html>"));
    let tenant = microsoft.tenant();
    tenant.domains().await.unwrap();
    tokio::time::sleep(Duration::from_millis(3050)).await;
    tenant.domains().await.unwrap();
    assert_eq!(microsoft.seen(DOMAINS)[1].header("authorization"), "Bearer first");
    assert_eq!(microsoft.token_requests().len(), 2);
}

#[tokio::test]
async fn a_token_to_be_renewed_is_fetched_though_it_is_good_and_used_on_where_none_can_be_had_in_passing() {
    let microsoft = started().await;
    microsoft
        .on_token(token("first", 3600))
        .on_token(token("second", 3600))
        .on_token(reply(503, "<html>"))
        .on_token(token_error(400, 700016));
    let tenant = microsoft.tenant();
    tenant.renew_token().await;
    tenant.domains().await.unwrap();
    for (asked, bearer) in [(1, "Bearer second"), (2, "Bearer second")] {
        tenant.renew_token().await;
        tenant.domains().await.unwrap();
        assert_eq!(microsoft.seen(DOMAINS)[asked].header("authorization"), bearer);
    }
    tenant.renew_token().await;
    let refused = tenant.domains().await.unwrap_err();
    assert_eq!(refused.kind, GraphErrorKind::Token { aadsts: Some(700016) });
    assert_eq!(microsoft.token_requests().len(), 4);
}

#[tokio::test]
async fn a_token_that_graph_refuses_is_renewed_once_for_all_who_used_it() {
    let microsoft = Microsoft::start().await;
    microsoft.on(DOMAINS, ok(json!({"value": []})).refusing("token-1").delay(50));
    assert!(ask_often(&microsoft.tenant()).await.iter().all(Result::is_ok));
    assert_eq!(microsoft.token_requests().len(), 2);
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let microsoft = Microsoft::start().await;
    microsoft.on(DOMAINS, error(401, "InvalidAuthenticationToken"));
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Unauthorized);
    assert_eq!(
        (microsoft.token_requests().len(), microsoft.seen(DOMAINS).len()),
        (2, 2)
    );
}

#[tokio::test]
async fn a_forgotten_token_is_fetched_anew() {
    let microsoft = started().await;
    let tenant = microsoft.tenant();
    tenant.domains().await.unwrap();
    tenant.forget_token().await;
    tenant.domains().await.unwrap();
    assert_eq!(microsoft.seen(DOMAINS)[1].header("authorization"), "Bearer token-2");
}

#[tokio::test]
async fn a_refused_secret_says_so_and_what_to_do() {
    let microsoft = started().await;
    microsoft.on_token(token_error(401, 7000222));
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Token { aadsts: Some(7000222) });
    assert_eq!(
        (error.status, error.code.as_deref()),
        (Some(401), Some("invalid_client"))
    );
    assert!(error.remedy().contains("make a new secret"), "{}", error.remedy());
    let expected =
        format!("POST /login/{TENANT}/oauth2/v2.0/token was answered with status 401, invalid_client: AADSTS");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(microsoft.token_requests().len(), 1, "a refusal is not asked again");
}

#[tokio::test]
async fn a_passing_fault_of_the_sign_in_service_is_asked_again() {
    let microsoft = started().await;
    microsoft
        .on_token(token_error(400, 90033).header("retry-after", "0.01"))
        .on_token(token("first", 3600));
    microsoft.tenant().domains().await.unwrap();
    assert_eq!(microsoft.token_requests().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_an_error_that_does_not_show_it() {
    let microsoft = started().await;
    for (body, about) in [
        (ok(json!({"access_token": "t0ken", "token_type": 7})), "token_type"),
        (
            ok(json!({"token_type": "Bearer", "expires_in": 3599})),
            "a property is missing",
        ),
        (
            ok(json!({"access_token": "t0ken", "token_type": "Bearer", "expires_in": "an hour"})),
            "expires_in",
        ),
        (
            ok(json!({"access_token": "t0ken", "token_type": "Bearer", "expires_in": -1})),
            "expires_in",
        ),
        (
            reply(200, "<html>t0ken</html>").header("content-type", "text/html"),
            "Content-Type",
        ),
        (reply(200, ""), "empty"),
        (ok(json!({"access_token": "t0ken\n", "token_type": "Bearer"})), "header"),
    ] {
        microsoft.clear("token");
        microsoft.on_token(body);
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::Decode, "{error}");
        assert!(
            error.to_string().contains(about) && !format!("{error:?}").contains("t0ken"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn neither_secret_nor_token_is_printed() {
    let microsoft = started().await;
    let tenant = microsoft.tenant();
    tenant.domains().await.unwrap();
    let printed = format!("{tenant:?}");
    assert!(!printed.contains(SECRET) && !printed.contains("token-1"), "{printed}");
}
