//! The HTTP client for sign-in: whole answers of a bounded size, and no redirects, as they would carry the code or the
//! secret elsewhere.

use futures::{FutureExt as _, future::BoxFuture};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use std::{error::Error as _, time::Duration};
use url::Url;

/// Somebody waits in front of a white page.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Documents of providers have some kilobytes.
const LARGEST: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The client can't be made.
    #[error("the HTTP client can't start: {0}")]
    Start(String),
    /// Nobody answered.
    #[error("no answer: {0}")]
    Network(String),
    /// More than anybody would say.
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    /// An error in place of a document.
    #[error("the answer has the status {0}")]
    Status(u16),
    /// Not what was asked for.
    #[error("the answer is not what it should be: {0}")]
    Unreadable(String),
}

/// The client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client with its own connections.
    pub fn new() -> Result<Self, HttpError> {
        // One provider serves the process; somebody else may have installed it before us, which is just as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder()
            .user_agent(concat!("entrain/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| HttpError::Start(words(error)))?;
        Ok(Self { client })
    }

    /// The JSON document at an address.
    pub async fn document<T: DeserializeOwned>(&self, url: &Url) -> Result<T, HttpError> {
        let request = self.client.get(url.clone()).header("accept", "application/json");
        let request = request.build().map_err(|error| HttpError::Network(words(error)))?;
        let answer = self.exchange(request).await?;
        if answer.status().as_u16() != 200 {
            return Err(HttpError::Status(answer.status().as_u16()));
        }
        serde_json::from_slice(answer.body()).map_err(|error| HttpError::Unreadable(error.to_string()))
    }

    async fn exchange(&self, request: reqwest::Request) -> Result<HttpResponse, HttpError> {
        let failed = |error| HttpError::Network(words(error));
        let mut answer = self.client.execute(request).await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            if body.len() + part.len() > LARGEST {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&part);
        }
        let mut whole = HttpResponse::new(body);
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = answer.headers().clone();
        Ok(whole)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let request = reqwest::Request::try_from(request).map_err(|error| HttpError::Network(words(error)));
        async { self.exchange(request?).await }.boxed()
    }
}

/// Without the address, whose query may hold a code; with the causes, which are the news.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
