//! A Graph that means harm, beside what src/tests/graph/hostile.rs has of one that is out of order: what is asked of it
//! ends with a typed error, whatever it answers, and nothing of it is kept without measure.

use super::microsoft::{Microsoft, TENANT, ok, reply, token};
use crate::graph::GraphErrorKind;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;

const USERS: &str = "/graph/v1.0/users";
const DOMAINS: &str = "/graph/v1.0/domains";

/// A server that answers everything but the token with a body that goes on for ever, compressed to almost nothing; and
/// how much of it was made, in megabytes.
async fn bomb(begin: &'static str) -> (Microsoft, Arc<AtomicUsize>) {
    let made = Arc::<AtomicUsize>::default();
    let counted = made.clone();
    let answer = move |request: Request| {
        let made = counted.clone();
        async move { explode(&request, begin, made) }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(answer).layer(CompressionLayer::new());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (Microsoft::at(address), made)
}

fn explode(request: &Request, begin: &'static str, made: Arc<AtomicUsize>) -> Response {
    if request.uri().path().ends_with("/token") {
        let token = json!({ "token_type": "Bearer", "expires_in": 3600, "access_token": "t" });
        return ([("content-type", "application/json")], token.to_string()).into_response();
    }
    let megabytes = futures::stream::repeat(()).then(move |()| {
        let made = made.clone();
        async move {
            // Who reads has to come to it between two of them, or all is made before anything is read.
            tokio::time::sleep(Duration::from_millis(1)).await;
            made.fetch_add(1, Ordering::Relaxed);
            io::Result::Ok(Bytes::from(vec![b'a'; 1024 * 1024]))
        }
    });
    let begin = futures::stream::iter([Ok(Bytes::from_static(begin.as_bytes()))]);
    (
        [("content-type", "application/json")],
        Body::from_stream(begin.chain(megabytes)),
    )
        .into_response()
}

#[tokio::test]
async fn attack_hostile_graph_a_bomb_of_gzip_and_a_text_of_a_hundred_megabytes_are_given_up() {
    for begin in [
        "{\"value\":[{\"id\":\"",
        "{\"value\":[],\"@odata.nextLink\":\"http://",
        "",
        "[[[[",
    ] {
        let (microsoft, made) = bomb(begin).await;
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::TooLarge, "{begin}: {error}");
        // More than was read is under way between the two: compressed, a hundred of them are a hundred kilobytes.
        let made = made.load(Ordering::Relaxed);
        assert!(made < 1_000, "{begin}: {made} MB");
        assert!(error.to_string().len() < 1_000, "{error}");
    }
}

#[tokio::test]
async fn attack_hostile_graph_ever_new_pages_are_not_kept_without_measure() {
    let microsoft = Microsoft::start().await;
    let padding = "x".repeat(100_000);
    for page in 0..50 {
        let next = microsoft.link(USERS, &format!("page-{page}"));
        let user = json!({ "id": TENANT, "displayName": padding });
        microsoft.on(USERS, ok(json!({ "value": [user], "@odata.nextLink": next })));
    }
    let error = microsoft
        .tenant()
        .users()
        .at_most_bytes(1_000_000)
        .all()
        .await
        .unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::TooLarge);
    assert_eq!(microsoft.seen(USERS).len(), 10, "and no more are asked for");
}

#[tokio::test]
async fn attack_hostile_graph_what_calls_itself_something_else_is_read_as_json_or_refused() {
    let page = json!({ "value": [] }).to_string();
    for kind in [
        "text/html",
        "image/png",
        "application/octet-stream",
        "application/json; charset=utf-7",
        "",
        "\u{ff}",
    ] {
        let microsoft = Microsoft::start().await;
        microsoft.on(DOMAINS, reply(200, &page).header("content-type", kind));
        assert_eq!(microsoft.tenant().domains().await.unwrap(), [], "{kind}");
        microsoft.clear(DOMAINS);
        microsoft.on(
            DOMAINS,
            reply(200, "<html><script>alert(1)</script>").header("content-type", kind),
        );
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::Decode, "{kind}");
    }
    // What says that it is compressed and is not.
    let microsoft = Microsoft::start().await;
    microsoft.on(DOMAINS, reply(200, &page).header("content-encoding", "gzip"));
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Network);
}

