//! Devices managed by Intune (graph.md §6): their properties, which of them a list does not tell, and what a new one
//! is filled up with. They are no directory objects: no delta, no advanced queries, no memberships.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::change::{ChangeError, stamp};
use super::directory::Directory;
use super::entity::Entity;
use super::properties::on;
use super::schema::Kind;
use super::schema::Property;
use super::schema::Shape::{Bool, Date, List, Long, Object, Text};

/// The service plan of Intune: INTUNE_A (graph.md §4).
pub const INTUNE_PLAN: &str = "c1ec4a95-1f05-45b3-a911-aa3fa01094f5";

pub(super) static MANAGED_DEVICE: &[Property] = &[
    on("id", Text),
    on("activationLockBypassCode", Text),
    on("androidSecurityPatchLevel", Text),
    on("azureADDeviceId", Text),
    on("azureADRegistered", Bool),
    on("complianceGracePeriodExpirationDateTime", Date),
    on("complianceState", Text),
    on("configurationManagerClientEnabledFeatures", Object(&[])),
    on("deviceActionResults", List(&Object(&[]))),
    on("deviceCategoryDisplayName", Text),
    on("deviceEnrollmentType", Text),
    on("deviceHealthAttestationState", Object(&[])),
    on("deviceName", Text),
    on("deviceRegistrationState", Text),
    on("easActivated", Bool),
    on("easActivationDateTime", Date),
    on("easDeviceId", Text),
    on("emailAddress", Text),
    on("enrolledDateTime", Date),
    on("enrollmentProfileName", Text),
    on("ethernetMacAddress", Text),
    on("exchangeAccessState", Text),
    on("exchangeAccessStateReason", Text),
    on("exchangeLastSuccessfulSyncDateTime", Date),
    on("freeStorageSpaceInBytes", Long),
    on("iccid", Text),
    on("imei", Text),
    on("isEncrypted", Bool),
    on("isSupervised", Bool),
    on("jailBroken", Text),
    on("lastSyncDateTime", Date),
    on("managedDeviceName", Text),
    on("managedDeviceOwnerType", Text),
    on("managementAgent", Text),
    on("managementCertificateExpirationDate", Date),
    on("managementState", Text),
    on("manufacturer", Text),
    on("meid", Text),
    on("model", Text),
    on("notes", Text),
    on("operatingSystem", Text),
    on("osVersion", Text),
    on("partnerReportedThreatState", Text),
    on("phoneNumber", Text),
    on("physicalMemoryInBytes", Long),
    on("remoteAssistanceSessionErrorDetails", Text),
    on("remoteAssistanceSessionUrl", Text),
    on("requireUserEnrollmentApproval", Bool),
    on("serialNumber", Text),
    on("subscriberCarrier", Text),
    on("totalStorageSpaceInBytes", Long),
    on("udid", Text),
    on("userDisplayName", Text),
    on("userId", Text),
    on("userPrincipalName", Text),
    on("wiFiMacAddress", Text),
];

/// The moment that Intune tells where there is none.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// What stands in place of a property whose value is told only for a single device whose property was selected.
pub fn unless_chosen(name: &str) -> Option<Value> {
    match name {
        "activationLockBypassCode" | "ethernetMacAddress" | "notes" => Some(Value::Null),
        "iccid" | "udid" => Some(json!("")),
        "physicalMemoryInBytes" => Some(json!(0)),
        _ => None,
    }
}

