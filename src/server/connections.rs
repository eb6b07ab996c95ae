//! Connections from outside: how many at once, and how long each may take to say what it wants and to take what it is
//! told. A client that opens many, or sends a byte a minute, keeps nobody else from being served.
//!
//! Whether what arrives is any good is not decided here.

use axum::Router;
use axum_server::{Handle, accept::Accept};
use std::{
    future::{Ready, ready},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// More at once are closed, where the system lets a process have as many.
const MOST: usize = 4_096;

/// The longest head of a request in bytes: an address of ours has seven thousand at most, and a few cookies.
const LONGEST_HEAD: usize = 64 * 1024;

/// How often at most the log says that there are too many.
const SELDOM: Duration = Duration::from_secs(60);

/// What a connection may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many at once.
    pub connections: usize,
    /// From the beginning of a connection to the end of its first request's head.
    pub first: Duration,
    /// From one answer to the end of the next request's head, so that it is also how long a connection may rest.
    pub head: Duration,
    /// For a form, from its first byte to its last.
    pub form: Duration,
    /// For a file, from one byte to the next.
    pub pause: Duration,
    /// For an answer, from one byte taken to the next.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: MOST.min(half_of_what_can_be_open()),
            first: Duration::from_secs(15),
            // Longer than nginx keeps an idle connection to us, or it might send a request into one that is closing.
            head: Duration::from_secs(75),
            form: Duration::from_secs(30),
            pause: Duration::from_secs(30),
            write: Duration::from_secs(60),
        }
    }
}

/// Postgres, Microsoft and files need some of what a process may have open, too.
fn half_of_what_can_be_open() -> usize {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    most.map_or(MOST, |most| usize::try_from(most / 2).unwrap_or(MOST))
}

/// Serves these routes until told to stop, then ends once what is under way has been answered.
///
/// HTTP/1.1 alone, which is what reverse proxies speak with servers, and what is not spoken can't be attacked.
pub async fn serve(listener: TcpListener, routes: Router, limits: Limits, stop: CancellationToken) -> io::Result<()> {
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener.into_std()?)?
        .handle(handle.clone())
        .acceptor(Door::new(limits))
        .first_request_timeout(limits.first)
        .http1_only();
    let mut http = server.http_builder().http1();
    http.header_read_timeout(limits.head).max_buf_size(LONGEST_HEAD);
    let stopping = async {
        stop.cancelled().await;
        handle.graceful_shutdown(None);
        std::future::pending().await
    };
    tokio::select! {
        result = server.serve(routes.into_make_service_with_connect_info::<SocketAddr>()) => result,
        () = stopping => Ok(()),
    }
}

/// Whom is opened.
#[derive(Clone, Debug)]
struct Door {
    places: Arc<Semaphore>,
    limits: Limits,
    told: Arc<Mutex<Option<Instant>>>,
}

impl Door {
    fn new(limits: Limits) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.connections)),
            limits,
            told: Arc::default(),
        }
    }

    /// Once in a while: who opens thousands of connections must not fill the disk with lines as well.
    fn tell(&self) {
        let Ok(mut told) = self.told.lock() else { return };
        if told.is_none_or(|told| told.elapsed() >= SELDOM) {
            *told = Some(Instant::now());
            tracing::warn!(
                most = self.limits.connections,
                "there are too many connections at once; more are closed. If these are people, raise the number of \
                 files that the process may have open"
            );
        }
    }
}

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = Placed<S>;
    type Future = Ready<io::Result<(Self::Stream, Placed<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            self.tell();
            return ready(Err(io::ErrorKind::ConnectionRefused.into()));
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write));
        let placed = Placed {
            service,
            _place: Arc::new(place),
        };
        ready(Ok((Box::pin(stream), placed)))
    }
}

/// What answers on a connection. Its place is free when the connection has ended and all is answered.
#[derive(Clone, Debug)]
struct Placed<S> {
    service: S,
    _place: Arc<OwnedSemaphorePermit>,
}

impl<S: Service<R>, R> Service<R> for Placed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}
