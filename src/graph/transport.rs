//! One request, one whole answer: headers, time limits, size limit. No tokens, no repetition.

use super::{
    answer::Answer,
    clock::ClockOffset,
    error::{GraphError, GraphErrorKind},
    measure,
    redact::Secrets,
    retry,
};
use chrono::{DateTime, Utc};
use reqwest::{
    Client, Request, Response,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER},
};
use std::{error::Error as _, time::Duration};
use tokio::time::Instant;
use uuid::Uuid;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(100);
/// Far above the largest page; what is larger is not an answer of Graph.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// What an error says fits into this; the rest of a larger body is not read.
const LARGEST_ERROR: usize = 64 * 1024;

/// The HTTP clients of one [`super::GraphClient`].
#[derive(Clone, Debug)]
pub(super) struct Transport {
    pooled: Client,
    /// Opens a connection for each request, for the repetition after a 503.
    fresh: Client,
    largest_body: usize,
}

/// Whether a request may use a connection that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    Pooled,
    Fresh,
}

impl Transport {
    pub fn new() -> Result<Self, GraphError> {
        // One provider serves the process; somebody else may have installed it before us, which is just as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let build = |idle: usize| {
            Client::builder()
                .user_agent(concat!("entrain/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(REQUEST_TIMEOUT)
                .pool_max_idle_per_host(idle)
                // A redirect would carry the token elsewhere; neither endpoint redirects.
                .redirect(reqwest::redirect::Policy::none())
                // `retry` decides; nothing is repeated behind its back.
                .retry(reqwest::retry::never())
                .gzip(true)
                .build()
                .map_err(|error| network_error("start of the Graph client", GraphErrorKind::Settings, error))
        };
        Ok(Self {
            pooled: build(16)?,
            fresh: build(0)?,
            largest_body: LARGEST_BODY,
        })
    }

    /// Sends `request` and reads the whole answer, whatever its status.
    pub async fn send(&self, mut request: Request, connection: Connection) -> Result<Answer, GraphError> {
        let client_request_id = Uuid::new_v4();
        let operation = format!("{} {}", request.method(), request.url().path());
        let url = request.url().clone();
        if let Ok(id) = HeaderValue::from_str(&client_request_id.to_string()) {
            request
                .headers_mut()
                .insert(HeaderName::from_static("client-request-id"), id);
        }
        let started = Instant::now();
        let result = self
            .exchange(request, connection, operation.clone(), client_request_id)
            .await;
        let result = result.map_err(|error| error.with(|failure| failure.client_request_id = Some(client_request_id)));
        let took = started.elapsed();
        measure::requested(&url, &result, took);
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok(Answer {
                status,
                request_id,
                body,
                ..
            }) => tracing::debug!(
                %operation, status, request_id, %client_request_id, milliseconds, bytes = body.len(),
                "Microsoft answered"
            ),
            Err(error) => {
                tracing::debug!(%operation, %error, %client_request_id, milliseconds, "Microsoft did not answer")
            }
        }
        result
    }

    async fn exchange(
        &self,
        request: Request,
        connection: Connection,
        operation: String,
        client_request_id: Uuid,
    ) -> Result<Answer, GraphError> {
        let client = match connection {
            Connection::Pooled => &self.pooled,
            Connection::Fresh => &self.fresh,
        };
        let failed = |error| network_error(&operation, GraphErrorKind::Network, error);
        let secrets = Secrets::of(&request);
        let (sent, started) = (Utc::now(), Instant::now());
        let mut response = client.execute(request).await.map_err(failed)?;
        let date = date(response.headers());
        let clock = date.map(|date| ClockOffset::measure(date, sent, started.elapsed()));
        let body = if response.status().is_success() {
            self.read(&mut response, &operation).await?
        } else {
            read_error(&mut response).await
        };
        let headers = response.headers();
        Ok(Answer {
            status: response.status().as_u16(),
            content_type: header(headers, CONTENT_TYPE),
            request_id: header(headers, HeaderName::from_static("request-id"))
                .or_else(|| header(headers, HeaderName::from_static("x-ms-request-id"))),
            location: header(headers, LOCATION),
            retry_after: retry_after(headers),
            clock,
            secrets,
            client_request_id,
            operation,
            body,
        })
    }

    async fn read(&self, response: &mut Response, operation: &str) -> Result<Vec<u8>, GraphError> {
        let mut body = Vec::new();
        let failed = |error| network_error(operation, GraphErrorKind::Network, error);
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.largest_body {
                let message = format!("the answer is larger than {} bytes", self.largest_body);
                return Err(GraphError::new(GraphErrorKind::TooLarge, operation, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// The beginning of an error's body. Its status has arrived, and that is the news: a body that is too large or breaks
/// off takes nothing away from it.
async fn read_error(response: &mut Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = LARGEST_ERROR - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LARGEST_ERROR {
            break;
        }
    }
    body
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// A date is compared with the answer's own, as the two clocks may differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    retry::retry_after(&header(headers, RETRY_AFTER)?, date(headers).unwrap_or_else(Utc::now))
}

/// When the answer was written, by the server's clock.
fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    retry::http_date(&header(headers, DATE)?)
}

/// The address stays out of the message, as its query may hold a page token; the causes go in, as they are the news.
fn network_error(operation: &str, kind: GraphErrorKind, error: reqwest::Error) -> GraphError {
    let kind = if error.is_timeout() {
        GraphErrorKind::Timeout
    } else {
        kind
    };
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    GraphError::new(kind, operation, message)
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
