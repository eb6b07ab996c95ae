//! Writes a file out, piece by piece: CSV for spreadsheets (see [`cell`](super::cell)) or JSON lines for programs.

use super::{assets::words, cell::neutralised, columns, runs};
use crate::{
    model::{
        end_user::Field,
        ids::{OrganizationId, SkuId},
    },
    server::products,
    store::{
        self, StoreError,
        activity::{AuditFilter, RunFilter},
        exchange_asset::AssetFilter,
        exchange_export::EndUserFilter,
    },
};
use futures::{Stream, StreamExt, stream::BoxStream};
use serde_json::{Map, Value};
use sqlx::PgPool;
use std::collections::HashMap;
use tokio::sync::mpsc;
use uuid::Uuid;

/// What is written.
#[derive(Clone, Debug)]
pub enum What {
    /// Customers whose data has these words.
    Organizations {
        /// Words.
        search: String,
        /// The Organizations of whoever asks; `None` is all.
        theirs: Option<Vec<OrganizationId>>,
    },
    /// People.
    EndUsers(EndUserFilter),
    /// Devices.
    Assets(AssetFilter),
    /// Runs, a row for each Organization.
    Runs(RunFilter),
    /// Runs with every person that they tell of.
    RunPeople(RunFilter),
    /// The people of one run, those as of now included.
    People(runs::PeopleFilter),
    /// The audit log, a row for each change.
    Audit(AuditFilter),
    /// What an import could not use, as a file that can be mended and imported.
    Rejects {
        /// Of which import.
        import: Uuid,
        /// Its columns.
        columns: Vec<String>,
    },
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, UTF-8.
    Csv {
        /// With the byte order mark that Excel wants.
        mark: bool,
    },
    /// One JSON object on each line.
    JsonLines,
}

/// A piece of the file.
pub type Piece = Result<Vec<u8>, StoreError>;

/// A row: a value for each column.
pub type Cells = Vec<Value>;

/// The names of the columns: in JSON, and in the head of a CSV.
pub type Names = Vec<(String, String)>;

/// Bytes gathered before they are sent.
const PIECE: usize = 64 * 1024;

/// Starts to write, on a task of its own; who asked takes the pieces. It stops when nobody takes them any more.
pub fn start(pool: PgPool, what: What, format: Format) -> mpsc::Receiver<Piece> {
    let (send, pieces) = mpsc::channel(2);
    tokio::spawn(async move {
        if let Err(error) = write(&pool, &what, format, &send).await {
            tracing::warn!(%error, "an export ended early");
            // Whoever went away hears nothing, and need not.
            let _ = send.send(Err(error)).await;
        }
    });
    pieces
}

/// The pieces as a stream.
pub fn stream(pieces: mpsc::Receiver<Piece>) -> impl Stream<Item = Piece> {
    futures::stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    })
}

async fn write(pool: &PgPool, what: &What, format: Format, send: &mpsc::Sender<Piece>) -> Result<(), StoreError> {
    let products = match what {
        What::EndUsers(_) => products::names(pool, None).await?,
        _ => HashMap::new(),
    };
    let (names, mut rows) = table(pool, what, &products);
    let mut piece = match format {
        Format::Csv { mark: true } => "\u{feff}".as_bytes().to_vec(),
        Format::Csv { mark: false } | Format::JsonLines => vec![],
    };
    if format != Format::JsonLines {
        csv_row(&mut piece, names.iter().map(|(_, label)| label.as_str()));
    }
    while let Some(cells) = rows.next().await {
        let cells = cells?;
        match format {
            Format::JsonLines => {
                let keys = names.iter().map(|(key, _)| key.clone());
                let object: Map<_, _> = keys.zip(cells).collect();
                piece.extend_from_slice(Value::Object(object).to_string().as_bytes());
                piece.push(b'\n');
            }
            Format::Csv { .. } => {
                let texts: Vec<_> = cells.iter().map(text).collect();
                csv_row(&mut piece, texts.iter().map(String::as_str));
            }
        }
        if piece.len() >= PIECE && send.send(Ok(std::mem::take(&mut piece))).await.is_err() {
            return Ok(());
        }
    }
    let _ = send.send(Ok(piece)).await;
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One row, its dangerous cells neutralised.
fn csv_row<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>) {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    // Writing to memory can't fail.
    let _ = writer.write_record(cells.map(|cell| neutralised(cell).into_owned()));
    let _ = writer.flush();
}

