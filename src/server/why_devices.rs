//! The evidence for devices: whose managed devices have which addresses, and what was decided about the Assets.

use super::state::AppState;
use crate::{
    api::{
        ApiError,
        why::{AddressWords, AssetWords, DeviceWords, Devices},
    },
    model::{
        asset::DirectoryDevice,
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

/// The evidence for a person's devices.
pub async fn devices(
    state: &AppState,
    (organization, tenant): (OrganizationId, MicrosoftTenantId),
    user: DirectoryUserId,
    users: &[DirectoryUser],
    readings: &Readings,
    now: &Now,
) -> Result<Devices, ApiError> {
    let Some(read_at) = readings.devices_read_at else {
        return Ok(Devices::NotReadable(match &readings.devices {
            Reading::Refused { remedy } => remedy.clone(),
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
                .map(|address| address_words(address, user))
                .collect(),
        })
        .collect();
    Ok(Devices::Read(told, Moment::new(read_at, now)))
}

fn address_words(address: AddressEvidence, user: DirectoryUserId) -> AddressWords {
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
                words: verdict_words(&verdict, user),
            })
            .collect(),
    }
}

fn verdict_words(verdict: &Verdict, user: DirectoryUserId) -> String {
    match verdict {
        Verdict::LeftAlone => "A person decided to whom it is assigned, and is not overridden.".into(),
        Verdict::Assigned(_, by) if by.user == user => "Assigned to this person.".into(),
        Verdict::Assigned(_, by) => format!("Assigned to {} by another address.", by.user_name),
        Verdict::Stale(..) => "Stays assigned as before, though the device that said so is gone.".into(),
        Verdict::NotHere(_) => "Assigned to nobody: this person is no End User of the Organization.".into(),
        Verdict::NoMatch => "Assigned to nobody: the address alone proves nothing here.".into(),
        Verdict::Conflict(conflict) => {
            let mut people: Vec<_> = conflict
                .devices
                .iter()
                .map(|device| device.user_name.as_str())
                .collect();
            people.sort_unstable();
            people.dedup();
            let assets: Vec<_> = conflict.assets.iter().map(|asset| asset.asset_name.as_str()).collect();
            if people.len() > 1 {
                format!("Conflict: devices of {} have its addresses.", people.join(", "))
            } else {
                format!("Conflict: {} has the address too.", assets.join(", "))
            }
        }
    }
}
