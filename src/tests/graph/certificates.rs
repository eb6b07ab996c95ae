//! Signing in with a certificate, as learn.microsoft.com/entra/identity-platform/certificate-credentials has it.

use super::microsoft::{Microsoft, Seen, TENANT, ok, reply, token, token_error};
use crate::{
    graph::{Certificate, CertificateError, Credential, GraphErrorKind, TenantClient},
    tests::{
        certificate::{Key, block, certificate, rsa_key, rsa_key_of, signed},
        said,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use uuid::Uuid;

const DOMAINS: &str = "/graph/v1.0/domains";

/// A server that answers, a client with a certificate, and what the server needs to check it.
struct Signed {
    microsoft: Microsoft,
    tenant: TenantClient,
    key: Key,
    der: Vec<u8>,
}

async fn signed_in(until: i32) -> Signed {
    let microsoft = Microsoft::start().await;
    microsoft.on(DOMAINS, ok(json!({"value": []})));
    let key = rsa_key();
    let der = certificate(&key, 2020, until);
    let pem = block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", &der);
    let credential = Credential::Certificate(Arc::new(Certificate::from_pem(pem.as_bytes()).unwrap()));
    Signed {
        tenant: microsoft.client_with(credential).tenant(TENANT),
        microsoft,
        key,
        der,
    }
}

impl Signed {
    /// The claims of an assertion, when its signature is that of the certificate's key.
    fn claims(&self, asked: &Seen) -> Value {
        let assertion = &form(asked)["client_assertion"];
        let mut validation = Validation::new(Algorithm::PS256);
        (validation.validate_aud, validation.validate_exp) = (false, false);
        let key = DecodingKey::from_rsa_der(&self.key.public);
        jsonwebtoken::decode(assertion, &key, &validation).unwrap().claims
    }
}

fn form(asked: &Seen) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(asked.body.as_bytes())
        .into_owned()
        .collect()
}

#[tokio::test]
async fn an_assertion_is_made_as_microsoft_documents_it_and_replaces_the_secret() {
    let signed = signed_in(2100).await;
    signed.tenant.domains().await.unwrap();
    let [asked] = &signed.microsoft.token_requests()[..] else {
        panic!("one token request")
    };
    let form = form(asked);
    let fields: BTreeSet<&str> = form.keys().map(String::as_str).collect();
    let expected = [
        "client_id",
        "client_assertion",
        "client_assertion_type",
        "grant_type",
        "scope",
    ];
    assert_eq!(fields, expected.into());
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(asked.header("authorization"), "");

    let head = form["client_assertion"].split('.').next().unwrap();
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&signed.der));
    assert_eq!(head, json!({"typ": "JWT", "alg": "PS256", "x5t#S256": thumbprint}));

    let claims = signed.claims(asked);
    let audience = format!("{}/login/{TENANT}/oauth2/v2.0/token", signed.microsoft.address);
    assert_eq!(
        (&claims["aud"], &claims["iss"], &claims["sub"]),
        (&json!(audience), &json!("client-1"), &json!("client-1"))
    );
    assert!(claims["jti"].as_str().unwrap().parse::<Uuid>().is_ok());
    let time = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!((time("iat"), time("exp")), (time("nbf"), time("nbf") + 300));
    assert!((Utc::now().timestamp() - time("nbf")).abs() < 60);
}

