use super::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Answers one connection with these bytes and closes it.
async fn serve(answer: Vec<u8>) -> Request {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/v1.0/users?$skiptoken=private",
        listener.local_addr().unwrap()
    );
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        // The client may hang up first when the answer is too large.
        stream.write_all(&answer).await.ok();
    });
    Request::new(reqwest::Method::GET, url.parse().unwrap())
}

async fn send(answer: &[u8]) -> Result<Answer, GraphError> {
    let transport = Transport {
        largest_body: 1000,
        ..Transport::new().unwrap()
    };
    transport.send(serve(answer.to_vec()).await, Connection::Pooled).await
}

#[tokio::test]
async fn an_answer_beyond_the_size_limit_is_not_read_to_its_end() {
    let body = "x".repeat(1001);
    let error = send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n{body}").as_bytes())
        .await
        .unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::TooLarge);
    let fits = send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", &body[1..]).as_bytes()).await;
    assert_eq!(fits.unwrap().body.len(), 1000);
}

#[tokio::test]
async fn an_answer_cut_short_is_a_network_failure_that_hides_the_query() {
    let error = send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"value\"")
        .await
        .unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Network);
    assert!(error.is_transient() && error.client_request_id.is_some());
    assert!(error.to_string().starts_with("GET /v1.0/users failed"), "{error}");
    assert!(!error.to_string().contains("private"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_network_failure_that_hides_the_query() {
    let request = Request::new(
        reqwest::Method::GET,
        "http://127.0.0.1:1/v1.0/users?$skiptoken=private".parse().unwrap(),
    );
    let error = Transport::new()
        .unwrap()
        .send(request, Connection::Fresh)
        .await
        .unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Network);
    assert!(!error.to_string().contains("private"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let answer = send(b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!((answer.status, answer.is_success()), (302, false));
}

#[tokio::test]
async fn a_retry_date_is_measured_with_the_clock_of_the_answer() {
    let answer = send(
        b"HTTP/1.1 503 Service Unavailable\r\nDate: Wed, 21 Oct 2015 07:28:00 GMT\r\n\
          Retry-After: Wed, 21 Oct 2015 07:28:07 GMT\r\nrequest-id: r-1\r\nContent-Length: 0\r\n\r\n",
    )
    .await
    .unwrap();
    assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(answer.request_id.as_deref(), Some("r-1"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1.0/users", listener.local_addr().unwrap());
    let mut request = Request::new(reqwest::Method::GET, url.parse().unwrap());
    *request.timeout_mut() = Some(Duration::from_millis(50));
    let error = Transport::new()
        .unwrap()
        .send(request, Connection::Pooled)
        .await
        .unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Timeout);
    assert!(error.is_transient());
}

#[tokio::test]
async fn the_size_limit_counts_what_comes_out_of_a_compressed_answer() {
    // 5,000 times the letter x, compressed by gzip -9.
    const COMPRESSED: [u8; 40] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2,
        0xa0, 0xda, 0x8b, 0x6f, 0x0a, 0x3f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x80, 0xb7, 0x01, 0x26, 0xf0, 0xdb, 0x00,
        0x88, 0x13, 0x00, 0x00,
    ];
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        COMPRESSED.len()
    );
    let error = send(&[head.as_bytes(), &COMPRESSED].concat()).await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::TooLarge);
}

#[tokio::test]
async fn an_error_keeps_its_status_when_its_body_is_too_large_or_breaks_off() {
    let cut = send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n<html>no")
        .await
        .unwrap();
    assert_eq!((cut.status, cut.body.as_slice()), (403, b"<html>no".as_slice()));
    let mut answer = format!(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: {}\r\n\r\n",
        2 * LARGEST_ERROR
    )
    .into_bytes();
    answer.resize(answer.len() + 2 * LARGEST_ERROR, b'x');
    let large = send(&answer).await.unwrap();
    assert_eq!((large.status, large.body.len()), (502, LARGEST_ERROR));
}

#[tokio::test]
async fn an_answer_with_a_date_tells_the_servers_clock() {
    let date = Utc::now() + chrono::TimeDelta::days(30);
    let head = format!(
        "HTTP/1.1 204 No Content\r\nDate: {}\r\n\r\n",
        date.format("%a, %d %b %Y %H:%M:%S GMT")
    );
    let clock = send(head.as_bytes()).await.unwrap().clock.unwrap();
    assert!(
        (clock.ahead - chrono::TimeDelta::days(30)).abs() < chrono::TimeDelta::seconds(5),
        "{clock:?}"
    );
    let undated = send(b"HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n").await.unwrap();
    assert_eq!(undated.clock, None);
}
