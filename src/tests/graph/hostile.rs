//! A bad day at Microsoft: each fault of the stand-in that a client can meet, and what ours makes of it.

use super::{
    microsoft::{Microsoft, reply},
    stand_in::StandIn,
};
use crate::graph::{GraphErrorKind, Step, User};
use serde_json::json;
use std::{collections::HashSet, time::Duration};
use tokio::net::TcpListener;

const USERS: &str = "/v1.0/users";
const DOMAINS: &str = "/v1.0/domains";

/// A listener at which nobody may knock.
struct Elsewhere(TcpListener);

impl Elsewhere {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn address(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// A connection would wait in the queue, so this need not be watched while the client runs.
    async fn received_nothing(&self) -> bool {
        let knock = tokio::time::timeout(Duration::from_millis(200), self.0.accept());
        knock.await.is_err()
    }
}

#[tokio::test]
async fn a_redirect_to_another_host_is_refused_and_nothing_is_sent_there() {
    let elsewhere = Elsewhere::start().await;
    for (path, status) in [(DOMAINS, 302), (DOMAINS, 307), ("token", 308)] {
        let stage = StandIn::start(1).await;
        stage.fault(json!({"path": path, "kind": "redirect", "status": status, "to": elsewhere.address()}));
        let error = stage.tenant.domains().await.unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (GraphErrorKind::LinkRefused, Some(status)),
            "{path}"
        );
        assert!(error.message.contains("redirects to http://127.0.0.1 "), "{error}");
    }
    assert!(elsewhere.received_nothing().await);
}

#[tokio::test]
async fn a_link_to_another_host_is_refused_and_nothing_is_sent_there() {
    let elsewhere = Elsewhere::start().await;
    let stage = StandIn::start(5).await;
    stage.fault(json!({"path": USERS, "kind": "foreignLink", "to": elsewhere.address()}));
    let error = stage.tenant.users().all().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::LinkRefused);
    assert!(
        error.request_id.is_some() && error.client_request_id.is_some(),
        "{error}"
    );
    assert!(elsewhere.received_nothing().await);
}

#[tokio::test]
async fn a_circle_of_links_ends_the_listing_whether_it_has_one_page_or_two() {
    for (pages, asked) in [(1, 1), (2, 2)] {
        let stage = StandIn::start(1_003).await;
        stage.fault(json!({"path": USERS, "kind": "loop", "pages": pages}));
        let error = stage.tenant.users().all().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::LinkLoop);
        assert!(
            error.request_id.is_some() && error.client_request_id.is_some(),
            "{error}"
        );
        assert_eq!(stage.asked(USERS).len(), asked);
    }
}

#[tokio::test]
async fn pages_without_end_are_cut() {
    let stage = StandIn::start(5).await;
    stage.fault(json!({"path": USERS, "kind": "endless"}));
    let error = stage.tenant.users().at_most(20).all().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::TooLarge);
    assert_eq!(stage.asked(USERS).len(), 20);
}

#[tokio::test]
async fn a_page_beyond_every_plausible_size_is_an_error() {
    let stage = StandIn::start(1).await;
    stage.fault(json!({"path": DOMAINS, "kind": "large", "size": 70_000_000}));
    let error = stage.tenant.domains().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::TooLarge);
    assert_eq!(stage.asked(DOMAINS).len(), 1);
}

#[tokio::test]
async fn an_error_with_a_huge_body_is_still_that_error() {
    let stage = StandIn::start(1).await;
    stage.fault(json!({
        "path": DOMAINS, "kind": "large", "size": 70_000_000, "status": 503, "retryAfter": 0, "times": 1,
    }));
    stage.tenant.domains().await.unwrap();
    stage.fault(json!({"path": DOMAINS, "kind": "large", "size": 70_000_000, "status": 403}));
    let error = stage.tenant.domains().await.unwrap_err();
    assert_eq!((error.kind, error.status), (GraphErrorKind::Forbidden, Some(403)));
    assert!(
        error.message.starts_with("{\"value\":[") && error.message.len() <= 200,
        "{error}"
    );
}

#[tokio::test]
async fn json_nested_beyond_all_measure_is_an_error_and_no_crash() {
    let stage = StandIn::start(1).await;
    stage.fault(json!({"path": DOMAINS, "kind": "deep", "size": 1_000_000}));
    let error = stage.tenant.domains().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Decode);

    let stage = StandIn::start(1).await;
    stage.fault(json!({"path": DOMAINS, "kind": "deep", "size": 30_000, "status": 403}));
    let error = stage.tenant.domains().await.unwrap_err();
    assert_eq!((error.kind, error.status), (GraphErrorKind::Forbidden, Some(403)));
    assert!(error.message.starts_with("{\"error\":[[["), "{error}");

    let stage = StandIn::start(1).await;
    stage.fault(json!({"path": "token", "kind": "deep", "size": 30_000}));
    assert_eq!(stage.tenant.domains().await.unwrap_err().kind, GraphErrorKind::Decode);
}

