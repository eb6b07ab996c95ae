//! Clients that send too much, too slowly, or too many at once. The limits are set small; nothing is measured: what a
//! server without them would wait for for ever, ends.

use super::functions;
use crate::{
    engine::Engine,
    model::access::Role,
    server::{connections::Limits, serve::serve_web, state::AppState},
    store::migrate::migrate,
    tests::{
        support::until,
        web::{roles::visit::sign_in, router, web},
    },
};
use axum::{
    body::{Body, Bytes, to_bytes},
    http::{Request, StatusCode},
};
use sqlx::{PgPool, postgres::PgConnectOptions};
use std::{
    fs, io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Long enough for whatever a test does within it.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(100);

const PATIENT: Limits = Limits {
    connections: 100,
    first: LONG,
    head: LONG,
    form: LONG,
    pause: LONG,
    write: LONG,
};

/// A web server on a socket of its own. It stops when this is dropped.
struct Server {
    address: SocketAddr,
    site: TempDir,
    _stop: tokio_util::sync::DropGuard,
}

async fn serve(pool: PgPool, limits: Limits) -> Server {
    let (mut state, site) = web(Engine::new(pool, None));
    state.limits = limits;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(serve_web(state, listener, stop.clone()));
    Server {
        address,
        site,
        _stop: stop.drop_guard(),
    }
}

/// One that needs no database for what is asked of it.
async fn serve_alone(limits: Limits) -> Server {
    serve(PgPool::connect_lazy_with(PgConnectOptions::new()), limits).await
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn say(&self, words: &str) -> TcpStream {
        let mut connection = self.connect().await;
        connection.write_all(words.as_bytes()).await.unwrap();
        connection
    }

    /// Whether somebody who comes now is served.
    async fn has_room(&self) -> bool {
        let mut connection = self.connect().await;
        // Who is refused may be so before the last word.
        let _ = connection
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await;
        all(&mut connection).await.starts_with("HTTP/1.1 200")
    }
}

/// Everything until the other side closes, in whichever way.
async fn all(connection: &mut TcpStream) -> String {
    let mut bytes = vec![];
    let _ = connection.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

const ASK: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn attack_slow_clients_who_says_nothing_or_never_ends_the_head_is_cut_off() {
    let server = serve_alone(Limits {
        first: SHORT,
        ..PATIENT
    })
    .await;
    for words in ["", "G", "GET / HTTP/1.1\r\nhost: x\r\nx-a: "] {
        assert_eq!(all(&mut server.say(words).await).await, "", "{words:?}");
    }
    let server = serve_alone(Limits { head: SHORT, ..PATIENT }).await;
    for words in ["", "GET / HTTP/1.1\r\n"] {
        let mut connection = server.say(&format!("{ASK}{words}")).await;
        let answers = all(&mut connection).await;
        assert!(answers.matches("HTTP/1.1 200").count() <= 1, "{words:?}: {answers}");
    }
}

#[tokio::test]
async fn attack_slow_clients_a_head_of_a_megabyte_is_refused() {
    let server = serve_alone(PATIENT).await;
    let mut connection = server.connect().await;
    let _ = connection
        .write_all(format!("GET / HTTP/1.1\r\nx-a: {}", "a".repeat(1024 * 1024)).as_bytes())
        .await;
    let answer = all(&mut connection).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(server.has_room().await);
}

#[tokio::test]
async fn attack_slow_clients_who_takes_no_answer_is_cut_off_and_too_many_at_once_are_refused() {
    let one = Limits {
        connections: 1,
        write: SHORT,
        ..PATIENT
    };
    let server = serve_alone(one).await;
    // More than what lies in the buffers of a connection.
    fs::create_dir(server.site.path().join("pkg")).unwrap();
    fs::write(server.site.path().join("pkg/big.js"), vec![b'x'; 64 * 1024 * 1024]).unwrap();
    let mut slow = server
        .say("GET /pkg/big.js HTTP/1.1\r\nhost: localhost:3000\r\n\r\n")
        .await;
    until("the slow one has lost its place", 300, || server.has_room()).await;
    assert!(all(&mut slow).await.len() < 64 * 1024 * 1024);

    let server = serve_alone(Limits {
        connections: 1,
        ..PATIENT
    })
    .await;
    let mut first = server.say(ASK).await;
    first.read_exact(&mut [0; 12]).await.unwrap();
    assert!(!server.has_room().await);
    drop(first);
    until("its place is free", 300, || server.has_room()).await;
}

#[sqlx::test(migrations = false)]
async fn attack_slow_clients_a_form_that_never_ends_is_given_up(pool: PgPool) {
    migrate(&pool).await.unwrap();
    let server = serve(pool, Limits { form: SHORT, ..PATIENT }).await;
    let (_, path, _) = functions().into_iter().find(|(name, ..)| *name == "sign_in").unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost:3000\r\nsec-fetch-site: same-origin\r\ncontent-length: 100\r\n\
         accept: application/json\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\nemail=a"
    );
    let answer = all(&mut server.say(&head).await).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("did not arrive in time"),
        "{answer}"
    );
    let page = head.replace("application/json", "text/html");
    let answer = all(&mut server.say(&page).await).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("<h1"), "{answer}");
}

