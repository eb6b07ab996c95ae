//! Reads a file in: row by row on a thread of its own, written in batches, each in one transaction with its numbers,
//! its rejects and its audit rows. What is written stays written when the file ends badly; importing it again finds
//! everything by its natural key and changes nothing twice.

use super::{
    assets,
    columns::{self, Head},
    end_users, organizations,
    rows::{Row, Rows},
    text::{Encoding, look},
};
use crate::{
    model::{
        audit::{Actor, NewAuditEvent},
        exchange::{ImportNumbers, ImportRow, Kind, Reject},
        ids::OrganizationId,
    },
    store::{
        self, Now, StoreError,
        import::{FileFacts, NewImport},
    },
};
use sqlx::PgPool;
use std::{
    collections::{HashMap, hash_map::Entry},
    fs::File,
    hash::{BuildHasher, Hash, RandomState},
    io::{self, Seek},
};
use tokio::{sync::mpsc, task::spawn_blocking};
use uuid::Uuid;

/// Rows of a transaction.
const BATCH: usize = 2_000;

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be used, and what to do.
    #[error("{0}")]
    Unfit(String),
    /// The file can't be read.
    #[error("The file could not be read: {0}.")]
    Read(#[from] io::Error),
    /// The database.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl ImportError {
    /// A file that can't be used.
    pub fn unfit(words: impl Into<String>) -> Self {
        Self::Unfit(words.into())
    }
}

/// What became of some rows.
#[derive(Debug, Default)]
pub struct Batch {
    /// Counted.
    pub numbers: ImportNumbers,
    /// Not used.
    pub rejects: Vec<Reject>,
    /// For the audit log.
    pub events: Vec<NewAuditEvent>,
}

impl Batch {
    /// Sets a row aside.
    pub fn reject(&mut self, reject: Reject) {
        self.numbers.rejected += 1;
        self.rejects.push(reject);
    }
}

/// Which keys a file has had, so that a second row about the same thing is a reject and not a change back and forth.
/// It keeps a hash and a line for each row, and nothing else of it.
#[derive(Debug, Default)]
pub struct Seen {
    hasher: RandomState,
    lines: HashMap<u64, i64>,
    /// Of the batch that is not committed yet.
    fresh: Vec<u64>,
}

impl Seen {
    /// The line of an earlier row with this key; remembers this one otherwise.
    pub fn earlier(&mut self, key: &impl Hash, line: i64) -> Option<i64> {
        let hash = self.hasher.hash_one(key);
        match self.lines.entry(hash) {
            Entry::Occupied(earlier) => Some(*earlier.get()),
            Entry::Vacant(place) => {
                place.insert(line);
                self.fresh.push(hash);
                None
            }
        }
    }

    /// Forgets a batch that is tried again.
    fn forget_batch(&mut self) {
        for hash in self.fresh.drain(..) {
            self.lines.remove(&hash);
        }
    }
}

/// An import that is to be done.
#[derive(Debug)]
pub struct Import {
    /// What the file lists.
    pub kind: Kind,
    /// What it is called.
    pub file_name: String,
    /// Whose people, where one Organization is meant; with its name.
    pub organization: Option<(OrganizationId, String)>,
    /// Who does it.
    pub actor: Actor,
    /// Who the End Users will say wrote them.
    pub writer: String,
}

/// Puts an import on record, before its file is looked at.
pub async fn begin(pool: &PgPool, import: &Import) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    let new = NewImport {
        id,
        kind: import.kind,
        file_name: &import.file_name,
        organization: import.organization.as_ref().map(|(id, _)| *id),
    };
    store::import::start(pool, &new, &import.actor).await?;
    Ok(id)
}

/// Reads the file of an import that has begun. `told` hears how many bytes are done, and of how many.
pub async fn run(
    pool: &PgPool,
    id: Uuid,
    import: &Import,
    file: File,
    now: &Now,
    told: impl Fn(i64, i64),
) -> Result<ImportRow, StoreError> {
    let error = match read_in(pool, id, import, file, told).await {
        Ok(()) => None,
        // Nobody could note it either.
        Err(ImportError::Store(error)) if error.is_unavailable() => return Err(error),
        Err(error) => Some(error.to_string()),
    };
    store::import::finish(pool, id, &import.actor, error.as_deref(), now).await
}

/// Rows that fit the head, rows that do not, and how many bytes were read for them.
struct Chunk {
    rows: Vec<Row>,
    unfit: Vec<Reject>,
    bytes: i64,
}

