//! The key with which the cloud signs its tokens, and the document in which clients find its public half. It is made
//! anew at each start and lives in memory only.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use thiserror::Error;

/// The length of the key in bits, as Microsoft's keys have it.
const BITS: usize = 2048;

/// Why the signing key could not be made or used.
#[derive(Debug, Error)]
pub enum SigningError {
    /// The key could not be made.
    #[error("the signing key could not be made: {0}")]
    Key(#[from] rsa::Error),
    /// The key could not be written in the form that others read.
    #[error("the signing key could not be encoded: {0}")]
    Encoding(String),
    /// Its certificate could not be made.
    #[error("the signing key's certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A token could not be signed.
    #[error("a token could not be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
    /// The thread that made the key was lost.
    #[error("the signing key could not be made: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// The cloud's signing key.
pub struct SigningKey {
    key: EncodingKey,
    kid: String,
    jwk: Value,
    public_pem: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new key with a certificate of its own; takes a while, so never call it where others wait.
    pub fn generate() -> Result<Self, SigningError> {
        let private = RsaPrivateKey::new(&mut OsRng, BITS)?;
        let encoding = |error: &dyn std::fmt::Display| SigningError::Encoding(error.to_string());
        let pkcs1 = private.to_pkcs1_der().map_err(|error| encoding(&error))?;
        let pkcs8 = private.to_pkcs8_der().map_err(|error| encoding(&error))?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_bytes().into(), &PKCS_RSA_SHA256)?;
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "accounts.accesscontrol.windows.net");
        let certificate = params.self_signed(&pair)?;
        let public_pem = private.to_public_key().to_public_key_pem(LineEnding::LF);
        let public_pem = public_pem.map_err(|error| encoding(&error))?;
        // Microsoft's key ids are the certificate's SHA-1 thumbprints (`manual-discovery-keys-1`).
        let kid = URL_SAFE_NO_PAD.encode(Sha1::digest(certificate.der()));
        let jwk = json!({
            "kty": "RSA", "use": "sig", "kid": kid, "x5t": kid,
            "n": URL_SAFE_NO_PAD.encode(private.n().to_bytes_be()),
            "e": URL_SAFE_NO_PAD.encode(private.e().to_bytes_be()),
            "x5c": [STANDARD.encode(certificate.der())],
        });
        Ok(Self {
            key: EncodingKey::from_rsa_der(pkcs1.as_bytes()),
            kid,
            jwk,
            public_pem,
        })
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &Value) -> Result<String, SigningError> {
        let header = Header {
            kid: Some(self.kid.clone()),
            x5t: Some(self.kid.clone()),
            ..Header::new(Algorithm::RS256)
        };
        Ok(jsonwebtoken::encode(&header, claims, &self.key)?)
    }

    /// A token signed by this key under the id of another one, as a forger would call it.
    pub fn sign_as(&self, other: &Self, claims: &Value) -> Result<String, SigningError> {
        let header = Header {
            kid: Some(other.kid.clone()),
            ..Header::new(Algorithm::RS256)
        };
        Ok(jsonwebtoken::encode(&header, claims, &self.key)?)
    }

    /// A token signed with HMAC, its secret being the public key, which everybody knows.
    pub fn sign_with_public_half(&self, claims: &Value) -> Result<String, SigningError> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let secret = EncodingKey::from_secret(self.public_pem.as_bytes());
        Ok(jsonwebtoken::encode(&header, claims, &secret)?)
    }

    /// The public half as the document of keys has it; `issuer` is whom the v2.0 document says that the key signs for.
    pub fn published(&self, issuer: Option<&str>) -> Value {
        let mut key = self.jwk.clone();
        if let Some(issuer) = issuer {
            key["issuer"] = json!(issuer);
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    use super::*;
    use crate::Options;
    use crate::identity::registration::Registration;

    #[test]
    fn a_token_verifies_by_the_published_modulus_and_by_the_published_certificate() {
        let key = SigningKey::generate().unwrap();
        let token = key.sign(&json!({ "aud": "us", "exp": 4_000_000_000_i64 })).unwrap();
        let document = json!({ "keys": [key.published(Some("the issuer"))] });
        assert_eq!(document["keys"][0]["issuer"], "the issuer");
        let keys: JwkSet = serde_json::from_value(document.clone()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&["us"]);
        let published = DecodingKey::from_jwk(&keys.keys[0]).unwrap();
        assert!(decode::<Value>(&token, &published, &validation).is_ok());

        let der = STANDARD
            .decode(document["keys"][0]["x5c"][0].as_str().unwrap())
            .unwrap();
        let options = Options {
            certificates: vec![der],
            ..Options::default()
        };
        let registration = Registration::new(&options).unwrap();
        let certificate = registration
            .certificate(None, document["keys"][0]["x5t"].as_str())
            .unwrap();
        assert!(decode::<Value>(&token, &certificate.key, &validation).is_ok());
    }
}
