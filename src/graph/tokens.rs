//! Access tokens: client credentials per Microsoft tenant, kept until shortly before they expire.
//!
//! Tokens are opaque: nothing here looks inside (learn.microsoft.com/entra/identity-platform/access-tokens). Neither
//! they nor the secret are ever logged.

use super::{
    aadsts,
    answer::Answer,
    clock::ClockOffset,
    error::{GraphError, GraphErrorKind},
    keyring::Credential,
    persist::persist,
    person::Person,
    proof::Proof,
    settings::{GraphSettings, append},
    transport::{Connection, Transport},
};
use chrono::{TimeDelta, Utc};
use futures::{FutureExt as _, future::BoxFuture};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, HttpRequest, HttpResponse, RequestTokenError, Scope, TokenResponse as _,
    TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use reqwest::header::HeaderValue;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use url::Url;

/// A token is renewed this long before its end, or at half of its life if that is sooner.
const MARGIN: Duration = Duration::from_secs(5 * 60);
/// How long a token still valid is used on after its renewal failed in passing.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);
/// Taken when the answer does not say, or says zero: a token that is issued is good for something, and to fetch one
/// for each request would have Entra stop us (AADSTS50196).
const SHORT_LIFE: Duration = Duration::from_secs(5 * 60);
/// The longest lives are about 28 hours; anything above is a mistake and is not believed.
const LONGEST_LIFE: Duration = Duration::from_secs(48 * 60 * 60);
/// Clocks closer than this are not the reason for a refusal: Microsoft allows some minutes between them.
const NOTABLE_OFFSET: TimeDelta = TimeDelta::seconds(30);

/// The tokens of one client, by tenant.
#[derive(Debug)]
pub(super) struct Tokens {
    settings: GraphSettings,
    transport: Transport,
    tenants: Mutex<HashMap<String, Arc<Cell>>>,
    /// How far Microsoft's clock is ahead of ours, learned from a refusal; zero until then.
    offset: Mutex<TimeDelta>,
}

/// What an `Authorization` header says; its value is marked as sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer(pub HeaderValue);

/// One tenant's token. The lock is held while a token is fetched, so that there is one fetch at a time.
#[derive(Debug, Default)]
struct Cell {
    state: tokio::sync::Mutex<State>,
    /// Fetches that have ended; who waited through one takes its failure instead of failing once more.
    ended: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    failure: Option<GraphError>,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    bearer: Bearer,
    renew_at: Instant,
    expires_at: Instant,
}

impl Tokens {
    pub fn new(settings: GraphSettings, transport: Transport) -> Self {
        Self {
            settings,
            transport,
            tenants: Mutex::default(),
            offset: Mutex::default(),
        }
    }

    /// A token that is good for some minutes at least.
    pub async fn get(&self, tenant: &str) -> Result<Bearer, GraphError> {
        let cell = self.cell(tenant);
        let ended = cell.ended.load(Ordering::Acquire);
        let mut state = cell.state.lock().await;
        let now = Instant::now();
        if let Some(token) = &state.token
            && now < token.renew_at
        {
            return Ok(token.bearer.clone());
        }
        if let Some(failure) = &state.failure
            && cell.ended.load(Ordering::Acquire) != ended
        {
            return Err(failure.clone());
        }
        let still_valid = state.token.take().filter(|token| now < token.expires_at);
        let result = self.renew(tenant, still_valid).await;
        state.failure = result.as_ref().err().cloned();
        state.token = result.as_ref().ok().cloned();
        cell.ended.fetch_add(1, Ordering::Release);
        result.map(|token| token.bearer)
    }

    /// Drops the token if it is still this one: Graph no longer accepts it, or it is older than a new consent.
    pub async fn forget(&self, tenant: &str, refused: Option<&Bearer>) {
        let cell = self.cell(tenant);
        let mut state = cell.state.lock().await;
        if refused.is_none() || state.token.as_ref().map(|token| &token.bearer) == refused {
            state.token = None;
        }
    }

    /// Has the next question fetch a token though the one at hand is good: that may be older than a change of consent.
    pub async fn renew_next(&self, tenant: &str) {
        if let Some(token) = &mut self.cell(tenant).state.lock().await.token {
            token.renew_at = Instant::now();
        }
    }

    fn cell(&self, tenant: &str) -> Arc<Cell> {
        let mut tenants = lock(&self.tenants);
        tenants.entry(tenant.to_owned()).or_default().clone()
    }

