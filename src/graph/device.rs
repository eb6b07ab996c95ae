//! Intune's managed devices: the listing, and the Ethernet addresses that it leaves out.

use super::{client::TenantClient, error::GraphError, listing::Listing, wire::date};
use crate::model::ids::DeviceId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a listing tells of a device (learn.microsoft.com/graph/api/resources/intune-devices-manageddevice). The
/// Ethernet address is not among it: a listing says null, whatever the device has.
const DEVICE: &str = "id,deviceName,serialNumber,userId,wiFiMacAddress,lastSyncDateTime";

/// learn.microsoft.com/graph/api/resources/intune-devices-manageddevice
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct ManagedDevice {
    pub id: Uuid,
    pub device_name: Option<String>,
    pub serial_number: Option<String>,
    /// The primary user's id as text: empty for a device that is nobody's.
    pub user_id: Option<String>,
    #[serde(rename = "wiFiMacAddress")]
    pub wifi_mac_address: Option<String>,
    #[serde(default, deserialize_with = "date")]
    pub last_sync_date_time: Option<DateTime<Utc>>,
}

/// The answer to a read of one device's Ethernet address.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ethernet {
    ethernet_mac_address: Option<String>,
}

impl TenantClient {
    /// learn.microsoft.com/graph/api/intune-devices-manageddevice-list. No source tells the largest page, so the
    /// service chooses it.
    pub fn managed_devices(&self) -> Listing<ManagedDevice> {
        self.listing(&["deviceManagement", "managedDevices"], &format!("$select={DEVICE}"))
    }

    /// The Ethernet addresses of these devices as they were sent, in their order: one read each, in batches.
    pub async fn ethernet_addresses(
        &self,
        devices: &[DeviceId],
    ) -> Result<Vec<Result<Option<String>, GraphError>>, GraphError> {
        let url = |id: &DeviceId| format!("/deviceManagement/managedDevices/{id}?$select=ethernetMacAddress");
        let urls: Vec<_> = devices.iter().map(url).collect();
        let answers = self.batch::<Ethernet>(&urls).await?;
        let address = |answer: Result<Ethernet, GraphError>| answer.map(|answer| answer.ethernet_mac_address);
        Ok(answers.into_iter().map(address).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_that_the_type_knows_is_asked_for() {
        let value = serde_json::to_value(ManagedDevice::default()).unwrap();
        let mut known: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        let mut asked: Vec<_> = DEVICE.split(',').map(str::to_owned).collect();
        known.sort();
        asked.sort();
        assert_eq!(asked, known);
    }

    #[test]
    fn a_device_of_nobody_and_one_that_never_spoke_are_read() {
        let json = serde_json::json!({
            "id": "705c034c-034c-705c-4c03-5c704c035c70", "userId": "", "lastSyncDateTime": "0001-01-01T00:00:00Z",
            "wiFiMacAddress": null, "anything": 7,
        });
        let read: ManagedDevice = serde_json::from_value(json).unwrap();
        assert_eq!(read.user_id.as_deref(), Some(""));
        assert_eq!((read.last_sync_date_time, read.wifi_mac_address), (None, None));
    }
}
