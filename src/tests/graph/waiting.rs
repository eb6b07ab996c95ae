use super::microsoft::{Microsoft, error, ok, reply};
use crate::graph::GraphErrorKind;
use serde_json::json;
use std::time::{Duration, Instant};

const DOMAINS: &str = "/graph/v1.0/domains";

#[tokio::test]
async fn a_throttled_request_waits_as_long_as_it_is_told() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(DOMAINS, error(429, "TooManyRequests").header("retry-after", "0.3"))
        .on(DOMAINS, ok(json!({"value": []})));
    let started = Instant::now();
    microsoft.tenant().domains().await.unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(300),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(microsoft.seen(DOMAINS).len(), 2);
}

#[tokio::test]
async fn a_wait_beyond_all_patience_is_handed_to_the_caller() {
    let microsoft = Microsoft::start().await;
    microsoft.on(DOMAINS, error(429, "TooManyRequests").header("retry-after", "900"));
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!(
        (error.kind, error.retry_after),
        (GraphErrorKind::Throttled, Some(Duration::from_secs(900)))
    );
    assert_eq!(microsoft.seen(DOMAINS).len(), 1);
}

#[tokio::test]
async fn the_sixth_failure_is_the_last() {
    let microsoft = Microsoft::start().await;
    microsoft.on(
        DOMAINS,
        reply(504, "<html>Gateway Timeout</html>").header("retry-after", "0"),
    );
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!((error.kind, error.status), (GraphErrorKind::Unavailable, Some(504)));
    assert_eq!(error.message, "<html>Gateway Timeout</html>");
    assert_eq!(microsoft.seen(DOMAINS).len(), 6);
}

#[tokio::test]
async fn a_503_without_retry_after_is_asked_again_after_a_while_over_a_new_connection() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(DOMAINS, reply(503, ""))
        .on(DOMAINS, ok(json!({"value": []})));
    let started = Instant::now();
    microsoft.tenant().domains().await.unwrap();
    assert!(
        started.elapsed() >= Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
    let peers: Vec<_> = microsoft.seen(DOMAINS).iter().map(|seen| seen.peer).collect();
    assert_ne!(peers[0], peers[1]);
}

#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    let microsoft = Microsoft::start().await;
    microsoft.on(
        DOMAINS,
        error(403, "Authorization_RequestDenied").header("retry-after", "0"),
    );
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::PermissionMissing);
    assert_eq!(error.request_id.as_deref(), Some("r-1"));
    let sent = microsoft.seen(DOMAINS);
    assert_eq!(sent.len(), 1);
    assert_eq!(
        error.client_request_id.unwrap().to_string(),
        sent[0].header("client-request-id")
    );
}
