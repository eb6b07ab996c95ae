//! Which connection a request came on, and what else it tells of its sender.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::http::request::Parts;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use crate::journal::Caller;

/// The number of a TCP connection. Ports are used again, numbers are not.
#[derive(Debug, Clone, Copy)]
pub struct Connection(pub u64);

impl Connection {
    /// The number of a connection that has just been accepted.
    pub fn accepted() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Connection {
    fn connect_info(_: IncomingStream<'_, TcpListener>) -> Self {
        Self::accepted()
    }
}

/// As servers beside axum's own hand connections over.
impl Connected<SocketAddr> for Connection {
    fn connect_info(_: SocketAddr) -> Self {
        Self::accepted()
    }
}

/// What the journal says of the sender.
pub fn caller(parts: &Parts) -> Caller {
    let header = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
    let connection = parts.extensions.get::<ConnectInfo<Connection>>();
    Caller {
        connection: connection.map_or(0, |ConnectInfo(Connection(number))| *number),
        throttle_priority: header("x-ms-throttle-priority"),
        user_agent: header("user-agent"),
    }
}
