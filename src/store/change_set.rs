//! Writes a plan: bulk statements, one transaction for an Organization, every change recorded.

use super::error::{Result, StoreError};
use crate::model::{
    end_user::{Field, Fields, Mapping, Mark},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId},
    plan::{FieldChange, Outcome, PersonPlan, Plan},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool, Postgres, Transaction, types::Json};
use std::{borrow::Cow, collections::HashMap};

/// How many rows one statement takes: JSON in Postgres ends at 256 MB, and a directory does not.
pub(super) const ROWS_AT_ONCE: usize = 10_000;

/// Where a plan is written.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The run that writes it.
    pub run: RunId,
    /// Whose End Users.
    pub organization: OrganizationId,
    /// From which directory.
    pub tenant: MicrosoftTenantId,
}

/// A plan with an id for each End User that it creates.
#[derive(Debug)]
pub struct ChangeSet<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// For every [`Outcome::Create`].
    pub new_ids: HashMap<DirectoryUserId, EndUserId>,
}

impl ChangeSet<'_> {
    /// The End User that a person's part of the plan is about, a new one included.
    pub fn end_user(&self, person: &PersonPlan) -> Option<EndUserId> {
        self.new_ids.get(&person.user).copied().or(person.end_user)
    }
}

#[derive(Serialize)]
struct FieldsRow<'a> {
    id: EndUserId,
    #[serde(flatten)]
    values: HashMap<&'static str, &'a str>,
}

const fn column(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Email => "email",
        Field::Phone => "phone",
        Field::Mobile => "mobile",
        Field::StreetAddress => "street_address",
        Field::City => "city",
        Field::State => "state",
        Field::PostalCode => "postal_code",
        Field::JobTitle => "job_title",
    }
}

fn fields_row(id: EndUserId, changes: &[FieldChange]) -> FieldsRow<'_> {
    FieldsRow {
        id,
        values: changes
            .iter()
            .map(|change| (column(change.field), change.new.as_str()))
            .collect(),
    }
}

/// The transaction of a plan. What the plan was made from is what it is written to: an edit in between ends it.
pub async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    Ok(pool
        .begin_with("begin transaction isolation level repeatable read")
        .await?)
}

/// Who hears how many rows of how many are written.
pub type Heard<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Writes End Users, mappings and marks. A plan that writes nothing sends no statement.
pub async fn write(tx: &mut PgConnection, target: Target, set: &ChangeSet<'_>, heard: Heard<'_>) -> Result<()> {
    let (mut created, mut updated, mut mapped, mut marked) = (vec![], vec![], vec![], vec![]);
    for person in set.plan.people.iter().filter(|person| person.writes()) {
        let Some(id) = set.end_user(person) else { continue };
        if person.outcome == Outcome::Create {
            created.push((id, &person.fields[..]));
        } else if !person.fields.is_empty() {
            updated.push((id, &person.fields[..]));
        }
        mapped.push((id, person));
        marked.extend(person.mark.map(|change| mark_row(id, change.new)));
    }
    let (of, mut done) = (created.len() + updated.len() + mapped.len() + marked.len(), 0);
    let mut wrote = |rows: usize| {
        done += rows;
        heard(done, of);
    };
    insert_end_users(tx, target.organization, &created, &mut wrote).await?;
    update_end_users(tx, target.organization, &updated, &mut wrote).await?;
    write_mappings(tx, target, &mapped, &mut wrote).await?;
    write_marks(tx, target, &marked, &mut wrote).await
}

/// Who hears of so many more rows that are written.
type Wrote<'a> = &'a mut (dyn FnMut(usize) + Send);

/// The new values of End Users, by End User.
type FieldsOf<'a> = (EndUserId, &'a [FieldChange]);

/// Writes fields alone: of new End Users and of those that are there.
pub(super) async fn write_fields(
    tx: &mut PgConnection,
    organization: OrganizationId,
    new: &[FieldsOf<'_>],
    changed: &[FieldsOf<'_>],
) -> Result<()> {
    insert_end_users(tx, organization, new, &mut |_| {}).await?;
    update_end_users(tx, organization, changed, &mut |_| {}).await
}

fn fields_rows<'a>(people: &[FieldsOf<'a>]) -> Vec<FieldsRow<'a>> {
    people.iter().map(|(id, changes)| fields_row(*id, changes)).collect()
}

/// Writes mappings whole: account, last synced values and mark.
pub(super) async fn write_whole_mappings(
    tx: &mut PgConnection,
    target: Target,
    mappings: &[(EndUserId, &Mapping)],
) -> Result<()> {
    let marks: Vec<_> = mappings
        .iter()
        .map(|(id, mapping)| mark_row(*id, mapping.mark))
        .collect();
    write_mappings(tx, target, mappings, &mut |_| {}).await?;
    write_marks(tx, target, &marks, &mut |_| {}).await
}

