//! What is told of answers that are no answers: which words come through, and which do not.

use super::microsoft::{Microsoft, reply};
use crate::graph::GraphErrorKind;
use serde_json::json;

#[tokio::test]
async fn a_login_page_an_empty_body_and_a_page_without_a_list_are_no_listing() {
    for (body, words) in [
        ("<!DOCTYPE html><title>Sign in</title>", "<!DOCTYPE html>"),
        ("", "EOF"),
        ("{}", "value"),
        (r#"{"value": null}"#, "value"),
        (r#"{"value": [null]}"#, "value[0]"),
        (r#"{"value": [{"id": "contoso.com"}, {"id": "#, "value[1]"),
    ] {
        let microsoft = Microsoft::start().await;
        microsoft.on("/graph/v1.0/domains", reply(200, body));
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (GraphErrorKind::Decode, Some(200)),
            "{body}"
        );
        assert!(error.message.contains(words), "{error}");
        assert_eq!(microsoft.seen("/graph/v1.0/domains").len(), 1, "asked once: {body}");
    }
}

#[tokio::test]
async fn a_proxy_that_wants_a_sign_in_is_told_apart_from_microsoft() {
    let microsoft = Microsoft::start().await;
    microsoft.on("/graph/v1.0/domains", reply(407, "<html>Proxy Authentication Required"));
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert!(error.remedy().contains("HTTPS_PROXY"), "{}", error.remedy());
    microsoft.on_token(reply(407, ""));
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert!(error.remedy().contains("HTTPS_PROXY"), "{}", error.remedy());
}

#[tokio::test]
async fn nothing_that_a_terminal_obeys_comes_through_from_an_answer() {
    let escape = "\u{1b}]0;owned\u{7}\u{1b}[2J";
    let told = json!({"error": {"code": escape, "message": escape, "innerError": {"request-id": escape}}});
    let refused = json!({"error": escape, "error_description": escape, "trace_id": escape});
    for (status, body) in [
        (403, escape.to_owned()),
        (403, told.to_string()),
        (200, json!({"value": escape}).to_string()),
        (200, json!({"value": [{"id": 7, escape: escape}]}).to_string()),
    ] {
        let microsoft = Microsoft::start().await;
        microsoft.on("/graph/v1.0/domains", reply(status, body));
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
        microsoft.on_token(reply(400, &refused));
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
}

#[tokio::test]
async fn a_value_as_long_as_the_answer_is_cut_in_the_words_about_it() {
    let microsoft = Microsoft::start().await;
    microsoft.on(
        "/graph/v1.0/domains",
        reply(200, json!({"value": "x".repeat(1_000_000)})),
    );
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert!(error.message.starts_with("at value: invalid type"), "{error}");
    assert!(error.to_string().len() < 2_000, "{}", error.to_string().len());
}
