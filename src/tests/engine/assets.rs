//! From Intune's devices to who has which Asset: whole runs against the stand-in.

use crate::{
    model::{
        asset::{Adapter, Asset, AssetChange, AssetRow, Contact},
        audit::Actor,
        directory::{Reading, Readings},
        filter::Filters,
        ids::{AssetId, OrganizationId},
        mac::Mac,
    },
    store::{self, asset_edit},
    tests::support::{Stage, only},
};
use chrono::Utc;
use microsoft_sim::{Options, TenantSpec};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

/// A stage whose tenant has Intune, with Ana and Ben in it.
async fn stage(pool: &PgPool) -> (Stage, Uuid, Uuid) {
    let fabrikam = TenantSpec {
        name: "fabrikam".into(),
        users: 0,
    };
    let stage = Stage::with(
        pool,
        Options {
            tenants: vec![fabrikam],
            ..Options::default()
        },
    )
    .await;
    let (ana, ben) = (
        stage.hire("Ana", "ana@fabrikam.example").await,
        stage.hire("Ben", "ben@fabrikam.example").await,
    );
    stage.enable(&Filters::default()).await;
    (stage, ana, ben)
}

fn laptop(of: Uuid, wifi: &str, ethernet: &str) -> Value {
    json!({
        "deviceName": "LT-1", "serialNumber": "PF-1", "userId": of, "wiFiMacAddress": wifi,
        "ethernetMacAddress": ethernet,
    })
}

fn ada() -> Actor {
    Actor::command("Ada Admin")
}

async fn asset_of(stage: &Stage, organization: OrganizationId, macs: &str) -> AssetId {
    let asset = Asset {
        name: "CON-01".into(),
        serial_number: String::new(),
        macs: Mac::list(macs).unwrap(),
    };
    let id = AssetId(Uuid::now_v7());
    asset_edit::create(&stage.pool, id, organization, &asset, &ada())
        .await
        .unwrap();
    id
}

async fn asset(stage: &Stage, macs: &str) -> AssetId {
    asset_of(stage, stage.organization, macs).await
}

async fn read(stage: &Stage, id: AssetId) -> AssetRow {
    store::asset::get(&stage.pool, id, &store::in_utc(Utc::now()))
        .await
        .unwrap()
}

/// The name of whom an Asset is assigned to.
async fn holder(stage: &Stage, id: AssetId) -> Option<String> {
    read(stage, id).await.contact.end_user().map(|(_, name)| name.clone())
}

async fn changes(stage: &Stage, id: AssetId) -> Vec<AssetChange> {
    let now = store::in_utc(Utc::now());
    let mut events = store::asset_plan::events(&stage.pool, Some(id), None, None, 50, &now)
        .await
        .unwrap();
    events.reverse();
    events.into_iter().map(|event| event.change).collect()
}

async fn readings(stage: &Stage) -> Readings {
    store::microsoft_tenant::get(&stage.pool, stage.tenant)
        .await
        .unwrap()
        .readings
}

fn ethernet_reads(stage: &Stage) -> usize {
    let asked = stage.microsoft.requests();
    let single = asked.iter().filter(|entry| entry.query.contains("ethernetMacAddress"));
    single.count()
}

