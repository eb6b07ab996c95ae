//! Rows of Assets: by Organization and serial number, else by MAC address, else by name.
//!
//! A serial number that is not here yet may be that of an Asset which has none so far, told by its address or its name;
//! an Asset with another serial number is another device. Nothing that a row is found by is ever cleared by an empty
//! cell, but for MAC addresses: an empty cell says that there are none.

use super::{
    columns::Head,
    import::{Batch, Seen},
    place::place,
    rows::Row,
};
use crate::{
    model::{
        asset::Asset,
        audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
        exchange::Reject,
        ids::{AssetId, OrganizationId},
        mac::Mac,
    },
    store::{
        self, StoreError,
        exchange_asset::{AssetKeys, WrittenAsset},
    },
    sync::{mac::serial_numbers_agree, normalise::key},
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

const NAME: usize = 1;
const SERIAL_NUMBER: usize = 2;
const MACS: usize = 3;

/// A serial number in the form that compares; empty for one that many devices share and that tells none of them.
fn telling(serial_number: &str) -> String {
    if serial_numbers_agree(serial_number, serial_number) {
        key(serial_number)
    } else {
        String::new()
    }
}

/// A row whose Organization and addresses are known.
struct Placed {
    row: Row,
    organization: OrganizationId,
    name: String,
    serial_number: String,
    /// `None` where the file has no such column.
    macs: Option<Vec<Mac>>,
}

/// Assets by each of their keys.
#[derive(Default)]
struct Held {
    all: HashMap<AssetId, WrittenAsset>,
    by_serial_number: HashMap<(OrganizationId, String), Vec<AssetId>>,
    by_mac: HashMap<(OrganizationId, Mac), Vec<AssetId>>,
    by_name: HashMap<(OrganizationId, String), Vec<AssetId>>,
}

impl Held {
    fn new(assets: Vec<WrittenAsset>) -> Self {
        let mut held = Self::default();
        for one in assets {
            let (id, of) = (one.id, one.organization);
            let serial_number = telling(&one.asset.serial_number);
            if !serial_number.is_empty() {
                held.by_serial_number.entry((of, serial_number)).or_default().push(id);
            }
            for mac in &one.asset.macs {
                held.by_mac.entry((of, *mac)).or_default().push(id);
            }
            held.by_name.entry((of, key(&one.asset.name))).or_default().push(id);
            held.all.insert(id, one);
        }
        held
    }

    /// Those that a row may mean, and by what.
    fn meant(&self, row: &Placed) -> (Vec<&WrittenAsset>, &'static str) {
        let of = row.organization;
        let serial_number = telling(&row.serial_number);
        let get = |ids: Option<&Vec<AssetId>>| -> Vec<&WrittenAsset> {
            ids.into_iter().flatten().filter_map(|id| self.all.get(id)).collect()
        };
        let by_serial_number = get(self.by_serial_number.get(&(of, serial_number.clone())));
        if !by_serial_number.is_empty() {
            return (by_serial_number, "serial number");
        }
        let fits = |one: &&WrittenAsset| serial_number.is_empty() || telling(&one.asset.serial_number).is_empty();
        let mut by_mac = vec![];
        for mac in row.macs.iter().flatten() {
            by_mac.extend(get(self.by_mac.get(&(of, *mac))).into_iter().filter(fits));
        }
        by_mac.sort_unstable_by_key(|one| one.id);
        by_mac.dedup_by_key(|one| one.id);
        if !by_mac.is_empty() {
            return (by_mac, "MAC address");
        }
        let by_name = get(self.by_name.get(&(of, key(&row.name))));
        (by_name.into_iter().filter(fits).collect(), "name")
    }
}

/// Writes a batch of rows. With `only`, all are of that Organization, whose name is given.
pub async fn merge(
    tx: &mut PgConnection,
    head: &Head,
    rows: Vec<Row>,
    only: Option<&(OrganizationId, String)>,
    seen: &mut Seen,
    who: (&Actor, &str),
) -> Result<Batch, StoreError> {
    let (actor, writer) = who;
    let (mut batch, mut wanted, mut placed) = (Batch::default(), AssetKeys::default(), vec![]);
    for (row, organization) in place(tx, head, rows, only, &mut batch).await? {
        let macs = head.value(&row.cells, MACS).map(|text| Mac::list(&text)).transpose();
        let macs = match macs {
            Ok(macs) => macs,
            Err(wrong) => {
                batch.reject(row.rejected(format!("{wrong}.")));
                continue;
            }
        };
        let one = Placed {
            organization,
            name: head.value(&row.cells, NAME).unwrap_or_default(),
            serial_number: head.value(&row.cells, SERIAL_NUMBER).unwrap_or_default(),
            macs,
            row,
        };
        let serial_number = telling(&one.serial_number);
        if !serial_number.is_empty() {
            wanted.serial_numbers.insert((organization, serial_number));
        }
        if !one.name.is_empty() {
            wanted.names.insert((organization, key(&one.name)));
        }
        wanted
            .macs
            .extend(one.macs.iter().flatten().map(|mac| (organization, *mac)));
        placed.push(one);
    }
    let held = Held::new(store::exchange_asset::lock(tx, &wanted).await?);
    let mut written = vec![];
    for placed in placed {
        let (old, new) = match judge(&held, placed, seen) {
            Ok(judged) => judged,
            Err(reject) => {
                batch.reject(reject);
                continue;
            }
        };
        match old {
            None => {
                batch.numbers.created += 1;
                batch.events.push(event(Action::Create, &new, &Asset::default()));
                written.push(new);
            }
            Some(old) if old.asset == new.asset => batch.numbers.unchanged += 1,
            Some(old) => {
                batch.numbers.updated += 1;
                batch.events.push(event(Action::Import, &new, &old.asset));
                written.push(new);
            }
        }
    }
    store::exchange_asset::write(tx, &written, writer).await?;
    store::audit::record_all(tx, actor, &batch.events).await?;
    Ok(batch)
}

/// Which Asset a row means, and how it will be.
fn judge<'a>(
    held: &'a Held,
    placed: Placed,
    seen: &mut Seen,
) -> Result<(Option<&'a WrittenAsset>, WrittenAsset), Reject> {
    let (candidates, by) = held.meant(&placed);
    let line = placed.row.line;
    let twice = |line: i64| format!("Line {line} is about the same Asset.");
    let old = match candidates.as_slice() {
        [] => None,
        [one] => Some(*one),
        several => {
            return Err(placed.row.rejected(format!(
                "{} Assets of this Organization have this {by}. Give each its own, or delete the doubles.",
                several.len()
            )));
        }
    };
    let Some(old) = old else {
        if placed.name.is_empty() {
            return Err(placed.row.rejected("A new Asset needs a Name."));
        }
        let first_mac = placed.macs.iter().flatten().next().copied();
        let serial_number = telling(&placed.serial_number);
        let own = match (serial_number.is_empty(), first_mac) {
            (false, _) => serial_number,
            (true, Some(mac)) => mac.hex(),
            (true, None) => key(&placed.name),
        };
        if let Some(line) = seen.earlier(&(placed.organization, own), line) {
            return Err(placed.row.rejected(twice(line)));
        }
        let id = AssetId(Uuid::now_v7());
        let asset = Asset {
            name: placed.name,
            serial_number: placed.serial_number,
            macs: placed.macs.unwrap_or_default(),
        };
        let organization = placed.organization;
        return Ok((
            None,
            WrittenAsset {
                id,
                organization,
                asset,
            },
        ));
    };
    if let Some(line) = seen.earlier(&old.id, line) {
        return Err(placed.row.rejected(twice(line)));
    }
    let or = |new: String, held: &str| if new.is_empty() { held.to_owned() } else { new };
    let asset = Asset {
        name: or(placed.name, &old.asset.name),
        serial_number: or(placed.serial_number, &old.asset.serial_number),
        macs: placed.macs.unwrap_or_else(|| old.asset.macs.clone()),
    };
    let new = WrittenAsset { asset, ..old.clone() };
    Ok((Some(old), new))
}

fn event(action: Action, new: &WrittenAsset, old: &Asset) -> NewAuditEvent {
    let changes = [
        AuditChange::new("Name", &old.name, &new.asset.name),
        AuditChange::new("Serial Number", &old.serial_number, &new.asset.serial_number),
        AuditChange::new("MAC Addresses", &words(&old.macs), &words(&new.asset.macs)),
    ];
    NewAuditEvent {
        action,
        subject: Subject::Asset,
        subject_id: new.id.0,
        subject_name: new.asset.name.clone(),
        organization: Some(new.organization),
        changes: changes.into_iter().flatten().collect(),
    }
}

/// Addresses in one cell.
pub fn words(macs: &[Mac]) -> String {
    macs.iter().map(Mac::to_string).collect::<Vec<_>>().join(", ")
}
