//! Authorization codes: each is good once, for ten minutes, for the client, the address and the PKCE challenge that it
//! was asked for with (RFC 6749 §4.1, RFC 7636).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

/// How long a code is good.
const LIFETIME: Duration = Duration::from_secs(600);

/// Above this many codes, dead ones are thrown away.
const CROWDED: usize = 1_000;

/// What a person agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The tenant that the person signed in to.
    pub tenant: Uuid,
    /// The person.
    pub user: Uuid,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// The PKCE challenge, S256.
    pub challenge: Option<String>,
    /// What the id token has to repeat.
    pub nonce: Option<String>,
    /// What was asked for.
    pub scope: String,
}

impl Authorization {
    /// Whether the verifier fits the challenge. Without a challenge there must be no verifier either.
    pub fn fits(&self, verifier: Option<&str>) -> bool {
        match (&self.challenge, verifier) {
            (Some(challenge), Some(verifier)) => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge,
            (None, None) => true,
            _ => false,
        }
    }
}

/// Why a code is not accepted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CodeError {
    /// It was never given out.
    #[error("Invalid request. Request is malformed or invalid.")]
    Unknown,
    /// It was redeemed before.
    #[error(
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh \
         token."
    )]
    Redeemed,
    /// It is past its time.
    #[error("The provided authorization code or refresh token has expired due to inactivity.")]
    Expired,
}

impl CodeError {
    /// The number of the AADSTS error.
    pub fn code(&self) -> u32 {
        match self {
            Self::Unknown => 9_002_313,
            Self::Redeemed => 54005,
            Self::Expired => 70008,
        }
    }
}

#[derive(Debug)]
struct Given {
    authorization: Authorization,
    dies: Instant,
    redeemed: bool,
}

/// The codes that were given out.
#[derive(Debug, Default)]
pub struct Codes {
    given: HashMap<String, Given>,
}

impl Codes {
    /// Gives out a code.
    pub fn give(&mut self, authorization: Authorization, now: Instant) -> String {
        if self.given.len() > CROWDED {
            self.given.retain(|_, given| given.dies > now);
        }
        let random: Vec<u8> = (0..4).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
        let code = format!("0.{}", URL_SAFE_NO_PAD.encode(random));
        let given = Given {
            authorization,
            dies: now + LIFETIME,
            redeemed: false,
        };
        self.given.insert(code.clone(), given);
        code
    }

    /// What a code stands for, as long as it can be redeemed.
    pub fn find(&self, code: &str, now: Instant) -> Result<&Authorization, CodeError> {
        match self.given.get(code) {
            None => Err(CodeError::Unknown),
            Some(given) if given.redeemed => Err(CodeError::Redeemed),
            Some(given) if given.dies <= now => Err(CodeError::Expired),
            Some(given) => Ok(&given.authorization),
        }
    }

    /// Marks a code as redeemed.
    pub fn redeem(&mut self, code: &str) {
        if let Some(given) = self.given.get_mut(code) {
            given.redeemed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization(challenge: Option<&str>) -> Authorization {
        Authorization {
            tenant: Uuid::nil(),
            user: Uuid::nil(),
            redirect_uri: "http://localhost/".to_owned(),
            challenge: challenge.map(str::to_owned),
            nonce: None,
            scope: "openid".to_owned(),
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_ten_minutes() {
        let (mut codes, now) = (Codes::default(), Instant::now());
        let code = codes.give(authorization(None), now);
        assert!(codes.find(&code, now + Duration::from_secs(599)).is_ok());
        assert_eq!(codes.find(&code, now + LIFETIME), Err(CodeError::Expired));
        codes.redeem(&code);
        assert_eq!(codes.find(&code, now), Err(CodeError::Redeemed));
        assert_eq!(codes.find("0.x", now), Err(CodeError::Unknown));
    }

    #[test]
    fn the_verifier_of_rfc_7636_fits_its_challenge() {
        let asked = authorization(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(asked.fits(Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
        assert!(!asked.fits(Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj")));
        assert!(!asked.fits(None));
        assert!(authorization(None).fits(None));
        assert!(!authorization(None).fits(Some("anything")));
    }
}
