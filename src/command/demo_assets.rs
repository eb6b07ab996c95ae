//! The Assets of the sample customers: some that the sync matches, one in conflict, one assigned by hand, some that
//! nothing in Microsoft knows.

use super::CommandError;
use crate::{
    engine::Engine,
    model::{
        asset::{Asset, DirectoryDevice},
        audit::Actor,
        ids::{AssetId, MicrosoftTenantId, OrganizationId},
        mac::Mac,
    },
    store::{self, asset_edit},
    sync::mac::{Usability, usability},
};
use std::collections::HashMap;
use uuid::Uuid;

/// How many Assets of a customer have the addresses of managed devices.
const KNOWN: usize = 18;

/// What no managed device is: things that an agent or an import finds in an office.
const OTHERS: [(&str, &str, &str); 4] = [
    ("Reception printer", "VNB3K11234", "00:1B:A9:10:20:30"),
    ("Meeting room display", "", "00:09:B0:44:55:66"),
    (
        "NAS in the cupboard",
        "2150PEN7T",
        "00:11:32:AA:BB:01 00:11:32:AA:BB:02",
    ),
    ("Old laptop (spare)", "R90LM7TX", ""),
];

/// Makes the Assets of a customer, once its devices were read.
pub async fn make(
    engine: &Engine,
    customer: &str,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<(), CommandError> {
    let held = store::device::held(&engine.pool, tenant).await?;
    let mut devices: Vec<_> = held.into_values().map(|held| held.device).collect();
    devices.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    let docks = docks(&devices);
    let known = devices.iter().filter(|device| device.user.is_some()).take(KNOWN);
    for device in known {
        let own = [device.wifi, device.ethernet].into_iter().flatten();
        let own = own.filter(|mac| usability(*mac) != Usability::Never && !docks.contains(mac));
        let asset = Asset {
            name: device.name.clone(),
            serial_number: device.serial_number.clone(),
            macs: own.collect(),
        };
        insert(engine, customer, organization, &asset).await?;
    }
    if let Some(dock) = docks.first() {
        let asset = Asset {
            name: "Docking station, desk 4".into(),
            serial_number: String::new(),
            macs: vec![*dock],
        };
        insert(engine, customer, organization, &asset).await?;
    }
    for (name, serial, macs) in OTHERS {
        let asset = Asset {
            name: name.into(),
            serial_number: serial.into(),
            macs: Mac::list(macs).unwrap_or_default(),
        };
        let id = insert(engine, customer, organization, &asset).await?;
        let by_hand = name.starts_with("Reception");
        let people = store::asset::assignable(&engine.pool, organization, "Front Desk").await?;
        if let Some(desk) = people.first().filter(|_| by_hand) {
            let now = store::in_utc(chrono::Utc::now());
            let seen = store::asset::get(&engine.pool, id, &now).await?.contact;
            let since = seen.since().map(|since| since.at);
            asset_edit::assign(&engine.pool, id, Some(desk.id), since, &actor()).await?;
        }
    }
    Ok(())
}

fn actor() -> Actor {
    Actor::command("entrain demo")
}

/// Ethernet addresses that several people's devices tell.
fn docks(devices: &[DirectoryDevice]) -> Vec<Mac> {
    let mut first = HashMap::new();
    let shared = devices.iter().filter_map(|device| {
        let (mac, user) = device.ethernet.zip(device.user)?;
        let before = first.insert(mac, user)?;
        (before != user).then_some(mac)
    });
    shared.collect()
}

async fn insert(
    engine: &Engine,
    customer: &str,
    organization: OrganizationId,
    asset: &Asset,
) -> Result<AssetId, CommandError> {
    let words = format!("asset {} of {customer}.sample.entrain.example", asset.name);
    let id = AssetId(Uuid::new_v5(&Uuid::NAMESPACE_DNS, words.as_bytes()));
    let now = store::in_utc(chrono::Utc::now());
    if store::asset::get(&engine.pool, id, &now).await.is_err() {
        asset_edit::create(&engine.pool, id, organization, asset, &actor()).await?;
    }
    Ok(id)
}
