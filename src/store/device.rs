//! Managed devices in the directory: our copy of what Intune lists, with the Ethernet addresses that are read one by
//! one.

use super::{change_set::ROWS_AT_ONCE, error::Result};
use crate::model::{
    asset::DirectoryDevice,
    ids::{DeviceId, DirectoryUserId, MicrosoftTenantId},
    mac::Mac,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::HashMap;

/// A device as it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldDevice {
    /// The device.
    pub device: DirectoryDevice,
    /// The `last_sync_at` for which its Ethernet address was read; `None` where it never was.
    pub ethernet_of: Option<Option<DateTime<Utc>>>,
}

#[derive(FromRow)]
struct Row {
    id: DeviceId,
    device_name: String,
    serial_number: String,
    directory_user_id: Option<DirectoryUserId>,
    wifi_mac: Option<String>,
    ethernet_mac: Option<String>,
    ethernet_as_of: Option<DateTime<Utc>>,
    ethernet_read_at: Option<DateTime<Utc>>,
    last_sync_at: Option<DateTime<Utc>>,
}

impl From<Row> for HeldDevice {
    fn from(row: Row) -> Self {
        let mac = |kept: Option<String>| kept.and_then(|kept| kept.parse().ok());
        Self {
            ethernet_of: row.ethernet_read_at.map(|_| row.ethernet_as_of),
            device: DirectoryDevice {
                id: row.id,
                name: row.device_name,
                serial_number: row.serial_number,
                user: row.directory_user_id,
                wifi: mac(row.wifi_mac),
                ethernet: mac(row.ethernet_mac),
                last_sync_at: row.last_sync_at,
            },
        }
    }
}

/// Every device of a Microsoft tenant.
pub async fn held(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<HashMap<DeviceId, HeldDevice>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, device_name, serial_number, directory_user_id, wifi_mac, ethernet_mac, ethernet_as_of,
                ethernet_read_at, last_sync_at
         from directory_device where microsoft_tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?;
    let devices = rows.into_iter().map(HeldDevice::from);
    Ok(devices.map(|held| (held.device.id, held)).collect())
}

/// What the primary users of devices are called.
pub async fn user_names(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<(DirectoryUserId, String)>> {
    Ok(sqlx::query_as(
        "select u.id, u.display_name from directory_user u
         where u.microsoft_tenant_id = $1
           and u.id in (select d.directory_user_id from directory_device d where d.microsoft_tenant_id = $1)",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

#[derive(Serialize)]
struct DeviceJson<'a> {
    id: DeviceId,
    device_name: &'a str,
    serial_number: &'a str,
    directory_user_id: Option<DirectoryUserId>,
    wifi_mac: Option<Mac>,
    last_sync_at: Option<DateTime<Utc>>,
}

/// Stores what a listing tells of devices, each id at most once; their Ethernet addresses stay.
pub async fn upsert(tx: &mut PgConnection, tenant: MicrosoftTenantId, devices: &[DirectoryDevice]) -> Result<()> {
    for devices in devices.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = devices
            .iter()
            .map(|device| DeviceJson {
                id: device.id,
                device_name: &device.name,
                serial_number: &device.serial_number,
                directory_user_id: device.user,
                wifi_mac: device.wifi,
                last_sync_at: device.last_sync_at,
            })
            .collect();
        sqlx::query(
            "insert into directory_device (microsoft_tenant_id, id, device_name, serial_number, directory_user_id,
                                           wifi_mac, last_sync_at)
             select $1, n.id, n.device_name, n.serial_number, n.directory_user_id, n.wifi_mac, n.last_sync_at
             from jsonb_populate_recordset(null::directory_device, $2) n
             on conflict (microsoft_tenant_id, id) do update set
                 device_name = excluded.device_name, serial_number = excluded.serial_number,
                 directory_user_id = excluded.directory_user_id, wifi_mac = excluded.wifi_mac,
                 last_sync_at = excluded.last_sync_at",
        )
        .bind(tenant)
        .bind(Json(rows))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// An Ethernet address that was read, or that there is none.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EthernetRead {
    /// Whose.
    pub id: DeviceId,
    /// What was read.
    pub ethernet_mac: Option<Mac>,
    /// When the device had last spoken to Intune.
    pub ethernet_as_of: Option<DateTime<Utc>>,
}

/// Stores Ethernet addresses, read at `now`.
pub async fn set_ethernet(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    reads: &[EthernetRead],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "update directory_device d set ethernet_mac = n.ethernet_mac, ethernet_as_of = n.ethernet_as_of,
                ethernet_read_at = $3
         from jsonb_populate_recordset(null::directory_device, $2) n
         where d.microsoft_tenant_id = $1 and d.id = n.id",
    )
    .bind(tenant)
    .bind(Json(reads))
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets devices that a whole listing no longer has.
pub async fn delete(tx: &mut PgConnection, tenant: MicrosoftTenantId, gone: &[DeviceId]) -> Result<()> {
    let gone: Vec<_> = gone.iter().map(|id| id.0).collect();
    sqlx::query("delete from directory_device where microsoft_tenant_id = $1 and id = any ($2)")
        .bind(tenant)
        .bind(gone)
        .execute(tx)
        .await?;
    Ok(())
}
