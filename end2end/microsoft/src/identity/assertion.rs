//! Client assertions: a JWT that the application signs with the key of a registered certificate, in place of a secret.
//!
//! The form is that of Microsoft's page on certificate credentials (graph.md §1): PS256 with `x5t#S256`, or the older
//! RS256 with `x5t`. That page says that no limit is put on how far `exp` may lie ahead, so none is put here. The codes
//! are those that Microsoft answers with; 700021, 700023 and 700024 are from its guides on workload identities and
//! from issues of its libraries.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, crypto};
use serde::Deserialize;
use thiserror::Error;

use super::registration::Registration;

/// How far clocks may differ.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// The value of `client_assertion_type`.
pub const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why an assertion is not accepted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AssertionError {
    /// It is no JWT, or lacks what it must hold.
    #[error("Invalid JWT token. {0}")]
    Malformed(&'static str),
    /// No registered certificate has the thumbprint.
    #[error(
        "Client assertion contains an invalid signature. [Reason - The key was not found., Thumbprint of key used by \
         client: '{0}']"
    )]
    UnknownKey(String),
    /// The certificate is past its time.
    #[error("Client assertion contains an invalid signature. [Reason - The key used is expired.]")]
    ExpiredKey,
    /// The signature does not fit the certificate.
    #[error("Client assertion contains an invalid signature. [Reason - {0}]")]
    Signature(&'static str),
    /// It speaks for another application.
    #[error("Client assertion application identifier doesn't match 'client_id' parameter.")]
    Identifier,
    /// It is meant for another endpoint.
    #[error("Client assertion audience claim does not match Realm issuer.")]
    Audience,
    /// It is too old, or not valid yet.
    #[error(
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {from}, \
         expiry time of assertion {until}."
    )]
    Time {
        /// The time here.
        now: String,
        /// Its `nbf`.
        from: String,
        /// Its `exp`.
        until: String,
    },
}

impl AssertionError {
    /// The number of the AADSTS error.
    pub fn code(&self) -> u32 {
        match self {
            Self::Malformed(_) => 50027,
            Self::UnknownKey(_) | Self::ExpiredKey | Self::Signature(_) => 700_027,
            Self::Identifier => 700_021,
            Self::Audience => 700_023,
            Self::Time { .. } => 700_024,
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
}

// Times come as whole or broken numbers: MSAL for Python writes broken ones.
#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    jti: Option<String>,
    nbf: Option<f64>,
    exp: Option<f64>,
}

/// Verifies an assertion of the client; `audience` tells which `aud` is meant for this endpoint.
pub fn verify(
    assertion: &str,
    registration: &Registration,
    audience: impl Fn(&str) -> bool,
    now: DateTime<Utc>,
) -> Result<(), AssertionError> {
    let (message, signature) = assertion
        .rsplit_once('.')
        .ok_or(AssertionError::Malformed("Token format isn't proper."))?;
    let (header, claims) = message
        .split_once('.')
        .ok_or(AssertionError::Malformed("Token format isn't proper."))?;
    let header: Header = part(header, "The header can't be read.")?;
    let claims: Claims = part(
        claims,
        "The claims can't be read, or one of 'aud', 'iss' and 'sub' is missing.",
    )?;
    proven(&header, message, signature, registration, now)?;
    if !registration.is(&claims.iss) || !registration.is(&claims.sub) {
        return Err(AssertionError::Identifier);
    }
    if !audience(&claims.aud) {
        return Err(AssertionError::Audience);
    }
    if claims.jti.is_none_or(|jti| jti.is_empty()) {
        return Err(AssertionError::Malformed("It doesn't contain a 'jti' claim."));
    }
    let until = claims
        .exp
        .ok_or(AssertionError::Malformed("It doesn't contain an 'exp' claim."))?;
    within(claims.nbf.unwrap_or(0.0), until, now)
}

fn part<T: for<'a> Deserialize<'a>>(text: &str, wrong: &'static str) -> Result<T, AssertionError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| AssertionError::Malformed(wrong))?;
    serde_json::from_slice(&bytes).map_err(|_| AssertionError::Malformed(wrong))
}

fn proven(
    header: &Header,
    message: &str,
    signature: &str,
    registration: &Registration,
    now: DateTime<Utc>,
) -> Result<(), AssertionError> {
    let algorithm = match header.alg.as_str() {
        "PS256" => Algorithm::PS256,
        "RS256" => Algorithm::RS256,
        _ => return Err(AssertionError::Signature("The algorithm is not supported.")),
    };
    let (sha256, sha1) = (header.x5t_s256.as_deref(), header.x5t.as_deref());
    let certificate = registration.certificate(sha256, sha1).ok_or_else(|| {
        let given = sha256.or(sha1).unwrap_or_default();
        AssertionError::UnknownKey(given.chars().take(64).collect())
    })?;
    if now < certificate.valid.0 || now > certificate.valid.1 {
        return Err(AssertionError::ExpiredKey);
    }
    match crypto::verify(signature, message.as_bytes(), &certificate.key, algorithm) {
        Ok(true) => Ok(()),
        _ => Err(AssertionError::Signature(
            "The key was found, but its signature does not fit.",
        )),
    }
}

fn within(from: f64, until: f64, now: DateTime<Utc>) -> Result<(), AssertionError> {
    #[expect(clippy::cast_possible_truncation, reason = "a second more or less does not matter")]
    let time = |seconds: f64| DateTime::from_timestamp(seconds as i64, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let (start, end) = (time(from), time(until));
    if start <= now + TOLERANCE && now - TOLERANCE < end {
        return Ok(());
    }
    let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    Err(AssertionError::Time {
        now: text(now),
        from: text(start),
        until: text(end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_differ_by_five_minutes_and_no_more() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let inside = |from: f64, until: f64| within(1.8e9 + from, 1.8e9 + until, now).is_ok();
        assert!(inside(299.0, 600.0));
        assert!(!inside(301.0, 900.0));
        assert!(inside(-900.0, -299.0));
        assert!(!inside(-900.0, -300.0));
    }

    #[test]
    fn what_is_no_jwt_is_malformed() {
        let registration = Registration::new(&crate::Options::default()).unwrap();
        for text in ["", "a", "a.b", "a.b.c", "e30.e30.x"] {
            let error = verify(text, &registration, |_| true, Utc::now()).unwrap_err();
            assert_eq!(error.code(), 50027, "{text}");
        }
    }
}
