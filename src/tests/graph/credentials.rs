//! Several credentials of one app registration, against the stand-in.

use crate::{
    graph::{Credential, CredentialSource, GraphClient, GraphErrorKind, GraphSettings, Held, Keyring, Verdict},
    tests::{
        said,
        samples::{CLIENT_SECRET, EXPIRED_SECRET, WRONG_SECRET},
        support::contoso,
    },
};
use chrono::{TimeDelta, Utc};
use futures::future::BoxFuture;
use microsoft_sim::{Options, Secret, Simulator};
use std::sync::{Arc, Mutex};

/// What is kept, and what was heard of it.
#[derive(Debug, Default)]
struct Kept {
    held: Mutex<Vec<Held>>,
    heard: Mutex<Vec<(String, Verdict)>>,
}

impl CredentialSource for Kept {
    fn load(&self) -> BoxFuture<'_, Vec<Held>> {
        Box::pin(async { self.held.lock().unwrap().clone() })
    }

    fn heard<'a>(&'a self, name: &'a str, verdict: Verdict) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.heard.lock().unwrap().push((name.to_owned(), verdict)) })
    }
}

fn secret(value: &str) -> Credential {
    Credential::Secret(value.to_owned().into())
}

fn held(name: &str, value: &str) -> Held {
    Held {
        name: name.into(),
        credential: secret(value),
        ends: None,
    }
}

/// The stand-in with one secret that works and one that has expired, and a client with these secrets.
async fn with(own: &str, kept: &Arc<Kept>) -> (Simulator, GraphClient) {
    said::listen();
    let microsoft = microsoft_sim::start(Options {
        secrets: vec![Secret {
            value: EXPIRED_SECRET.into(),
            expires: Some(Utc::now() - TimeDelta::days(1)),
        }],
        ..contoso(0)
    })
    .await
    .unwrap();
    let address = format!("http://{}", microsoft.address());
    let keyring = Keyring::from(secret(own));
    keyring.listen_to(kept.clone());
    let client = GraphClient::new(GraphSettings {
        reports_in_ten_seconds: 1_000,
        login_url: address.parse().unwrap(),
        graph_url: address.parse().unwrap(),
        client_id: Options::default().client_id,
        credential: keyring,
    });
    (microsoft, client.unwrap())
}

fn token_statuses(microsoft: &Simulator) -> Vec<u16> {
    let seen = microsoft.requests();
    let tokens = seen.iter().filter(|entry| entry.path.ends_with("/token"));
    tokens.map(|entry| entry.status).collect()
}

#[tokio::test]
async fn a_refused_credential_costs_one_request_and_the_next_one_goes_on() {
    for (refused, code) in [(WRONG_SECRET, 7_000_215), (EXPIRED_SECRET, 7_000_222)] {
        let kept = Arc::new(Kept::default());
        kept.held.lock().unwrap().push(held("new", refused));
        let good = Options::default().client_secret;
        let (microsoft, client) = with(&good, &kept).await;
        let tenant = client.tenant(&microsoft.tenants()[0].id.to_string());
        for _ in 0..2 {
            tenant.forget_token().await;
            tenant.organization().await.unwrap();
        }
        assert_eq!(
            token_statuses(&microsoft),
            [401, 200, 200],
            "the refused one is asked last from then on"
        );
        let heard = kept.heard.lock().unwrap().clone();
        let expected = [
            ("new".to_owned(), Verdict::Refused(code)),
            (client.credentials().own().unwrap().name.to_string(), Verdict::Works),
        ];
        assert_eq!(heard, expected, "each is told once");
    }
}

#[tokio::test]
async fn a_new_credential_is_taken_up_with_the_next_token_and_no_restart() {
    let kept = Arc::new(Kept::default());
    let (microsoft, client) = with(WRONG_SECRET, &kept).await;
    let tenant = client.tenant(&microsoft.tenants()[0].id.to_string());
    let error = tenant.organization().await.unwrap_err();
    assert_eq!(
        error.kind,
        GraphErrorKind::Token {
            aadsts: Some(7_000_215)
        }
    );
    let good = Options::default().client_secret;
    kept.held.lock().unwrap().push(held("new", &good));
    tenant.organization().await.unwrap();
    // Removed again, the token that is at hand is used on, and after it nothing is left.
    kept.held.lock().unwrap().clear();
    tenant.organization().await.unwrap();
    tenant.forget_token().await;
    assert!(tenant.organization().await.is_err());
}

#[tokio::test]
async fn another_refusal_than_of_the_credential_is_the_answer_at_once() {
    let kept = Arc::new(Kept::default());
    let good = Options::default().client_secret;
    kept.held.lock().unwrap().push(held("new", &good));
    let (microsoft, client) = with(&good, &kept).await;
    let unknown = client.tenant("84841066-274d-4ec0-a5c1-276be684bdd3");
    assert!(unknown.organization().await.is_err());
    assert_eq!(
        token_statuses(&microsoft).len(),
        1,
        "the second credential would be told the same"
    );
    assert!(kept.heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_trial_tells_a_good_credential_from_a_wrong_one_and_changes_nothing() {
    let kept = Arc::new(Kept::default());
    let (microsoft, client) = with(WRONG_SECRET, &kept).await;
    let tenant = microsoft.tenants()[0].id.to_string();
    let good = secret(&Options::default().client_secret);
    client.try_credential(&tenant, &good).await.unwrap();
    let refused = client
        .try_credential(&tenant, &secret(CLIENT_SECRET))
        .await
        .unwrap_err();
    assert!(refused.refuses_credential(), "{refused}");
    assert!(!refused.to_string().contains(CLIENT_SECRET), "{refused}");
    assert!(
        client.tenant(&tenant).organization().await.is_err(),
        "it was tried, not taken"
    );
}
