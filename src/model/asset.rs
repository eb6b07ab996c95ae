//! A device in one Organization, to whom it is assigned, and what the assignment rests on.

use super::{
    ids::{AssetId, DeviceId, DirectoryUserId, EndUserId, OrganizationId, RunId},
    mac::Mac,
    time::Moment,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A managed device of a Microsoft tenant, as last read: what the sync reads and never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryDevice {
    /// Microsoft's id.
    pub id: DeviceId,
    /// `deviceName`.
    pub name: String,
    /// `serialNumber`.
    pub serial_number: String,
    /// The primary user; a shared device has none.
    pub user: Option<DirectoryUserId>,
    /// `wiFiMacAddress`; `None` where it is none.
    pub wifi: Option<Mac>,
    /// `ethernetMacAddress`, from a read of its own.
    pub ethernet: Option<Mac>,
    /// `lastSyncDateTime`: when the device last spoke to Intune.
    pub last_sync_at: Option<DateTime<Utc>>,
}

/// Which of a device's two addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Adapter {
    /// Wi-Fi.
    Wifi,
    /// Ethernet; docks and adapters lend theirs to whatever is plugged in.
    Ethernet,
}

impl Adapter {
    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Wifi => "Wi-Fi",
            Self::Ethernet => "Ethernet",
        }
    }
}

/// That a managed device has an address of an Asset, and whose device it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceMatch {
    /// The address that both have.
    pub mac: Mac,
    /// Which of the device's.
    pub adapter: Adapter,
    /// The managed device.
    pub device: DeviceId,
    /// Its name at the time.
    pub device_name: String,
    /// Its serial number at the time.
    pub serial_number: String,
    /// Its primary user.
    pub user: DirectoryUserId,
    /// What that person was called at the time.
    pub user_name: String,
}

/// What a screen calls a device that is not told of.
pub const SOMEBODY_ELSES_DEVICE: &str = "a device of somebody else";

/// What a screen calls a person who is not told of.
pub const SOMEBODY_ELSE: &str = "somebody else";

/// Takes from evidence what names people who are not seen, and their devices. That they are several stays told.
pub fn conceal<'a>(devices: impl Iterator<Item = &'a mut DeviceMatch>, is_seen: impl Fn(DirectoryUserId) -> bool) {
    let mut others: Vec<DirectoryUserId> = vec![];
    for found in devices.filter(|found| !is_seen(found.user)) {
        let nth = others
            .iter()
            .position(|user| *user == found.user)
            .unwrap_or(others.len());
        if nth == others.len() {
            others.push(found.user);
        }
        *found = DeviceMatch {
            mac: found.mac,
            adapter: found.adapter,
            device: DeviceId::default(),
            device_name: SOMEBODY_ELSES_DEVICE.to_owned(),
            serial_number: String::new(),
            user: DirectoryUserId(uuid::Uuid::from_u64_pair(0, u64::try_from(nth).unwrap_or(u64::MAX))),
            user_name: SOMEBODY_ELSE.to_owned(),
        };
    }
}

/// Another Asset of the Organization with the same address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetMatch {
    /// The address that both have.
    pub mac: Mac,
    /// The other Asset.
    pub asset: AssetId,
    /// Its name at the time.
    pub asset_name: String,
}

/// Why the sync assigns an Asset to nobody, though managed devices have its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AssetConflict {
    /// Every device that has an address of the Asset.
    pub devices: Vec<DeviceMatch>,
    /// Every other Asset that has an address which a device has too.
    pub assets: Vec<AssetMatch>,
}

/// How an Asset stands, as the plan sees it and the database holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Assignment {
    /// To nobody; the sync may decide.
    #[default]
    Unassigned,
    /// A person said so: to somebody, or to nobody.
    Manual(Option<EndUserId>),
    /// The sync said so.
    Synced {
        /// To whom.
        end_user: EndUserId,
        /// By which device and address.
        by: DeviceMatch,
        /// The device is gone, or has the address no longer; nothing contradicts.
        stale: bool,
    },
    /// The sync can't say: the evidence points to more than one.
    Conflict(AssetConflict),
}

/// An Asset as the plan sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetState {
    /// Our id.
    pub id: AssetId,
    /// Its name.
    pub name: String,
    /// Its serial number.
    pub serial_number: String,
    /// Its addresses.
    pub macs: Vec<Mac>,
    /// How it stands.
    pub assignment: Assignment,
}

/// The fields of an Asset that people and programs write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Asset {
    /// Its name; never blank.
    pub name: String,
    /// Its serial number; empty for none.
    pub serial_number: String,
    /// Its addresses, in order.
    pub macs: Vec<Mac>,
}

impl Asset {
    /// How many characters a name holds.
    pub const MOST_NAME: usize = 320;
    /// How many characters a serial number holds.
    pub const MOST_SERIAL: usize = 128;
}

