//! The Organization of each row of a file of End Users or Assets.

use super::{columns::Head, import::Batch, rows::Row};
use crate::{
    model::ids::OrganizationId,
    store::{
        StoreError,
        natural_key::{self, NamedOrganization},
    },
    sync::normalise::key,
};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};

/// The place of the column in the lists of columns.
const ORGANIZATION: usize = 0;

/// Finds the Organization of each row; a row without one is rejected. With `only`, all are of that one, whose name is
/// given.
pub async fn place(
    tx: &mut PgConnection,
    head: &Head,
    rows: Vec<Row>,
    only: Option<&(OrganizationId, String)>,
    batch: &mut Batch,
) -> Result<Vec<(Row, OrganizationId)>, StoreError> {
    let name_of = |row: &Row| head.value(&row.cells, ORGANIZATION).unwrap_or_default();
    let keys: BTreeSet<_> = rows
        .iter()
        .map(|row| key(&name_of(row)))
        .filter(|key| !key.is_empty())
        .collect();
    let mut held: HashMap<String, Vec<NamedOrganization>> = HashMap::new();
    for organization in natural_key::organizations(tx, &keys).await? {
        held.entry(key(&organization.name)).or_default().push(organization);
    }
    let mut placed = vec![];
    for row in rows {
        batch.numbers.read += 1;
        let name = name_of(&row);
        let found = held.get(&key(&name)).map_or(&[][..], Vec::as_slice);
        match organization(&name, only, found) {
            Ok(id) => placed.push((row, id)),
            Err(reason) => batch.reject(row.rejected(reason)),
        }
    }
    Ok(placed)
}

fn organization(
    name: &str,
    only: Option<&(OrganizationId, String)>,
    found: &[NamedOrganization],
) -> Result<OrganizationId, String> {
    match (only, found) {
        (Some((id, theirs)), _) if name.is_empty() || key(theirs) == key(name) => Ok(*id),
        (Some((_, theirs)), _) => Err(format!(
            "This row is of \"{name}\", and the file is read in for \"{theirs}\" alone."
        )),
        (None, _) if name.is_empty() => Err("The row names no Organization.".into()),
        (None, [one]) => Ok(one.id),
        (None, []) => Err(format!(
            "There is no Organization \"{name}\". Create or import it first."
        )),
        (None, several) => Err(format!(
            "{} Organizations are called \"{name}\". Give each its own name first.",
            several.len()
        )),
    }
}
