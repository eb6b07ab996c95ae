//! Rows of Organizations: by name, in any case and Unicode form.

use super::{
    columns::Head,
    import::{Batch, Seen},
    rows::Row,
};
use crate::{
    model::{
        audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
        exchange::Reject,
        ids::{OrganizationId, TenantId},
    },
    store::{
        self, StoreError,
        exchange::{NewOrganization, OrganizationChange},
        natural_key::NamedOrganization,
    },
    sync::normalise::key,
};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

const NAME: usize = 0;
const EMAIL: usize = 1;
const PHONE: usize = 2;

/// Writes a batch of rows.
pub async fn merge(
    tx: &mut PgConnection,
    head: &Head,
    rows: Vec<Row>,
    seen: &mut Seen,
    actor: &Actor,
) -> Result<Batch, StoreError> {
    let keys: BTreeSet<_> = rows.iter().map(|row| key(&name_of(head, row))).collect();
    let mut held: HashMap<String, Vec<NamedOrganization>> = HashMap::new();
    for organization in store::natural_key::organizations(tx, &keys).await? {
        held.entry(key(&organization.name)).or_default().push(organization);
    }
    let (mut batch, mut created, mut changed) = (Batch::default(), vec![], vec![]);
    for row in rows {
        batch.numbers.read += 1;
        let name = name_of(head, &row);
        let name_key = key(&name);
        match judge(&name_key, held.get(&name_key), seen, row) {
            Err(reject) => batch.reject(reject),
            Ok((row, None)) => {
                let new = NewOrganization {
                    id: OrganizationId(Uuid::now_v7()),
                    tenant_id: TenantId(Uuid::now_v7()),
                    name,
                    email: head.value(&row.cells, EMAIL).unwrap_or_default(),
                    phone: head.value(&row.cells, PHONE).unwrap_or_default(),
                };
                let changes = [("Email", "", new.email.as_str()), ("Phone", "", &new.phone)];
                batch.events.push(event(Action::Create, new.id, &new.name, changes));
                batch.numbers.created += 1;
                created.push(new);
            }
            Ok((row, Some(organization))) => {
                let differs = |column: usize, held: &str| head.value(&row.cells, column).filter(|new| new != held);
                let change = OrganizationChange {
                    id: organization.id,
                    email: differs(EMAIL, &organization.email),
                    phone: differs(PHONE, &organization.phone),
                };
                if change.email.is_none() && change.phone.is_none() {
                    batch.numbers.unchanged += 1;
                    continue;
                }
                let new_email = change.email.as_deref().unwrap_or(&organization.email);
                let new_phone = change.phone.as_deref().unwrap_or(&organization.phone);
                let changes = [
                    ("Email", organization.email.as_str(), new_email),
                    ("Phone", &organization.phone, new_phone),
                ];
                batch
                    .events
                    .push(event(Action::Import, organization.id, &organization.name, changes));
                batch.numbers.updated += 1;
                changed.push(change);
            }
        }
    }
    store::exchange::insert_organizations(tx, &created).await?;
    store::exchange::update_organizations(tx, &changed).await?;
    store::audit::record_all(tx, actor, &batch.events).await?;
    Ok(batch)
}

fn name_of(head: &Head, row: &Row) -> String {
    head.value(&row.cells, NAME).unwrap_or_default()
}

/// Which Organization a row means: a new one, or the one of this name.
fn judge<'a>(
    name: &str,
    held: Option<&'a Vec<NamedOrganization>>,
    seen: &mut Seen,
    row: Row,
) -> Result<(Row, Option<&'a NamedOrganization>), Reject> {
    if name.is_empty() {
        return Err(row.rejected("The row names no Organization."));
    }
    if let Some(line) = seen.earlier(&name, row.line) {
        return Err(row.rejected(format!("Line {line} is about the same Organization.")));
    }
    match held.map_or(&[][..], Vec::as_slice) {
        [] => Ok((row, None)),
        [one] => Ok((row, Some(one))),
        several => Err(row.rejected(format!(
            "{} Organizations have this name. Give each its own name first.",
            several.len()
        ))),
    }
}

fn event(action: Action, id: OrganizationId, name: &str, changes: [(&str, &str, &str); 2]) -> NewAuditEvent {
    NewAuditEvent {
        action,
        subject: Subject::Organization,
        subject_id: id.0,
        subject_name: name.to_owned(),
        organization: Some(id),
        changes: changes
            .into_iter()
            .filter_map(|(field, old, new)| AuditChange::new(field, old, new))
            .collect(),
    }
}
