//! Names that would write lines of their own into the log, or speak to the terminal on which a command prints.

use super::{command::on, engine::logged::Kept, support::Stage};
use crate::{model::filter::Filters, server::telemetry::log};
use serde_json::json;
use sqlx::PgPool;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What a terminal or a reader would take for a line of the program, or for a command.
const INJECTED: &str =
    "Eve\r\n2026-01-01T00:00:00Z  INFO entrain: everybody was deleted\n\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m";

/// What of a text is not the program's own.
fn injected(text: &str) -> Option<&str> {
    text.split('\n').find(|line| {
        let colours = line.replace("\u{1b}[0m", "").replace("\u{1b}[2m", "");
        line.starts_with("2026-01-01")
            || line.contains('\r')
            || colours.contains(['\u{7}', '\u{9b}'])
            || line.contains("\u{1b}[2J")
    })
}

#[test]
fn what_is_looked_for_would_be_seen() {
    for part in INJECTED
        .split_inclusive(['\n', 'J', '\u{7}'])
        .filter(|part| *part != "\u{1b}[2J")
    {
        assert!(
            injected(&format!("x\n{part}")).is_some() || part.starts_with("Eve"),
            "{part:?}"
        );
    }
}

#[tokio::test]
async fn attack_log_injection_an_event_is_one_line_whatever_its_fields_hold() {
    let kept = Kept::default();
    {
        let _log = log("info", false, kept.clone()).set_default();
        let span = tracing::info_span!("run", tenant = %INJECTED);
        let _in = span.enter();
        tracing::info!(name = %INJECTED, other = INJECTED, debug = ?INJECTED, "{INJECTED}");
        tracing::error!(error = %std::io::Error::other(INJECTED), "failed");
    }
    let text = kept.text();
    assert_eq!(text.lines().count(), 2, "{text:?}");
    assert_eq!(injected(&text), None, "{text:?}");
    assert!(text.contains("everybody was deleted"), "{text:?}");
}

/// A customer, somebody and their groups, with such names.
async fn stage(pool: &PgPool) -> Stage {
    let stage = Stage::new(pool, 0).await;
    let eve = json!({ "displayName": INJECTED, "mail": "eve@contoso.example", "jobTitle": INJECTED, "city": INJECTED });
    let eve = stage.add(eve).await;
    stage.group(INJECTED, &[eve]).await;
    stage.enrol(json!({ "deviceName": INJECTED, "userId": eve })).await;
    for sql in [
        "update organization set name = name || $1",
        "update microsoft_tenant set display_name = display_name || $1, default_domain = default_domain || $1",
        "update tenant set name = name || $1",
    ] {
        sqlx::query(sql).bind(INJECTED).execute(pool).await.unwrap();
    }
    stage.enable(&Filters::default()).await;
    stage
}

#[sqlx::test(migrations = false)]
async fn attack_log_injection_no_command_prints_a_line_of_somebody_elses(pool: PgPool) {
    let stage = stage(&pool).await;
    for words in [
        &["sync", "--all", "--plan"][..],
        &["sync", "--all"],
        &["sync", "--organization", INJECTED, "--user", INJECTED],
        &["doctor"],
    ] {
        let done = on(&stage, words).await;
        for text in [&done.stdout, &done.stderr] {
            assert_eq!(injected(text), None, "{words:?}: {text:?}");
        }
        if words[0] == "sync" {
            assert!(
                done.stdout.contains("everybody was deleted") || done.stderr.contains("everybody was deleted"),
                "{words:?}"
            );
        }
    }
    // And in what fails.
    stage.consent(false).await;
    let done = on(&stage, &["sync", "--all"]).await;
    assert_ne!(done.code, 0);
    assert_eq!(injected(&format!("{}{}", done.stdout, done.stderr)), None, "{done:?}");
}
