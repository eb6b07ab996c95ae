//! Who may frame a portal's pages, as the database told it last.

use super::refusal::ancestors;
use crate::{model::ids::PortalId, store::portal::Portal};
use moka::future::Cache;
use std::time::Duration;

/// How many portals are remembered.
const MOST: u64 = 1_000;
/// For how long, after they were last looked up.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The `frame-ancestors` of the portals of the last hours: while the database is away, a frame can say so in the pages
/// that it belongs to, and in nobody else's.
#[derive(Clone, Debug)]
pub struct KnownOrigins(Cache<PortalId, String>);

impl Default for KnownOrigins {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(KEPT).build())
    }
}

impl KnownOrigins {
    /// Remembers a portal as it is now.
    pub async fn keep(&self, portal: &Portal) {
        self.0.insert(portal.id, ancestors(&portal.origins)).await;
    }

    /// Forgets one that there is no more.
    pub async fn forget(&self, portal: PortalId) {
        self.0.invalidate(&portal).await;
    }

    /// Who may frame its pages; nobody where that is not known.
    pub async fn ancestors(&self, portal: PortalId) -> String {
        let known = self.0.get(&portal).await;
        known.unwrap_or_else(|| "'none'".to_owned())
    }
}