async fn insert_end_users(
    tx: &mut PgConnection,
    organization: OrganizationId,
    new: &[FieldsOf<'_>],
    wrote: Wrote<'_>,
) -> Result<()> {
    for new in new.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "insert into end_user (id, organization_id, name, email, phone, mobile, street_address, city, state,
                               postal_code, job_title)
         select n.id, $1, coalesce(n.name, ''), coalesce(n.email, ''), coalesce(n.phone, ''),
                coalesce(n.mobile, ''), coalesce(n.street_address, ''), coalesce(n.city, ''),
                coalesce(n.state, ''), coalesce(n.postal_code, ''), coalesce(n.job_title, '')
         from jsonb_populate_recordset(null::end_user, $2) n",
        )
        .bind(organization)
        .bind(Json(fields_rows(new)))
        .execute(&mut *tx)
        .await?;
        wrote(new.len());
    }
    Ok(())
}

/// A column that is not named keeps its value.
async fn update_end_users(
    tx: &mut PgConnection,
    organization: OrganizationId,
    changed: &[FieldsOf<'_>],
    wrote: Wrote<'_>,
) -> Result<()> {
    for changed in changed.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "update end_user e set
             name = coalesce(n.name, e.name), email = coalesce(n.email, e.email),
             phone = coalesce(n.phone, e.phone), mobile = coalesce(n.mobile, e.mobile),
             street_address = coalesce(n.street_address, e.street_address), city = coalesce(n.city, e.city),
             state = coalesce(n.state, e.state), postal_code = coalesce(n.postal_code, e.postal_code),
             job_title = coalesce(n.job_title, e.job_title), updated_at = now()
         from jsonb_populate_recordset(null::end_user, $2) n
         where e.id = n.id and e.organization_id = $1",
        )
        .bind(organization)
        .bind(Json(fields_rows(changed)))
        .execute(&mut *tx)
        .await?;
        wrote(changed.len());
    }
    Ok(())
}

#[derive(Serialize)]
struct MappingRow<'a> {
    end_user_id: EndUserId,
    directory_user_id: DirectoryUserId,
    last_synced: Cow<'a, Fields>,
}

/// What a row of a mapping is made of; the row is larger.
trait Mapped {
    fn row(&self) -> MappingRow<'_>;
}

impl Mapped for (EndUserId, &PersonPlan) {
    fn row(&self) -> MappingRow<'_> {
        let (id, person) = self;
        MappingRow {
            end_user_id: *id,
            directory_user_id: person.user,
            last_synced: Cow::Owned(person.last_synced()),
        }
    }
}

impl Mapped for (EndUserId, &Mapping) {
    fn row(&self) -> MappingRow<'_> {
        let (id, mapping) = self;
        MappingRow {
            end_user_id: *id,
            directory_user_id: mapping.user,
            last_synced: Cow::Borrowed(&mapping.last_synced),
        }
    }
}

async fn write_mappings<T: Mapped + Sync>(
    tx: &mut PgConnection,
    target: Target,
    mapped: &[T],
    wrote: Wrote<'_>,
) -> Result<()> {
    for mapped in mapped.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = mapped.iter().map(Mapped::row).collect();
        sqlx::query(
            "insert into end_user_mapping as held (end_user_id, microsoft_tenant_id, organization_id, directory_user_id,
                                               last_synced)
         select n.end_user_id, $2, $1, n.directory_user_id, n.last_synced
         from jsonb_to_recordset($3) as n (end_user_id uuid, directory_user_id uuid, last_synced jsonb)
         on conflict (end_user_id, microsoft_tenant_id) do update set
             last_synced = excluded.last_synced, directory_user_id = excluded.directory_user_id,
             mapped_at = case when held.directory_user_id = excluded.directory_user_id
                              then held.mapped_at else excluded.mapped_at end",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(Json(rows))
        .execute(&mut *tx)
        .await
        .map_err(deleted_meanwhile)?;
        wrote(mapped.len());
    }
    Ok(())
}

/// An End User that was deleted since the plan was made: the plan is made again.
fn deleted_meanwhile(error: sqlx::Error) -> StoreError {
    match error.as_database_error().and_then(|error| error.constraint()) {
        Some("end_user_mapping_end_user_id_fkey") => StoreError::Concurrent,
        _ => error.into(),
    }
}

#[derive(Serialize)]
struct MarkRow {
    end_user_id: EndUserId,
    kind: Option<&'static str>,
    at: Option<DateTime<Utc>>,
}

fn mark_row(id: EndUserId, mark: Option<Mark>) -> MarkRow {
    MarkRow {
        end_user_id: id,
        kind: mark.map(|mark| mark.kind.key()),
        at: mark.map(|mark| mark.at),
    }
}

async fn write_marks(tx: &mut PgConnection, target: Target, rows: &[MarkRow], wrote: Wrote<'_>) -> Result<()> {
    for rows in rows.chunks(ROWS_AT_ONCE) {
        sqlx::query(
            "update end_user_mapping m set mark_kind = n.kind, mark_at = n.at
         from jsonb_to_recordset($3) as n (end_user_id uuid, kind text, at timestamptz)
         where m.end_user_id = n.end_user_id and m.microsoft_tenant_id = $2 and m.organization_id = $1",
        )
        .bind(target.organization)
        .bind(target.tenant)
        .bind(Json(rows))
        .execute(&mut *tx)
        .await?;
        wrote(rows.len());
    }
    Ok(())
}