/// A device with a value for every property that is never null in the model.
pub fn blank(id: Uuid, seen: DateTime<Utc>) -> Entity {
    let mut device = Entity::new(Kind::ManagedDevice)
        .with("id", id.to_string())
        .with("userId", "")
        .with("complianceState", "compliant")
        .with("deviceEnrollmentType", "windowsAzureADJoin")
        .with("deviceRegistrationState", "registered")
        .with("easActivated", false)
        .with("enrolledDateTime", stamp(seen))
        .with("exchangeAccessState", "none")
        .with("exchangeAccessStateReason", "none")
        .with("isEncrypted", true)
        .with("isSupervised", false)
        .with("lastSyncDateTime", stamp(seen))
        .with("managedDeviceOwnerType", "company")
        .with("managementAgent", "mdm")
        .with("managementState", "managed")
        .with("partnerReportedThreatState", "unknown");
    for never in [
        "complianceGracePeriodExpirationDateTime",
        "easActivationDateTime",
        "exchangeLastSuccessfulSyncDateTime",
        "managementCertificateExpirationDate",
    ] {
        device = device.with(never, NEVER);
    }
    for size in [
        "freeStorageSpaceInBytes",
        "physicalMemoryInBytes",
        "totalStorageSpaceInBytes",
    ] {
        device = device.with(size, 0);
    }
    device
}

impl Directory {
    /// Whether an enabled subscription holds Intune; without one its paths answer nothing but an error.
    pub fn has_intune(&self) -> bool {
        self.has_plan(&[INTUNE_PLAN])
    }

    /// Enrols a device. What the model never leaves null is filled in; a user is told by `userId` alone.
    pub fn create_managed_device(&mut self, map: &Map<String, Value>, now: DateTime<Utc>) -> Result<Uuid, ChangeError> {
        let id = match map.get("id").and_then(Value::as_str).map(Uuid::try_parse) {
            Some(Ok(id)) if self.managed_devices.contains_key(&id) => return Err(ChangeError::Taken(id.to_string())),
            Some(Ok(id)) => id,
            _ => Uuid::new_v4(),
        };
        let mut device = blank(id, now);
        self.merge_managed(&mut device, map)?;
        self.managed_devices.insert(id, device);
        Ok(id)
    }

    /// Merges properties into a device; null takes a value away. It has spoken to Intune meanwhile, unless the change
    /// says when it did.
    pub fn patch_managed_device(
        &mut self,
        key: &str,
        map: &Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Result<Uuid, ChangeError> {
        let id = self.managed_id(key)?;
        let mut device = self.managed_devices.get(&id).cloned().unwrap_or_else(|| blank(id, now));
        device = device.with("lastSyncDateTime", now.to_rfc3339());
        self.merge_managed(&mut device, map)?;
        self.managed_devices.insert(id, device);
        Ok(id)
    }

    /// Takes a device out of Intune.
    pub fn delete_managed_device(&mut self, key: &str) -> Result<Uuid, ChangeError> {
        let id = self.managed_id(key)?;
        self.managed_devices.remove(&id);
        Ok(id)
    }

    fn managed_id(&self, key: &str) -> Result<Uuid, ChangeError> {
        Uuid::try_parse(key)
            .ok()
            .filter(|id| self.managed_devices.contains_key(id))
            .ok_or_else(|| ChangeError::NotFound("managed device", key.to_owned()))
    }

    fn merge_managed(&self, device: &mut Entity, map: &Map<String, Value>) -> Result<(), ChangeError> {
        for (name, value) in map.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("id")) {
            device.set(name, value)?;
        }
        // The name beside the id is the user's, whoever it is now.
        if map.contains_key("userId") {
            let user = device.text("userId").and_then(|id| self.user(id)).map(|(_, user)| user);
            for (name, of_user) in [
                ("userPrincipalName", "userPrincipalName"),
                ("userDisplayName", "displayName"),
                ("emailAddress", "mail"),
            ] {
                let value = user.and_then(|user| user.get(of_user)).cloned();
                device.set(name, &value.unwrap_or_else(|| json!("")))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_withholds_are_properties_of_a_device() {
        for name in [
            "activationLockBypassCode",
            "ethernetMacAddress",
            "notes",
            "iccid",
            "udid",
            "physicalMemoryInBytes",
        ] {
            assert!(unless_chosen(name).is_some());
            assert!(Kind::ManagedDevice.property(name).is_some(), "{name}");
        }
        assert_eq!(unless_chosen("wiFiMacAddress"), None);
    }
}
