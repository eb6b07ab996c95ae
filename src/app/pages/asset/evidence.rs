//! What the sync goes by: devices and other Assets with the same MAC addresses.

use crate::{
    app::paths,
    model::asset::{AssetConflict, AssetMatch, DeviceMatch},
    ui::{
        badge::Tone,
        notice::Notice,
        table::{Cell, CellWords, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// A device in words: `LT-0001, serial number PF4711`.
pub fn device_words(found: &DeviceMatch) -> String {
    let name = if found.device_name.is_empty() {
        "a device without a name"
    } else {
        &found.device_name
    };
    match found.serial_number.as_str() {
        "" => name.to_owned(),
        serial => format!("{name}, serial number {serial}"),
    }
}

/// What a conflict is about, in a sentence.
fn sentence(conflict: &AssetConflict) -> &'static str {
    let users: BTreeSet<_> = conflict.devices.iter().map(|found| found.user).collect();
    let shared = conflict.devices.iter().any(|one| {
        let other = |other: &DeviceMatch| other.mac == one.mac && other.user != one.user;
        conflict.devices.iter().any(other)
    });
    match (conflict.assets.is_empty(), shared, users.len() > 1) {
        (false, ..) => "Another Asset has the same MAC address, so it can't tell which of them the device is.",
        (true, true, _) => {
            "Devices of different people have the same MAC address, as with a dock or an adapter that goes from hand to hand."
        }
        (true, false, true) => "Its MAC addresses belong to devices of different people.",
        (true, false, false) => "The evidence does not point to one person.",
    }
}

/// The conflict with all that speaks in it.
#[component]
pub fn Conflict(
    /// The evidence.
    conflict: AssetConflict,
) -> impl IntoView {
    let words = sentence(&conflict);
    let AssetConflict { devices, assets } = conflict;
    let head = || {
        view! {
            <Th label="Device" />
            <Th label="MAC Address" />
            <Th label="Serial Number" />
            <Th label="Primary user" />
        }
    };
    let rows = devices.into_iter().map(|found| view! { <DeviceRow found /> });
    view! {
        <div class="grid gap-3">
            <Notice tone=Tone::Caution title="Conflict: the sync assigns this Asset to nobody">
                {words}
                " Assign it by hand, or correct the MAC addresses; the next run looks again."
            </Notice>
            <Table caption="Evidence" head>
                {rows.collect_view()}
            </Table>
            {(!assets.is_empty()).then(|| view! { <Others assets /> })}
        </div>
    }
    .into_any()
}

#[component]
fn DeviceRow(found: DeviceMatch) -> impl IntoView {
    let mac = format!("{} {}", found.adapter.label(), found.mac);
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <bdi class="wrap-anywhere">{found.device_name}</bdi>
            </Td>
            <Td label="MAC Address" cell=Cell::Solid>
                {mac}
            </Td>
            <Td label="Serial Number">
                <CellWords text=found.serial_number />
            </Td>
            <Td label="Primary user">
                <CellWords text=found.user_name />
            </Td>
        </Tr>
    }
    .into_any()
}

#[component]
fn Others(assets: Vec<AssetMatch>) -> impl IntoView {
    let items = assets.into_iter().map(|other| {
        view! {
            <li>
                <a class="link" href=paths::asset(other.asset)>
                    <bdi class="wrap-anywhere">{other.asset_name}</bdi>
                </a>
                {format!(" has {} too", other.mac)}
            </li>
        }
    });
    view! { <ul class="list-disc ps-4" aria-label="Other Assets with the same MAC address">{items.collect_view()}</ul> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{asset::Adapter, ids::DirectoryUserId, mac::Mac};
    use uuid::Uuid;

    fn found(mac: u8, user: u128) -> DeviceMatch {
        DeviceMatch {
            mac: Mac([0, 0, 0, 0, 0, mac]),
            adapter: Adapter::Wifi,
            device: Default::default(),
            device_name: "LT-1".into(),
            serial_number: "PF1".into(),
            user: DirectoryUserId(Uuid::from_u128(user)),
            user_name: String::new(),
        }
    }

    #[test]
    fn a_conflict_says_what_it_is_about() {
        let of = |devices| {
            sentence(&AssetConflict {
                devices,
                assets: vec![],
            })
        };
        assert!(of(vec![found(1, 1), found(1, 2)]).contains("dock"));
        assert!(of(vec![found(1, 1), found(2, 2)]).contains("belong to devices of different people"));
        let shared = AssetConflict {
            devices: vec![found(1, 1)],
            assets: vec![AssetMatch {
                mac: Mac([0, 0, 0, 0, 0, 1]),
                asset: Default::default(),
                asset_name: "Other".into(),
            }],
        };
        assert!(sentence(&shared).contains("Another Asset"));
        assert_eq!(device_words(&found(1, 1)), "LT-1, serial number PF1");
    }
}