fn names(columns: &[columns::Column]) -> Names {
    let names = columns
        .iter()
        .map(|column| (column.key.to_owned(), column.label.to_owned()));
    names.collect()
}

fn table<'a>(
    pool: &'a PgPool,
    what: &'a What,
    products: &'a HashMap<SkuId, String>,
) -> (Names, BoxStream<'a, Result<Cells, StoreError>>) {
    match what {
        What::Organizations { search, theirs } => {
            let rows = store::exchange_export::organizations(pool, search, theirs.as_deref()).map(|row| {
                row.map(|row| {
                    let sync = if row.enabled { "Enabled" } else { "Not enabled" };
                    vec![
                        row.name.into(),
                        row.email.into(),
                        row.phone.into(),
                        row.tenant.into(),
                        row.end_users.into(),
                        sync.into(),
                    ]
                })
            });
            (names(columns::ORGANIZATIONS), rows.boxed())
        }
        What::EndUsers(filter) => {
            let rows = store::exchange_export::end_users(pool, filter).map(move |row| {
                row.map(|row| {
                    let licenses = row.licenses.map_or_else(
                        || "Unknown".to_owned(),
                        |licenses| {
                            let names = licenses.into_iter();
                            let mut names: Vec<_> = names
                                .map(|(sku, part)| products.get(&sku).cloned().unwrap_or(part))
                                .collect();
                            names.sort_unstable();
                            names.join(", ")
                        },
                    );
                    let mut cells: Cells = vec![row.organization.into()];
                    cells.extend(Field::ALL.map(|field| Value::from(row.fields.get(field))));
                    let microsoft = [row.status.to_owned(), row.upn, row.department, row.office_location];
                    cells.extend(microsoft.map(Value::from));
                    cells.push(licenses.into());
                    cells.push(row.last_activity.into());
                    cells.push(row.mfa.into());
                    cells
                })
            });
            (names(columns::END_USERS), rows.boxed())
        }
        What::Assets(filter) => {
            let rows = store::exchange_asset::all(pool, filter).map(|row| {
                row.map(|row| {
                    vec![
                        row.organization.into(),
                        row.asset.name.into(),
                        row.asset.serial_number.into(),
                        words(&row.asset.macs).into(),
                        row.contact.into(),
                        row.contact_email.into(),
                        row.assigned.into(),
                    ]
                })
            });
            (names(columns::ASSETS), rows.boxed())
        }
        What::Runs(filter) => runs::runs(pool, filter),
        What::RunPeople(filter) => runs::all_people(pool, filter),
        What::People(filter) => runs::people(pool, filter),
        What::Audit(filter) => runs::audit(pool, filter),
        What::Rejects { import, columns } => rejects(pool, *import, columns),
    }
}

/// The columns of the file and, in front, why; the same line is told by its number.
fn rejects<'a>(
    pool: &'a PgPool,
    import: Uuid,
    columns: &[String],
) -> (Names, BoxStream<'a, Result<Cells, StoreError>>) {
    let mut names: Names = columns.iter().map(|name| (name.clone(), name.clone())).collect();
    names.push(("line".into(), "Line".into()));
    names.push(("reason".into(), "Reason".into()));
    let width = columns.len();
    let pages = futures::stream::try_unfold(0, move |after| async move {
        let page = store::import::rejects(pool, import, after, 1_000).await?;
        let next = page.last().map(|reject| reject.line);
        Ok(next.map(|next| (page, next)))
    });
    let rows = pages.flat_map(move |page| {
        let rows: Vec<_> = match page {
            Ok(page) => page.into_iter().map(|reject| Ok(reject_cells(reject, width))).collect(),
            Err(error) => vec![Err(error)],
        };
        futures::stream::iter(rows)
    });
    (names, rows.boxed())
}

fn reject_cells(reject: crate::model::exchange::Reject, width: usize) -> Cells {
    let mut cells: Cells = reject
        .cells
        .iter()
        .map(|cell| Value::from(super::cell::restored(cell)))
        .collect();
    // A row that was too long keeps what it had more in the last cell, so that nothing of it is lost.
    if cells.len() > width && width > 0 {
        let rest: Vec<_> = cells.drain(width - 1..).map(|cell| text(&cell)).collect();
        cells.push(rest.join(", ").into());
    }
    cells.resize(width, Value::Null);
    cells.push(reject.line.into());
    cells.push(reject.reason.into());
    cells
}
