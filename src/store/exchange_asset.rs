//! Assets as an import finds and writes them, and as an export reads them.

use super::{asset::macs, change_set::ROWS_AT_ONCE, error::Result, search::pattern};
use crate::model::{
    asset::Asset,
    ids::{AssetId, OrganizationId},
    mac::Mac,
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgPool, types::Json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// By what Assets of an Organization are looked for.
#[derive(Clone, Debug, Default)]
pub struct AssetKeys {
    /// Serial numbers, in the form that compares.
    pub serial_numbers: BTreeSet<(OrganizationId, String)>,
    /// Names, in the form that compares.
    pub names: BTreeSet<(OrganizationId, String)>,
    /// Addresses.
    pub macs: BTreeSet<(OrganizationId, Mac)>,
}

#[derive(Serialize)]
struct Key {
    organization_id: OrganizationId,
    key: String,
}

fn keys(keys: &BTreeSet<(OrganizationId, String)>) -> Json<Vec<Key>> {
    let ascii = keys.iter().filter(|(_, key)| key.is_ascii());
    Json(
        ascii
            .map(|(organization_id, key)| Key {
                organization_id: *organization_id,
                key: key.clone(),
            })
            .collect(),
    )
}

/// An Asset as it is, or as it will be.
#[derive(Clone, Debug)]
pub struct WrittenAsset {
    /// Its id.
    pub id: AssetId,
    /// Whose.
    pub organization: OrganizationId,
    /// Its fields.
    pub asset: Asset,
}

#[derive(FromRow)]
struct Held {
    id: AssetId,
    organization_id: OrganizationId,
    name: String,
    serial_number: String,
    macs: Vec<String>,
}

/// Assets that may have one of these keys, locked until the transaction ends.
pub async fn lock(tx: &mut PgConnection, wanted: &AssetKeys) -> Result<Vec<WrittenAsset>> {
    let beyond: BTreeSet<Uuid> = wanted
        .names
        .iter()
        .filter(|(_, name)| !name.is_ascii())
        .map(|(organization, _)| organization.0)
        .collect();
    let by_mac: Vec<_> = wanted
        .macs
        .iter()
        .map(|(organization_id, mac)| Key {
            organization_id: *organization_id,
            key: mac.hex(),
        })
        .collect();
    let rows: Vec<Held> = sqlx::query_as(
        "select a.id, a.organization_id, a.name, a.serial_number,
                array(select m.mac from asset_mac m where m.asset_id = a.id order by m.mac) as macs
         from asset a where a.id in (
             select s.id from jsonb_to_recordset($1) as n (organization_id uuid, key text)
             join asset s on s.organization_id = n.organization_id and lower(s.serial_number) = n.key
             union
             select s.id from jsonb_to_recordset($2) as n (organization_id uuid, key text)
             join asset s on s.organization_id = n.organization_id and lower(s.name) = n.key
             union
             select s.id from jsonb_to_recordset($3) as n (organization_id uuid, key text)
             join asset_mac m on m.mac = n.key
             join asset s on s.id = m.asset_id and s.organization_id = n.organization_id
             union
             select s.id from asset s
             where s.organization_id = any ($4) and octet_length(s.name) <> char_length(s.name)
         )
         order by a.id for update of a",
    )
    .bind(keys(&wanted.serial_numbers))
    .bind(keys(&wanted.names))
    .bind(Json(by_mac))
    .bind(beyond.into_iter().collect::<Vec<_>>())
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| WrittenAsset {
            id: row.id,
            organization: row.organization_id,
            asset: Asset {
                name: row.name,
                serial_number: row.serial_number,
                macs: macs(&row.macs),
            },
        })
        .collect())
}

#[derive(Serialize)]
struct Row<'a> {
    id: AssetId,
    organization_id: OrganizationId,
    name: &'a str,
    serial_number: &'a str,
}

#[derive(Serialize)]
struct MacRow {
    asset_id: AssetId,
    mac: String,
}

