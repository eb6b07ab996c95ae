//! To whom each Asset of an Organization belongs, by the managed devices of its Microsoft tenant. Pure: the same
//! devices, Assets and End Users give the same plan in whatever order they come, and planning its result again changes
//! nothing.

use super::mac::{Usability, serial_numbers_agree, usability};
use crate::model::{
    asset::{Adapter, AssetChange, AssetConflict, AssetMatch, AssetState, Assignment, DeviceMatch, DirectoryDevice},
    ids::{AssetId, DirectoryUserId, EndUserId},
    mac::Mac,
};
use std::collections::{BTreeSet, HashMap};

/// The managed devices of a Microsoft tenant, by their addresses.
#[derive(Debug, Default)]
pub struct Devices {
    by_mac: HashMap<Mac, Vec<(Adapter, DirectoryDevice)>>,
    names: HashMap<DirectoryUserId, String>,
}

impl Devices {
    /// Prepares devices for planning; `names` tells what their primary users are called.
    pub fn new(
        devices: impl IntoIterator<Item = DirectoryDevice>,
        names: impl IntoIterator<Item = (DirectoryUserId, String)>,
    ) -> Self {
        let mut by_mac: HashMap<Mac, Vec<_>> = HashMap::new();
        for device in devices {
            let adapters = [(Adapter::Wifi, device.wifi), (Adapter::Ethernet, device.ethernet)];
            for (adapter, mac) in adapters {
                if let Some(mac) = mac.filter(|mac| usability(*mac) != Usability::Never) {
                    by_mac.entry(mac).or_default().push((adapter, device.clone()));
                }
            }
        }
        Self {
            by_mac,
            names: names.into_iter().collect(),
        }
    }

    /// Every device with a primary user that has an address of an Asset which proves something: sorted.
    pub fn matches(&self, asset: &AssetState) -> Vec<DeviceMatch> {
        let found = asset.macs.iter().flat_map(|mac| {
            let with = self.by_mac.get(mac).into_iter().flatten();
            with.filter_map(|(adapter, device)| self.matched(asset, *mac, *adapter, device))
        });
        found.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn matched(&self, asset: &AssetState, mac: Mac, adapter: Adapter, device: &DirectoryDevice) -> Option<DeviceMatch> {
        let user = device.user?;
        let proves =
            usability(mac) == Usability::Usable || serial_numbers_agree(&asset.serial_number, &device.serial_number);
        proves.then(|| DeviceMatch {
            mac,
            adapter,
            device: device.id,
            device_name: device.name.clone(),
            serial_number: device.serial_number.clone(),
            user,
            user_name: self.names.get(&user).cloned().unwrap_or_default(),
        })
    }

    /// Whether the device that an assignment rests on still has the address that it rests on, whoever has the device.
    fn still_there(&self, by: &DeviceMatch) -> bool {
        let with = self.by_mac.get(&by.mac).into_iter().flatten();
        with.into_iter().any(|(_, device)| device.id == by.device)
    }
}

/// What a plan is made from.
#[derive(Debug)]
pub struct AssetInput<'a> {
    /// The Assets of the Organization.
    pub assets: &'a [AssetState],
    /// The devices of its Microsoft tenant.
    pub devices: &'a Devices,
    /// Its End Users by the directory user that each is mapped to.
    pub mapped: &'a HashMap<DirectoryUserId, EndUserId>,
}

/// What the sync decides about an Asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A person decided, and is not overridden.
    LeftAlone,
    /// One person's devices have its addresses, and the person is an End User of the Organization.
    Assigned(EndUserId, DeviceMatch),
    /// The evidence points to more than one.
    Conflict(AssetConflict),
    /// The device that the assignment rests on is gone; the assignment stays.
    Stale(EndUserId, DeviceMatch),
    /// One person's devices have its addresses, and the person is no End User of the Organization.
    NotHere(DeviceMatch),
    /// No device has any of its addresses.
    NoMatch,
}

/// What is to be written about an Asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetWrite {
    /// Which.
    pub asset: AssetId,
    /// How it stood.
    pub before: Assignment,
    /// How it is to stand.
    pub after: Assignment,
}