    /// A passing failure matters only once the old token has expired; until then it is used on.
    async fn renew(&self, tenant: &str, old: Option<Token>) -> Result<Token, GraphError> {
        let Some(old) = old else {
            return persist(false, |connection| self.fetch(tenant, connection)).await;
        };
        match self.fetch(tenant, Connection::Pooled).await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "renewal failed, the old token is used on");
                Ok(Token {
                    renew_at: old.expires_at.min(Instant::now() + RENEWAL_PAUSE),
                    ..old
                })
            }
            result => result,
        }
    }

    /// With the first of our credentials that Microsoft does not refuse.
    async fn fetch(&self, tenant: &str, connection: Connection) -> Result<Token, GraphError> {
        let url = token_url(&self.settings.login_url, tenant)?;
        let operation = format!("POST {}", url.path());
        let fetch = |credential| self.fetch_with(&url, connection, credential);
        self.settings.credential.prove(&operation, fetch).await
    }

    /// Whether there is a token for a credential, whichever are in use.
    pub async fn try_credential(&self, tenant: &str, credential: &Credential) -> Result<(), GraphError> {
        let url = token_url(&self.settings.login_url, tenant)?;
        let fetch = |connection| self.fetch_with(&url, connection, credential.clone());
        persist(false, fetch).await.map(drop)
    }

    /// A refused assertion is signed once more by Microsoft's clock if ours turns out to be wrong.
    async fn fetch_with(&self, url: &Url, connection: Connection, with: Credential) -> Result<Token, GraphError> {
        let http = TokenHttp::new(self.transport.clone(), connection);
        let offset = *lock(&self.offset);
        let refusal = match self.request(url, &http, &with, offset).await {
            Err(error) => error,
            token => return token,
        };
        let Credential::Certificate(certificate) = &with else {
            return Err(refusal);
        };
        let measured = lock(&http.clock).map(|clock| clock.ahead);
        match measured.filter(|ahead| is_about_assertion(&refusal) && (*ahead - offset).abs() > NOTABLE_OFFSET) {
            Some(ahead) => {
                let seconds = ahead.num_seconds();
                tracing::warn!(
                    seconds,
                    "Microsoft's clock is ahead of ours by so much; assertions follow it from now on"
                );
                *lock(&self.offset) = ahead;
                self.request(url, &http, &with, ahead).await
            }
            None => Err(refusal),
        }
        .map_err(|refusal| match certificate.lapse(Utc::now() + *lock(&self.offset)) {
            Some(problem) => refusal.with(|failure| failure.message = format!("{} ({problem})", failure.message)),
            None => refusal,
        })
    }

    async fn request(
        &self,
        url: &Url,
        http: &TokenHttp,
        with: &Credential,
        offset: TimeDelta,
    ) -> Result<Token, GraphError> {
        let operation = format!("POST {}", url.path());
        let asked = Instant::now();
        let client_id = &self.settings.client_id;
        let proof = Proof::new(with, client_id, url, Utc::now() + offset, &operation)?;
        let client = BasicClient::new(ClientId::new(client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::from_url(url.clone()));
        let client = match proof.secret {
            Some(secret) => client.set_client_secret(secret),
            None => client,
        };
        let mut exchange = client
            .exchange_client_credentials()
            .add_scope(Scope::new(self.settings.scope()));
        for (name, value) in proof.parameters {
            exchange = exchange.add_extra_param(name, value);
        }
        let response = exchange
            .request_async(http)
            .await
            .map_err(|error| unreadable(error, &operation))?;
        Token::read(&response, asked, &operation)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a refusal may be about the time in an assertion.
fn is_about_assertion(refusal: &GraphError) -> bool {
    matches!(refusal.kind, GraphErrorKind::Token { aadsts: Some(code) } if aadsts::is_about_assertion(code))
}

/// Our HTTP client as `oauth2` wants it. A type, as a closure's future could not move between threads.
pub(super) struct TokenHttp {
    transport: Transport,
    connection: Connection,
    /// The clock of the last answer.
    clock: Mutex<Option<ClockOffset>>,
}

impl<'c> AsyncHttpClient<'c> for TokenHttp {
    type Error = GraphError;
    type Future = BoxFuture<'c, Result<HttpResponse, GraphError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.exchange(request).boxed()
    }
}

impl TokenHttp {
    pub fn new(transport: Transport, connection: Connection) -> Self {
        Self {
            transport,
            connection,
            clock: Mutex::default(),
        }
    }

    /// A refusal ends here, as only here are its status and headers known.
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, GraphError> {
        let broken = |message: String| GraphError::new(GraphErrorKind::Other, "request for a token", message);
        let request = request
            .try_into()
            .map_err(|error: reqwest::Error| broken(error.without_url().to_string()))?;
        let answer = self.transport.send(request, self.connection).await?;
        *lock(&self.clock) = answer.clock;
        if answer.status != 200 {
            return Err(answer.token_error());
        }
        let Answer { content_type, body, .. } = answer;
        let mut response = oauth2::http::Response::builder().status(200);
        if let Some(content_type) = content_type {
            response = response.header("content-type", content_type);
        }
        response.body(body).map_err(|error| broken(error.to_string()))
    }
}

impl Token {
    pub fn read(response: &BasicTokenResponse, asked: Instant, operation: &str) -> Result<Self, GraphError> {
        let mut header =
            HeaderValue::from_str(&format!("Bearer {}", response.access_token().secret())).map_err(|_| {
                GraphError::new(
                    GraphErrorKind::Decode,
                    operation,
                    "the token can not be sent in a header",
                )
            })?;
        header.set_sensitive(true);
        let life = response.expires_in().filter(|life| !life.is_zero());
        let life = life.unwrap_or(SHORT_LIFE).min(LONGEST_LIFE);
        Ok(Self {
            bearer: Bearer(header),
            // Counted from the question: the answer was under way for part of the token's life.
            renew_at: asked + renewal(life),
            expires_at: asked + life,
        })
    }

    /// The token of somebody, which is not renewed.
    pub fn into_person(self) -> Person {
        Person::new(self.bearer)
    }
}

/// How long after the question a token is renewed.
fn renewal(life: Duration) -> Duration {
    life - MARGIN.min(life / 2)
}

/// The token endpoint of a tenant, named by GUID or domain.
pub(super) fn token_url(login_url: &Url, tenant: &str) -> Result<Url, GraphError> {
    check_tenant(tenant)?;
    Ok(append(login_url, &[tenant, "oauth2", "v2.0", "token"]))
}

/// Refuses what is neither a GUID nor a domain.
pub(super) fn check_tenant(tenant: &str) -> Result<(), GraphError> {
    let plausible = tenant.contains(|c: char| c.is_ascii_alphanumeric())
        && tenant.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    if !plausible {
        let message = format!("{tenant:?} is neither a tenant ID nor a domain");
        return Err(GraphError::new(
            GraphErrorKind::Settings,
            "request for a token",
            message,
        ));
    }
    Ok(())
}

/// Names what is wrong without showing the answer, which may hold a token.
pub(super) fn unreadable(
    error: RequestTokenError<GraphError, oauth2::basic::BasicErrorResponse>,
    operation: &str,
) -> GraphError {
    let message = match error {
        RequestTokenError::Request(error) => return error,
        RequestTokenError::Parse(error, _) => {
            format!(
                "the answer is not a token: at {}: {}",
                error.path(),
                kind_of(error.inner())
            )
        }
        RequestTokenError::Other(message) => format!("the answer is not a token: {message}"),
        RequestTokenError::ServerResponse(_) => "the answer is not a token".to_owned(),
    };
    GraphError::new(GraphErrorKind::Decode, operation, message)
}

fn kind_of(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Eof => "it ends too soon",
        serde_json::error::Category::Syntax => "it is not JSON",
        serde_json::error::Category::Data => "a property is missing or of another type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_five_minutes_before_its_end_or_at_half_of_a_short_life() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert_eq!(renewal(minutes(60)), minutes(55));
        assert_eq!(renewal(minutes(10)), minutes(5));
        assert_eq!(renewal(minutes(4)), minutes(2));
        assert_eq!(renewal(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_tenant_is_a_guid_or_a_domain() {
        let login = "https://login.microsoftonline.com".parse().unwrap();
        let path = |tenant| token_url(&login, tenant).map(|url| url.path().to_owned()).ok();
        assert_eq!(path("contoso.com").as_deref(), Some("/contoso.com/oauth2/v2.0/token"));
        assert!(path("84841066-274d-4ec0-a5c1-276be684bdd3").is_some());
        for tenant in ["", ".", "..", "a/b", "a?b", "a#b", "../common"] {
            assert_eq!(path(tenant), None, "{tenant:?}");
        }
    }
}
