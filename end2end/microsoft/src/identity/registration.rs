//! The registration of the application: its secrets, its certificates and where sign-in may lead back to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::DecodingKey;
use rsa::RsaPublicKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_cert::der::{Decode, DecodePem, Encode};

use crate::error::SimError;
use crate::options::{Options, Secret};

/// A certificate that is registered with the application.
#[derive(Clone)]
pub struct Certificate {
    /// base64url of the SHA-1 of its DER, as in `x5t`.
    pub sha1: String,
    /// base64url of the SHA-256 of its DER, as in `x5t#S256`.
    pub sha256: String,
    /// From when to when it is valid.
    pub valid: (DateTime<Utc>, DateTime<Utc>),
    /// Its public key.
    pub key: DecodingKey,
}

// The key's own Debug prints all of its bytes.
impl std::fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Certificate")
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

/// What a secret turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// Registered, and still good.
    Valid,
    /// Registered, but past its time.
    Expired,
    /// Not registered.
    Unknown,
}

/// The registration of the application.
#[derive(Debug)]
pub struct Registration {
    /// The application's id.
    pub client_id: String,
    secrets: Vec<Secret>,
    certificates: Vec<Certificate>,
    redirect_uris: Vec<String>,
}

impl Registration {
    /// The registration that the options describe; an error when a certificate cannot be read.
    pub fn new(options: &Options) -> Result<Self, SimError> {
        let main = Secret {
            value: options.client_secret.clone(),
            expires: None,
        };
        let certificates = options.certificates.iter().map(|bytes| certificate(bytes));
        Ok(Self {
            client_id: options.client_id.clone(),
            secrets: std::iter::once(main).chain(options.secrets.iter().cloned()).collect(),
            certificates: certificates.collect::<Result<_, _>>()?,
            redirect_uris: options.redirect_uris.clone(),
        })
    }

    /// Whether this is the application's id.
    pub fn is(&self, client: &str) -> bool {
        self.client_id.eq_ignore_ascii_case(client)
    }

    /// Whether a secret is good at this time.
    pub fn secret(&self, value: &str, now: DateTime<Utc>) -> SecretState {
        let mut known = self.secrets.iter().filter(|secret| secret.value == value).peekable();
        if known.peek().is_none() {
            return SecretState::Unknown;
        }
        match known.any(|secret| secret.expires.is_none_or(|end| end > now)) {
            true => SecretState::Valid,
            false => SecretState::Expired,
        }
    }

    /// The certificate with a thumbprint, of whichever of the two kinds is given.
    pub fn certificate(&self, sha256: Option<&str>, sha1: Option<&str>) -> Option<&Certificate> {
        // Some clients pad their base64url.
        let same = |own: &str, given: &str| own == given.trim_end_matches('=');
        self.certificates.iter().find(|certificate| match (sha256, sha1) {
            (Some(given), _) => same(&certificate.sha256, given),
            (None, Some(given)) => same(&certificate.sha1, given),
            (None, None) => false,
        })
    }

    /// Whether sign-in and consent may lead to this address: a registered one, letter for letter, or any on this
    /// machine, as Microsoft leaves the port of `http://localhost` open.
    pub fn leads_to(&self, uri: &str) -> bool {
        is_loopback(uri) || self.redirect_uris.iter().any(|known| known == uri)
    }
}

/// Whether an address is a plain HTTP one on this machine.
pub fn is_loopback(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("http://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix("[::1]") {
        Some("") => return true,
        Some(port) => return is_port(port),
        None => authority,
    };
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    matches!(name, "localhost" | "127.0.0.1") && (port.is_empty() || is_port(port))
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

fn certificate(bytes: &[u8]) -> Result<Certificate, SimError> {
    let fail = |why: String| SimError::Certificate(why);
    let parsed = match bytes.trim_ascii_start().starts_with(b"-----") {
        true => x509_cert::Certificate::from_pem(first_certificate(bytes)),
        false => x509_cert::Certificate::from_der(bytes),
    };
    let parsed = parsed.map_err(|error| fail(error.to_string()))?;
    let der = parsed.to_der().map_err(|error| fail(error.to_string()))?;
    let info = &parsed.tbs_certificate.subject_public_key_info;
    let info = info.to_der().map_err(|error| fail(error.to_string()))?;
    // Microsoft takes RSA certificates only for assertions of this kind.
    let key =
        RsaPublicKey::from_public_key_der(&info).map_err(|error| fail(format!("its key is not RSA ({error})")))?;
    let key = key.to_pkcs1_der().map_err(|error| fail(error.to_string()))?;
    let validity = &parsed.tbs_certificate.validity;
    let time = |time: x509_cert::time::Time| DateTime::<Utc>::from(time.to_system_time());
    Ok(Certificate {
        sha1: URL_SAFE_NO_PAD.encode(Sha1::digest(&der)),
        sha256: URL_SAFE_NO_PAD.encode(Sha256::digest(&der)),
        valid: (time(validity.not_before), time(validity.not_after)),
        key: DecodingKey::from_rsa_der(key.as_bytes()),
    })
}

/// The first certificate of a PEM file, which may hold a private key or a chain beside it.
fn first_certificate(pem: &[u8]) -> &[u8] {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let find = |from: usize, what: &[u8]| {
        let found = pem[from..].windows(what.len()).position(|part| part == what);
        found.map(|at| from + at)
    };
    let start = find(0, BEGIN).unwrap_or(0);
    let end = find(start, END).map_or(pem.len(), |at| at + END.len());
    &pem[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_on_this_machine_is_known_whatever_its_port_and_path() {
        for uri in [
            "http://localhost",
            "http://localhost:8400/cb",
            "http://127.0.0.1:1/",
            "http://[::1]:80/x?y",
        ] {
            assert!(is_loopback(uri), "{uri}");
        }
        for uri in [
            "https://localhost/cb",
            "http://localhost.evil.example/",
            "http://localhost:x/",
            "http://localhost@evil.example/",
            "http://127.0.0.1:80@evil.example/",
        ] {
            assert!(!is_loopback(uri), "{uri}");
        }
    }

    #[test]
    fn a_secret_past_its_time_is_expired_and_not_unknown() {
        let now = Utc::now();
        let expires = |seconds| Some(now + chrono::TimeDelta::seconds(seconds));
        let options = Options {
            secrets: [("old", expires(-1)), ("new", expires(60))]
                .map(|(value, expires)| Secret {
                    value: value.to_owned(),
                    expires,
                })
                .to_vec(),
            ..Options::default()
        };
        let registration = Registration::new(&options).unwrap();
        assert_eq!(registration.secret("simulated-secret", now), SecretState::Valid);
        assert_eq!(registration.secret("new", now), SecretState::Valid);
        assert_eq!(registration.secret("old", now), SecretState::Expired);
        assert_eq!(registration.secret("wrong", now), SecretState::Unknown);
    }

    #[test]
    fn what_is_no_certificate_is_said_so() {
        let options = Options {
            certificates: vec![b"-----BEGIN CERTIFICATE-----\nabc".to_vec()],
            ..Options::default()
        };
        assert!(matches!(Registration::new(&options), Err(SimError::Certificate(_))));
    }
}
