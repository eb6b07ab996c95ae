//! What Microsoft leaves to the service in delta queries, or tells without a figure that holds (graph.md §2, §3, §14):
//! settings, so that a client can be shown each of it.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How delta queries are answered. What is left out keeps its usual figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Deltas {
    /// How many objects a page holds at most.
    pub objects: usize,
    /// How many members the groups of a page have at most, all together: a larger group is spread over pages.
    pub members: usize,
    /// How long the token in a delta link is good: seven days from the call that made it (graph.md §2).
    pub delta_seconds: u32,
    /// How long the token in a link to a next page is good. That it ends is documented, after how long is not.
    pub page_seconds: u32,
    /// Whether the first round also tells of objects that are gone, as it can (graph.md §2; `users-delta-1`).
    pub removed_first: bool,
}

impl Default for Deltas {
    fn default() -> Self {
        Self {
            objects: 100,
            members: 200,
            delta_seconds: 7 * 24 * 3600,
            page_seconds: 3600,
            removed_first: true,
        }
    }
}

impl Deltas {
    /// The objects of a page: a page that could hold none would never lead anywhere.
    pub(crate) fn page(&self) -> usize {
        self.objects.max(1)
    }

    /// The members of a page.
    pub(crate) fn page_of_members(&self) -> usize {
        self.members.max(1)
    }

    /// The life of a link to a next page, or of a delta link.
    pub(crate) fn life(&self, page: bool) -> TimeDelta {
        let seconds = if page { self.page_seconds } else { self.delta_seconds };
        TimeDelta::seconds(i64::from(seconds))
    }
}