#[sqlx::test(migrations = false)]
async fn an_asset_finds_its_person_by_either_address_in_the_run_that_creates_the_person(pool: PgPool) {
    let (stage, ana, ben) = stage(&pool).await;
    stage.enrol(laptop(ana, "AA-1A-2B-3C-4D-5E", "")).await;
    stage.enrol(laptop(ana, "04.1a.2b.3c.4d.5e", "")).await;
    stage.enrol(laptop(ben, "000000000000", "041A.2B3C.4D5F")).await;
    let by_wifi = asset(&stage, "04:1A:2B:3C:4D:5E").await;
    let by_cable = asset(&stage, "04-1a-2b-3c-4d-5f, 00:00:00:00:00:00").await;
    let elsewhere = stage.another_organization("Elsewhere").await;
    let not_here = asset_of(&stage, elsewhere, "041A2B3C4D5E").await;
    let run = stage.run_well().await;
    assert_eq!(holder(&stage, by_wifi).await.as_deref(), Some("Ana"));
    assert_eq!(holder(&stage, by_cable).await.as_deref(), Some("Ben"));
    assert_eq!(
        holder(&stage, not_here).await,
        None,
        "matching never looks outside the Organization"
    );
    let Contact::BySync { by, stale: None, .. } = read(&stage, by_cable).await.contact else {
        panic!("it is not the sync's")
    };
    assert_eq!(
        (by.adapter, by.device_name.as_str(), by.user_name.as_str()),
        (Adapter::Ethernet, "LT-1", "Ben")
    );
    let told = store::asset_plan::events(&pool, None, Some(run), None, 50, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    assert_eq!(told.len(), 2, "the run tells of both");
    assert!(
        told.iter()
            .all(|event| event.change == AssetChange::Assigned && event.old_end_user.is_empty())
    );
    let readings = readings(&stage).await;
    assert!(readings.devices.is_read() && readings.devices_read_at.is_some());

    let reads = ethernet_reads(&stage);
    assert_eq!(reads, 3, "one for each device");
    stage.run_quietly().await;
    assert_eq!(ethernet_reads(&stage), reads, "no device has spoken since");
}

#[sqlx::test(migrations = false)]
async fn an_assignment_follows_its_device_and_stays_when_the_device_is_gone(pool: PgPool) {
    let (stage, ana, ben) = stage(&pool).await;
    let device = stage.enrol(laptop(ana, "041A2B3C4D5E", "")).await;
    let other = stage.enrol(laptop(ana, "041A2B3C4D60", "")).await;
    let id = asset(&stage, "041A2B3C4D5E").await;
    stage.run_well().await;
    let reads = ethernet_reads(&stage);
    stage.change_device(device, json!({ "userId": ben })).await;
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ben"));
    assert_eq!(
        ethernet_reads(&stage),
        reads + 1,
        "the changed device alone is read again"
    );
    stage.retire(device).await;
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ben"));
    assert!(matches!(
        read(&stage, id).await.contact,
        Contact::BySync { stale: Some(_), .. }
    ));
    stage.run_quietly().await;
    stage
        .change_device(other, json!({ "wiFiMacAddress": "04:1a:2b:3c:4d:5e" }))
        .await;
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
    use AssetChange::{Assigned, Stale};
    assert_eq!(changes(&stage, id).await, [Assigned, Assigned, Stale, Assigned]);
}

#[sqlx::test(migrations = false)]
async fn what_a_person_decided_is_never_overridden_until_the_sync_may_decide(pool: PgPool) {
    let (stage, ana, ben) = stage(&pool).await;
    stage.enrol(laptop(ana, "041A2B3C4D5E", "")).await;
    let id = asset(&stage, "041A2B3C4D5E").await;
    stage.run_well().await;
    let ben = stage.person(ben).await;
    for (by_hand, name) in [(Some(ben.id), Some("Ben")), (None, None)] {
        let seen = read(&stage, id).await.contact.since().map(|since| since.at);
        asset_edit::assign(&pool, id, by_hand, seen, &ada()).await.unwrap();
        stage.run_quietly().await;
        assert_eq!(holder(&stage, id).await.as_deref(), name);
    }
    asset_edit::let_sync_decide(&pool, id, &ada()).await.unwrap();
    assert_eq!(holder(&stage, id).await, None);
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
}

#[sqlx::test(migrations = false)]
async fn a_dock_is_a_conflict_with_its_evidence_and_takes_the_asset_from_whom_had_it(pool: PgPool) {
    let (stage, ana, ben) = stage(&pool).await;
    stage.enrol(laptop(ana, "041A2B3C4D5E", "046666666666")).await;
    let id = asset(&stage, "041A2B3C4D5E 046666666666").await;
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
    let second = stage.enrol(laptop(ben, "041A2B3C4D60", "04-66-66-66-66-66")).await;
    stage.run_well().await;
    let Contact::Conflict { conflict, .. } = read(&stage, id).await.contact else {
        panic!("no conflict")
    };
    let users: Vec<_> = conflict.devices.iter().map(|found| found.user_name.as_str()).collect();
    assert_eq!(users.len(), 3);
    assert!(users.contains(&"Ana") && users.contains(&"Ben"));
    stage.run_quietly().await;
    stage.change_device(second, json!({ "ethernetMacAddress": "" })).await;
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
    use AssetChange::{Assigned, Conflict};
    assert_eq!(changes(&stage, id).await, [Assigned, Conflict, Assigned]);
}

#[sqlx::test(migrations = false)]
async fn a_deleted_end_user_is_found_again_by_the_run_that_creates_them_anew(pool: PgPool) {
    let (stage, ana, _) = stage(&pool).await;
    stage.enrol(laptop(ana, "041A2B3C4D5E", "")).await;
    let id = asset(&stage, "041A2B3C4D5E").await;
    stage.run_well().await;
    let person = stage.person(ana).await;
    sqlx::query("delete from end_user where id = $1")
        .bind(person.id)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(holder(&stage, id).await, None);
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
    use AssetChange::{Assigned, EndUserDeleted};
    assert_eq!(changes(&stage, id).await, [Assigned, EndUserDeleted, Assigned]);
}

#[sqlx::test(migrations = false)]
async fn a_refused_read_takes_nothing_away_and_the_rest_of_the_run_goes_on(pool: PgPool) {
    let (stage, ana, _) = stage(&pool).await;
    stage.enrol(laptop(ana, "041A2B3C4D5E", "")).await;
    let id = asset(&stage, "041A2B3C4D5E").await;
    stage.run_well().await;
    let read_at = readings(&stage).await.devices_read_at;
    stage.deny(&["managedDevices"]).await;
    stage.hire("Cleo", "cleo@fabrikam.example").await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 3, "people go on without devices");
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
    let refused = readings(&stage).await;
    let Reading::Refused { remedy, .. } = &refused.devices else {
        panic!("{refused:?}")
    };
    assert!(remedy.contains("DeviceManagementManagedDevices.Read.All"), "{remedy}");
    assert_eq!(refused.devices_read_at, read_at, "what is known tells its age");

    stage.deny(&[]).await;
    stage
        .fault(
            json!({ "path": "/v1.0/deviceManagement/managedDevices?*", "kind": "status", "status": 403, "times": 1,
                       "code": "Forbidden", "message": "Required license not available for this tenant" }),
        )
        .await;
    stage.run_well().await;
    let Reading::Refused { remedy, .. } = readings(&stage).await.devices else {
        panic!("it was read")
    };
    assert!(remedy.contains("no Intune license"), "{remedy}");
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
    let unread = || store::microsoft_tenant::without_devices(&pool, None);
    assert_eq!(unread().await.unwrap(), ["Fabrikam"], "the page of all Assets names it");
    stage.run_well().await;
    assert!(readings(&stage).await.devices.is_read());
    assert!(unread().await.unwrap().is_empty());
}

