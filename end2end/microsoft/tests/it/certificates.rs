//! Client assertions by certificate, and secrets that expire.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use microsoft_sim::{Options, Secret, SimError, start};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use reqwest::StatusCode;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::OsRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Cloud, form_with, good_form, options, with};

const CLIENT: &str = "5a1e0000-0000-4000-8000-000000000001";

/// A certificate with its key.
struct Credential {
    key: EncodingKey,
    pem: String,
    der: Vec<u8>,
}

fn credential(valid_days: i64) -> Credential {
    let private = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
    let pair = private.to_pkcs8_der().unwrap();
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pair.as_bytes().into(), &PKCS_RSA_SHA256).unwrap();
    let mut params = CertificateParams::default();
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now - time::Duration::days(30);
    params.not_after = now + time::Duration::days(valid_days);
    let certificate = params.self_signed(&pair).unwrap();
    Credential {
        key: EncodingKey::from_rsa_der(private.to_pkcs1_der().unwrap().as_bytes()),
        pem: certificate.pem(),
        der: certificate.der().to_vec(),
    }
}

impl Credential {
    fn sha256(&self) -> Header {
        Header {
            x5t_s256: Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&self.der))),
            ..Header::new(Algorithm::PS256)
        }
    }

    fn sha1(&self) -> Header {
        Header {
            x5t: Some(URL_SAFE_NO_PAD.encode(sha1::Sha1::digest(&self.der))),
            ..Header::new(Algorithm::RS256)
        }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }
}

fn claims(cloud: &Cloud, tenant: &str) -> Value {
    let now = Utc::now().timestamp();
    json!({
        "aud": format!("{}/{tenant}/oauth2/v2.0/token", cloud.base()), "iss": CLIENT, "sub": CLIENT,
        "jti": "0e1f6f2e-1111-4222-8333-444455556666", "nbf": now, "iat": now, "exp": now + 600,
    })
}

async fn ask(cloud: &Cloud, assertion: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let answer = cloud.ask_token(&cloud.tenant.to_string(), &form).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_assertion_with_either_thumbprint_is_as_good_as_a_secret() {
    let (pem, der) = (credential(30), credential(30));
    let mut cloud = with(Options {
        certificates: vec![pem.pem.clone().into_bytes(), der.der.clone()],
        ..options(2)
    })
    .await;
    for credential in [&pem, &der] {
        for header in [credential.sha256(), credential.sha1()] {
            for tenant in [&*cloud.tenant.to_string(), "contoso.example"] {
                let assertion = credential.sign(&header, &claims(&cloud, tenant));
                let (status, body) = ask(&cloud, &assertion).await;
                assert_eq!(status, 200, "{body}");
                cloud.token = body["access_token"].as_str().unwrap().to_owned();
                cloud.get("/users").await;
            }
        }
    }
    // Times may be broken numbers, `nbf` may be missing, and no limit is put on `exp`.
    let mut claims = claims(&cloud, "contoso.example");
    claims["exp"] = json!(Utc::now().timestamp() as f64 + 86_400.5);
    claims.as_object_mut().unwrap().remove("nbf");
    assert_eq!(ask(&cloud, &pem.sign(&pem.sha256(), &claims)).await.0, 200);
}

#[tokio::test]
async fn every_mistake_in_an_assertion_has_its_number() {
    let (known, stranger, expired) = (credential(30), credential(30), credential(-1));
    let cloud = with(Options {
        certificates: vec![known.pem.clone().into_bytes(), expired.der.clone()],
        ..options(1)
    })
    .await;
    let good = claims(&cloud, &cloud.tenant.to_string());
    let now = Utc::now().timestamp();
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        known.sign(&known.sha256(), &claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        known.sign(&known.sha256(), &claims)
    };
    let mut tampered = known.sign(&known.sha256(), &good);
    let at = tampered.len() - 40;
    let letter = if tampered.as_bytes()[at] == b'A' { "B" } else { "A" };
    tampered.replace_range(at..=at, letter);
    let other = format!("{}/nobody.example/oauth2/v2.0/token", cloud.base());
    let elsewhere = format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", cloud.tenant);
    let cases = [
        (stranger.sign(&stranger.sha256(), &good), 700_027),
        (stranger.sign(&known.sha256(), &good), 700_027),
        (expired.sign(&expired.sha256(), &good), 700_027),
        (known.sign(&Header::new(Algorithm::PS256), &good), 700_027),
        (tampered, 700_027),
        (changed("iss", json!("11111111-1111-1111-1111-111111111111")), 700_021),
        (changed("sub", json!("11111111-1111-1111-1111-111111111111")), 700_021),
        (changed("aud", json!(other)), 700_023),
        (changed("aud", json!(elsewhere)), 700_023),
        (changed("exp", json!(now - 301)), 700_024),
        (changed("nbf", json!(now + 330)), 700_024),
        (without("jti"), 50027),
        (without("exp"), 50027),
        (without("aud"), 50027),
        ("no.jwt.here".to_owned(), 50027),
    ];
    for (number, (assertion, code)) in cases.into_iter().enumerate() {
        let (status, body) = ask(&cloud, &assertion).await;
        assert_eq!(body["error_codes"], json!([code]), "{number}: {body}");
        let expected = if code == 50027 {
            (400, "invalid_request")
        } else {
            (401, "invalid_client")
        };
        assert_eq!((status, body["error"].as_str().unwrap()), expected, "{number}");
    }
    assert_eq!(
        ask(&cloud, &changed("exp", json!(now - 200))).await.0,
        200,
        "clocks may differ"
    );
}

#[tokio::test]
async fn an_assertion_that_is_signed_with_the_public_key_as_a_secret_is_refused() {
    let known = credential(30);
    let cloud = with(Options {
        certificates: vec![known.der.clone()],
        ..options(1)
    })
    .await;
    let header = Header {
        alg: Algorithm::HS256,
        ..known.sha256()
    };
    let claims = claims(&cloud, &cloud.tenant.to_string());
    let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&known.der)).unwrap();
    let (status, body) = ask(&cloud, &forged).await;
    assert_eq!((status, &body["error_codes"]), (401, &json!([700_027])));
}

#[tokio::test]
async fn a_secret_beside_the_first_is_good_until_it_expires() {
    let secret = |value: &str, days| Secret {
        value: value.to_owned(),
        expires: Some(Utc::now() + TimeDelta::days(days)),
    };
    let cloud = with(Options {
        secrets: vec![secret("next", 30), secret("last", -1)],
        ..options(1)
    })
    .await;
    let ask = async |value| {
        let form = form_with("client_secret", Some(value));
        cloud.ask_token("contoso.example", &form).await
    };
    assert_eq!(ask("next").await.status(), StatusCode::OK);
    let expired = ask("last").await;
    assert_eq!(expired.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        expired.json::<Value>().await.unwrap()["error_codes"],
        json!([7_000_222])
    );
    assert_eq!(
        cloud.ask_token("contoso.example", &good_form()).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_keeps_the_cloud_from_starting() {
    let wrong = Options {
        certificates: vec![b"not a certificate".to_vec()],
        ..options(1)
    };
    assert!(matches!(start(wrong).await.unwrap_err(), SimError::Certificate(_)));
}
