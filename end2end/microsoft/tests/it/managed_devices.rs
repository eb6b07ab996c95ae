//! Intune's managed devices: what a list tells, what only a single read does, and who may ask (graph.md §6).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{Cloud, options, with};

const LIST: &str = "/deviceManagement/managedDevices";
const ONE: &str = "/deviceManagement/managedDevices/{id}";

/// A tenant that has Intune, of so many users.
async fn intune_cloud(users: usize) -> Cloud {
    let mut options = options(users);
    options.tenants[0].name = "fabrikam".to_owned();
    with(options).await
}

fn id(device: &Value) -> &str {
    device["id"].as_str().unwrap()
}

async fn checked(cloud: &Cloud, template: &str, path: &str) -> Value {
    let answer = cloud.send(path).await;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    Schema::check_path(template, status, &body);
    body
}

#[tokio::test]
async fn the_ethernet_address_is_told_by_a_single_read_that_selects_it_and_by_nothing_else() {
    let cloud = intune_cloud(60).await;
    let raw = cloud.raw().await;
    let kept = raw["managedDevices"].as_array().unwrap();
    let wired: Vec<&Value> = kept
        .iter()
        .filter(|device| device["ethernetMacAddress"].as_str().is_some_and(|mac| !mac.is_empty()))
        .collect();
    assert!(wired.len() > 10);
    let all = checked(&cloud, LIST, LIST).await;
    assert_eq!(all["value"].as_array().unwrap().len(), kept.len());
    for list in [
        LIST,
        &format!("{LIST}?$select=id,ethernetMacAddress,wiFiMacAddress&$top=7"),
    ] {
        let listed = cloud.all(list).await;
        assert_eq!(listed.len(), kept.len());
        assert!(listed.iter().all(|device| device["ethernetMacAddress"].is_null()));
        assert!(listed.iter().any(|device| device["wiFiMacAddress"].is_string()));
    }
    let whole = checked(&cloud, ONE, &format!("{LIST}/{}", id(wired[0]))).await;
    assert!(whole["ethernetMacAddress"].is_null(), "nothing was selected");
    assert_eq!(
        (&whole["physicalMemoryInBytes"], &whole["udid"]),
        (&json!(0), &json!(""))
    );
    let path = format!("{LIST}/{}?$select=ethernetMacAddress", id(wired[0]));
    let read = checked(&cloud, ONE, &path).await;
    assert_eq!(read["ethernetMacAddress"], wired[0]["ethernetMacAddress"]);
    let member = json!({"requests": [{"id": "1", "method": "GET", "url": path}]});
    let request = cloud.client.post(cloud.url("/$batch")).bearer_auth(&cloud.token);
    let batch: Value = request.json(&member).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        batch["responses"][0]["body"]["ethernetMacAddress"],
        wired[0]["ethernetMacAddress"]
    );
}

#[tokio::test]
async fn the_devices_of_a_small_tenant_have_every_spelling_and_every_deceit() {
    let cloud = intune_cloud(60).await;
    let raw = cloud.raw().await;
    let devices = raw["managedDevices"].as_array().unwrap();
    let text = |device: &Value, name: &str| device[name].as_str().unwrap_or_default().to_owned();
    let mut separators = BTreeSet::new();
    for device in devices {
        for name in ["wiFiMacAddress", "ethernetMacAddress"] {
            let mac = text(device, name);
            let digits = mac.chars().filter(char::is_ascii_hexdigit).count();
            assert!(digits == 12 || mac.is_empty(), "{mac}");
            separators.extend(
                mac.chars()
                    .find(|c| !c.is_ascii_hexdigit())
                    .or((!mac.is_empty()).then_some('0')),
            );
        }
    }
    assert_eq!(separators, BTreeSet::from([' ', '-', '.', '0', ':']));
    let plain = |device: &Value, name: &str| text(device, name).replace([' ', '-', '.', ':'], "").to_lowercase();
    let wifi: Vec<String> = devices.iter().map(|device| plain(device, "wiFiMacAddress")).collect();
    for constant in ["", "000000000000", "020000000000"] {
        assert!(wifi.iter().any(|mac| mac == constant), "{constant:?}");
    }
    let randomised = |mac: &&String| {
        let first = mac.get(..2).and_then(|first| u8::from_str_radix(first, 16).ok());
        first.is_some_and(|first| first & 2 == 2) && *mac != "020000000000"
    };
    assert!(wifi.iter().any(|mac| randomised(&mac)));
    assert!(devices.iter().any(|device| text(device, "userId").is_empty()));
    let junk = ["To be filled by O.E.M.", "System Serial Number", "Default string", "0"];
    let serial = |device: &Value| text(device, "serialNumber");
    assert!(devices.iter().any(|device| junk.contains(&serial(device).as_str())));
    let shared = devices.iter().any(|one| {
        let mac = plain(one, "ethernetMacAddress");
        let other = |other: &&Value| plain(other, "ethernetMacAddress") == mac && other["userId"] != one["userId"];
        !mac.is_empty() && devices.iter().any(|device| other(&device))
    });
    assert!(shared, "no dock");
    let again = intune_cloud(60).await.raw().await;
    assert_eq!(again["managedDevices"], raw["managedDevices"], "the seed decides");
}