#[tokio::test]
async fn errors_that_are_html_empty_or_cut_are_told_with_status_and_first_bytes() {
    for (kind, words) in [("html", "<!DOCTYPE html>"), ("blank", "")] {
        let stage = StandIn::start(1).await;
        stage.fault(json!({"path": DOMAINS, "kind": kind, "status": 403}));
        let error = stage.tenant.domains().await.unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (GraphErrorKind::Forbidden, Some(403)),
            "{kind}"
        );
        assert!(error.message.starts_with(words), "{error}");
        assert!(
            error
                .to_string()
                .contains("GET /v1.0/domains was answered with status 403"),
            "{error}"
        );
    }
    let stage = StandIn::start(1).await;
    stage.fault(json!({"path": DOMAINS, "kind": "malformed"}));
    let error = stage.tenant.domains().await.unwrap_err();
    assert_eq!((error.kind, error.status), (GraphErrorKind::Decode, Some(200)));
}

#[tokio::test]
async fn many_requests_at_once_are_spread_over_the_time_that_microsoft_allows() {
    const UNITS: f64 = 3.0;
    const REQUESTS: u16 = 400;
    let stage = StandIn::start(1).await;
    let started = std::time::Instant::now();
    let asked = (0..REQUESTS).map(|_| stage.tenant.subscribed_skus());
    assert!(futures::future::join_all(asked).await.iter().all(Result::is_ok));
    // 560 units at once and 280 a second after that.
    let least = (UNITS * f64::from(REQUESTS) - 560.0) / 280.0;
    assert!(
        started.elapsed().as_secs_f64() >= least - 0.1,
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_error_page_that_repeats_our_request_shows_neither_token_nor_secret() {
    let microsoft = Microsoft::start().await;
    microsoft.on("/graph/v1.0/domains", reply(403, "refused: ").echoing());
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!(error.message, "refused: <pre>Bearer *** </pre>");

    microsoft.on_token(reply(400, "refused: ").echoing());
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert!(error.message.contains("client_secret=***"), "{error}");
    assert!(!format!("{error:?}").contains(super::microsoft::SECRET), "{error:?}");

    let page = Microsoft::start().await;
    page.on("/graph/v1.0/domains", reply(200, "<html>").echoing());
    let error = page.tenant().domains().await.unwrap_err();
    assert!(error.message.contains("Bearer ***"), "{error}");
}

#[tokio::test]
async fn microsoft_sees_a_new_connection_after_a_503_and_the_old_one_otherwise() {
    let stage = StandIn::start(1).await;
    stage.tenant.domains().await.unwrap();
    for status in [429, 503] {
        stage.fault(json!({"path": DOMAINS, "kind": "status", "status": status, "retryAfter": 0, "times": 1}));
        stage.tenant.domains().await.unwrap();
    }
    let connections: Vec<u64> = stage
        .asked(DOMAINS)
        .iter()
        .map(|entry| entry.caller.connection)
        .collect();
    let [first, throttled, repeated, refused, anew] = connections[..] else {
        panic!("{connections:?}")
    };
    assert!(first > 0 && anew != refused, "{connections:?}");
    assert_eq!([throttled, repeated, refused], [first; 3], "{connections:?}");
}

#[tokio::test]
async fn microsoft_sees_who_asks_and_whether_somebody_waits() {
    let stage = StandIn::start(1).await;
    stage.tenant.domains().await.unwrap();
    stage.tenant.clone().interactive().domains().await.unwrap();
    let seen = stage.asked(DOMAINS);
    let priorities: Vec<_> = seen
        .iter()
        .map(|entry| entry.caller.throttle_priority.as_deref())
        .collect();
    assert_eq!(priorities, [Some("Low"), Some("Normal")]);
    assert_eq!(
        seen[0].caller.user_agent.as_deref(),
        Some(concat!("entrain/", env!("CARGO_PKG_VERSION")))
    );
}

#[tokio::test]
async fn without_retry_after_the_pauses_grow() {
    let stage = StandIn::start(1).await;
    stage.fault(json!({"path": DOMAINS, "kind": "status", "status": 429, "times": 2}));
    stage.tenant.domains().await.unwrap();
    let seen = stage.asked(DOMAINS);
    let at = |index: usize| chrono::DateTime::parse_from_rfc3339(&seen[index].at).unwrap();
    let pauses = [1, 2].map(|index| (at(index) - at(index - 1)).num_milliseconds());
    // One second and two, of which up to half is left to chance.
    assert!(pauses[0] >= 500 && pauses[1] >= 1_000, "{pauses:?}");
}

#[tokio::test]
async fn a_token_refused_in_the_middle_of_a_listing_is_renewed_once_and_the_listing_goes_on() {
    let stage = StandIn::start(1_003).await;
    stage.fault(json!({"path": USERS, "kind": "refuseToken", "nth": 2}));
    let users = stage.tenant.users().all().await.unwrap();
    assert_eq!(distinct(&users), 1_003);
    assert_eq!(stage.token_requests(), 2);
    let seen = stage.asked(USERS);
    assert_eq!(
        seen.iter().map(|entry| entry.status).collect::<Vec<_>>(),
        [200, 401, 200]
    );
    assert_eq!(seen[1].query, seen[2].query);
}

#[tokio::test]
async fn an_expired_place_begins_the_listing_anew_without_losing_or_doubling_anybody() {
    let stage = StandIn::start(1_003).await;
    let expired = |nth, times| {
        json!({
            "path": "/v1.0/users?*skiptoken*", "kind": "status", "status": 400,
            "code": "Directory_ExpiredPageToken", "nth": nth, "times": times,
        })
    };
    stage.fault(expired(1, 5));
    let users = stage.tenant.users().all().await.unwrap();
    assert_eq!((users.len(), distinct(&users)), (1_003, 1_003));
    assert_eq!(stage.asked(USERS).len(), 5 * 2 + 2);

    stage.fault(expired(1, 6));
    let error = stage.tenant.users().all().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::ExpiredPageToken);
    assert!(error.remedy().contains("again and again"), "{}", error.remedy());
    assert_eq!(
        stage.asked(USERS).len(),
        12 + 6 * 2,
        "the first listing, and six tries of the second"
    );
}

#[tokio::test]
async fn who_reads_page_by_page_is_told_of_a_new_beginning() {
    let stage = StandIn::start(1_003).await;
    stage.fault(json!({"path": "/v1.0/users?*skiptoken*", "kind": "status", "status": 410, "times": 1}));
    let mut listing = stage.tenant.users();
    let mut sizes = Vec::new();
    loop {
        match listing.step().await.unwrap() {
            Step::Page(page) => sizes.push(Some(page.len())),
            Step::Restarted => sizes.push(None),
            Step::End => break,
        }
    }
    assert_eq!(sizes, [Some(999), None, Some(999), Some(4)]);
}

#[tokio::test]
async fn half_a_character_in_one_name_does_not_keep_the_others_from_being_read() {
    let stage = StandIn::start(25).await;
    stage.fault(json!({"path": USERS, "kind": "surrogate"}));
    let users = stage.tenant.users().all().await.unwrap();
    assert_eq!(distinct(&users), 25);
    assert_eq!(users[0].display_name.as_deref(), Some("half \u{fffd} name"));
}

#[tokio::test]
async fn the_offset_of_microsofts_clock_is_measured() {
    for seconds in [0, 3_600, -86_400] {
        let stage = StandIn::start(1).await;
        stage.fault(json!({"path": "/organizations/", "kind": "clock", "seconds": seconds}));
        let measured = stage.client.clock_offset().await.unwrap();
        let wrong = (measured.ahead - chrono::TimeDelta::seconds(seconds)).abs();
        assert!(wrong.to_std().unwrap() <= measured.uncertainty, "{measured:?}");
        assert!(measured.uncertainty < Duration::from_secs(2), "{measured:?}");
        assert_eq!(stage.token_requests(), 0, "nobody has to sign in to read a clock");
    }
}

#[tokio::test]
async fn a_wrong_clock_at_microsoft_changes_nothing_for_tokens_and_waits() {
    let stage = StandIn::start(1).await;
    stage
        .fault(json!({"path": "token", "kind": "clock", "seconds": -864_000}))
        .fault(json!({"path": DOMAINS, "kind": "clock", "seconds": 864_000, "times": 1}));
    stage.tenant.domains().await.unwrap();
    stage.tenant.domains().await.unwrap();
    assert_eq!(stage.token_requests(), 1);
}

#[tokio::test]
async fn a_token_and_a_read_tell_apart_what_does_not_work() {
    let stage = StandIn::start(1).await;
    stage.tenant.sign_in().await.unwrap();
    let organization = stage.tenant.organization().await.unwrap();
    assert_eq!(organization.id, stage.microsoft.tenants()[0].id);
    assert_eq!(stage.token_requests(), 1);

    stage.fault(json!({"path": "/v1.0/organization", "kind": "status", "status": 403}));
    stage.tenant.sign_in().await.unwrap();
    let error = stage.tenant.organization().await.unwrap_err();
    assert!(error.remedy().contains("Organization.Read.All"), "{}", error.remedy());

    stage.fault(json!({"path": "token", "kind": "status", "status": 401, "code": "AADSTS7000222"}));
    stage.tenant.forget_token().await;
    let error = stage.tenant.sign_in().await.unwrap_err();
    assert!(error.remedy().contains("expired"), "{}", error.remedy());
}

fn distinct(users: &[User]) -> usize {
    users.iter().map(|user| user.id).collect::<HashSet<_>>().len()
}
