//! Devices that Intune is slow to tell: nobody waits for them, and their Assets follow.

use crate::{
    engine::{RunError, run::RunEnd},
    model::{
        asset::Asset,
        audit::Actor,
        directory::{Reading, Readings},
        filter::Filters,
        ids::AssetId,
        mac::Mac,
    },
    store::{self, asset_edit},
    tests::support::{Stage, until},
};
use chrono::Utc;
use microsoft_sim::{Options, TenantSpec};
use serde_json::json;
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// Ana with a device in Intune, whom nobody keeps waiting for long.
async fn stage(pool: &PgPool) -> Stage {
    let fabrikam = TenantSpec {
        name: "fabrikam".into(),
        users: 0,
    };
    let options = Options {
        tenants: vec![fabrikam],
        ..Options::default()
    };
    let mut stage = Stage::with(pool, options).await;
    stage.engine.before_people = Duration::from_millis(100);
    let ana = stage.hire("Ana", "ana@fabrikam.example").await;
    stage
        .enrol(json!({ "deviceName": "LT-1", "serialNumber": "PF-1", "userId": ana, "wiFiMacAddress": "041A2B3C4D5E" }))
        .await;
    stage.enable(&Filters::default()).await;
    stage
}

async fn throttle(stage: &Stage, seconds: u32, times: Option<u32>) {
    let path = "/v1.0/deviceManagement/managedDevices?*";
    let fault = json!({ "path": path, "kind": "status", "status": 429, "retryAfter": seconds, "times": times });
    stage.fault(fault).await;
}

async fn readings(stage: &Stage) -> Readings {
    let tenant = store::microsoft_tenant::get(&stage.pool, stage.tenant).await;
    tenant.unwrap().readings
}

#[sqlx::test(migrations = false)]
async fn people_are_written_while_a_throttled_intune_keeps_the_run_waiting(pool: PgPool) {
    let stage = stage(&pool).await;
    throttle(&stage, 50, None).await;
    let (end, ()) = tokio::join!(stage.run(), async {
        until("people are there without devices", 40, || async {
            stage.count().await == 1
        })
        .await;
        stage.engine.stop.cancel();
    });
    assert!(matches!(end, RunEnd::Failed(_, RunError::HandedBack)), "{end:?}");
    assert_eq!(
        readings(&stage).await.devices,
        Reading::NeverRead,
        "what never came to an end says nothing"
    );
}

#[sqlx::test(migrations = false)]
async fn devices_that_came_after_the_people_are_kept_and_the_next_run_assigns_their_assets(pool: PgPool) {
    let stage = stage(&pool).await;
    let asset = Asset {
        name: "CON-01".into(),
        serial_number: String::new(),
        macs: Mac::list("04:1A:2B:3C:4D:5E").unwrap(),
    };
    let (id, ada) = (AssetId(Uuid::now_v7()), Actor::command("Ada Admin"));
    asset_edit::create(&pool, id, stage.organization, &asset, &ada)
        .await
        .unwrap();
    let holder = async || {
        let row = store::asset::get(&pool, id, &store::in_utc(Utc::now())).await.unwrap();
        row.contact.end_user().map(|(_, name)| name.clone())
    };
    throttle(&stage, 2, Some(1)).await;
    stage.run_well().await;
    assert_eq!(holder().await, None, "the people did not wait");
    let read = readings(&stage).await;
    assert!(read.devices.is_read() && read.devices_read_at.is_some(), "{read:?}");
    stage.run_well().await;
    assert_eq!(holder().await.as_deref(), Some("Ana"));
}

#[sqlx::test(migrations = false)]
async fn devices_that_nobody_waited_for_are_listed_before_the_long_pass_over_sign_ins(pool: PgPool) {
    let stage = stage(&pool).await;
    throttle(&stage, 2, Some(1)).await;
    stage.run_well().await;
    let asked = stage.microsoft.requests();
    let listed = asked.iter().rposition(|entry| entry.path.ends_with("/managedDevices"));
    let signed_in = asked.iter().position(|entry| entry.query.contains("signInActivity"));
    assert!(listed.unwrap() < signed_in.unwrap(), "{asked:#?}");
}
