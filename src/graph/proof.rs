//! What a request for a token holds to prove who asks.

use super::{
    error::{GraphError, GraphErrorKind},
    keyring::Credential,
};
use chrono::{DateTime, Utc};
use oauth2::ClientSecret;
use secrecy::ExposeSecret as _;
use url::Url;

/// RFC 7523 section 2.2.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A secret, or the parameters of an assertion.
pub(super) struct Proof {
    /// The secret, where that is the credential.
    pub secret: Option<ClientSecret>,
    /// Names and values besides it.
    pub parameters: Vec<(&'static str, String)>,
}

impl Proof {
    /// For the token endpoint at `url`. `now` is by Microsoft's clock.
    pub fn new(
        credential: &Credential,
        client_id: &str,
        url: &Url,
        now: DateTime<Utc>,
        operation: &str,
    ) -> Result<Self, GraphError> {
        match credential {
            Credential::Secret(secret) => Ok(Self {
                secret: Some(ClientSecret::new(secret.expose_secret().to_owned())),
                parameters: vec![],
            }),
            Credential::Certificate(certificate) => {
                let assertion = certificate.assertion(client_id, url.as_str(), now).map_err(|error| {
                    let message = format!("the certificate's key can not sign: {error}");
                    GraphError::new(GraphErrorKind::Settings, operation, message)
                })?;
                Ok(Self {
                    secret: None,
                    parameters: vec![
                        ("client_assertion_type", ASSERTION_TYPE.to_owned()),
                        ("client_assertion", assertion),
                    ],
                })
            }
        }
    }
}