#[tokio::test]
async fn each_request_for_a_token_has_an_assertion_of_its_own() {
    let signed = signed_in(2100).await;
    for _ in 0..2 {
        signed.tenant.forget_token().await;
        signed.tenant.domains().await.unwrap();
    }
    let ids: BTreeSet<String> = signed
        .microsoft
        .token_requests()
        .iter()
        .map(|asked| signed.claims(asked)["jti"].to_string())
        .collect();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_microsofts_and_stays_corrected() {
    let signed = signed_in(2100).await;
    let theirs = Utc::now() + TimeDelta::hours(2);
    let date = theirs.format("%a, %d %b %Y %H:%M:%S GMT");
    signed
        .microsoft
        .on_token(token_error(401, 700_027).header("date", date))
        .on_token(token("first", 3600))
        .on_token(token("second", 3600));
    signed.tenant.domains().await.unwrap();
    signed.tenant.forget_token().await;
    signed.tenant.domains().await.unwrap();
    let asked = signed.microsoft.token_requests();
    let ahead: Vec<i64> = asked
        .iter()
        .map(|asked| signed.claims(asked)["nbf"].as_i64().unwrap() - Utc::now().timestamp())
        .collect();
    assert!(ahead[0].abs() < 60, "{ahead:?}");
    assert!(
        ahead[1..].iter().all(|ahead| (7_100..7_300).contains(ahead)),
        "{ahead:?}"
    );
    assert_eq!(
        asked.len(),
        3,
        "one refusal, its repetition, and no refusal the next time"
    );
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_clock_is_not_asked_again() {
    for (code, hours) in [(700_027, 0), (7_000_222, 2)] {
        let signed = signed_in(2100).await;
        let date = (Utc::now() + TimeDelta::hours(hours)).format("%a, %d %b %Y %H:%M:%S GMT");
        signed.microsoft.on_token(token_error(401, code).header("date", date));
        let error = signed.tenant.domains().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::Token { aadsts: Some(code) });
        assert_eq!(signed.microsoft.token_requests().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_clock_that_does_not_help_is_tried_once() {
    let signed = signed_in(2100).await;
    let date = (Utc::now() - TimeDelta::days(3)).format("%a, %d %b %Y %H:%M:%S GMT");
    signed
        .microsoft
        .on_token(token_error(401, 700_027).header("date", date));
    let error = signed.tenant.domains().await.unwrap_err();
    assert!(error.remedy().contains("clock is right"), "{}", error.remedy());
    assert_eq!(signed.microsoft.token_requests().len(), 2);
}

#[tokio::test]
async fn the_refusal_of_an_expired_certificate_says_that_it_has_expired() {
    let signed = signed_in(2021).await;
    signed.microsoft.on_token(token_error(401, 700_027));
    let error = signed.tenant.domains().await.unwrap_err();
    assert!(error.message.contains("expired on 2021-01-01"), "{error}");
    assert!(error.remedy().contains("certificate"), "{}", error.remedy());
}

#[tokio::test]
async fn an_error_page_that_repeats_the_assertion_does_not_show_it() {
    let signed = signed_in(2100).await;
    signed.microsoft.on_token(reply(400, "").echoing());
    let error = signed.tenant.domains().await.unwrap_err();
    let sent = form(&signed.microsoft.token_requests()[0]);
    let signature = sent["client_assertion"].rsplit('.').next().unwrap();
    let shown = format!("{error:?} {error}");
    assert!(shown.contains("client_assertion=***"), "{shown}");
    assert!(
        !shown.contains(&sent["client_assertion"][..40]) && !shown.contains(signature),
        "{shown}"
    );
}

#[tokio::test]
async fn the_key_is_not_printed() {
    let signed = signed_in(2100).await;
    signed.tenant.domains().await.unwrap();
    let printed = format!("{:?}", signed.tenant);
    // A list of bytes or a PEM block: either would show the beginning of the key.
    let bytes = format!("{:?}", &signed.key.pkcs1[..8]);
    assert!(
        !printed.contains(bytes.trim_end_matches(']')) && !printed.contains("BEGIN"),
        "{printed}"
    );
    assert!(printed.contains("REDACTED"), "{printed}");
}

fn refused(text: &str) -> CertificateError {
    Certificate::from_pem(text.as_bytes()).unwrap_err()
}

#[test]
fn both_forms_of_an_rsa_key_and_a_chain_in_any_order_are_read() {
    let (key, other) = (rsa_key(), rsa_key());
    let (own, issuer) = (certificate(&key, 2020, 2100), certificate(&other, 2020, 2100));
    for text in [
        block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", &own),
        block("CERTIFICATE", &issuer) + &block("CERTIFICATE", &own) + &block("RSA PRIVATE KEY", &key.pkcs1),
        format!(
            "Bag Attributes\n    friendlyName: test\n{}{}",
            block("PRIVATE KEY", &key.pkcs8),
            block("CERTIFICATE", &own)
        ),
    ] {
        assert!(Certificate::from_pem(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn a_file_that_can_not_be_used_says_why_in_one_line() {
    let (key, other, short) = (rsa_key(), rsa_key(), rsa_key_of(1024));
    let own = block("CERTIFICATE", &certificate(&key, 2020, 2100));
    let private = block("PRIVATE KEY", &key.pkcs8);
    let elliptic = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    // Whoever searches a repository for keys need not find this one.
    let tag = "RSA PRIVATE KEY";
    let encrypted = format!(
        "-----BEGIN {tag}-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END {tag}-----\n"
    );
    for (text, error) in [
        (String::new(), CertificateError::NotPem),
        ("just words".to_owned(), CertificateError::NotPem),
        (own.clone(), CertificateError::NoKey),
        (private.clone(), CertificateError::NoCertificate),
        (block("PRIVATE KEY", &other.pkcs8) + &own, CertificateError::WrongKey),
        (
            block("ENCRYPTED PRIVATE KEY", b"any") + &own,
            CertificateError::EncryptedKey,
        ),
        (encrypted + &own, CertificateError::EncryptedKey),
        (block("EC PRIVATE KEY", b"any") + &own, CertificateError::NotRsa),
        (
            block("PRIVATE KEY", elliptic.serialized_der()) + &block("CERTIFICATE", &signed(&elliptic, 2020, 2100)),
            CertificateError::NotRsa,
        ),
        (block("PRIVATE KEY", b"not a key") + &own, CertificateError::BrokenKey),
        (block("PRIVATE KEY", &short.pkcs8) + &own, CertificateError::ShortKey),
        (
            private + &block("CERTIFICATE", b"not a certificate"),
            CertificateError::BrokenCertificate,
        ),
    ] {
        assert_eq!(refused(&text), error, "{text}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn the_stand_in_verifies_our_assertion_and_a_wrong_clock_is_corrected_once() {
    said::listen();
    let key = rsa_key();
    let der = certificate(&key, 2020, 2100);
    let pem = block("PRIVATE KEY", &key.pkcs8) + &block("CERTIFICATE", &der);
    let options = microsoft_sim::Options {
        certificates: vec![block("CERTIFICATE", &der).into_bytes()],
        ..crate::tests::support::contoso(1)
    };
    let client_id = options.client_id.clone();
    let microsoft = microsoft_sim::start(options).await.unwrap();
    let address = format!("http://{}", microsoft.address());
    let client = crate::graph::GraphClient::new(crate::graph::GraphSettings {
        reports_in_ten_seconds: 1_000,
        login_url: address.parse().unwrap(),
        graph_url: address.parse().unwrap(),
        client_id,
        credential: Credential::Certificate(Arc::new(Certificate::from_pem(pem.as_bytes()).unwrap())).into(),
    })
    .unwrap();
    let tenant = client.tenant(&microsoft.tenants()[0].id.to_string());
    tenant.organization().await.unwrap();
    let statuses = || {
        let seen = microsoft.requests();
        let tokens = seen.iter().filter(|entry| entry.path.ends_with("/token"));
        tokens.map(|entry| entry.status).collect::<Vec<_>>()
    };
    assert_eq!(statuses(), [200]);

    let clock = json!({"path": "token", "kind": "clock", "seconds": 7_200});
    microsoft.add_fault(serde_json::from_value(clock).unwrap()).unwrap();
    for _ in 0..2 {
        tenant.forget_token().await;
        tenant.organization().await.unwrap();
    }
    assert_eq!(statuses(), [200, 401, 200, 200]);
}
