//! The evidence for devices: whose managed devices have which addresses, and what was decided about the Assets.

use super::state::AppState;
use crate::{
    api::{
        ApiError,
        why::{AddressWords, AssetWords, DeviceWords, Devices},
    },
    model::{
        asset::{DirectoryDevice, conceal},
        directory::{DirectoryUser, Reading, Readings},
        ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId},
        time::Moment,
    },
    store::{self, Now},
    sync::{
        assets::{self, AssetInput, Verdict},
        device_evidence::{AddressEvidence, evidence},
        mac::Usability,
    },
};
use std::collections::BTreeSet;

/// The evidence for a person's devices; where the directory is not `whole` theirs who ask, without the names of those who
/// are not mapped in the Organization.
pub async fn devices(
    state: &AppState,
    (organization, tenant): (OrganizationId, MicrosoftTenantId),
    user: DirectoryUserId,
    users: &[DirectoryUser],
    readings: &Readings,
    whole: bool,
    now: &Now,
) -> Result<Devices, ApiError> {
    let Some(read_at) = readings.devices_read_at else {
        return Ok(Devices::NotReadable(match &readings.devices {
            Reading::Refused { remedy, .. } => remedy.clone(),
            _ => "Devices have not been read yet.".to_owned(),
        }));
    };
    let pool = &state.engine.pool;
    let held = store::device::held(pool, tenant).await?;
    let devices: Vec<DirectoryDevice> = held.into_values().map(|held| held.device).collect();
    let names = users.iter().map(|user| (user.id, user.display_name.clone()));
    let input = AssetInput {
        assets: &store::asset_plan::states(pool, organization).await?,
        devices: &assets::Devices::new(devices.iter().cloned(), names),
        mapped: &store::asset_plan::mapped(pool, organization, tenant).await?,
    };
    let is_seen = |user: DirectoryUserId| whole || input.mapped.contains_key(&user);
    let told = evidence(user, &devices, &input);
    let told = told
        .into_iter()
        .map(|told| DeviceWords {
            name: told.device.name,
            serial_number: told.device.serial_number,
            seen: told.device.last_sync_at.map(|at| Moment::new(at, now)),
            addresses: told
                .addresses
                .into_iter()
                .map(|address| address_words(address, user, &is_seen))
                .collect(),
        })
        .collect();
    Ok(Devices::Read(told, Moment::new(read_at, now)))
}

fn address_words(
    address: AddressEvidence,
    user: DirectoryUserId,
    is_seen: &impl Fn(DirectoryUserId) -> bool,
) -> AddressWords {
    let proves = match address.usability {
        Usability::Usable => "Usable: it tells one device from all others.",
        Usability::WithSerial => {
            "Locally administered, as randomised Wi-Fi is: it counts only where the serial number agrees."
        }
        Usability::Never => "Not usable: many devices have it, or none.",
    };
    AddressWords {
        adapter: address.adapter,
        mac: address.mac,
        proves: proves.to_owned(),
        assets: address
            .assets
            .into_iter()
            .map(|(id, name, verdict)| AssetWords {
                id,
                name,
                words: verdict_words(verdict, user, is_seen),
            })
            .collect(),
    }
}

fn verdict_words(verdict: Verdict, user: DirectoryUserId, is_seen: impl Fn(DirectoryUserId) -> bool) -> String {
    match verdict {
        Verdict::LeftAlone => "A person decided to whom it is assigned, and is not overridden.".into(),
        Verdict::Assigned(_, by) if by.user == user => "Assigned to this person.".into(),
        Verdict::Assigned(_, by) => format!("Assigned to {} by another address.", by.user_name),
        Verdict::Stale(..) => "Stays assigned as before, though the device that said so is gone.".into(),
        Verdict::NotHere(_) => "Assigned to nobody: this person is no End User of the Organization.".into(),
        Verdict::NoMatch => "Assigned to nobody: the address alone proves nothing here.".into(),
        Verdict::Conflict(mut conflict) => {
            conceal(conflict.devices.iter_mut(), is_seen);
            let users: BTreeSet<_> = conflict.devices.iter().map(|device| device.user).collect();
            let mut people: Vec<_> = conflict
                .devices
                .iter()
                .map(|device| device.user_name.as_str())
                .collect();
            people.sort_unstable();
            people.dedup();
            let assets: Vec<_> = conflict.assets.iter().map(|asset| asset.asset_name.as_str()).collect();
            if users.len() > 1 {
                format!("Conflict: devices of {} have its addresses.", people.join(", "))
            } else {
                format!("Conflict: {} has the address too.", assets.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::asset::{Adapter, AssetConflict, DeviceMatch};
    use uuid::Uuid;

    fn of(user: u128, user_name: &str) -> DeviceMatch {
        DeviceMatch {
            mac: "04:66:66:66:66:66".parse().unwrap(),
            adapter: Adapter::Ethernet,
            device: Default::default(),
            device_name: "LT-1".into(),
            serial_number: "PF-1".into(),
            user: DirectoryUserId(Uuid::from_u128(user)),
            user_name: user_name.into(),
        }
    }

    #[test]
    fn a_conflict_names_those_who_are_seen_and_says_that_there_are_others() {
        let told = |devices: Vec<DeviceMatch>, seen: &[DeviceMatch]| {
            let user = devices[0].user;
            let conflict = AssetConflict {
                devices,
                assets: vec![],
            };
            verdict_words(Verdict::Conflict(conflict), user, |user| {
                seen.iter().any(|one| one.user == user)
            })
        };
        let (ben, ana) = (of(1, "Ben"), of(2, "Ana"));
        let both = [ben.clone(), ana.clone()];
        assert_eq!(
            told(both.to_vec(), &both),
            "Conflict: devices of Ana, Ben have its addresses."
        );
        assert_eq!(
            told(both.to_vec(), &both[..1]),
            "Conflict: devices of Ben, somebody else have its addresses."
        );
        assert_eq!(
            told(both.to_vec(), &[]),
            "Conflict: devices of somebody else have its addresses."
        );
    }
}
