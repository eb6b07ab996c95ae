use super::*;
use crate::{model::ids::PortalId, store::vault::Sealed};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

const SECRET: &[u8] = b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const HOME: &str = "https://entrain.example";
const ORIGIN: &str = "https://portal.example";

fn portal() -> Portal {
    Portal {
        id: PortalId(Uuid::from_u128(7)),
        name: "Acme".into(),
        origins: vec![ORIGIN.into()],
        secret: Sealed {
            key_id: String::new(),
            bytes: vec![],
        },
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn claims() -> Value {
    json!({
        "iss": portal().id, "aud": HOME, "sub": "42", "name": "Ann", "role": "viewer", "scope": Uuid::from_u128(9),
        "origin": ORIGIN, "exp": now().timestamp() + 300, "jti": "one",
    })
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

fn signed(claims: &Value) -> String {
    encode(
        &Header::new(Algorithm::HS256),
        claims,
        &EncodingKey::from_secret(SECRET),
    )
    .unwrap()
}

fn told(token: &str) -> Result<Verified, TokenError> {
    verify(token, &portal(), SECRET, HOME, now())
}

/// A token with this header, signed as if it were HS256.
fn headed(header: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(&claims()));
    let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &EncodingKey::from_secret(SECRET), Algorithm::HS256);
    format!("{text}.{}", signature.unwrap())
}

#[test]
fn a_token_of_the_portal_is_believed_with_the_time_that_it_has_to_be_remembered() {
    let Verified { sent, expired } = told(&signed(&claims())).unwrap();
    assert!(!expired);
    assert_eq!((sent.subject.as_str(), sent.role), ("42", Role::Viewer));
    assert_eq!(sent.until, now() + TimeDelta::seconds(300) + SKEW);
    for same in [
        with("aud", json!(format!("{HOME}/"))),
        with("aud", json!(["https://other.example", HOME])),
        with("exp", json!(now().timestamp() as f64 + 300.5)),
        with("exp", json!(now().timestamp() + 600)),
    ] {
        assert!(told(&signed(&same)).is_ok_and(|verified| !verified.expired), "{same}");
    }
    assert!(told(&headed(&json!({ "alg": "HS256" }))).is_ok(), "signed by hand");
}

#[test]
fn the_end_of_a_token_holds_to_the_skew_of_clocks() {
    for (past, expired) in [(59, false), (61, true), (3600, true)] {
        let token = signed(&with("exp", json!(now().timestamp() - past)));
        assert_eq!(told(&token).map(|verified| verified.expired), Ok(expired), "{past}");
    }
}

#[test]
fn a_token_that_is_signed_with_anything_but_hs256_is_forged() {
    for alg in [
        "none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256",
    ] {
        assert!(
            matches!(told(&headed(&json!({ "alg": alg }))), Err(TokenError::Forged(_))),
            "{alg}"
        );
    }
    let unsigned = signed(&claims());
    let unsigned = unsigned.rsplit_once('.').unwrap().0;
    for token in [
        format!("{unsigned}."),
        unsigned.to_owned(),
        String::new(),
        "a.b.c".into(),
        ".".repeat(9000),
    ] {
        assert!(matches!(told(&token), Err(TokenError::Forged(_))));
    }
    let critical = headed(&json!({ "alg": "HS256", "crit": ["b64"] }));
    assert!(matches!(told(&critical), Err(TokenError::Forged(_))));
}

#[test]
fn a_token_with_another_key_or_a_changed_claim_is_forged() {
    let other = verify(&signed(&claims()), &portal(), b"another secret", HOME, now());
    assert!(matches!(other, Err(TokenError::Forged(_))));
    let (viewer, technician) = (signed(&claims()), signed(&with("role", json!("technician"))));
    let (signature, rest) = (
        viewer.rsplit_once('.').unwrap().1,
        technician.rsplit_once('.').unwrap().0,
    );
    assert!(matches!(
        told(&format!("{rest}.{signature}")),
        Err(TokenError::Forged(_))
    ));
}

#[test]
fn each_claim_has_to_be_right() {
    let long = "x".repeat(201);
    for wrong in [
        with("iss", json!(Uuid::from_u128(8))),
        with("aud", json!("https://other.example")),
        with("aud", json!([])),
        with("role", json!("administrator")),
        with("role", json!("")),
        with("scope", json!("all")),
        with("sub", json!(" ")),
        with("sub", json!(long)),
        with("name", json!("Ann\nADMIN signed in")),
        with("name", json!(long)),
        with("jti", json!("")),
        with("jti", json!(long)),
        with("exp", json!(now().timestamp() + 600 + 61)),
        with("exp", json!(1e300)),
        with("exp", json!("soon")),
        with("nbf", json!(now().timestamp() + 61)),
    ] {
        assert!(matches!(told(&signed(&wrong)), Err(TokenError::Forged(_))), "{wrong}");
    }
    for claim in ["iss", "aud", "sub", "name", "role", "scope", "origin", "exp", "jti"] {
        let mut lacking = claims();
        lacking.as_object_mut().unwrap().remove(claim);
        assert!(matches!(told(&signed(&lacking)), Err(TokenError::Forged(_))), "{claim}");
    }
    for origin in [
        "https://evil.example",
        "http://portal.example",
        "https://portal.example:8443",
        "null",
    ] {
        let token = signed(&with("origin", json!(origin)));
        assert_eq!(told(&token), Err(TokenError::Origin(origin.into())));
    }
}

#[test]
fn nothing_unseen_stands_in_a_name_or_in_an_id() {
    let name = |name: &str| told(&signed(&with("name", json!(name)))).map(|verified| verified.sent.name);
    let reordered = "\u{202e}Ann\u{2069}\u{200b} O\u{feff}ther\u{200f}";
    assert_eq!(name(reordered).as_deref(), Ok("Ann Other"));
    assert_eq!(name("Zu\u{308}rich \u{200b}").as_deref(), Ok("Zürich"));
    let persian = "علی\u{200c}رضا";
    assert_eq!(name(persian).as_deref(), Ok(persian));
    assert!(matches!(name("\u{200b}\u{2066}"), Err(TokenError::Forged(_))));
    for sub in ["42\u{200b}", "\u{202e}42", "42\u{200d}", "\u{feff}42"] {
        let token = signed(&with("sub", json!(sub)));
        assert!(matches!(told(&token), Err(TokenError::Forged(_))), "{sub:?}");
    }
}

#[test]
fn a_token_is_posted_by_its_own_page_or_from_our_frame() {
    let sent = told(&signed(&claims())).unwrap().sent;
    let came = |origin, into, given_by| {
        let from = PostedFrom { origin, into, given_by };
        came_from(from, &sent, HOME)
    };
    for origin in [None, Some(ORIGIN), Some(HOME)] {
        for into in [None, Some("iframe"), Some("document"), Some("empty")] {
            assert!(came(origin, into, ""), "{origin:?} {into:?}");
        }
    }
    for origin in ["https://evil.example", "http://portal.example", ""] {
        assert!(!came(Some(origin), Some("iframe"), ""), "{origin}");
    }
    assert!(came(Some(HOME), None, ORIGIN));
    assert!(
        !came(Some(HOME), None, "https://evil.example"),
        "given to our frame by another page"
    );
    assert!(came(Some("null"), Some("iframe"), ""));
    for into in [None, Some("document"), Some("empty"), Some("object")] {
        assert!(!came(Some("null"), into, ""), "{into:?}");
    }
}
