//! What tests say, which `make test-rust` searches for the secrets that they used (`end2end/test-rust.mjs`).
//!
//! Tests, and the programs that they start, put down each secret by its value in a file that the search reads, and say
//! what else nobody would see: their logs, error pages, the output of programs. Without that file, as under
//! `cargo test` by hand, all of it stays silent.

use super::{alone::is_alone, samples};
use crate::server::telemetry::log;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::header,
    middleware::map_response,
    response::Response,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use std::{env, fs::OpenOptions, io::Write as _, path::PathBuf, sync::Once};
use tracing_subscriber::{fmt::TestWriter, util::SubscriberInitExt as _};
use url::form_urlencoded;

/// Names the file of what must not be said: a JSON array a line, of what it is and its value.
pub const SECRETS: &str = "ENTRAIN_TEST_SECRETS";

/// What is shorter stands in many a text.
const SHORTEST: usize = 16;

fn secrets() -> Option<PathBuf> {
    env::var_os(SECRETS).map(PathBuf::from)
}

/// Puts down what must stand in no log line and on no error page, and what it is.
pub fn never(what: &str, secret: &str) {
    assert!(secret.len() >= SHORTEST, "{what} is too short to be searched for");
    let Some(file) = secrets() else { return };
    let line = serde_json::to_string(&[what, secret]).unwrap() + "\n";
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    // All at once: other processes write there too.
    file.write_all(line.as_bytes()).unwrap();
}

/// The same of a private key: a line of its PEM that holds nothing of the public half, which comes first.
pub fn never_key(pkcs8: &[u8]) {
    const LINE: usize = 64;
    let text = STANDARD.encode(pkcs8);
    let from = (text.len() / LINE - 2) * LINE;
    never("a private key", &text[from..from + LINE]);
}

/// Says what else nobody would see, each line marked: it may be what the harness of another process printed, and would be
/// taken for what ours prints.
pub fn aloud(text: &str) {
    if secrets().is_some() {
        println!("{}", marked(text));
    }
}

fn marked(text: &str) -> String {
    let lines = text.lines().map(|line| format!("| {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Says the log of ours aloud from now on, and puts down the samples. A test in a process of its own keeps its log
/// itself.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if secrets().is_none() {
            return;
        }
        for (what, secret) in samples::all() {
            never(what, &secret);
        }
        if !is_alone() {
            let writer: fn() -> TestWriter = TestWriter::new;
            // Where another log is the process's already, that one is heard.
            let _ = log("warn,entrain=debug", false, writer).try_init();
        }
    });
}

/// What a program printed, without what it shows once and to whom it is for.
pub fn without_shown_once(printed: &str) -> String {
    let lines = printed.lines().filter(|line| !line.contains("shown this once"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Routes whose every answer that is an error, or leads to a page that says one, is said aloud.
pub fn with_errors_aloud(routes: Router) -> Router {
    routes.layer(map_response(said_error))
}

async fn said_error(answer: Response) -> Response {
    let status = answer.status();
    if secrets().is_none() {
        return answer;
    }
    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    if let Some(problem) = to.and_then(problem_in) {
        aloud(&format!("answered {status}: {problem}"));
    }
    if !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    aloud(&format!("answered {status}: {}", String::from_utf8_lossy(&body)));
    Response::from_parts(head, Body::from(body))
}

/// What an address says of a problem. Where a form was sent without script, that is the whole error, in base64.
fn problem_in(to: &str) -> Option<String> {
    if !["__err=", "problem="].iter().any(|name| to.contains(name)) {
        return None;
    }
    let query = to.split_once('?').map_or("", |(_, query)| query);
    let error = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "__err");
    let error = error.and_then(|(_, value)| URL_SAFE.decode(value.as_bytes()).ok());
    Some(format!("{to} {}", String::from_utf8_lossy(&error.unwrap_or_default())))
}

#[test]
fn what_an_address_says_of_a_problem_is_read_from_its_base64() {
    let error = URL_SAFE.encode("Nobody is ticked.").replace('=', "%3D");
    let said = problem_in(&format!("/settings?dialog=x&__path=%2Fapi&__err={error}")).unwrap();
    assert!(said.ends_with(" Nobody is ticked."), "{said}");
    let said = problem_in("/sign-in?problem=unknown").unwrap();
    assert_eq!(said.trim_end(), "/sign-in?problem=unknown");
    assert_eq!(problem_in("/settings?notice=saved"), None);
}

#[test]
fn no_line_that_is_said_aloud_can_be_taken_for_the_harness_own() {
    assert_eq!(marked("x\ntest result: ok\n"), "| x\n| test result: ok");
}
