//! Id tokens as an attacker would make them, or another service would issue them: what a fault has the token endpoint
//! answer in place of the right one. A client must refuse each.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::claims::{CONSUMERS, issuer};
use super::signing::{SigningError, SigningKey};

/// What is wrong with an id token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Forgery {
    /// The issuer is another tenant than `tid` says.
    Issuer,
    /// The issuer is another host.
    IssuerHost,
    /// The tenant is another one, and the issuer with it: a token that Microsoft would issue to a stranger.
    Tenant,
    /// The tenant is that of consumers' accounts, and so are issuer and key: all of it fits together.
    Consumer,
    /// Signed by the published key that is for consumers' accounts only.
    ConsumerKey,
    /// Signed by another key under the id of the right one.
    StrangerKey,
    /// `alg: none`, and no signature.
    None,
    /// `alg: HS256`, signed with what everybody knows: the public key.
    Hmac,
    /// Another nonce than was asked for.
    Nonce,
    /// No nonce.
    NoNonce,
    /// For another application.
    Audience,
    /// Past its end.
    Expired,
    /// Before its beginning.
    Early,
    /// Of a guest, whose name at home looks like anybody's: `idp` says where home is.
    Guest,
    /// Of a member, right in all: `idp` repeats the issuer, as it may.
    AtHome,
}

/// What a forged token is made of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// Scheme and host by which the client came.
    pub base: &'a str,
    /// The cloud's key.
    pub own: &'a SigningKey,
    /// The key of consumers' accounts.
    pub consumers: &'a SigningKey,
}

impl Forgery {
    /// The token with these claims, made wrong.
    pub fn token(self, mut claims: Value, with: Material<'_>) -> Result<String, SigningError> {
        let stranger = Uuid::from_u128(0x0bad_0bad_0bad_4bad_8bad_0bad_0bad_0bad).to_string();
        let of = |tenant: &str| issuer(with.base, tenant);
        match self {
            Self::Issuer => claims["iss"] = json!(of(&stranger)),
            Self::IssuerHost => {
                let tenant = claims["tid"].as_str().unwrap_or_default().to_owned();
                claims["iss"] = json!(issuer("https://login.evil.example", &tenant));
            }
            Self::Tenant => (claims["iss"], claims["tid"]) = (json!(of(&stranger)), json!(stranger)),
            Self::Consumer => {
                (claims["iss"], claims["tid"]) = (json!(of(CONSUMERS)), json!(CONSUMERS));
                return with.consumers.sign(&claims);
            }
            Self::ConsumerKey => return with.consumers.sign(&claims),
            Self::StrangerKey => return with.consumers.sign_as(with.own, &claims),
            Self::None => {
                let header = json!({ "typ": "JWT", "alg": "none" });
                return Ok(format!("{}.{}.", part(&header), part(&claims)));
            }
            Self::Hmac => return with.own.sign_with_public_half(&claims),
            Self::Nonce => claims["nonce"] = json!("another"),
            Self::NoNonce => {
                claims.as_object_mut().map(|claims| claims.remove("nonce"));
            }
            Self::Audience => claims["aud"] = json!(stranger),
            Self::Expired => (claims["nbf"], claims["exp"]) = (json!(1_600_000_000), json!(1_600_003_600)),
            Self::Early => claims["nbf"] = json!(4_000_000_000_u64),
            Self::AtHome => claims["idp"] = claims["iss"].clone(),
            Self::Guest => claims["idp"] = json!(format!("https://sts.windows.net/{stranger}/")),
        }
        with.own.sign(&claims)
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
