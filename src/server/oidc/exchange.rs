//! What is asked of a provider: the address where somebody signs in, and the id token for the code that comes back.

use super::{
    attempt::Attempt,
    http::HttpError,
    provider::{Known, Provider, ProviderError},
    token::{Expected, Identity, MoreClaims, TokenAnswer, TokenError, verify},
};
use crate::{
    graph::{Credential, Verdict, refused_credential},
    model::sign_in::ProviderKind,
};
use chrono::{DateTime, Utc};
use openidconnect::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, ConfigurationError, EmptyAdditionalClaims,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl,
    RequestTokenError, Scope, StandardErrorResponse, TokenResponse as _, UserInfoClaims, UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
        CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    },
};
use secrecy::ExposeSecret as _;
use url::Url;

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Answer = StandardErrorResponse<CoreErrorResponseType>;
type Ready = Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    Answer,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why a code did not end in somebody.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The provider is away.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// It does not answer where codes are redeemed.
    #[error("the code could not be redeemed: {0}")]
    Http(HttpError),
    /// It refuses the code, or us.
    #[error("the provider refused the code: {0}")]
    Code(String),
    /// Its answer has no id token, or none that can be read.
    #[error("the answer is no sign-in: {0}")]
    Unreadable(String),
    /// The id token is not to be believed.
    #[error("the id token is refused: {0}")]
    Token(#[from] TokenError),
    /// We have nothing to prove who we are with.
    #[error("there is no client secret and no certificate; add one in Settings, Microsoft App Registration")]
    NoCredential,
    /// We can't prove who we are.
    #[error("the certificate's key can not sign: {0}")]
    Assertion(String),
}

impl From<ConfigurationError> for ExchangeError {
    fn from(error: ConfigurationError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl Provider {
    /// Where somebody signs in. `back` is where they come back to.
    pub async fn address(&self, attempt: &Attempt, back: &Url) -> Result<Url, ProviderError> {
        let client = self.client(&*self.known().await?, back, None);
        let (state, nonce) = (attempt.state(), attempt.nonce());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&attempt.verifier());
        let request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(challenge);
        let request = match self.kind {
            // Who is signed in at Microsoft with one account may want to come in with another.
            ProviderKind::Microsoft => request.add_prompt(CoreAuthPrompt::SelectAccount),
            ProviderKind::Openid => request.add_scope(Scope::new("email".into())),
        };
        Ok(request.url().0)
    }

    /// Whom the code stands for.
    pub async fn redeem(
        &self,
        code: &str,
        attempt: &Attempt,
        back: &Url,
        now: DateTime<Utc>,
    ) -> Result<Identity, ExchangeError> {
        let known = self.known().await?;
        let mut refusal = ExchangeError::NoCredential;
        for held in self.credential.in_order(now).await {
            let client = self.client(&known, back, Some(&held.credential));
            let answer = self.answer(&known, &client, &held.credential, code, attempt, now).await;
            let aadsts = match &answer {
                Err(ExchangeError::Code(words)) => refused_credential(words),
                _ => None,
            };
            match (answer, aadsts) {
                // Microsoft has not looked at the code then: the next credential may redeem it.
                (Err(error), Some(aadsts)) => {
                    self.credential.note(&held.name, Verdict::Refused(aadsts)).await;
                    refusal = error;
                }
                (answer, _) => {
                    let answer = answer?;
                    let identity = self.identify(&known, &answer, attempt, now).await?;
                    return self.with_address(&client, &answer, identity).await;
                }
            }
        }
        Err(refusal)
    }

    async fn answer(
        &self,
        known: &Known,
        client: &Ready,
        credential: &Credential,
        code: &str,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<TokenAnswer, ExchangeError> {
        let mut request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))?
            .set_pkce_verifier(attempt.verifier());
        let endpoint = known.metadata.token_endpoint().map(|endpoint| endpoint.as_str());
        if let (Credential::Certificate(certificate), Some(endpoint)) = (credential, endpoint) {
            let assertion = certificate.assertion(&self.client_id, endpoint, now);
            let assertion = assertion.map_err(|error| ExchangeError::Assertion(error.to_string()))?;
            request = request
                .add_extra_param("client_assertion_type", ASSERTION_TYPE)
                .add_extra_param("client_assertion", assertion);
        }
        request.request_async(&self.http).await.map_err(refused)
    }