impl AssetWrite {
    /// What this is called in the Asset's history; nothing where only the evidence reads otherwise.
    pub fn change(&self) -> Option<AssetChange> {
        use Assignment as A;
        match (&self.before, &self.after) {
            (
                A::Synced {
                    end_user: old, stale, ..
                },
                A::Synced {
                    end_user, stale: now, ..
                },
            ) if old == end_user => (!stale && *now).then_some(AssetChange::Stale),
            (_, A::Synced { .. }) => Some(AssetChange::Assigned),
            (A::Conflict(_), A::Conflict(_)) => None,
            (_, A::Conflict(_)) => Some(AssetChange::Conflict),
            _ => Some(AssetChange::Unassigned),
        }
    }
}

/// Decides about every Asset of an Organization.
pub fn judge(input: &AssetInput<'_>) -> Vec<Verdict> {
    let mut sharing: HashMap<Mac, Vec<&AssetState>> = HashMap::new();
    for asset in input.assets {
        for mac in asset.macs.iter().collect::<BTreeSet<_>>() {
            sharing.entry(*mac).or_default().push(asset);
        }
    }
    let verdicts = input.assets.iter().map(|asset| judge_one(input, &sharing, asset));
    verdicts.collect()
}

fn judge_one(input: &AssetInput<'_>, sharing: &HashMap<Mac, Vec<&AssetState>>, asset: &AssetState) -> Verdict {
    if matches!(asset.assignment, Assignment::Manual(_)) {
        return Verdict::LeftAlone;
    }
    let devices = input.devices.matches(asset);
    let macs: BTreeSet<_> = devices.iter().map(|found| found.mac).collect();
    let others = macs.iter().flat_map(|mac| {
        let others = sharing.get(mac).into_iter().flatten();
        others.filter(|other| other.id != asset.id).map(|other| AssetMatch {
            mac: *mac,
            asset: other.id,
            asset_name: other.name.clone(),
        })
    });
    let assets: BTreeSet<_> = others.collect();
    let users: BTreeSet<_> = devices.iter().map(|found| found.user).collect();
    if users.len() > 1 || !assets.is_empty() {
        return Verdict::Conflict(AssetConflict {
            devices,
            assets: assets.into_iter().collect(),
        });
    }
    let Some(first) = devices.into_iter().next() else {
        return without_match(input, asset);
    };
    match input.mapped.get(&first.user) {
        Some(end_user) => Verdict::Assigned(*end_user, first),
        None => Verdict::NotHere(first),
    }
}

/// No device speaks for the Asset. What an earlier one said stands until something contradicts it: the same device
/// with nobody behind it, or an Asset that no longer has the address.
fn without_match(input: &AssetInput<'_>, asset: &AssetState) -> Verdict {
    match &asset.assignment {
        Assignment::Synced { end_user, by, .. } if asset.macs.contains(&by.mac) && !input.devices.still_there(by) => {
            Verdict::Stale(*end_user, by.clone())
        }
        _ => Verdict::NoMatch,
    }
}

/// What is to be written so that every Asset stands as judged; nothing for those that already do.
pub fn plan(input: &AssetInput<'_>) -> Vec<AssetWrite> {
    let verdicts = judge(input).into_iter().zip(input.assets);
    let writes = verdicts.filter_map(|(verdict, asset)| {
        let synced = |end_user, by, stale| Assignment::Synced { end_user, by, stale };
        let after = match verdict {
            Verdict::LeftAlone => return None,
            Verdict::Assigned(end_user, by) => synced(end_user, by, false),
            Verdict::Stale(end_user, by) => synced(end_user, by, true),
            Verdict::Conflict(conflict) => Assignment::Conflict(conflict),
            Verdict::NotHere(_) | Verdict::NoMatch => Assignment::Unassigned,
        };
        (after != asset.assignment).then(|| AssetWrite {
            asset: asset.id,
            before: asset.assignment.clone(),
            after,
        })
    });
    writes.collect()
}

#[cfg(test)]
#[path = "assets_tests.rs"]
mod tests;
