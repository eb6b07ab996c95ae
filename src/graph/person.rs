//! A token for somebody who has signed in: the second half of the authorization code flow.

use super::{
    client::GraphClient,
    error::GraphError,
    keyring::Credential,
    persist::persist,
    proof::Proof,
    tokens::{Bearer, Token, TokenHttp, token_url, unreadable},
    transport::Connection,
};
use chrono::Utc;
use oauth2::{AuthType, AuthorizationCode, ClientId, PkceCodeVerifier, RedirectUrl, TokenUrl, basic::BasicClient};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

/// Somebody who has signed in, for as long as their token lives. Never stored and never logged.
#[derive(Clone)]
pub struct Person {
    bearer: Bearer,
}

impl Person {
    pub(super) const fn new(bearer: Bearer) -> Self {
        Self { bearer }
    }

    pub(super) const fn bearer(&self) -> &Bearer {
        &self.bearer
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person")
    }
}

/// A code, and where it is redeemed.
struct Redemption<'a> {
    url: Url,
    code: &'a str,
    verifier: &'a str,
    back: &'a Url,
}

impl GraphClient {
    /// Redeems a code (learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). What comes is kept in
    /// memory alone, by whoever asked.
    pub async fn redeem(&self, tenant: Uuid, code: &str, verifier: &str, back: &Url) -> Result<Person, GraphError> {
        let url = token_url(self.login_url(), &tenant.to_string())?;
        let operation = format!("POST {}", url.path());
        let asked = &Redemption {
            url,
            code,
            verifier,
            back,
        };
        let token = persist(false, |connection| {
            let redeem = move |with| self.redeem_with(asked, connection, with);
            self.credentials().prove(&operation, redeem)
        })
        .await?;
        Ok(token.into_person())
    }

    /// With one of our credentials. A code is not used up by a request whose credential is refused.
    async fn redeem_with(
        &self,
        asked: &Redemption<'_>,
        connection: Connection,
        with: Credential,
    ) -> Result<Token, GraphError> {
        let operation = format!("POST {}", asked.url.path());
        let http = TokenHttp::new(self.transport().clone(), connection);
        let proof = Proof::new(&with, self.client_id(), &asked.url, Utc::now(), &operation)?;
        let client = BasicClient::new(ClientId::new(self.client_id().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_redirect_uri(RedirectUrl::from_url(asked.back.clone()))
            .set_token_uri(TokenUrl::from_url(asked.url.clone()));
        let client = match proof.secret {
            Some(secret) => client.set_client_secret(secret),
            None => client,
        };
        let mut exchange = client
            .exchange_code(AuthorizationCode::new(asked.code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(asked.verifier.to_owned()));
        for (name, value) in proof.parameters {
            exchange = exchange.add_extra_param(name, value);
        }
        let begun = Instant::now();
        let response = exchange
            .request_async(&http)
            .await
            .map_err(|error| unreadable(error, &operation))?;
        Token::read(&response, begun, &operation)
    }
}
