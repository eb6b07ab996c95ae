//! Rows of End Users: by Organization and email, else by Organization and name.
//!
//! Email and Name are what people are found by, so an empty cell there never clears them. Every other field is
//! cleared by an empty cell, and left alone where the file does not have its column.

use super::{
    columns::Head,
    import::{Batch, Seen},
    place::place,
    rows::Row,
};
use crate::{
    model::{
        audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
        end_user::{Field, Fields},
        exchange::Reject,
        ids::{EndUserId, OrganizationId},
    },
    store::{
        self, StoreError,
        exchange::WrittenEndUser,
        natural_key::{self, By},
    },
    sync::normalise::key,
};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The column of a field: the fields follow the Organization.
fn value(head: &Head, row: &Row, field: Field) -> Option<String> {
    let at = Field::ALL.iter().position(|one| *one == field)?;
    head.value(&row.cells, at + 1)
}

/// A row whose Organization is known.
struct Placed {
    row: Row,
    organization: OrganizationId,
    email: String,
    name: String,
}

type Found = HashMap<(OrganizationId, String), Vec<EndUserId>>;

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
    let mut batch = Batch::default();
    let placed: Vec<_> = place(tx, head, rows, only, &mut batch)
        .await?
        .into_iter()
        .map(|(row, organization)| placed(head, row, organization))
        .collect();
    let organizations: BTreeSet<_> = placed.iter().map(|row| row.organization).collect();
    natural_key::hold_syncs(tx, &organizations, false).await?;
    let keys = |of: fn(&Placed) -> &str, with: fn(&Placed) -> bool| -> BTreeSet<_> {
        let rows = placed.iter().filter(|row| with(row));
        rows.map(|row| (row.organization, key(of(row)))).collect()
    };
    let by_email = found(tx, By::Email, &keys(|row| &row.email, |row| !row.email.is_empty())).await?;
    let by_name = found(tx, By::Name, &keys(|row| &row.name, |row| row.email.is_empty())).await?;
    let ids: BTreeSet<_> = by_email.values().chain(by_name.values()).flatten().copied().collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let held = store::exchange::lock_end_users(tx, &ids).await?;
    let held: HashMap<_, _> = held.into_iter().map(|one| (one.id, one)).collect();
    let (mut created, mut changed) = (vec![], vec![]);
    for placed in placed {
        match whom(head, placed, &by_email, &by_name, &held, seen) {
            Err(reject) => batch.reject(reject),
            Ok((placed, None)) => {
                let new = written(head, &placed, EndUserId(Uuid::now_v7()), &Fields::default());
                batch.events.push(event(Action::Create, &new, &Fields::default()));
                batch.numbers.created += 1;
                created.push(new);
            }
            Ok((placed, Some(old))) => {
                let new = written(head, &placed, old.id, &old.fields);
                if new.fields == old.fields {
                    batch.numbers.unchanged += 1;
                } else {
                    batch.events.push(event(Action::Import, &new, &old.fields));
                    batch.numbers.updated += 1;
                    changed.push(new);
                }
            }
        }
    }
    if !created.is_empty() {
        natural_key::hold_syncs(tx, &organizations, true).await?;
    }
    store::exchange::insert_end_users(tx, &created, writer).await?;
    store::exchange::update_end_users(tx, &changed, writer).await?;
    store::audit::record_all(tx, actor, &batch.events).await?;
    Ok(batch)
}

/// The row with what it is found by.
fn placed(head: &Head, row: Row, organization: OrganizationId) -> Placed {
    Placed {
        email: value(head, &row, Field::Email).unwrap_or_default(),
        name: value(head, &row, Field::Name).unwrap_or_default(),
        row,
        organization,
    }
}

async fn found(tx: &mut PgConnection, by: By, keys: &BTreeSet<(OrganizationId, String)>) -> Result<Found, StoreError> {
    let mut found = Found::new();
    if keys.is_empty() {
        return Ok(found);
    }
    for (id, organization, value) in natural_key::end_users(tx, by, keys).await? {
        let key = (organization, key(&value));
        if keys.contains(&key) {
            found.entry(key).or_default().push(id);
        }
    }
    Ok(found)
}

/// Whom a row means: a new End User, or the one with this key.
fn whom<'a>(
    head: &Head,
    placed: Placed,
    by_email: &Found,
    by_name: &Found,
    held: &'a HashMap<EndUserId, WrittenEndUser>,
    seen: &mut Seen,
) -> Result<(Placed, Option<&'a WrittenEndUser>), Reject> {
    let (email_key, name_key) = (key(&placed.email), key(&placed.name));
    if email_key.is_empty() && name_key.is_empty() {
        return Err(placed.row.rejected("The row has neither an Email nor a Name."));
    }
    let (by, own) = if email_key.is_empty() {
        (by_name, &name_key)
    } else {
        (by_email, &email_key)
    };
    let line = placed.row.line;
    if let Some(line) = seen.earlier(&(placed.organization, email_key.is_empty(), own), line) {
        return Err(placed.row.rejected(format!("Line {line} is about the same End User.")));
    }
    let ids = by
        .get(&(placed.organization, own.clone()))
        .map_or(&[][..], Vec::as_slice);
    let all: Vec<_> = ids.iter().filter_map(|id| held.get(id)).collect();
    let candidates: Vec<_> = if email_key.is_empty() && head.has(2) {
        // The file knows emails and has none here: somebody with an email is somebody else.
        all.iter().copied().filter(|one| one.fields.email.is_empty()).collect()
    } else {
        all.clone()
    };
    match candidates.as_slice() {
        [one] => match seen.earlier(&one.id, line) {
            Some(line) => Err(placed.row.rejected(format!("Line {line} is about the same End User."))),
            None => Ok((placed, Some(one))),
        },
        [] if !all.is_empty() => Err(placed.row.rejected(
            "An End User of this name has an email. Give the row that email, or another name if this is another person.",
        )),
        [] if name_key.is_empty() => Err(placed.row.rejected("A new End User needs a Name.")),
        [] => Ok((placed, None)),
        several => Err(placed.row.rejected(format!(
            "{} End Users of this Organization have this {}. Give each its own, or delete the doubles.",
            several.len(),
            if email_key.is_empty() { "name" } else { "email" }
        ))),
    }
}

/// The fields as they will stand.
fn written(head: &Head, placed: &Placed, id: EndUserId, held: &Fields) -> WrittenEndUser {
    let mut fields = held.clone();
    for field in Field::ALL {
        match value(head, &placed.row, field) {
            Some(new) if new.is_empty() && matches!(field, Field::Name | Field::Email) => {}
            Some(new) => fields.set(field, new),
            None => {}
        }
    }
    WrittenEndUser {
        id,
        organization: placed.organization,
        fields,
    }
}

fn event(action: Action, new: &WrittenEndUser, old: &Fields) -> NewAuditEvent {
    NewAuditEvent {
        action,
        subject: Subject::EndUser,
        subject_id: new.id.0,
        subject_name: new.fields.name.clone(),
        organization: Some(new.organization),
        changes: Field::ALL
            .into_iter()
            .filter_map(|field| AuditChange::new(field.label(), old.get(field), new.fields.get(field)))
            .collect(),
    }
}
