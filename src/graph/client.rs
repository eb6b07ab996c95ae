//! The client and its view of one tenant.

use super::{
    answer::Answer,
    clock::ClockOffset,
    error::{GraphError, GraphErrorKind},
    keyring::{Credential, Keyring},
    pace::Pace,
    persist::persist,
    settings::{GraphSettings, append},
    tokens::{Bearer, Tokens},
    transport::{Connection, Transport},
};
use chrono::Utc;
use governor::clock::MonotonicClock;
use reqwest::{
    Method, Request,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;
use url::Url;

/// Microsoft Graph for one app registration in one cloud. Clones share connections and tokens.
#[derive(Clone, Debug)]
pub struct GraphClient {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: GraphSettings,
    transport: Transport,
    tokens: Tokens,
    pace: Pace,
    reports_in_ten_seconds: u32,
}

impl GraphClient {
    /// Checks the settings and prepares the HTTP client; asks Microsoft nothing yet.
    pub fn new(settings: GraphSettings) -> Result<Self, GraphError> {
        settings.check()?;
        let transport = Transport::new()?;
        if let Some(Credential::Certificate(certificate)) = settings.credential.own().map(|held| &held.credential)
            && let Some(problem) = certificate.lapse(Utc::now())
        {
            tracing::warn!(
                problem,
                "Microsoft will refuse the certificate: make a new one, or set this server's clock"
            );
        }
        let reports_in_ten_seconds = settings.reports_in_ten_seconds;
        let tokens = Tokens::new(settings.clone(), transport.clone());
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                transport,
                tokens,
                pace: Pace::new(MonotonicClock, reports_in_ten_seconds),
                reports_in_ten_seconds,
            }),
        })
    }

    /// Measures how far Microsoft's clock is ahead of ours, by two public requests to the sign-in service: the first
    /// opens the connection, the second is the quicker one.
    pub async fn clock_offset(&self) -> Result<ClockOffset, GraphError> {
        let path = ["organizations", "v2.0", ".well-known", "openid-configuration"];
        let url = append(self.login_url(), &path);
        let mut best: Option<ClockOffset> = None;
        for _ in 0..2 {
            let request = Request::new(Method::GET, url.clone());
            let answer = self.shared.transport.send(request, Connection::Pooled).await?;
            let measured = answer.clock.ok_or_else(|| {
                let message = "the answer does not say when it was written (no readable Date header)";
                answer.error(GraphErrorKind::Decode, None, message)
            })?;
            best = best
                .filter(|best| best.uncertainty <= measured.uncertainty)
                .or(Some(measured));
        }
        best.ok_or_else(|| GraphError::new(GraphErrorKind::Other, "measuring of the clock", "nothing was asked"))
    }

    /// The credentials of the app registration.
    pub fn credentials(&self) -> &Keyring {
        &self.shared.settings.credential
    }

    /// Who we are to Microsoft: the application (client) id.
    pub fn client_id(&self) -> &str {
        &self.shared.settings.client_id
    }

    /// Whether Microsoft issues a token of this tenant for a credential that need not be in use; nothing is kept of it.
    pub async fn try_credential(&self, tenant: &str, credential: &Credential) -> Result<(), GraphError> {
        let tenant = tenant.trim().to_lowercase();
        self.shared.tokens.try_credential(&tenant, credential).await
    }

    pub(super) fn login_url(&self) -> &Url {
        &self.shared.settings.login_url
    }

    pub(super) fn scope(&self) -> String {
        self.shared.settings.scope()
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// The view of one tenant, named by its GUID or by one of its domains.
    pub fn tenant(&self, tenant: &str) -> TenantClient {
        // Neither GUIDs nor domains know case; one spelling means one token.
        TenantClient {
            client: self.clone(),
            tenant: tenant.trim().to_lowercase().into(),
            priority: Priority::Low,
            patient: false,
        }
    }
}

/// Microsoft Graph as the app sees it in one tenant.
#[derive(Clone, Debug)]
pub struct TenantClient {
    client: GraphClient,
    tenant: Arc<str>,
    priority: Priority,
    /// Waits longer where Microsoft throttles.
    patient: bool,
}

/// What is asked, as often as it takes.
struct Question<'a> {
    method: Method,
    url: &'a Url,
    body: Option<Vec<u8>>,
    /// How many requests Microsoft counts.
    weight: usize,
    /// Asked of the index that is consistent in the end, which alone counts
    /// (learn.microsoft.com/graph/aad-advanced-queries).
    eventual: bool,
}

/// `x-ms-throttle-priority`: whom Microsoft throttles first (learn.microsoft.com/graph/throttling-limits).
#[derive(Clone, Copy, Debug)]
enum Priority {
    /// A background sync, which yields to people.
    Low,
    /// Somebody waits for the answer.
    Normal,
}

