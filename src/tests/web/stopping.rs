//! A web server that is told to stop.

use super::web;
use crate::{engine::Engine, server::serve::serve_web};
use sqlx::{PgPool, postgres::PgConnectOptions};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

/// A web server that needs no database.
async fn start(stop: &CancellationToken) -> (crate::server::state::AppState, TcpStream, impl Future<Output = ()>) {
    let (state, site) = web(Engine::new(PgPool::connect_lazy_with(PgConnectOptions::new()), None));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connection = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let server = tokio::spawn(serve_web(state.clone(), listener, stop.clone()));
    let ended = async move {
        server.await.unwrap().unwrap();
        drop(site);
    };
    (state, connection, ended)
}

#[tokio::test]
async fn connections_that_stay_open_between_requests_do_not_keep_it() {
    let stop = CancellationToken::new();
    let (_state, mut connection, ended) = start(&stop).await;
    connection
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    stop.cancel();
    ended.await;
}

#[tokio::test]
async fn work_that_goes_on_without_its_browser_is_waited_for() {
    let stop = CancellationToken::new();
    let (state, connection, ended) = start(&stop).await;
    drop(connection);
    let (go_on, goes_on) = oneshot::channel::<()>();
    let work = state.tasks.spawn(async move {
        goes_on.await.unwrap();
    });
    stop.cancel();
    tokio::pin!(ended);
    let early = tokio::time::timeout(Duration::from_millis(300), &mut ended).await;
    assert!(early.is_err(), "it did not wait");
    go_on.send(()).unwrap();
    ended.await;
    assert!(work.is_finished());
}
