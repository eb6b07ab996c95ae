//! Whether an id token is to be believed, and whom it names: OpenID Connect Core 1.0, section 3.1.3.7, and what Microsoft
//! asks for beside it (learn.microsoft.com/entra/identity-platform/access-tokens, claims-validation): the issuer is
//! that of the token's tenant, and the key is one that signs for this issuer.

use super::provider::{ANY_TENANT, Key};
use crate::{model::sign_in::ProviderKind, server::settings::CONSUMERS};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, ClientId, EmptyExtraTokenFields, IdToken,
    IdTokenClaims, IdTokenFields, IdTokenVerifier, IssuerUrl, JsonWebKeySet, Nonce, SignatureVerificationError,
    StandardTokenResponse,
    core::{
        CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far clocks may differ.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Signatures with a key pair: with any other, whoever knows what is public could sign.
const PAIRS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What Microsoft's tokens say besides the standard.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct MoreClaims {
    tid: Option<String>,
    oid: Option<String>,
    /// Where a guest is at home; of anybody else the issuer, or nothing.
    idp: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    nbf: Option<f64>,
}

impl AdditionalClaims for MoreClaims {}

/// The id token.
pub type Token = IdToken<MoreClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
/// The answer with it.
pub type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        MoreClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type Claims = IdTokenClaims<MoreClaims, CoreGenderClaim>;

/// What a token has to fit.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// Whose it is.
    pub kind: ProviderKind,
    /// Its issuer, with a gap for the tenant where any is meant.
    pub issuer: &'a IssuerUrl,
    /// The keys of the issuer.
    pub keys: &'a [Key],
    /// With what the provider says that it signs.
    pub algorithms: &'a [CoreJwsSigningAlgorithm],
    /// Who we are.
    pub client_id: &'a str,
    /// What this attempt asked it to repeat.
    pub nonce: &'a Nonce,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Whom a provider names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Which provider.
    pub kind: ProviderKind,
    /// The tenant at Microsoft, the issuer elsewhere.
    pub authority: String,
    /// The person there: `oid` at Microsoft, `sub` elsewhere. With the authority it names one person for ever.
    pub subject: String,
    /// The Microsoft tenant.
    pub tenant: Option<Uuid>,
    /// How to greet them.
    pub name: String,
    /// The address by which they may have been invited; nothing where it proves nothing.
    pub address: Option<String>,
    /// The app roles that the tenant has assigned to them.
    pub roles: Vec<String>,
}

/// Why a token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Signed by a key that the provider does not publish, or not any more.
    #[error("it is signed by a key that the provider does not publish")]
    UnknownKey,
    /// The signature, the issuer, the audience, the nonce or the end does not fit.
    #[error("{0}")]
    Refused(String),
    /// No tenant, or not in the form of one.
    #[error("it names no Microsoft tenant")]
    NoTenant,
    /// A personal account.
    #[error("it is of a personal Microsoft account")]
    Consumer,
    /// The issuer is not that of the tenant.
    #[error("its issuer is \"{found}\", and that of its tenant is \"{expected}\"")]
    Issuer {
        /// What the tenant's would be.
        expected: String,
        /// What the token says.
        found: String,
    },
    /// The key signs for somebody else.
    #[error("its key signs for \"{key}\", and its issuer is \"{issuer}\"")]
    KeyIssuer {
        /// For whom.
        key: String,
        /// Whose the token is.
        issuer: String,
    },
    /// Issued to another application.
    #[error("it was issued to another application")]
    Party,
    /// From the future.
    #[error("it is not valid yet: check this machine's clock")]
    Early,
    /// It belongs to another access token.
    #[error("it belongs to another access token")]
    AccessToken,
    /// Nobody.
    #[error("it names no person: the scope \"profile\" gives \"oid\"")]
    NoSubject,
}

impl From<ClaimsVerificationError> for TokenError {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                Self::UnknownKey
            }
            ClaimsVerificationError::SignatureVerification(error) => Self::Refused(error.to_string()),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// Verifies a token that came with an access token, and says whom it names.
