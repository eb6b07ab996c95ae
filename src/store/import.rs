//! Imports: what was read in, how far it is, and the rows that could not be used.

use super::{
    Now,
    change_set::ROWS_AT_ONCE,
    error::{Result, StoreError},
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    exchange::{ImportNumbers, ImportRow, ImportState, Kind, Reject},
    ids::OrganizationId,
    time::{Moment, duration_words},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, types::Json};
use uuid::Uuid;

/// A new import.
#[derive(Clone, Debug)]
pub struct NewImport<'a> {
    /// Its id.
    pub id: Uuid,
    /// What the file lists.
    pub kind: Kind,
    /// What it is called.
    pub file_name: &'a str,
    /// Whose people, where one Organization is meant.
    pub organization: Option<OrganizationId>,
}

/// Puts an import on record, and forgets those that ended 30 days ago.
pub async fn start(pool: &PgPool, import: &NewImport<'_>, actor: &Actor) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("delete from import where started_at < now() - interval '30 days' and state <> 'running'")
        .execute(&mut *tx)
        .await?;
    sqlx::query("insert into import (id, kind, file_name, organization_id, actor_name) values ($1, $2, $3, $4, $5)")
        .bind(import.id)
        .bind(import.kind.key())
        .bind(import.file_name)
        .bind(import.organization)
        .bind(&actor.name)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// What the head of the file said.
#[derive(Clone, Debug, Default)]
pub struct FileFacts<'a> {
    /// How long it is.
    pub bytes: i64,
    /// Its columns.
    pub columns: &'a [String],
    /// Those that mean nothing.
    pub unknown: &'a [String],
    /// Those that are left alone.
    pub read_only: &'a [String],
    /// It is not UTF-8.
    pub windows_1252: bool,
}

/// Notes what the head of the file said.
pub async fn describe(db: impl PgExecutor<'_>, id: Uuid, facts: &FileFacts<'_>) -> Result<()> {
    sqlx::query(
        "update import set bytes_total = $2, columns = $3, unknown_columns = $4, read_only_columns = $5,
                windows_1252 = $6 where id = $1",
    )
    .bind(id)
    .bind(facts.bytes)
    .bind(Json(facts.columns))
    .bind(Json(facts.unknown))
    .bind(Json(facts.read_only))
    .bind(facts.windows_1252)
    .execute(db)
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct RejectRow<'a> {
    line: i64,
    reason: &'a str,
    cells: Vec<String>,
}

