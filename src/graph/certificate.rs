//! The certificate with which the app proves itself instead of a secret
//! (learn.microsoft.com/entra/identity-platform/certificate-credentials). Its key is never printed or logged.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use pem::Pem;
use rsa::{
    RsaPrivateKey,
    pkcs1::{self, DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _},
    pkcs8::PrivateKeyInfo,
    traits::PublicKeyParts as _,
};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use x509_cert::der::Decode as _;

/// How long an assertion is good for: it is used at once, and Microsoft wants 5 to 10 minutes at most.
const ASSERTION_LIFE: TimeDelta = TimeDelta::minutes(5);

/// The shortest RSA key that is taken (NIST SP 800-131A, section 3).
const LEAST_BITS: usize = 2048;

/// A certificate and its key, checked to belong together.
#[derive(Debug)]
pub struct Certificate {
    /// The key in PKCS#1 form.
    key: SecretSlice<u8>,
    /// base64url of the SHA-256 of the certificate: `x5t#S256`.
    thumbprint: String,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
}

/// Why a PEM file can not be used. Each reads as the end of a sentence that begins with the name of the setting, and
/// says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Nothing in PEM form, or PEM that is broken.
    #[error("is no PEM file; put the private key and the certificate into it, each between its BEGIN and END lines")]
    NotPem,
    /// No private key.
    #[error("holds no private key; add the certificate's key (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY)")]
    NoKey,
    /// No certificate.
    #[error("holds no certificate; add the certificate that was uploaded to the app registration (BEGIN CERTIFICATE)")]
    NoCertificate,
    /// The key is encrypted.
    #[error(
        "holds an encrypted key; take the passphrase away, for example with: openssl pkcs8 -in key.pem -out plain.pem"
    )]
    EncryptedKey,
    /// The key is for another algorithm.
    #[error("holds a key that is not RSA; Microsoft takes RSA certificates, so make an RSA key of 2048 bits or more")]
    NotRsa,
    /// The key is so short that it may be broken: 1024 bits were given up years ago.
    #[error("holds an RSA key that is too short; make one of 2048 bits or more, and a certificate for it")]
    ShortKey,
    /// The key can not be read.
    #[error("holds a private key that can not be read; export it again as PKCS#8 or PKCS#1 in PEM form")]
    BrokenKey,
    /// A certificate can not be read.
    #[error("holds a certificate that can not be read; export it again in PEM form")]
    BrokenCertificate,
    /// No certificate of the file is for the key.
    #[error("holds a key that does not belong to its certificate; put the two that were made together into one file")]
    WrongKey,
}

/// Names are Microsoft's and of RFC 7523 section 3.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: Uuid,
    nbf: i64,
    iat: i64,
    exp: i64,
}

impl Certificate {
    /// Reads a PEM file with one RSA key (PKCS#8 or PKCS#1) and its certificate; other certificates, such as those of
    /// the issuer, may stand in it too.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let blocks = pem::parse_many(text).map_err(|_| CertificateError::NotPem)?;
        if blocks.is_empty() {
            return Err(CertificateError::NotPem);
        }
        let key = key(&blocks)?;
        if key.n().bits() < LEAST_BITS {
            return Err(CertificateError::ShortKey);
        }
        let public = key
            .to_public_key()
            .to_pkcs1_der()
            .map_err(|_| CertificateError::BrokenKey)?;
        let mut found = CertificateError::NoCertificate;
        for block in blocks.iter().filter(|block| block.tag() == "CERTIFICATE") {
            let read = x509_cert::Certificate::from_der(block.contents());
            let certificate = read.map_err(|_| CertificateError::BrokenCertificate)?.tbs_certificate;
            if certificate.subject_public_key_info.subject_public_key.raw_bytes() != public.as_bytes() {
                found = CertificateError::WrongKey;
                continue;
            }
            let key = key.to_pkcs1_der().map_err(|_| CertificateError::BrokenKey)?;
            return Ok(Self {
                key: key.as_bytes().to_vec().into(),
                thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(block.contents())),
                not_before: time(certificate.validity.not_before),
                not_after: time(certificate.validity.not_after),
            });
        }
        Err(found)
    }

    /// What is wrong with the certificate's dates at `now`, as a sentence without an end.
    pub fn lapse(&self, now: DateTime<Utc>) -> Option<String> {
        let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
        if now > self.not_after {
            return Some(format!("the certificate expired on {}", day(self.not_after)));
        }
        (now < self.not_before).then(|| format!("the certificate is not valid before {}", day(self.not_before)))
    }

    /// When it ends.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// The SHA-256 of the certificate as `openssl x509 -fingerprint -sha256` writes it, without the colons.
    pub fn fingerprint(&self) -> String {
        let hash = URL_SAFE_NO_PAD.decode(&self.thumbprint).unwrap_or_default();
        hash.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// A new assertion for the token endpoint at `audience`.
    pub fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header {
            x5t_s256: Some(self.thumbprint.clone()),
            ..Header::new(Algorithm::PS256)
        };
        let claims = Claims {
            aud: audience,
            iss: client_id,
            sub: client_id,
            jti: Uuid::new_v4(),
            nbf: now.timestamp(),
            iat: now.timestamp(),
            exp: (now + ASSERTION_LIFE).timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_der(self.key.expose_secret()))
    }
}

fn key(blocks: &[Pem]) -> Result<RsaPrivateKey, CertificateError> {
    let block = blocks
        .iter()
        .find(|block| block.tag().ends_with("PRIVATE KEY"))
        .ok_or(CertificateError::NoKey)?;
    match block.tag() {
        "ENCRYPTED PRIVATE KEY" => Err(CertificateError::EncryptedKey),
        "RSA PRIVATE KEY" if block.headers().get("DEK-Info").is_some() => Err(CertificateError::EncryptedKey),
        "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(block.contents()).map_err(|_| CertificateError::BrokenKey),
        "PRIVATE KEY" => {
            let info = PrivateKeyInfo::try_from(block.contents()).map_err(|_| CertificateError::BrokenKey)?;
            if info.algorithm.oid != pkcs1::ALGORITHM_OID {
                return Err(CertificateError::NotRsa);
            }
            RsaPrivateKey::from_pkcs1_der(info.private_key).map_err(|_| CertificateError::BrokenKey)
        }
        _ => Err(CertificateError::NotRsa),
    }
}

/// Certificates hold whole seconds up to the year 9999, which fit.
fn time(time: x509_cert::time::Time) -> DateTime<Utc> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