pub fn verify(token: &Token, access: &AccessToken, expected: &Expected<'_>) -> Result<Identity, TokenError> {
    let keys: Vec<CoreJsonWebKey> = expected.keys.iter().map(|key| key.key.clone()).collect();
    let (client_id, now) = (ClientId::new(expected.client_id.to_owned()), expected.now);
    let algorithms = expected.allowed();
    // Not as a confidential client: that would let the secret, which is no key pair, verify a signature.
    let verifier = IdTokenVerifier::new_public_client(client_id, expected.issuer.clone(), JsonWebKeySet::new(keys))
        .set_allowed_algs(algorithms)
        .set_time_fn(move || now)
        .set_issue_time_verifier_fn(move |at| (at <= now + SKEW).then_some(()).ok_or_else(|| "from the future".into()))
        // Microsoft's is that of the tenant, which only the claims tell: `of_tenant` compares it.
        .require_issuer_match(expected.kind != ProviderKind::Microsoft);
    let claims = token.claims(&verifier, expected.nonce)?;
    let key = token.signing_key(&verifier).map_err(|_| TokenError::UnknownKey)?;
    if claims
        .authorized_party()
        .is_some_and(|party| party.as_str() != expected.client_id)
    {
        return Err(TokenError::Party);
    }
    let latest = (now + SKEW).timestamp() as f64;
    if claims.additional_claims().nbf.is_some_and(|nbf| nbf > latest) {
        return Err(TokenError::Early);
    }
    if let Some(hash) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|_| TokenError::UnknownKey)?;
        let own = AccessTokenHash::from_token(access, algorithm, key);
        if own.is_ok_and(|own| own != *hash) {
            return Err(TokenError::AccessToken);
        }
    }
    match expected.kind {
        ProviderKind::Microsoft => of_tenant(claims, key, expected),
        ProviderKind::Openid => Ok(of_issuer(claims)),
    }
}

impl Expected<'_> {
    /// Microsoft signs with RS256 only; others with what they say, as far as it takes a key pair. A provider that says
    /// nothing signs with RS256 (OpenID Connect Core 1.0, section 2).
    fn allowed(&self) -> Vec<CoreJwsSigningAlgorithm> {
        let said = PAIRS.into_iter().filter(|pair| self.algorithms.contains(pair));
        let said: Vec<_> = said.collect();
        if self.kind == ProviderKind::Microsoft || said.is_empty() {
            vec![CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256]
        } else {
            said
        }
    }
}

/// Microsoft: the tenant's own issuer, a key that signs for it, and the person's id in the tenant.
fn of_tenant(claims: &Claims, key: &CoreJsonWebKey, expected: &Expected<'_>) -> Result<Identity, TokenError> {
    let more = claims.additional_claims();
    let written = more.tid.as_deref().ok_or(TokenError::NoTenant)?;
    let tenant: Uuid = written.parse().map_err(|_| TokenError::NoTenant)?;
    if tenant == CONSUMERS {
        return Err(TokenError::Consumer);
    }
    let issuer = expected.issuer.replace(ANY_TENANT, written);
    if claims.issuer().as_str() != issuer {
        let found = claims.issuer().to_string();
        return Err(TokenError::Issuer {
            expected: issuer,
            found,
        });
    }
    let published = expected.keys.iter().find(|published| published.key == *key);
    let signs_for = published
        .and_then(|published| published.issuer.as_deref())
        .unwrap_or_default();
    if signs_for.replace(ANY_TENANT, written) != issuer {
        let key = signs_for.to_owned();
        return Err(TokenError::KeyIssuer { key, issuer });
    }
    let person: Option<Uuid> = more.oid.as_deref().and_then(|oid| oid.parse().ok());
    let address = claims.preferred_username().map(|name| name.as_str().to_owned());
    let name = shown(claims).or_else(|| address.clone()).unwrap_or_default();
    // Left out or the issuer itself where somebody is at home (learn.microsoft.com/entra/identity-platform/
    // id-token-claims-reference).
    let is_home = more.idp.as_deref().is_none_or(|idp| idp == issuer);
    Ok(Identity {
        kind: ProviderKind::Microsoft,
        authority: tenant.to_string(),
        subject: person.ok_or(TokenError::NoSubject)?.to_string(),
        tenant: Some(tenant),
        name,
        // The user principal name of a member lies in a domain that the tenant has proved to own. That of a guest is
        // any address, and `email` may be anything anywhere: neither says whose it is.
        address: address.filter(|address| is_home && !address.to_ascii_uppercase().contains("#EXT#")),
        roles: more.roles.clone(),
    })
}

fn of_issuer(claims: &Claims) -> Identity {
    let email = claims.email().map(|email| email.as_str().to_owned());
    Identity {
        kind: ProviderKind::Openid,
        authority: claims.issuer().to_string(),
        subject: claims.subject().to_string(),
        tenant: None,
        name: shown(claims).or_else(|| email.clone()).unwrap_or_default(),
        address: email.filter(|_| claims.email_verified() == Some(true)),
        roles: vec![],
    }
}

fn shown(claims: &Claims) -> Option<String> {
    let name = claims.name()?.get(None)?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
