//! The rules one by one, then as laws over small worlds in which everything collides.

use super::*;
use crate::model::ids::DeviceId;
use proptest::prelude::*;
use uuid::Uuid;

const OWN: Mac = Mac([0, 1, 2, 3, 4, 5]);
const DOCK: Mac = Mac([0, 1, 2, 3, 4, 6]);
const RANDOMISED: Mac = Mac([2, 1, 2, 3, 4, 7]);
const ANA: u128 = 1;
const BEN: u128 = 2;
/// Somebody of the directory who is no End User here.
const ZOE: u128 = 9;

fn user(n: u128) -> DirectoryUserId {
    DirectoryUserId(Uuid::from_u128(n))
}

fn end_user(n: u128) -> EndUserId {
    EndUserId(Uuid::from_u128(n + 100))
}

fn mapped() -> HashMap<DirectoryUserId, EndUserId> {
    [ANA, BEN].into_iter().map(|n| (user(n), end_user(n))).collect()
}

fn device(id: u128, of: u128, wifi: Mac, ethernet: Option<Mac>) -> DirectoryDevice {
    DirectoryDevice {
        id: DeviceId(Uuid::from_u128(id)),
        name: format!("LT-{id}"),
        serial_number: format!("SN-{id}"),
        user: (of != 0).then(|| user(of)),
        wifi: Some(wifi),
        ethernet,
        last_sync_at: None,
    }
}

fn asset(id: u128, serial: &str, macs: &[Mac]) -> AssetState {
    AssetState {
        id: AssetId(Uuid::from_u128(id)),
        name: format!("Asset {id}"),
        serial_number: serial.into(),
        macs: macs.to_vec(),
        assignment: Assignment::Unassigned,
    }
}

fn names() -> Vec<(DirectoryUserId, String)> {
    [ANA, BEN, ZOE]
        .into_iter()
        .map(|n| (user(n), format!("User {n}")))
        .collect()
}

fn verdicts(assets: &[AssetState], devices: Vec<DirectoryDevice>) -> Vec<Verdict> {
    let devices = Devices::new(devices, names());
    judge(&AssetInput {
        assets,
        devices: &devices,
        mapped: &mapped(),
    })
}

/// The Assets after a plan was written.
fn after(assets: &[AssetState], devices: Vec<DirectoryDevice>) -> Vec<AssetState> {
    let devices = Devices::new(devices, names());
    let writes = plan(&AssetInput {
        assets,
        devices: &devices,
        mapped: &mapped(),
    });
    let mut assets = assets.to_vec();
    for write in writes {
        let asset = assets.iter_mut().find(|asset| asset.id == write.asset).unwrap();
        asset.assignment = write.after;
    }
    assets
}

fn holder(asset: &AssetState) -> Option<(EndUserId, bool)> {
    match &asset.assignment {
        Assignment::Synced { end_user, stale, .. } => Some((*end_user, *stale)),
        _ => None,
    }
}