#[tokio::test]
async fn attack_hostile_graph_a_link_may_name_no_other_place_however_it_is_written() {
    let microsoft = Microsoft::start().await;
    let port = microsoft.address.rsplit(':').next().unwrap().to_owned();
    for link in [
        format!("http://127.0.0.1:{port}@evil.example/graph/v1.0/users"),
        format!("http://evil.example#@127.0.0.1:{port}/graph/v1.0/users"),
        format!("http://evil.example\\@127.0.0.1:{port}/graph/v1.0/users"),
        format!("http://localhost:{port}/graph/v1.0/users"),
        format!("https://127.0.0.1:{port}/graph/v1.0/users"),
        format!("http://127.0.0.1:{port}/graph/..//evil"),
        format!("//127.0.0.1:{port}/graph/v1.0/users"),
        "file:///etc/passwd".into(),
        "data:application/json,{}".into(),
        "\u{0}".into(),
        "x".repeat(1_000_000),
    ] {
        microsoft.clear(USERS);
        microsoft.on(USERS, ok(json!({ "value": [], "@odata.nextLink": link })));
        let short: String = link.chars().take(80).collect();
        let error = microsoft.tenant().users().all().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::LinkRefused, "{short}");
        assert!(error.to_string().len() < 2_000, "{short}");
    }
    // An id is no path: what stands in it can't lead a request elsewhere.
    for seen in ["/etc/passwd", "/evil", "/graph//evil"] {
        assert_eq!(microsoft.seen(seen).len(), 0);
    }
}

#[tokio::test]
async fn attack_hostile_graph_a_token_that_is_none_sends_no_header_of_its_own() {
    for (what, answer) in [
        ("a line in it", token("a\r\nx-evil: 1", 3600)),
        ("nothing", ok(json!({}))),
        (
            "a number",
            ok(json!({ "token_type": "Bearer", "access_token": 1, "expires_in": 3600 })),
        ),
        (
            "another type",
            ok(json!({ "token_type": {"a": []}, "access_token": "a", "expires_in": 3600 })),
        ),
        (
            "no end",
            ok(json!({ "token_type": "Bearer", "access_token": "a", "expires_in": -1 })),
        ),
        ("a page", reply(200, "<html>")),
        ("a megabyte", token(&"a".repeat(1_000_000), 3600)),
    ] {
        let microsoft = Microsoft::start().await;
        microsoft.on_token(answer);
        microsoft.on(DOMAINS, ok(json!({ "value": [] })));
        if let Err(error) = microsoft.tenant().domains().await {
            assert!(error.to_string().len() < 2_000, "{what}: {error}");
        }
        assert!(
            microsoft
                .seen(DOMAINS)
                .iter()
                .all(|seen| !seen.headers.contains_key("x-evil")),
            "{what}"
        );
    }
}

#[tokio::test]
async fn attack_hostile_graph_values_of_any_kind_are_errors_and_no_crash() {
    let values: [Value; 9] = [
        json!(null),
        json!([null]),
        json!([[[]]]),
        json!([{ "id": {} }]),
        json!([{ "id": "../../evil" }]),
        json!([{ "id": TENANT, "displayName": 1 }]),
        json!([{ "id": TENANT, "assignedLicenses": "x" }]),
        json!("x".repeat(1_000_000)),
        json!({ "0": {} }),
    ];
    for value in values {
        let microsoft = Microsoft::start().await;
        microsoft.on(USERS, ok(json!({ "value": value })));
        let error = microsoft.tenant().users().all().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::Decode, "{error}");
        assert!(error.to_string().len() < 2_000, "{}", error.to_string().len());
    }
}