/// Counts a batch, and keeps its rejects, in the transaction that writes it.
pub async fn advance(
    tx: &mut PgConnection,
    id: Uuid,
    bytes: i64,
    numbers: ImportNumbers,
    rejects: &[Reject],
) -> Result<()> {
    for rejects in rejects.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = rejects
            .iter()
            .map(|reject| RejectRow {
                line: reject.line,
                reason: &reject.reason,
                // Postgres holds no zero character.
                cells: reject.cells.iter().map(|cell| cell.replace('\0', "")).collect(),
            })
            .collect();
        sqlx::query(
            "insert into import_reject (import_id, line, reason, cells)
             select $1, n.line, n.reason, n.cells from jsonb_populate_recordset(null::import_reject, $2) n
             on conflict (import_id, line) do nothing",
        )
        .bind(id)
        .bind(Json(rows))
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query(
        "update import set bytes_done = $2, read_rows = read_rows + $3, created_rows = created_rows + $4,
                updated_rows = updated_rows + $5, unchanged_rows = unchanged_rows + $6,
                rejected_rows = rejected_rows + $7, touched_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(bytes)
    .bind(numbers.read)
    .bind(numbers.created)
    .bind(numbers.updated)
    .bind(numbers.unchanged)
    .bind(numbers.rejected)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends an import, with an error if it did not come to the end of its file, and writes it into the audit log.
pub async fn finish(pool: &PgPool, id: Uuid, actor: &Actor, error: Option<&str>, now: &Now) -> Result<ImportRow> {
    let mut tx = pool.begin().await?;
    sqlx::query(
        "update import set state = case when $2 is null then 'succeeded' else 'failed' end, error = $2,
                finished_at = now(), bytes_done = case when $2 is null then bytes_total else bytes_done end
         where id = $1 and state = 'running'",
    )
    .bind(id)
    .bind(error)
    .execute(&mut *tx)
    .await?;
    let row = get(&mut *tx, id, now).await?;
    let numbers = row.numbers;
    let mut changes: Vec<_> = [
        ("Rows", numbers.read),
        ("Created", numbers.created),
        ("Updated", numbers.updated),
        ("Unchanged", numbers.unchanged),
        ("Rejected", numbers.rejected),
    ]
    .into_iter()
    .filter_map(|(what, number)| AuditChange::new(what, "", &number.to_string()))
    .collect();
    changes.extend(error.and_then(|error| AuditChange::new("Error", "", error)));
    let event = NewAuditEvent {
        action: Action::Import,
        subject: Subject::Import,
        subject_id: id,
        subject_name: format!("{}: {}", row.kind.label(), row.file_name),
        organization: row.organization.as_ref().map(|(id, _)| *id),
        changes,
    };
    super::audit::record(&mut *tx, actor, &event).await?;
    tx.commit().await?;
    Ok(row)
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    file_name: String,
    organization_id: Option<OrganizationId>,
    organization: Option<String>,
    actor_name: String,
    state: String,
    error: Option<String>,
    bytes_done: i64,
    bytes_total: i64,
    read_rows: i64,
    created_rows: i64,
    updated_rows: i64,
    unchanged_rows: i64,
    rejected_rows: i64,
    columns: Json<Vec<String>>,
    unknown_columns: Json<Vec<String>>,
    read_only_columns: Json<Vec<String>>,
    windows_1252: bool,
    silent: bool,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

/// What is said of an import whose program ended in the middle.
const CUT_OFF: &str = "Entrain stopped in the middle of this file. Import it again: what is in already stays as it is.";

impl Row {
    fn into_model(self, now: &Now) -> ImportRow {
        let state = ImportState::from_key(&self.state);
        let cut_off = state == ImportState::Running && self.silent;
        ImportRow {
            id: self.id,
            kind: Kind::from_key(&self.kind).unwrap_or(Kind::Organizations),
            file_name: self.file_name,
            organization: self.organization_id.zip(self.organization),
            actor: self.actor_name,
            state: if cut_off { ImportState::Failed } else { state },
            error: self.error.or_else(|| cut_off.then(|| CUT_OFF.to_owned())),
            started: Moment::new(self.started_at, now),
            duration: self.finished_at.map(|at| duration_words(at - self.started_at)),
            bytes: (self.bytes_done, self.bytes_total),
            numbers: ImportNumbers {
                read: self.read_rows,
                created: self.created_rows,
                updated: self.updated_rows,
                unchanged: self.unchanged_rows,
                rejected: self.rejected_rows,
            },
            columns: self.columns.0,
            unknown_columns: self.unknown_columns.0,
            read_only_columns: self.read_only_columns.0,
            windows_1252: self.windows_1252,
        }
    }
}

/// One import, with what it said of itself last. One that has been silent for five minutes was cut off.
pub async fn get(db: impl PgExecutor<'_>, id: Uuid, now: &Now) -> Result<ImportRow> {
    let row: Option<Row> = sqlx::query_as(
        "select i.id, i.kind, i.file_name, i.organization_id, o.name as organization, i.actor_name, i.state, i.error,
                i.bytes_done, i.bytes_total, i.read_rows, i.created_rows, i.updated_rows, i.unchanged_rows,
                i.rejected_rows, i.columns, i.unknown_columns, i.read_only_columns, i.windows_1252,
                i.touched_at < now() - interval '5 minutes' as silent, i.started_at, i.finished_at
         from import i left join organization o on o.id = i.organization_id where i.id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    row.map(|row| row.into_model(now))
        .ok_or(StoreError::NotFound("This import"))
}

/// Rows that could not be used, by line, after a line.
pub async fn rejects(db: impl PgExecutor<'_>, id: Uuid, after: i64, limit: i64) -> Result<Vec<Reject>> {
    let rows: Vec<(i64, String, Json<Vec<String>>)> = sqlx::query_as(
        "select line, reason, cells from import_reject where import_id = $1 and line > $2 order by line limit $3",
    )
    .bind(id)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(line, reason, Json(cells))| Reject { line, reason, cells })
        .collect())
}