#[test]
fn an_asset_belongs_to_whose_device_has_its_address_and_the_evidence_says_which() {
    let found = verdicts(&[asset(1, "", &[DOCK, OWN])], vec![device(7, ANA, OWN, None)]);
    let [Verdict::Assigned(who, by)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(*who, end_user(ANA));
    assert_eq!(
        (by.mac, by.adapter, by.device_name.as_str()),
        (OWN, Adapter::Wifi, "LT-7")
    );
    assert_eq!(by.user_name, "User 1");
    let by_cable = verdicts(&[asset(1, "", &[DOCK])], vec![device(7, ANA, OWN, Some(DOCK))]);
    assert!(matches!(&by_cable[0], Verdict::Assigned(_, by) if by.adapter == Adapter::Ethernet));
}

#[test]
fn a_dock_on_two_peoples_devices_is_a_conflict_and_on_two_of_one_person_is_none() {
    let of = |second| {
        let devices = vec![
            device(7, ANA, OWN, Some(DOCK)),
            device(8, second, RANDOMISED, Some(DOCK)),
        ];
        verdicts(&[asset(1, "", &[OWN, DOCK])], devices)
    };
    for second in [BEN, ZOE] {
        let found = of(second);
        let [Verdict::Conflict(conflict)] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(conflict.devices.len(), 3, "both of Ana's addresses and the dock's");
    }
    assert!(matches!(&of(ANA)[0], Verdict::Assigned(..)));
    assert!(
        matches!(&of(0)[0], Verdict::Assigned(..)),
        "nobody's device is of no other user"
    );
}

#[test]
fn an_address_on_two_assets_is_a_conflict_for_both_even_if_a_person_decided_about_one() {
    let mut first = asset(1, "", &[OWN]);
    first.assignment = Assignment::Manual(Some(end_user(BEN)));
    let found = verdicts(&[first, asset(2, "", &[OWN])], vec![device(7, ANA, OWN, None)]);
    assert_eq!(found[0], Verdict::LeftAlone);
    assert!(matches!(&found[1], Verdict::Conflict(c) if c.assets[0].asset_name == "Asset 1"));
    let unknown = verdicts(&[asset(1, "", &[OWN]), asset(2, "", &[OWN])], vec![]);
    assert_eq!(
        unknown,
        [Verdict::NoMatch, Verdict::NoMatch],
        "where no device has it there is nothing to decide"
    );
}

#[test]
fn a_randomised_address_counts_only_with_an_agreeing_serial_number() {
    let device = || vec![device(7, ANA, RANDOMISED, None)];
    let of = |serial: &str| verdicts(&[asset(1, serial, &[RANDOMISED])], device()).remove(0);
    assert!(matches!(of("sn 7"), Verdict::Assigned(..)));
    assert_eq!(of(""), Verdict::NoMatch);
    assert_eq!(of("SN-8"), Verdict::NoMatch);
    let mut junk = device();
    junk[0].serial_number = "To be filled by O.E.M.".into();
    let found = verdicts(&[asset(1, "To be filled by O.E.M.", &[RANDOMISED])], junk);
    assert_eq!(found, [Verdict::NoMatch]);
}

#[test]
fn an_unusable_address_is_nobodys() {
    for mac in [
        Mac([0; 6]),
        Mac([0xff; 6]),
        Mac([2, 0, 0, 0, 0, 0]),
        Mac([1, 0, 0x5e, 0, 0, 1]),
    ] {
        let found = verdicts(&[asset(1, "SN-7", &[mac])], vec![device(7, ANA, mac, None)]);
        assert_eq!(found, [Verdict::NoMatch], "{mac}");
    }
}

#[test]
fn a_synced_assignment_follows_its_device_and_ends_with_what_it_rests_on() {
    let synced = after(&[asset(1, "", &[OWN])], vec![device(7, ANA, OWN, None)]);
    assert_eq!(holder(&synced[0]), Some((end_user(ANA), false)));
    let moved = after(&synced, vec![device(7, BEN, OWN, None)]);
    assert_eq!(holder(&moved[0]), Some((end_user(BEN), false)));
    for (who, why) in [
        (ZOE, "its new user is no End User here"),
        (0, "it has no user any more"),
    ] {
        assert_eq!(
            holder(&after(&synced, vec![device(7, who, OWN, None)])[0]),
            None,
            "{why}"
        );
    }
    let mut edited = synced.clone();
    edited[0].macs = vec![DOCK];
    assert_eq!(
        holder(&after(&edited, vec![])[0]),
        None,
        "the Asset has that address no more"
    );
}

#[test]
fn when_the_device_is_gone_the_assignment_stays_stale_until_another_device_speaks() {
    let synced = after(&[asset(1, "", &[OWN])], vec![device(7, ANA, OWN, None)]);
    let gone = after(&synced, vec![device(8, BEN, DOCK, None)]);
    assert_eq!(holder(&gone[0]), Some((end_user(ANA), true)));
    assert_eq!(after(&gone, vec![]), gone);
    let silent = after(&synced, vec![device(7, ANA, DOCK, None)]);
    assert_eq!(
        holder(&silent[0]),
        Some((end_user(ANA), true)),
        "the device tells another address"
    );
    let back = after(&gone, vec![device(9, BEN, OWN, None)]);
    assert_eq!(holder(&back[0]), Some((end_user(BEN), false)));
}

#[test]
fn a_history_tells_what_changed_and_not_what_reads_otherwise() {
    let by = |name: &str| {
        let devices = Devices::new([device(7, ANA, OWN, None)], names());
        let mut found = devices.matches(&asset(1, "", &[OWN])).remove(0);
        found.device_name = name.into();
        found
    };
    let synced = |who, name: &str, stale| Assignment::Synced {
        end_user: end_user(who),
        by: by(name),
        stale,
    };
    let conflict = |name: &str| {
        Assignment::Conflict(AssetConflict {
            devices: vec![by(name)],
            assets: vec![],
        })
    };
    let change = |before, after| {
        AssetWrite {
            asset: AssetId::default(),
            before,
            after,
        }
        .change()
    };
    let cases = [
        (
            Assignment::Unassigned,
            synced(ANA, "a", false),
            Some(AssetChange::Assigned),
        ),
        (
            synced(ANA, "a", false),
            synced(BEN, "a", false),
            Some(AssetChange::Assigned),
        ),
        (synced(ANA, "a", false), synced(ANA, "b", false), None),
        (
            synced(ANA, "a", false),
            synced(ANA, "a", true),
            Some(AssetChange::Stale),
        ),
        (synced(ANA, "a", true), synced(ANA, "a", false), None),
        (
            synced(ANA, "a", false),
            Assignment::Unassigned,
            Some(AssetChange::Unassigned),
        ),
        (synced(ANA, "a", false), conflict("a"), Some(AssetChange::Conflict)),
        (conflict("a"), conflict("b"), None),
        (conflict("a"), synced(ANA, "a", false), Some(AssetChange::Assigned)),
    ];
    for (before, after, wanted) in cases {
        assert_eq!(change(before.clone(), after.clone()), wanted, "{before:?} to {after:?}");
    }
}

fn any_mac() -> impl Strategy<Value = Mac> {
    prop::sample::select(vec![OWN, DOCK, RANDOMISED, Mac([0; 6]), Mac([4, 0, 0, 0, 0, 1])])
}

fn any_device(id: u128) -> impl Strategy<Value = DirectoryDevice> {
    let of = prop::sample::select(vec![0, ANA, BEN, ZOE]);
    let serial = prop::sample::select(vec!["", "SN-1", "SN-2"]);
    (of, any_mac(), prop::option::of(any_mac()), serial).prop_map(move |(of, wifi, ethernet, serial)| {
        let mut device = device(id, of, wifi, ethernet);
        device.serial_number = serial.into();
        device
    })
}

fn any_devices() -> impl Strategy<Value = Vec<DirectoryDevice>> {
    prop::sample::subsequence(vec![1_u128, 2, 3, 4], 0..=4)
        .prop_flat_map(|ids| ids.into_iter().map(any_device).collect::<Vec<_>>())
}

fn any_asset(id: u128) -> impl Strategy<Value = AssetState> {
    let serial = prop::sample::select(vec!["", "SN-1", "sn1"]);
    let hand = prop::sample::select(vec![
        Assignment::Unassigned,
        Assignment::Unassigned,
        Assignment::Manual(None),
        Assignment::Manual(Some(end_user(BEN))),
    ]);
    (prop::collection::vec(any_mac(), 0..3), serial, hand).prop_map(move |(macs, serial, hand)| {
        let mut asset = asset(id, serial, &macs);
        asset.assignment = hand;
        asset
    })
}

/// Assets that have lived through one plan already, and the devices of another day.
fn world() -> impl Strategy<Value = (Vec<AssetState>, Vec<DirectoryDevice>)> {
    let assets = (1_u128..4).map(any_asset).collect::<Vec<_>>();
    (assets, any_devices(), any_devices()).prop_map(|(assets, then, now)| (after(&assets, then), now))
}

proptest! {
    #[test]
    fn the_order_of_assets_and_devices_does_not_matter((assets, devices) in world()) {
        let (mut turned, mut others) = (assets.clone(), devices.clone());
        turned.reverse();
        others.reverse();
        let mut found = after(&turned, others);
        found.reverse();
        prop_assert_eq!(found, after(&assets, devices));
    }

    #[test]
    fn planning_the_result_again_changes_nothing((assets, devices) in world()) {
        let once = after(&assets, devices.clone());
        let index = Devices::new(devices, names());
        let again = plan(&AssetInput { assets: &once, devices: &index, mapped: &mapped() });
        prop_assert_eq!(again, vec![]);
    }

    #[test]
    fn what_a_person_decided_is_never_overridden((assets, devices) in world()) {
        for (before, after) in assets.iter().zip(after(&assets, devices)) {
            if matches!(before.assignment, Assignment::Manual(_)) {
                prop_assert_eq!(&before.assignment, &after.assignment);
            } else {
                prop_assert!(!matches!(after.assignment, Assignment::Manual(_)));
            }
        }
    }

    /// Told anew, from the rules of the page and without the index.
    #[test]
    fn an_asset_is_assigned_exactly_where_all_evidence_points_to_one_end_user((assets, devices) in world()) {
        for (at, asset) in after(&assets, devices.clone()).iter().enumerate() {
            let Some((who, false)) = holder(asset) else { continue };
            let mut speaks = 0;
            for device in &devices {
                let Some(of) = device.user else { continue };
                for mac in [device.wifi, device.ethernet].into_iter().flatten().filter(|mac| asset.macs.contains(mac)) {
                    let randomised = mac == RANDOMISED;
                    let agrees = device.serial_number == "SN-1" && ["SN-1", "sn1"].contains(&asset.serial_number.as_str());
                    if mac == Mac([0; 6]) || (randomised && !agrees) {
                        continue;
                    }
                    prop_assert_eq!(mapped().get(&of).copied(), Some(who));
                    let shared = assets.iter().enumerate().any(|(other, asset)| other != at && asset.macs.contains(&mac));
                    prop_assert!(!shared);
                    speaks += 1;
                }
            }
            prop_assert!(speaks > 0);
        }
    }

    #[test]
    fn devices_that_are_gone_take_nobodys_asset_away((assets, _) in world()) {
        let gone = after(&assets, vec![]);
        for (before, after) in assets.iter().zip(&gone) {
            prop_assert_eq!(holder(before).map(|(who, _)| (who, true)), holder(after));
        }
    }
}