#[tokio::test]
async fn there_is_no_delta_no_count_and_no_filter_but_on_two_moments() {
    let cloud = intune_cloud(30).await;
    let all = cloud.all(LIST).await;
    let middle = "2025-11-18T00:00:00Z";
    let since = cloud.all(&format!("{LIST}?$filter=lastSyncDateTime gt {middle}")).await;
    let before = cloud.all(&format!("{LIST}?$filter=lastSyncDateTime le {middle}")).await;
    assert!(!since.is_empty() && !before.is_empty());
    assert_eq!(since.len() + before.len(), all.len());
    for refused in [
        format!("{LIST}/delta"),
        format!("{LIST}?$filter=serialNumber eq 'x'"),
        format!("{LIST}?$search=\"deviceName:x\""),
        format!("{LIST}?$orderby=deviceName"),
        format!("{LIST}?$count=true"),
        format!("{LIST}?$top=1001"),
        format!("{LIST}/$count"),
    ] {
        let (status, _) = cloud.refused(&refused).await;
        assert_eq!(status, 400, "{refused}");
    }
    let (status, _) = cloud
        .refused(&format!("{LIST}/00000000-0000-4000-8000-000000000001"))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn without_the_permission_or_the_licence_intune_answers_nobody() {
    let cloud = intune_cloud(5).await;
    let denied = json!({"denied": ["DeviceManagementManagedDevices.Read.All"], "immediately": true});
    cloud
        .control(Method::PUT, "/tenants/fabrikam/permissions", Some(denied))
        .await;
    assert_eq!(cloud.refused(LIST).await, (403, "Forbidden".to_owned()));
    cloud.get("/users").await;

    let without = with(options(5)).await;
    let body = checked(&without, LIST, LIST).await;
    assert_eq!(body["error"]["message"], "Request not applicable to target tenant.");
    assert_eq!(without.raw().await["managedDevices"], json!([]));
}

#[tokio::test]
async fn intune_counts_requests_and_no_units_in_a_bucket_of_its_own() {
    let cloud = intune_cloud(5).await;
    let limits = json!({"intune": {"amount": 2, "seconds": 3600}, "small": {"amount": 1, "seconds": 3600}});
    cloud.control(Method::PUT, "/throttle", Some(limits)).await;
    for _ in 0..2 {
        let answer = cloud.send(LIST).await;
        assert_eq!(answer.status().as_u16(), 200);
        assert!(!answer.headers().contains_key("x-ms-resource-unit"));
    }
    let refused = cloud.send(LIST).await;
    assert_eq!(refused.status().as_u16(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(
        cloud.send("/groups").await.status().as_u16(),
        200,
        "the directory counts for itself"
    );
}

#[tokio::test]
async fn a_device_is_enrolled_changed_and_taken_out_through_the_control_api() {
    let cloud = intune_cloud(5).await;
    let raw = cloud.raw().await;
    let person = &raw["users"][0];
    let path = "/tenants/fabrikam/managedDevices";
    let device = json!({"deviceName": "NEW-1", "userId": person["id"], "wiFiMacAddress": "04-1A-2B-3C-4D-5E"});
    let made = cloud.control(Method::POST, path, Some(device)).await;
    assert_eq!(made["userPrincipalName"], person["userPrincipalName"]);
    let one = format!("{LIST}/{}", id(&made));
    let before = checked(&cloud, ONE, &one).await;
    assert_eq!(before["deviceName"], "NEW-1");
    let path = format!("{path}/{}", id(&made));
    let change = json!({"userId": "", "lastSyncDateTime": "2030-01-31T08:00:00Z"});
    cloud.control(Method::PATCH, &path, Some(change)).await;
    let after = checked(&cloud, ONE, &one).await;
    assert_eq!(
        (
            &after["userId"],
            &after["userPrincipalName"],
            &after["lastSyncDateTime"]
        ),
        (&json!(""), &json!(""), &json!("2030-01-31T08:00:00Z"))
    );
    cloud.control(Method::DELETE, &path, None).await;
    assert_eq!(cloud.refused(&one).await.0, 404);
    let (status, _) = cloud
        .try_control(Method::PATCH, &path, Some(json!({"deviceName": "x"})))
        .await;
    assert_eq!(status.as_u16(), 404);
}