#[sqlx::test(migrations = false)]
async fn a_tenant_without_intune_says_so_and_its_users_are_synced_all_the_same(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 1);
    let Reading::Refused { remedy, .. } = readings(&stage).await.devices else {
        panic!("the stand-in's contoso has Intune")
    };
    assert!(remedy.contains("no Intune license"), "{remedy}");
}

#[sqlx::test(migrations = false)]
async fn ethernet_addresses_that_could_not_be_read_are_read_by_the_next_run(pool: PgPool) {
    let (stage, ana, _) = stage(&pool).await;
    let mut devices = vec![];
    for n in 0..25 {
        devices.push(stage.enrol(laptop(ana, "", &format!("0400000000{n:02x}"))).await);
    }
    devices.sort();
    let id = asset(&stage, "04:00:00:00:00:18").await;
    let path = |device: &Uuid| format!("/v1.0/deviceManagement/managedDevices/{device}");
    stage
        .fault(json!({ "path": path(&devices[3]), "kind": "status", "status": 429, "retryAfter": 1, "times": 1 }))
        .await;
    stage
        .fault(json!({ "path": path(&devices[4]), "kind": "status", "status": 403, "times": 1 }))
        .await;
    stage.run_well().await;
    assert!(matches!(readings(&stage).await.devices, Reading::Refused { .. }));
    let unread = async || -> i64 {
        let count = sqlx::query_scalar("select count(*) from directory_device where ethernet_read_at is null");
        count.fetch_one(&pool).await.unwrap()
    };
    assert_eq!(unread().await, 1, "who was throttled was asked again");
    let reads = ethernet_reads(&stage);
    stage.run_well().await;
    assert_eq!((unread().await, ethernet_reads(&stage)), (0, reads + 1));
    assert!(readings(&stage).await.devices.is_read());
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
}

#[sqlx::test(migrations = false)]
async fn one_ethernet_address_that_can_not_be_read_keeps_no_asset_unassigned(pool: PgPool) {
    let (stage, ana, ben) = stage(&pool).await;
    let broken = stage.enrol(laptop(ana, "041A2B3C4D5E", "046666666666")).await;
    stage.enrol(laptop(ben, "", "041A2B3C4D5F")).await;
    let (by_wifi, by_cable) = (asset(&stage, "041A2B3C4D5E").await, asset(&stage, "041A2B3C4D5F").await);
    let path = format!("/v1.0/deviceManagement/managedDevices/{broken}");
    stage
        .fault(json!({ "path": path, "kind": "status", "status": 403 }))
        .await;
    stage.run_well().await;
    assert_eq!(holder(&stage, by_wifi).await.as_deref(), Some("Ana"));
    assert_eq!(holder(&stage, by_cable).await.as_deref(), Some("Ben"));
    let readings = readings(&stage).await;
    assert!(
        matches!(readings.devices, Reading::Refused { .. }),
        "the remedy is told all the same"
    );
    assert!(readings.devices_read_at.is_some());
}

#[sqlx::test(migrations = false)]
async fn an_organization_whose_filters_can_not_be_read_keeps_its_assets_as_they_are(pool: PgPool) {
    let (stage, ana, _) = stage(&pool).await;
    let group = stage.group("Staff", &[ana]).await;
    stage.enrol(laptop(ana, "041A2B3C4D5E", "")).await;
    stage
        .enable(&Filters {
            group: only(&[&group.to_string()]),
            ..Filters::default()
        })
        .await;
    stage.run_well().await;
    let id = asset(&stage, "041A2B3C4D5E").await;
    stage.deny(&["groups"]).await;
    stage.run_well().await;
    assert!(stage.attention(stage.organization).await.is_some());
    assert_eq!(holder(&stage, id).await, None);
    stage.deny(&[]).await;
    stage.run_well().await;
    assert_eq!(holder(&stage, id).await.as_deref(), Some("Ana"));
}