/// Creates Assets, or writes the fields of those that are there.
pub async fn write(tx: &mut PgConnection, rows: &[WrittenAsset], writer: &str) -> Result<()> {
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let out: Vec<_> = chunk
            .iter()
            .map(|row| Row {
                id: row.id,
                organization_id: row.organization,
                name: &row.asset.name,
                serial_number: &row.asset.serial_number,
            })
            .collect();
        let macs: Vec<_> = chunk
            .iter()
            .flat_map(|row| {
                row.asset.macs.iter().map(|mac| MacRow {
                    asset_id: row.id,
                    mac: mac.hex(),
                })
            })
            .collect();
        let ids: Vec<_> = chunk.iter().map(|row| row.id.0).collect();
        sqlx::query(
            "insert into asset (id, organization_id, name, serial_number, written_by, written_at)
             select n.id, n.organization_id, n.name, n.serial_number, $2, now()
             from jsonb_populate_recordset(null::asset, $1) n
             on conflict (id) do update set name = excluded.name, serial_number = excluded.serial_number,
                 updated_at = now(), written_by = excluded.written_by, written_at = excluded.written_at",
        )
        .bind(Json(out))
        .bind(writer)
        .execute(&mut *tx)
        .await?;
        sqlx::query("delete from asset_mac where asset_id = any ($1)")
            .bind(ids)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "insert into asset_mac (asset_id, mac)
             select n.asset_id, n.mac from jsonb_populate_recordset(null::asset_mac, $1) n",
        )
        .bind(Json(macs))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// An Asset as an export writes it.
#[derive(Clone, Debug)]
pub struct AssetOut {
    /// Whose.
    pub organization: String,
    /// Its fields.
    pub asset: Asset,
    /// The End User it is assigned to; empty for nobody.
    pub contact: String,
    /// Their email.
    pub contact_email: String,
    /// `By hand`, `By the sync`, `Conflict`; empty where nobody decided.
    pub assigned: &'static str,
}

#[derive(FromRow)]
struct Out {
    organization: String,
    name: String,
    serial_number: String,
    macs: Vec<String>,
    kind: Option<String>,
    contact: Option<String>,
    contact_email: Option<String>,
}

/// Which Assets.
#[derive(Clone, Debug, Default)]
pub struct AssetFilter {
    /// Of one Organization; else of all.
    pub organization: Option<OrganizationId>,
    /// The Organizations of whoever asks; `None` is all.
    pub theirs: Option<Vec<OrganizationId>>,
    /// A part of the name, of the serial number, or of an address.
    pub search: String,
}

/// Assets by Organization and name.
pub fn all<'a>(pool: &'a PgPool, filter: &AssetFilter) -> BoxStream<'a, Result<AssetOut>> {
    let rows = sqlx::query_as::<_, Out>(
        "select o.name as organization, a.name, a.serial_number,
                array(select m.mac from asset_mac m where m.asset_id = a.id order by m.mac) as macs,
                s.kind, e.name as contact, e.email as contact_email
         from asset a
         join organization o on o.id = a.organization_id
         left join asset_assignment s on s.asset_id = a.id
         left join end_user e on e.id = s.end_user_id
         where ($1 is null or a.organization_id = $1) and ($4::uuid[] is null or a.organization_id = any ($4))
           and ($2 = '%%' or a.name ilike $2 or a.serial_number ilike $2
                or exists (select 1 from asset_mac m where m.asset_id = a.id and m.mac like $3))
         order by lower(o.name), o.id, lower(a.name), a.id",
    )
    .bind(filter.organization)
    .bind(pattern(&filter.search))
    .bind(Mac::part(&filter.search).map(|part| format!("%{part}%")))
    .bind(filter.theirs.clone())
    .fetch(pool);
    rows.map_ok(|row| AssetOut {
        organization: row.organization,
        asset: Asset {
            name: row.name,
            serial_number: row.serial_number,
            macs: macs(&row.macs),
        },
        contact: row.contact.unwrap_or_default(),
        contact_email: row.contact_email.unwrap_or_default(),
        assigned: match row.kind.as_deref() {
            None => "",
            Some("manual") => "By hand",
            Some("sync") => "By the sync",
            Some(_) => "Conflict",
        },
    })
    .err_into()
    .boxed()
}
