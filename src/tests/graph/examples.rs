//! Every published example that answers an endpoint we call is read without loss of a field that we use.

use super::microsoft::{Microsoft, ok, reply};
use crate::{
    graph::{Domain, GraphErrorKind, Group, MemberRef, Organization, SubscribedSku, User},
    tests::fixtures::{Example, graph_examples},
};
use chrono::DateTime;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Reads each object of the examples and compares what is left of it with what was there; returns how many objects and
/// fields were compared.
fn lose_nothing<T: DeserializeOwned + Serialize>(prefixes: &[&str], needs: &str) -> Option<(usize, usize)> {
    let (mut objects, mut fields) = (0, 0);
    for Example { name, json } in graph_examples(prefixes)? {
        let listed = json["value"].as_array();
        for object in listed.map_or(std::slice::from_ref(&json), Vec::as_slice) {
            if object.get(needs).is_none() {
                // Graph always sends it; documentation leaves it out to be short.
                eprintln!("skipped an object of {name}: the documentation left out its {needs}");
                continue;
            }
            let read: T = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
            fields += compare(&serde_json::to_value(read).unwrap(), object, &name);
            objects += 1;
        }
    }
    Some((objects, fields))
}

/// Whatever our side knows by name must say what the example says. Returns the number of values compared.
fn compare(ours: &Value, published: &Value, place: &str) -> usize {
    match (ours, published) {
        (Value::Object(ours), Value::Object(published)) => ours
            .iter()
            .filter_map(|(name, value)| Some((name, value, published.get(name).filter(|value| !value.is_null())?)))
            .map(|(name, value, published)| compare(value, published, &format!("{place}.{name}")))
            .sum(),
        (Value::Array(ours), Value::Array(published)) => {
            assert_eq!(ours.len(), published.len(), "{place}");
            let items = ours.iter().zip(published).enumerate();
            1 + items
                .map(|(index, (ours, published))| compare(ours, published, &format!("{place}[{index}]")))
                .sum::<usize>()
        }
        _ => {
            assert!(
                ours == published || same_instant(ours, published),
                "{place}: {ours} instead of {published}"
            );
            1
        }
    }
}

fn same_instant(ours: &Value, published: &Value) -> bool {
    let read = |value: &Value| DateTime::parse_from_rfc3339(value.as_str()?).ok();
    read(ours).is_some_and(|ours| Some(ours) == read(published))
}

#[test]
fn the_comparison_notices_a_lost_field() {
    let (ours, published) = (
        serde_json::json!({"a": null, "b": 1}),
        serde_json::json!({"a": "x", "b": 1, "c": 2}),
    );
    assert!(std::panic::catch_unwind(|| compare(&ours, &published, "")).is_err());
    assert_eq!(compare(&published, &published, ""), 3);
}

#[test]
fn users_are_read_without_loss() {
    // The last example is named after an error, but shows the listing that works.
    let Some(read) = lose_nothing::<User>(&["users-list-", "user-get-", "error-advancedquery-5"], "id") else {
        return;
    };
    assert!(read.0 >= 5 && read.1 >= 28, "{read:?}");
}

#[test]
fn groups_are_read_without_loss() {
    let Some(read) = lose_nothing::<Group>(&["groups-list-", "group-get-", "deleteditems-"], "id") else {
        return;
    };
    assert!(read.0 >= 8 && read.1 >= 35, "{read:?}");
}

#[test]
fn members_are_read_without_loss() {
    let Some(read) = lose_nothing::<MemberRef>(&["group-members-", "group-transitivemembers-"], "id") else {
        return;
    };
    assert_eq!(read, (3, 4));
}

#[test]
fn products_are_read_without_loss() {
    let Some(read) = lose_nothing::<SubscribedSku>(&["subscribedsku"], "skuId") else {
        return;
    };
    assert!(read.0 == 3 && read.1 >= 3 * 12, "{read:?}");
}

#[test]
fn domains_and_organizations_are_read_without_loss() {
    let Some(domains) = lose_nothing::<Domain>(&["domain-get-", "domains-list-"], "id") else {
        return;
    };
    let Some(organizations) = lose_nothing::<Organization>(&["organization-"], "id") else {
        return;
    };
    assert!(
        domains.0 == 2 && organizations.0 == 2 && organizations.1 >= 2 * 20,
        "{domains:?} {organizations:?}"
    );
}

#[tokio::test]
async fn the_published_token_answer_is_used_as_it_is() {
    let Some(examples) = graph_examples(&["token-response-"]) else {
        return;
    };
    let microsoft = Microsoft::start().await;
    microsoft
        .on_token(ok(examples[0].json.clone()))
        .on("/graph/v1.0/domains", ok(serde_json::json!({"value": []})));
    microsoft.tenant().domains().await.unwrap();
    let expected = format!("Bearer {}", examples[0].json["access_token"].as_str().unwrap());
    assert_eq!(
        microsoft.seen("/graph/v1.0/domains")[0].header("authorization"),
        expected
    );
}

#[tokio::test]
async fn every_published_error_keeps_its_code_message_and_request_id() {
    let Some(examples) = graph_examples(&["error-", "manual-error-"]) else {
        return;
    };
    let microsoft = Microsoft::start().await;
    for Example { name, json } in examples {
        let Some(published) = json.get("error") else { continue };
        let (status, kind) = match name.as_str() {
            "error-throttled-429-1.json" => (429, GraphErrorKind::Throttled),
            "error-notimplemented-1.json" => (501, GraphErrorKind::Other),
            "manual-error-nonpremium-403-1.json" => (403, GraphErrorKind::PremiumRequired),
            "manual-error-expiredpagetoken-400-1.json" => (400, GraphErrorKind::ExpiredPageToken),
            "manual-error-syncstatenotfound-400-1.json" => (400, GraphErrorKind::ExpiredPageToken),
            _ => (400, GraphErrorKind::Other),
        };
        microsoft.clear("/graph/v1.0/domains");
        microsoft.on("/graph/v1.0/domains", reply(status, &json).header("retry-after", "0"));
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert_eq!((error.kind, error.status), (kind, Some(status)), "{name}");
        assert_eq!(error.code.as_deref(), published["code"].as_str(), "{name}");
        assert_eq!(Some(error.message.as_str()), published["message"].as_str(), "{name}");
        assert_eq!(
            error.request_id.as_deref(),
            published["innerError"]["request-id"].as_str(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_published_token_refusal_is_explained() {
    let Some(examples) = graph_examples(&["manual-token-error-"]) else {
        return;
    };
    let microsoft = Microsoft::start().await;
    microsoft.on_token(reply(400, &examples[0].json).header("content-type", "application/json"));
    let error = microsoft.tenant().domains().await.unwrap_err();
    assert_eq!(error.kind, GraphErrorKind::Token { aadsts: Some(70011) });
    assert_eq!(error.code.as_deref(), Some("invalid_scope"));
    assert!(
        error.message.starts_with("AADSTS70011: ") && !error.message.contains('\r'),
        "{error}"
    );
    assert!(error.remedy().contains("report this as a bug"), "{}", error.remedy());
}