/// A body that goes on for ever, and how much of it was taken.
fn endless() -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::<AtomicUsize>::default();
    let counted = taken.clone();
    let pieces = futures::stream::repeat_with(move || {
        counted.fetch_add(64 * 1024, Ordering::Relaxed);
        io::Result::Ok(Bytes::from_static(&[b'x'; 64 * 1024]))
    });
    (Body::from_stream(pieces), taken)
}

async fn send(state: &AppState, path: &str, kind: &str, accept: &str, body: Body) -> (StatusCode, String) {
    let request = Request::post(path)
        .header("host", "localhost:3000")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", "entrain=ada")
        .header("accept", accept)
        .header("content-type", kind)
        .body(body)
        .unwrap();
    let answer = router(state.clone()).oneshot(request).await.unwrap();
    let status = answer.status();
    let words = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(words.to_vec()).unwrap())
}

async fn signed_in(pool: &PgPool) -> (AppState, TempDir) {
    migrate(pool).await.unwrap();
    sign_in(pool, "ada", Role::Administrator, &[]).await;
    web(Engine::new(pool.clone(), None))
}

const FORM: &str = "application/x-www-form-urlencoded";

#[sqlx::test(migrations = false)]
async fn attack_oversized_bodies_no_form_takes_more_than_two_megabytes_and_each_says_so(pool: PgPool) {
    let (state, _site) = signed_in(&pool).await;
    let mut wrong = vec![];
    for (name, path, _) in functions() {
        for accept in ["application/json", "text/html"] {
            let (body, taken) = endless();
            let told = send(&state, path, FORM, accept, body).await;
            let taken = taken.load(Ordering::Relaxed);
            if told.0 != StatusCode::PAYLOAD_TOO_LARGE || !told.1.contains("two megabytes") || taken > 3 * 1024 * 1024 {
                wrong.push(format!("{name} took {taken} bytes and said {told:?}"));
            }
        }
        // What says how long it is is not read at all.
        let told = send(&state, path, FORM, "*/*", Body::from(vec![b'x'; 3 * 1024 * 1024])).await;
        if told.0 != StatusCode::PAYLOAD_TOO_LARGE {
            wrong.push(format!("{name} said {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What nobody answers is not read either.
    let (body, taken) = endless();
    let told = send(&state, "/no-such-page", FORM, "*/*", body).await;
    assert_eq!(told.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(taken.load(Ordering::Relaxed) < 3 * 1024 * 1024);
}

#[sqlx::test(migrations = false)]
async fn attack_oversized_bodies_an_upload_keeps_nothing_in_memory_that_is_no_file(pool: PgPool) {
    use futures::StreamExt as _;
    let (state, _site) = signed_in(&pool).await;
    let field = "--b\r\ncontent-disposition: form-data; name=\"organization\"\r\n\r\n";
    for (what, begin, words) in [
        ("something before the first field", "", "did not arrive whole"),
        ("a field's head", "--b\r\nx-a: ", "did not arrive whole"),
        ("an id", field, "did not arrive whole"),
        (
            "a field that nobody knows",
            "--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n",
            "did not arrive whole",
        ),
    ] {
        let (body, taken) = endless();
        let begin = futures::stream::iter([Ok(Bytes::from_static(begin.as_bytes()))]);
        let body = Body::from_stream(begin.chain(body.into_data_stream()));
        let told = send(
            &state,
            "/import/end-users/upload",
            "multipart/form-data; boundary=b",
            "text/html",
            body,
        )
        .await;
        assert!(told.1.contains(words), "{what}: {told:?}");
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken < 6 * 1024 * 1024, "{what}: {taken} bytes");
    }
}

#[sqlx::test(migrations = false)]
async fn attack_oversized_bodies_a_file_that_says_it_is_larger_than_all_is_refused_unread(pool: PgPool) {
    migrate(&pool).await.unwrap();
    sign_in(&pool, "ada", Role::Administrator, &[]).await;
    let server = serve(pool, PATIENT).await;
    let head = "POST /import/end-users/upload HTTP/1.1\r\nhost: localhost:3000\r\nsec-fetch-site: same-origin\r\n\
                cookie: entrain=ada\r\naccept: text/html\r\ncontent-type: multipart/form-data; boundary=b\r\n\
                content-length: 1000000000\r\n\r\n--b\r\n";
    let answer = all(&mut server.say(head).await).await;
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("larger than 512 MB"),
        "{answer}"
    );
}
