//! What was asked, so that a test can look at the requests and not only at their effects.

use std::collections::VecDeque;

use serde::Serialize;
use uuid::Uuid;

/// How many requests are remembered; the oldest go first.
const CAPACITY: usize = 100_000;

/// One request to the sign-in or Graph side.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When it was answered.
    pub at: String,
    /// `GET`, `POST` ...
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query string as sent.
    pub query: String,
    /// The tenant of the token, or of the address of a token request.
    pub tenant: Option<Uuid>,
    /// The status that was sent.
    pub status: u16,
    /// The `request-id` that was sent.
    pub request_id: Uuid,
    /// The `client-request-id` that came in.
    pub client_request_id: Option<String>,
    /// Who asked, as far as the request tells it.
    #[serde(flatten)]
    pub caller: Caller,
    /// The fault that struck.
    pub fault: Option<u64>,
}

/// What a request tells of its sender besides what it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// The number of the TCP connection, counted over the life of the process; 0 where it is not known.
    pub connection: u64,
    /// `x-ms-throttle-priority`: Low, Normal or High.
    pub throttle_priority: Option<String>,
    /// `user-agent`
    pub user_agent: Option<String>,
}

/// The latest requests.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
}

impl Journal {
    /// Writes a request down.
    pub fn write(&mut self, entry: Entry) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// All requests, oldest first.
    pub fn read(&self) -> Vec<Entry> {
        self.entries.iter().cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
