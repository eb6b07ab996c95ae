//! Devices: their list, and what of them is seen by whom.

use serde_json::Value;

use crate::support::{broad_cloud, cloud, texts};

#[tokio::test]
async fn devices_are_listed_filtered_sorted_and_counted() {
    let cloud = broad_cloud(25).await;
    let all = cloud.all("/devices?$top=2").await;
    assert_eq!(all.len(), 3);
    let compliant = cloud.all("/devices?$filter=isCompliant eq true").await;
    assert!(!compliant.is_empty() && compliant.len() < all.len());
    assert!(compliant.iter().all(|device| device["isCompliant"] == true));
    let sorted = cloud
        .all_eventually("/devices?$orderby=displayName desc&$count=true")
        .await;
    assert_eq!(texts(&sorted, "displayName"), ["KIOSK-003", "KIOSK-002", "KIOSK-001"]);
    let one = cloud
        .get(&format!("/devices/{}?$select=deviceId", all[0]["id"].as_str().unwrap()))
        .await;
    assert_eq!(one["deviceId"], all[0]["deviceId"]);
    let counted = cloud.send_eventually("/devices/$count").await.text().await.unwrap();
    assert_eq!(counted, "3");
    for refused in ["/devices/delta", "/devices/x/registeredOwners"] {
        assert_eq!(
            cloud.refused(refused).await,
            (400, "BadRequest".to_owned()),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_device_among_members_is_no_more_than_its_id_without_the_permission_for_devices() {
    for (cloud, known) in [(cloud(25).await, false), (broad_cloud(25).await, true)] {
        let kiosks = cloud.group("Kiosk Devices").await;
        let path = format!("/groups/{kiosks}/members?$select=id,displayName");
        let members = cloud.all(&path).await;
        let is_device = |member: &&Value| member["@odata.type"] == "#microsoft.graph.device";
        let devices: Vec<&Value> = members.iter().filter(is_device).collect();
        assert_eq!(devices.len(), 3);
        for device in devices {
            assert!(device["id"].is_string());
            assert_eq!(device["displayName"].is_string(), known, "{device}");
        }
    }
}
