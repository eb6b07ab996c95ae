use super::{CANDIDATES, ROWS, Words, found};
use crate::{
    model::{
        ids::{AssetId, DeviceId, DirectoryUserId, OrganizationId},
        mac::Mac,
        search::{Found, FoundAsset, FoundDevice, OrganizationRef},
    },
    store::error::Result,
};
use sqlx::{FromRow, PgPool};

/// Fewer digits are no part of an address worth looking for: `ada` would be one.
const SHORTEST_PART: usize = 6;

/// What was typed as the digits of a MAC address or of its beginning, and the end of their range.
fn mac_range(words: &Words) -> (Option<String>, Option<String>) {
    let digits = Mac::part(&words.whole).filter(|digits| digits.len() >= SHORTEST_PART);
    let end = digits.as_ref().map(|digits| format!("{digits}g"));
    (digits, end)
}

fn macs(kept: Vec<String>) -> Vec<Mac> {
    kept.iter().filter_map(|mac| mac.parse().ok()).collect()
}

#[derive(FromRow)]
struct AssetHit {
    id: AssetId,
    organization_id: OrganizationId,
    organization: String,
    name: String,
    serial_number: String,
    macs: Vec<String>,
    contact: Option<String>,
}

impl From<AssetHit> for FoundAsset {
    fn from(row: AssetHit) -> Self {
        Self {
            id: row.id,
            organization: OrganizationRef {
                id: row.organization_id,
                name: row.organization,
            },
            name: row.name,
            serial_number: row.serial_number,
            macs: macs(row.macs),
            contact: row.contact,
        }
    }
}

/// Assets of theirs by name, serial number, MAC address in any spelling, and id.
pub async fn assets(pool: &PgPool, words: &Words) -> Result<Found<FoundAsset>> {
    let (mac, mac_end) = mac_range(words);
    let rows: Vec<AssetHit> = sqlx::query_as(
        "with hit as (
             (select id, 0 as step from asset
              where id = $1 and ($10::uuid[] is null or organization_id = any ($10)))
             union all
             (select id, 0 from asset
              where folded(name) = $2 and ($10::uuid[] is null or organization_id = any ($10)) limit $6)
             union all
             (select id, 0 from asset
              where folded(serial_number) = $2 and ($10::uuid[] is null or organization_id = any ($10)) limit $6)
             union all
             (select asset_id, case when mac = $8 then 0 else 1 end from asset_mac
              where mac >= $8 and mac < $9
                and ($10::uuid[] is null
                     or asset_id in (select s.id from asset s where s.organization_id = any ($10))) limit $6)
             union all
             (select id, 1 from asset
              where folded(name) ~>=~ $2 and folded(name) ~<~ $3 and ($10::uuid[] is null or organization_id = any ($10)) limit $6)
             union all
             (select id, 1 from asset
              where folded(serial_number) ~>=~ $2 and folded(serial_number) ~<~ $3 and ($10::uuid[] is null or organization_id = any ($10)) limit $6)
             union all
             (select id, 2 from asset
              where device_words(name, serial_number) like $4 and device_words(name, serial_number) like all ($5)
               and ($10::uuid[] is null or organization_id = any ($10)) limit $6)
         ), best as (
             select id, min(step) as step from hit group by id order by step, id limit $6
         )
         select a.id, a.organization_id, o.name as organization, a.name, a.serial_number,
                array(select m.mac from asset_mac m where m.asset_id = a.id order by m.mac) as macs,
                e.name as contact
         from best b
         join asset a on a.id = b.id
         join organization o on o.id = a.organization_id
         left join asset_assignment s on s.asset_id = a.id
         left join end_user e on e.id = s.end_user_id
         order by b.step, folded(a.name), a.id limit $7",
    )
    .bind(words.id)
    .bind(&words.whole)
    .bind(&words.end)
    .bind(&words.longest)
    .bind(&words.every)
    .bind(CANDIDATES)
    .bind(ROWS)
    .bind(mac)
    .bind(mac_end)
    .bind(words.theirs.as_deref())
    .persistent(false)
    .fetch_all(pool)
    .await?;
    Ok(found(rows))
}

#[derive(FromRow)]
struct DeviceHit {
    id: DeviceId,
    name: String,
    serial_number: String,
    macs: Vec<String>,
    microsoft_tenant: String,
    user_id: Option<DirectoryUserId>,
    user_name: Option<String>,
}

impl From<DeviceHit> for FoundDevice {
    fn from(row: DeviceHit) -> Self {
        Self {
            id: row.id,
            name: row.name,
            serial_number: row.serial_number,
            macs: macs(row.macs),
            microsoft_tenant: row.microsoft_tenant,
            user: row.user_id.zip(row.user_name),
        }
    }
}

/// Managed devices of every Microsoft tenant that is theirs whole, by name, serial number, MAC address in any spelling, and id.
pub async fn devices(pool: &PgPool, words: &Words) -> Result<Found<FoundDevice>> {
    let (mac, mac_end) = mac_range(words);
    let rows: Vec<DeviceHit> = sqlx::query_as(
        "with mine as (
             select m.id from microsoft_tenant m where is_whole_tenant(m.tenant_id, $10)
         ), hit as (
             (select microsoft_tenant_id, id, 0 as step from directory_device
              where id = $1 and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)))
             union all
             (select microsoft_tenant_id, id, 0 from directory_device
              where folded(device_name) = $2 and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 0 from directory_device
              where folded(serial_number) = $2 and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, case when wifi_mac = $8 then 0 else 1 end from directory_device
              where wifi_mac >= $8 and wifi_mac < $9
                and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, case when ethernet_mac = $8 then 0 else 1 end from directory_device
              where ethernet_mac >= $8 and ethernet_mac < $9
                and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 1 from directory_device
              where folded(device_name) ~>=~ $2 and folded(device_name) ~<~ $3
                and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 1 from directory_device
              where folded(serial_number) ~>=~ $2 and folded(serial_number) ~<~ $3
                and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 2 from directory_device
              where device_words(device_name, serial_number) like $4
                and device_words(device_name, serial_number) like all ($5)
                and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
         ), best as (
             select microsoft_tenant_id, id, min(step) as step from hit group by microsoft_tenant_id, id
             order by step, id limit $6
         )
         select d.id, d.device_name as name, d.serial_number,
                array_remove(array[d.wifi_mac, d.ethernet_mac], null) as macs, t.display_name as microsoft_tenant,
                u.id as user_id, coalesce(nullif(u.display_name, ''), u.upn) as user_name
         from best b
         join directory_device d on d.microsoft_tenant_id = b.microsoft_tenant_id and d.id = b.id
         join microsoft_tenant t on t.id = d.microsoft_tenant_id
         left join directory_user u on u.microsoft_tenant_id = d.microsoft_tenant_id and u.id = d.directory_user_id
         order by b.step, folded(d.device_name), d.id limit $7",
    )
    .bind(words.id)
    .bind(&words.whole)
    .bind(&words.end)
    .bind(&words.longest)
    .bind(&words.every)
    .bind(CANDIDATES)
    .bind(ROWS)
    .bind(mac)
    .bind(mac_end)
    .bind(words.theirs.as_deref())
    .persistent(false)
    .fetch_all(pool)
    .await?;
    Ok(found(rows))
}