/// The **Assigned Contact** of an Asset, with who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Contact {
    /// Nobody; the sync may decide.
    Nobody,
    /// A person assigned it, to somebody or to nobody.
    ByHand {
        /// To whom.
        end_user: Option<(EndUserId, String)>,
        /// Who said so.
        by: String,
        /// When.
        at: Moment,
    },
    /// The sync assigned it.
    BySync {
        /// To whom.
        end_user: (EndUserId, String),
        /// By which device and address.
        by: DeviceMatch,
        /// When.
        at: Moment,
        /// Since when the device is gone.
        stale: Option<Moment>,
    },
    /// The evidence points to more than one.
    Conflict {
        /// The evidence.
        conflict: AssetConflict,
        /// Since when.
        at: Moment,
    },
}

impl Contact {
    /// To whom the Asset is assigned.
    pub const fn end_user(&self) -> Option<&(EndUserId, String)> {
        match self {
            Self::ByHand { end_user, .. } => end_user.as_ref(),
            Self::BySync { end_user, .. } => Some(end_user),
            Self::Nobody | Self::Conflict { .. } => None,
        }
    }

    /// Since when it is so; nothing for an Asset that nobody decided about.
    pub const fn since(&self) -> Option<&Moment> {
        match self {
            Self::Nobody => None,
            Self::ByHand { at, .. } | Self::BySync { at, .. } | Self::Conflict { at, .. } => Some(at),
        }
    }

    /// The devices that speak in its evidence.
    pub fn devices(&self) -> &[DeviceMatch] {
        match self {
            Self::BySync { by, .. } => std::slice::from_ref(by),
            Self::Conflict { conflict, .. } => &conflict.devices,
            Self::Nobody | Self::ByHand { .. } => &[],
        }
    }

    /// The same, to be changed.
    pub fn devices_mut(&mut self) -> &mut [DeviceMatch] {
        match self {
            Self::BySync { by, .. } => std::slice::from_mut(by),
            Self::Conflict { conflict, .. } => &mut conflict.devices,
            Self::Nobody | Self::ByHand { .. } => &mut [],
        }
    }
}

/// An Asset as a table or its own page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetRow {
    /// Our id.
    pub id: AssetId,
    /// Whose.
    pub organization: OrganizationId,
    /// That Organization's name.
    pub organization_name: String,
    /// Name, serial number and addresses.
    #[serde(flatten)]
    pub asset: Asset,
    /// To whom it is assigned, and who says so.
    pub contact: Contact,
}

/// What the sync did to an Asset, or what the deletion of its End User did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetChange {
    /// To somebody, or to somebody else.
    Assigned,
    /// From somebody to nobody: the device has another user who is no End User here, or the address is gone.
    Unassigned,
    /// The evidence now points to more than one.
    Conflict,
    /// The device is gone, and the assignment stays.
    Stale,
    /// Its End User was deleted.
    EndUserDeleted,
}

impl AssetChange {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Assigned,
        Self::Unassigned,
        Self::Conflict,
        Self::Stale,
        Self::EndUserDeleted,
    ];

    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Conflict => "conflict",
            Self::Stale => "stale",
            Self::EndUserDeleted => "end_user_deleted",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.key() == key)
    }
}

/// A line of an Asset's history that no person wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetEvent {
    /// Which Asset.
    pub asset: AssetId,
    /// Its name today.
    pub asset_name: String,
    /// Whose Asset it is today.
    pub organization: OrganizationId,
    /// When.
    pub at: Moment,
    /// By which run; `None` for the deletion of an End User, or a run that is no longer kept.
    pub run: Option<RunId>,
    /// What.
    pub change: AssetChange,
    /// Whose it was.
    pub old_end_user: String,
    /// Whose it is.
    pub new_end_user: String,
    /// By which device and address, for an assignment.
    pub by: Option<DeviceMatch>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn of(user: u128) -> DeviceMatch {
        DeviceMatch {
            mac: Mac([4, 0, 0, 0, 0, 1]),
            adapter: Adapter::Ethernet,
            device: DeviceId(Uuid::from_u128(user)),
            device_name: format!("LT-{user}"),
            serial_number: format!("PF-{user}"),
            user: DirectoryUserId(Uuid::from_u128(user)),
            user_name: format!("Person {user}"),
        }
    }

    #[test]
    fn evidence_without_the_names_of_others_still_says_how_many_they_are() {
        let mut devices = [of(101), of(102), of(103), of(102)];
        conceal(devices.iter_mut(), |user| user == of(101).user);
        assert_eq!(devices[0], of(101));
        for found in &devices[1..] {
            assert_eq!((found.mac, found.adapter), (of(1).mac, Adapter::Ethernet));
            assert_eq!(found.device_name, SOMEBODY_ELSES_DEVICE);
            assert_eq!(
                (found.user_name.as_str(), found.serial_number.as_str()),
                (SOMEBODY_ELSE, "")
            );
            assert_eq!(found.device, DeviceId::default());
        }
        assert_eq!(devices[1].user, devices[3].user);
        assert_ne!(devices[1].user, devices[2].user);
    }
}
