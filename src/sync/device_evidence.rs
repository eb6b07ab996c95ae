//! Why an Asset is a person's or not: their managed devices, what each address proves, and what was decided about the
//! Assets that have it. From the same functions as the plan.

use super::{
    assets::{AssetInput, Verdict, judge},
    mac::{Usability, usability},
};
use crate::model::{
    asset::{Adapter, DirectoryDevice},
    ids::{AssetId, DirectoryUserId},
    mac::Mac,
};

/// One address of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressEvidence {
    /// Which of the two.
    pub adapter: Adapter,
    /// The address.
    pub mac: Mac,
    /// What it proves.
    pub usability: Usability,
    /// The Assets of the Organization that have it, and what was decided about each.
    pub assets: Vec<(AssetId, String, Verdict)>,
}

/// One managed device of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEvidence {
    /// The device.
    pub device: DirectoryDevice,
    /// The addresses that it has.
    pub addresses: Vec<AddressEvidence>,
}

/// The managed devices of a person, by name, with their evidence.
pub fn evidence(user: DirectoryUserId, devices: &[DirectoryDevice], input: &AssetInput<'_>) -> Vec<DeviceEvidence> {
    let verdicts = judge(input);
    let mut own: Vec<_> = devices.iter().filter(|device| device.user == Some(user)).collect();
    own.sort_by_cached_key(|device| (device.name.to_lowercase(), device.id));
    own.into_iter()
        .map(|device| DeviceEvidence {
            device: device.clone(),
            addresses: [(Adapter::Wifi, device.wifi), (Adapter::Ethernet, device.ethernet)]
                .into_iter()
                .filter_map(|(adapter, mac)| Some((adapter, mac?)))
                .map(|(adapter, mac)| AddressEvidence {
                    adapter,
                    mac,
                    usability: usability(mac),
                    assets: input
                        .assets
                        .iter()
                        .zip(&verdicts)
                        .filter(|(asset, _)| asset.macs.contains(&mac))
                        .map(|(asset, verdict)| (asset.id, asset.name.clone(), verdict.clone()))
                        .collect(),
                })
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            asset::AssetState,
            ids::{DeviceId, EndUserId},
        },
        sync::assets::Devices,
    };
    use std::collections::HashMap;
    use uuid::Uuid;

    fn device(n: u128, user: u128, wifi: &str) -> DirectoryDevice {
        DirectoryDevice {
            id: DeviceId(Uuid::from_u128(n)),
            name: format!("Device {n}"),
            user: Some(DirectoryUserId(Uuid::from_u128(user))),
            wifi: Some(wifi.parse().unwrap()),
            ..DirectoryDevice::default()
        }
    }

    fn asset(n: u128, mac: &str) -> AssetState {
        AssetState {
            id: AssetId(Uuid::from_u128(n)),
            name: format!("Asset {n}"),
            macs: vec![mac.parse().unwrap()],
            ..AssetState::default()
        }
    }

    const OWN: &str = "00:1a:2b:3c:4d:5e";
    const DOCK: &str = "00:1a:2b:3c:4d:5f";
    const RANDOM: &str = "02:1a:2b:3c:4d:5e";
    const NOBODYS: &str = "00:00:00:00:00:00";

    #[test]
    fn each_address_tells_what_it_proves_and_what_was_decided_about_the_assets_that_have_it() {
        let ana = DirectoryUserId(Uuid::from_u128(1));
        let end_user = EndUserId(Uuid::from_u128(11));
        let devices = [
            device(1, 1, OWN),
            device(2, 1, DOCK),
            device(3, 2, DOCK),
            device(4, 1, RANDOM),
            device(5, 1, NOBODYS),
        ];
        let assets = [asset(1, OWN), asset(2, DOCK), asset(3, RANDOM)];
        let prepared = Devices::new(devices.clone(), []);
        let mapped = HashMap::from([(ana, end_user)]);
        let input = AssetInput {
            assets: &assets,
            devices: &prepared,
            mapped: &mapped,
        };
        let told = evidence(ana, &devices, &input);
        assert_eq!(told.len(), 4, "the devices of other people are not told");
        let of = |n: usize| &told[n].addresses[0];
        assert!(matches!(&of(0).assets[0].2, Verdict::Assigned(to, _) if *to == end_user));
        assert!(matches!(&of(1).assets[0].2, Verdict::Conflict(conflict) if conflict.devices.len() == 2));
        assert_eq!(
            (of(2).usability, &of(2).assets[0].2),
            (Usability::WithSerial, &Verdict::NoMatch)
        );
        assert_eq!((of(3).usability, of(3).assets.len()), (Usability::Never, 0));
    }
}
