//! `$batch`, against a script: each member succeeds, waits or fails by itself.

use super::microsoft::{Microsoft, ok, reply};
use crate::{graph::GraphErrorKind, model::ids::DeviceId, server::metrics::recorder};
use metrics::set_default_local_recorder;
use serde_json::{Value, json};
use uuid::Uuid;

const BATCH: &str = "/graph/v1.0/$batch";

fn devices(count: u128) -> Vec<DeviceId> {
    (0..count).map(|n| DeviceId(Uuid::from_u128(n))).collect()
}

fn read(id: &str, mac: &str) -> Value {
    json!({ "id": id, "status": 200, "headers": {}, "body": { "ethernetMacAddress": mac } })
}

fn refused(id: &str, status: u16, code: &str, headers: Value) -> Value {
    json!({ "id": id, "status": status, "headers": headers, "body": { "error": { "code": code, "message": "no" } } })
}

fn sent(microsoft: &Microsoft, call: usize) -> Value {
    serde_json::from_str(&microsoft.seen(BATCH)[call].body).unwrap()
}

#[tokio::test]
async fn who_is_throttled_is_asked_again_alone_and_answers_in_any_order_find_their_place() {
    let microsoft = Microsoft::start().await;
    let throttled = refused("1", 429, "TooManyRequests", json!({ "retry-after": "1" }));
    microsoft
        .on(
            BATCH,
            ok(json!({ "responses": [read("2", "c"), throttled, read("0", "a")] })),
        )
        .on(BATCH, ok(json!({ "responses": [read("1", "b")] })));
    let started = tokio::time::Instant::now();
    let answers = microsoft.tenant().ethernet_addresses(&devices(3)).await.unwrap();
    let macs: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().unwrap()).collect();
    assert_eq!(macs, ["a", "b", "c"]);
    assert!(
        started.elapsed() >= std::time::Duration::from_secs(1),
        "as the member's own header says"
    );
    assert_eq!(sent(&microsoft, 0)["requests"].as_array().unwrap().len(), 3);
    let again = sent(&microsoft, 1);
    assert_eq!(again["requests"].as_array().unwrap().len(), 1);
    let url = format!(
        "/deviceManagement/managedDevices/{}?$select=ethernetMacAddress",
        devices(2)[1]
    );
    assert_eq!(again["requests"][0], json!({ "id": "1", "method": "GET", "url": url }));
    assert_eq!(microsoft.seen(BATCH)[0].header("content-type"), "application/json");
}

#[tokio::test]
async fn what_else_fails_fails_alone_and_by_its_kind() {
    let recorder = recorder().unwrap();
    let _measured = set_default_local_recorder(&recorder);
    let microsoft = Microsoft::start().await;
    let responses = json!([
        read("0", "a"),
        refused("1", 404, "Request_ResourceNotFound", json!({})),
        refused("2", 403, "Authorization_RequestDenied", json!({})),
        { "id": "3", "status": 200, "body": "bm90IGpzb24=" },
        read("77", "of nobody who was asked for"),
    ]);
    microsoft.on(BATCH, ok(json!({ "responses": responses })));
    let answers = microsoft.tenant().ethernet_addresses(&devices(5)).await.unwrap();
    let kinds: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().err().map(|error| error.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            None,
            Some(GraphErrorKind::NotFound),
            Some(GraphErrorKind::PermissionMissing),
            Some(GraphErrorKind::Decode),
            Some(GraphErrorKind::Decode),
        ]
    );
    assert!(answers[1].as_ref().unwrap_err().is_gone());
    let words = answers[2].as_ref().unwrap_err().remedy();
    assert!(words.contains("DeviceManagementManagedDevices.Read.All"), "{words}");
    assert_eq!(microsoft.seen(BATCH).len(), 1, "a refusal is not asked again");
    let counted = recorder.handle().render();
    for status in [200, 403, 404] {
        let series = format!(
            "entrain_graph_batch_members_total{{endpoint=\"/deviceManagement/managedDevices/{{id}}\",status=\"{status}\"}}"
        );
        assert!(counted.contains(&series), "{counted}");
    }
}

#[tokio::test]
async fn more_than_twenty_are_asked_in_several_batches() {
    let microsoft = Microsoft::start().await;
    let all = |count: usize| {
        let responses: Vec<_> = (0..count).map(|n| read(&n.to_string(), "a")).collect();
        ok(json!({ "responses": responses }))
    };
    microsoft.on(BATCH, all(20)).on(BATCH, all(20)).on(BATCH, all(5));
    let answers = microsoft.tenant().ethernet_addresses(&devices(45)).await.unwrap();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 45);
    let sizes: Vec<_> = (0..3)
        .map(|call| sent(&microsoft, call)["requests"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [20, 20, 5]);
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_is_an_error() {
    let microsoft = Microsoft::start().await;
    microsoft.on(
        BATCH,
        reply(400, "{\"error\": {\"code\": \"BadRequest\", \"message\": \"no\"}}"),
    );
    let error = microsoft.tenant().ethernet_addresses(&devices(1)).await.unwrap_err();
    assert_eq!((error.kind, error.status), (GraphErrorKind::Other, Some(400)));
}

#[tokio::test]
async fn intunes_words_about_a_missing_licence_are_understood_with_either_status() {
    const DEVICES: &str = "/graph/v1.0/deviceManagement/managedDevices";
    for (status, words) in [
        (400, "Request not applicable to target tenant."),
        (403, "Required license not available for this tenant"),
    ] {
        let microsoft = Microsoft::start().await;
        let body = json!({ "error": { "code": "BadRequest", "message": words } });
        microsoft.on(DEVICES, reply(status, body));
        let error = microsoft.tenant().managed_devices().all().await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::IntuneRequired, "{words}");
    }
}
