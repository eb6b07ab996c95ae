//! The client and its view of one tenant.

use super::{
    answer::Answer,
    error::GraphError,
    persist::persist,
    settings::{GraphSettings, append},
    tokens::{Bearer, Tokens},
    transport::{Connection, Transport},
};
use reqwest::{
    Method, Request,
    header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use url::Url;

/// Microsoft Graph for one app registration in one cloud. Clones share connections and tokens.
#[derive(Clone, Debug)]
pub struct GraphClient {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    graph_url: Url,
    transport: Transport,
    tokens: Tokens,
}

impl GraphClient {
    /// Checks the settings and prepares the HTTP client; asks Microsoft nothing yet.
    pub fn new(settings: GraphSettings) -> Result<Self, GraphError> {
        settings.check()?;
        let transport = Transport::new()?;
        let graph_url = settings.graph_url.clone();
        let tokens = Tokens::new(settings, transport.clone());
        Ok(Self {
            shared: Arc::new(Shared {
                graph_url,
                transport,
                tokens,
            }),
        })
    }

    /// The view of one tenant, named by its GUID or by one of its domains.
    pub fn tenant(&self, tenant: &str) -> TenantClient {
        // Neither GUIDs nor domains know case; one spelling means one token.
        TenantClient {
            client: self.clone(),
            tenant: tenant.trim().to_lowercase().into(),
        }
    }
}

/// Microsoft Graph as the app sees it in one tenant.
#[derive(Clone, Debug)]
pub struct TenantClient {
    client: GraphClient,
    tenant: Arc<str>,
}

impl TenantClient {
    /// Forgets the cached token, so that the next request fetches one. Roles granted by a new consent are only in
    /// tokens issued after it (learn.microsoft.com/graph/auth-cloudsolutionprovider).
    pub async fn forget_token(&self) {
        self.client.shared.tokens.forget(&self.tenant, None).await;
    }

    /// The configured address without a version: the only place where links may lead.
    pub(super) fn graph_url(&self) -> &Url {
        &self.client.shared.graph_url
    }

    /// The address of a v1.0 endpoint. `query` goes out as it is.
    pub(super) fn address(&self, segments: &[&str], query: &str) -> Url {
        let mut url = append(&append(self.graph_url(), &["v1.0"]), segments);
        url.set_query((!query.is_empty()).then_some(query));
        url
    }

    /// Asks, waits and asks again as Microsoft wants it, and decodes the answer.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, GraphError> {
        self.answer(url).await?.decode()
    }

    /// A token may be revoked before it expires: the first 401 costs it its place, the second is the answer.
    async fn answer(&self, url: &Url) -> Result<Answer, GraphError> {
        let tokens = &self.client.shared.tokens;
        let bearer = tokens.get(&self.tenant).await?;
        match persist(|connection| self.ask(url, &bearer, connection)).await {
            Err(error) if error.status == Some(401) => {
                tokens.forget(&self.tenant, Some(&bearer)).await;
                let bearer = tokens.get(&self.tenant).await?;
                persist(|connection| self.ask(url, &bearer, connection)).await
            }
            result => result,
        }
    }

    async fn ask(&self, url: &Url, bearer: &Bearer, connection: Connection) -> Result<Answer, GraphError> {
        let mut request = Request::new(Method::GET, url.clone());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, bearer.0.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // A background sync yields to people (learn.microsoft.com/graph/throttling-limits).
        headers.insert(
            HeaderName::from_static("x-ms-throttle-priority"),
            HeaderValue::from_static("Low"),
        );
        let answer = self.client.shared.transport.send(request, connection).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(answer.graph_error())
        }
    }
}