    async fn identify(
        &self,
        known: &Known,
        answer: &TokenAnswer,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<Identity, ExchangeError> {
        let none = || ExchangeError::Unreadable("it has no id token".into());
        let (token, nonce) = (answer.id_token().ok_or_else(none)?, attempt.nonce());
        let verified = |known: &Known| {
            let expected = Expected {
                kind: self.kind,
                issuer: known.metadata.issuer(),
                keys: &known.keys,
                algorithms: known.metadata.id_token_signing_alg_values_supported(),
                client_id: &self.client_id,
                nonce: &nonce,
                now,
            };
            verify(token, answer.access_token(), &expected)
        };
        match verified(known) {
            Err(TokenError::UnknownKey) => Ok(verified(&*self.with_new_keys().await?)?),
            result => Ok(result?),
        }
    }

    /// The email, where the provider tells it elsewhere only: with an access token, claims of a scope stand in the
    /// answer of the userinfo endpoint (OpenID Connect Core 1.0, section 5.4).
    async fn with_address(
        &self,
        client: &Ready,
        answer: &TokenAnswer,
        identity: Identity,
    ) -> Result<Identity, ExchangeError> {
        if self.kind == ProviderKind::Microsoft || identity.address.is_some() {
            return Ok(identity);
        }
        // The answer has to be about the same subject: the request below compares it.
        let subject = openidconnect::SubjectIdentifier::new(identity.subject.clone());
        let Ok(request) = client.user_info(answer.access_token().clone(), Some(subject)) else {
            return Ok(identity);
        };
        let claims: Result<UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>, UserInfoError<HttpError>> =
            request.request_async(&self.http).await;
        let claims = claims.map_err(|error| ExchangeError::Unreadable(format!("the userinfo endpoint: {error}")))?;
        let email = claims.email().map(|email| email.as_str().to_owned());
        let name = claims.name().and_then(|name| name.get(None));
        let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Ok(Identity {
            name: name.or_else(|| email.clone()).unwrap_or(identity.name),
            address: email.filter(|_| claims.email_verified() == Some(true)),
            ..identity
        })
    }

    fn client(&self, known: &Known, back: &Url, credential: Option<&Credential>) -> Ready {
        let secret = match credential {
            Some(Credential::Secret(secret)) => Some(ClientSecret::new(secret.expose_secret().to_owned())),
            Some(Credential::Certificate(_)) | None => None,
        };
        // OpenID Connect Discovery 1.0, section 3: Basic where nothing is said.
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let in_body = methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        let auth_type = if in_body || self.kind == ProviderKind::Microsoft {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        Ready::from_provider_metadata(known.metadata.clone(), ClientId::new(self.client_id.clone()), secret)
            .set_auth_type(auth_type)
            .set_redirect_uri(RedirectUrl::from_url(back.clone()))
    }
}

/// Without the answer itself, which may hold a token.
fn refused(error: RequestTokenError<HttpError, Answer>) -> ExchangeError {
    match error {
        RequestTokenError::Request(error) => ExchangeError::Http(error),
        RequestTokenError::ServerResponse(answer) => ExchangeError::Code(format!(
            "{}: {}",
            answer.error().as_ref(),
            answer.error_description().map_or("without a reason", String::as_str)
        )),
        RequestTokenError::Parse(error, _) => ExchangeError::Unreadable(format!("at {}", error.path())),
        RequestTokenError::Other(words) => ExchangeError::Unreadable(words),
    }
}