async fn read_in(
    pool: &PgPool,
    id: Uuid,
    import: &Import,
    file: File,
    told: impl Fn(i64, i64),
) -> Result<(), ImportError> {
    let (shape, mut rows) = spawn_blocking(move || open(file)).await.map_err(io::Error::other)??;
    let given: &[&str] = if import.organization.is_some() {
        &["organization"]
    } else {
        &[]
    };
    let known = match import.kind {
        Kind::Organizations => columns::ORGANIZATIONS,
        Kind::EndUsers => columns::END_USERS,
        Kind::Assets => columns::ASSETS,
    };
    let head = Head::read(rows.head(), known, given)?;
    if import.kind == Kind::Assets && !(1..=3).any(|column| head.has(column)) {
        return Err(ImportError::unfit(
            "The file has no column Serial Number, MAC Addresses or Asset: no device can be told by it.",
        ));
    }
    if import.kind == Kind::EndUsers && !head.has(1) && !head.has(2) {
        return Err(ImportError::unfit(
            "The file has neither a column Email nor a column Name: nobody can be told by it.",
        ));
    }
    let total = i64::try_from(shape.bytes).unwrap_or(i64::MAX);
    let facts = FileFacts {
        bytes: total,
        columns: rows.head(),
        unknown: &head.unknown,
        read_only: &head.read_only,
        windows_1252: shape.encoding == Encoding::Windows1252,
    };
    store::import::describe(pool, id, &facts).await?;
    let (send, mut chunks) = mpsc::channel(1);
    let reader = spawn_blocking(move || {
        while let Some(chunk) = next(&mut rows).transpose() {
            if send.blocking_send(chunk).is_err() {
                break;
            }
        }
    });
    let mut seen = Seen::default();
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk?;
        told(chunk.bytes, total);
        write(pool, id, import, &head, chunk, &mut seen).await?;
    }
    reader.await.map_err(io::Error::other)?;
    told(total, total);
    Ok(())
}

fn open(mut file: File) -> Result<(super::text::Shape, Rows<File>), ImportError> {
    let shape = look(&mut file)?;
    file.rewind()?;
    Ok((shape, Rows::new(file, shape)?))
}

fn next(rows: &mut Rows<File>) -> Result<Option<Chunk>, ImportError> {
    let mut chunk = Chunk {
        rows: vec![],
        unfit: vec![],
        bytes: 0,
    };
    for row in rows.by_ref().take(BATCH) {
        match row? {
            Ok(row) => chunk.rows.push(row),
            Err(reject) => chunk.unfit.push(reject),
        }
    }
    chunk.bytes = i64::try_from(rows.bytes()).unwrap_or(i64::MAX);
    Ok((!chunk.rows.is_empty() || !chunk.unfit.is_empty()).then_some(chunk))
}

/// How often a batch is tried when a run writes the same people at the same moment.
const TRIES: u32 = 5;

async fn write(
    pool: &PgPool,
    id: Uuid,
    import: &Import,
    head: &Head,
    chunk: Chunk,
    seen: &mut Seen,
) -> Result<(), ImportError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match write_once(pool, id, import, head, &chunk, seen).await {
            Err(StoreError::Concurrent) if tries < TRIES => seen.forget_batch(),
            Err(error) => return Err(error.into()),
            Ok(()) => {
                seen.fresh.clear();
                return Ok(());
            }
        }
    }
}

async fn write_once(
    pool: &PgPool,
    id: Uuid,
    import: &Import,
    head: &Head,
    chunk: &Chunk,
    seen: &mut Seen,
) -> Result<(), StoreError> {
    let mut tx = pool.begin().await.map_err(StoreError::from)?;
    store::natural_key::lock_imports(&mut tx, import.kind.key()).await?;
    let rows = chunk.rows.clone();
    let mut batch = match import.kind {
        Kind::Organizations => organizations::merge(&mut tx, head, rows, seen, &import.actor).await?,
        Kind::EndUsers => {
            let who = (&import.actor, import.writer.as_str());
            end_users::merge(&mut tx, head, rows, import.organization.as_ref(), seen, who).await?
        }
        Kind::Assets => {
            let who = (&import.actor, import.writer.as_str());
            assets::merge(&mut tx, head, rows, import.organization.as_ref(), seen, who).await?
        }
    };
    batch.numbers.read += i64::try_from(chunk.unfit.len()).unwrap_or(i64::MAX);
    for reject in &chunk.unfit {
        batch.reject(reject.clone());
    }
    store::import::advance(&mut tx, id, chunk.bytes, batch.numbers, &batch.rejects).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}
