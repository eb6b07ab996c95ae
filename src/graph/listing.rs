//! Listings, a page at a time (learn.microsoft.com/graph/paging).

use super::{
    client::TenantClient,
    error::{GraphError, GraphErrorKind},
    trail::{Trail, operation},
    wire::Page,
};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use url::Url;

/// What is kept whole in memory is not longer in bytes: some five hundred thousand users with all that is asked of them.
const MOST_BYTES: usize = 1024 * 1024 * 1024;
/// How often one listing is begun anew after its place has expired.
const MOST_RESTARTS: u32 = 5;

/// What the next step through a listing brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// A page, which may be empty.
    Page(Vec<T>),
    /// The place in the listing had expired, and the next page is the first one again: what was read so far is not
    /// part of this listing and has to be dropped.
    Restarted,
    /// There are no more pages.
    End,
}

/// A listing under way. A failure keeps the place: asking again asks for the same page.
#[derive(Debug)]
pub struct Listing<T> {
    tenant: TenantClient,
    first: Url,
    /// The page to ask for, until there is none.
    next: Option<Url>,
    trail: Trail,
    /// How long the pages were since the first one, in bytes.
    read: usize,
    most_bytes: usize,
    restarts: u32,
    items: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Listing<T> {
    pub(super) fn new(tenant: TenantClient, first: Url) -> Self {
        Self {
            tenant,
            next: Some(first.clone()),
            trail: Trail::new("listing", &first),
            first,
            read: 0,
            most_bytes: MOST_BYTES,
            restarts: 0,
            items: PhantomData,
        }
    }

    /// Back to the first page, as after [`GraphErrorKind::ExpiredPageToken`].
    pub fn restart(&mut self) {
        self.next = Some(self.first.clone());
        self.read = 0;
        self.trail.restart(&self.first);
    }

    /// The next page, which may be empty, or `None` after the last.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>, GraphError> {
        let Some(url) = &self.next else { return Ok(None) };
        let answer = self.tenant.get_answer(url).await?;
        let page: Page<T> = answer.decode()?;
        self.read = self.read.saturating_add(answer.body.len());
        self.next = match page.next_link {
            Some(text) => {
                let followed = self.trail.follow(url, &text, self.tenant.graph_url());
                Some(followed.map_err(|error| answer.naming(error))?)
            }
            None => None,
        };
        Ok(Some(page.value))
    }

    /// The next page; a place that has expired ([`GraphErrorKind::ExpiredPageToken`]) leads back to the first one, up
    /// to five times.
    pub async fn step(&mut self) -> Result<Step<T>, GraphError> {
        match self.next_page().await {
            Ok(Some(page)) => Ok(Step::Page(page)),
            Ok(None) => Ok(Step::End),
            Err(error) if error.kind == GraphErrorKind::ExpiredPageToken && self.restarts < MOST_RESTARTS => {
                self.restarts += 1;
                tracing::info!(%error, restarts = self.restarts, "a listing begins anew, as its place has expired");
                self.restart();
                Ok(Step::Restarted)
            }
            Err(error) => Err(error),
        }
    }

    /// Everything that the listing holds, unless that is more than can be kept ([`GraphErrorKind::TooLarge`]).
    pub async fn all(mut self) -> Result<Vec<T>, GraphError> {
        let mut all = Vec::new();
        loop {
            match self.step().await? {
                Step::Page(page) if self.read <= self.most_bytes => all.extend(page),
                Step::Page(_) => {
                    let message = format!("the listing is longer than {} bytes", self.most_bytes);
                    return Err(GraphError::new(
                        GraphErrorKind::TooLarge,
                        operation(&self.first),
                        message,
                    ));
                }
                Step::Restarted => all.clear(),
                Step::End => return Ok(all),
            }
        }
    }

    /// The same listing with another limit, as no test can wait for the real one.
    #[cfg(test)]
    pub(crate) fn at_most(mut self, pages: usize) -> Self {
        self.trail.set_most_pages(pages);
        self
    }

    /// The same listing with another length that may be kept.
    #[cfg(test)]
    pub(crate) fn at_most_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }
}
