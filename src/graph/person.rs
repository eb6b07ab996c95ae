//! A token for somebody who has signed in: the second half of the authorization code flow.

use super::{
    client::GraphClient,
    error::{GraphError, GraphErrorKind},
    persist::persist,
    settings::Credential,
    tokens::{ASSERTION_TYPE, Person, Token, TokenHttp, token_url, unreadable},
};
use chrono::Utc;
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, PkceCodeVerifier, RedirectUrl, TokenUrl, basic::BasicClient,
};
use secrecy::ExposeSecret as _;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

impl GraphClient {
    /// Redeems a code (learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). What comes is kept in
    /// memory alone, by whoever asked.
    pub async fn redeem(&self, tenant: Uuid, code: &str, verifier: &str, back: &Url) -> Result<Person, GraphError> {
        let settings = self.settings();
        let url = token_url(&settings.login_url, &tenant.to_string())?;
        let operation = format!("POST {}", url.path());
        let token = persist(false, async |connection| {
            let http = TokenHttp::new(self.transport().clone(), connection);
            let client_id = &settings.client_id;
            let client = BasicClient::new(ClientId::new(client_id.clone()))
                .set_auth_type(AuthType::RequestBody)
                .set_redirect_uri(RedirectUrl::from_url(back.clone()))
                .set_token_uri(TokenUrl::from_url(url.clone()));
            let client = match &settings.credential {
                Credential::Secret(secret) => {
                    client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
                }
                Credential::Certificate(_) => client,
            };
            let mut exchange = client
                .exchange_code(AuthorizationCode::new(code.to_owned()))
                .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
            if let Credential::Certificate(certificate) = &settings.credential {
                let assertion = certificate
                    .assertion(client_id, url.as_str(), Utc::now())
                    .map_err(|error| {
                        let message = format!("the certificate's key can not sign: {error}");
                        GraphError::new(GraphErrorKind::Settings, operation.clone(), message)
                    })?;
                exchange = exchange
                    .add_extra_param("client_assertion_type", ASSERTION_TYPE)
                    .add_extra_param("client_assertion", assertion);
            }
            let asked = Instant::now();
            let response = exchange
                .request_async(&http)
                .await
                .map_err(|error| unreadable(error, &operation))?;
            Token::read(&response, asked, &operation)
        })
        .await?;
        Ok(token.into_person())
    }
}