impl TenantClient {
    /// The same for questions whose answer somebody is waiting for.
    pub fn interactive(self) -> Self {
        Self {
            priority: Priority::Normal,
            ..self
        }
    }

    /// The same for a run in the background: where Microsoft throttles it and says for how long, it waits up to a quarter
    /// of an hour for one answer, though never more than [`super::LONGEST_WAIT`] at a time.
    pub fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    /// Whether a token can be had: takes the one at hand or fetches one. What the token is good for is told only by a
    /// read, such as [`Self::organization`].
    pub async fn sign_in(&self) -> Result<(), GraphError> {
        self.client.shared.tokens.get(&self.tenant).await.map(drop)
    }

    /// Forgets the cached token, so that the next request fetches one. Roles granted by a new consent are only in
    /// tokens issued after it (learn.microsoft.com/graph/auth-cloudsolutionprovider).
    pub async fn forget_token(&self) {
        self.client.shared.tokens.forget(&self.tenant, None).await;
    }

    /// Has the next request fetch a token, so that consent that was withdrawn or widened since the last one shows at
    /// once and not after the hour that a token lives. While Entra is out of order, the one at hand is used on.
    pub async fn renew_token(&self) {
        self.client.shared.tokens.renew_next(&self.tenant).await;
    }

    /// At which pace reports can be read.
    pub fn reports_in_ten_seconds(&self) -> u32 {
        self.client.shared.reports_in_ten_seconds
    }

    /// The configured address without a version: the only place where links may lead.
    pub(super) fn graph_url(&self) -> &Url {
        &self.client.shared.settings.graph_url
    }

    /// The address of a v1.0 endpoint. `query` goes out as it is.
    pub(super) fn address(&self, segments: &[&str], query: &str) -> Url {
        let mut url = append(&append(self.graph_url(), &["v1.0"]), segments);
        url.set_query((!query.is_empty()).then_some(query));
        url
    }

    /// Asks, waits and asks again as Microsoft wants it, and decodes the answer.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, GraphError> {
        self.get_answer(url).await?.decode()
    }

    /// The same for who has more to say about the answer than what it holds.
    pub(super) async fn get_answer(&self, url: &Url) -> Result<Answer, GraphError> {
        self.look_up(url, false).await
    }

    /// The same of an address with `$count=true`.
    pub(super) async fn get_counted<T: DeserializeOwned>(&self, url: &Url) -> Result<T, GraphError> {
        self.look_up(url, true).await?.decode()
    }

    async fn look_up(&self, url: &Url, eventual: bool) -> Result<Answer, GraphError> {
        self.answer(&Question {
            method: Method::GET,
            url,
            body: None,
            weight: 1,
            eventual,
        })
        .await
    }

    /// The same for reads that are asked for together; `weight` is how many they are.
    pub(super) async fn post(&self, url: &Url, body: &impl Serialize, weight: usize) -> Result<Answer, GraphError> {
        let written = serde_json::to_vec(body).map_err(|error| {
            let operation = format!("POST {}", url.path());
            GraphError::new(GraphErrorKind::Other, operation, error.to_string())
        })?;
        self.answer(&Question {
            method: Method::POST,
            url,
            body: Some(written),
            weight,
            eventual: false,
        })
        .await
    }

    /// A token may be revoked before it expires: the first 401 costs it its place, the second is the answer.
    async fn answer(&self, question: &Question<'_>) -> Result<Answer, GraphError> {
        let tokens = &self.client.shared.tokens;
        let bearer = tokens.get(&self.tenant).await?;
        match persist(self.patient, |connection| self.ask(question, &bearer, connection)).await {
            Err(error) if error.status == Some(401) => {
                tracing::info!(%error, "asking Microsoft again with a new token");
                tokens.forget(&self.tenant, Some(&bearer)).await;
                let bearer = tokens.get(&self.tenant).await?;
                persist(self.patient, |connection| self.ask(question, &bearer, connection)).await
            }
            result => result,
        }
    }

    async fn ask(
        &self,
        question: &Question<'_>,
        bearer: &Bearer,
        connection: Connection,
    ) -> Result<Answer, GraphError> {
        let mut request = Request::new(question.method.clone(), question.url.clone());
        if let Some(body) = &question.body {
            *request.body_mut() = Some(body.clone().into());
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
        }
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, bearer.0.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if question.eventual {
            let eventual = HeaderValue::from_static("eventual");
            headers.insert(HeaderName::from_static("consistencylevel"), eventual);
        }
        let priority = match self.priority {
            Priority::Low => "Low",
            Priority::Normal => "Normal",
        };
        headers.insert(
            HeaderName::from_static("x-ms-throttle-priority"),
            HeaderValue::from_static(priority),
        );
        // Here and not before the first attempt: what is asked again counts again.
        self.client
            .shared
            .pace
            .admit(&self.tenant, question.url, question.weight)
            .await;
        let answer = self.client.shared.transport.send(request, connection).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(answer.graph_error())
        }
    }
}
