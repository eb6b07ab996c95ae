//! Every column whose content is sealed, and sealing all of it anew under another master key.

use super::{
    error::Result,
    vault::{Sealed, Vault, VaultError},
};
use sqlx::{AssertSqlSafe, PgExecutor, PgPool};
use uuid::Uuid;

/// A column of sealed bytes. Its table has a primary key `id` of type uuid.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// What the secret is called where it is sealed: the last part of `table/UUID/name`.
    pub name: &'static str,
    /// The column with the bytes; a null is no secret.
    pub bytes: &'static str,
    /// The column with the id of the key.
    pub key_id: &'static str,
    /// Further columns of the row without which the secret does not open: their values stand behind its name, each after a
    /// slash. What was sealed before there were any is about the name alone, and is sealed anew with them.
    pub bound: &'static [&'static str],
}

impl SealedColumn {
    fn about(&self, id: Uuid, bound: &[String]) -> String {
        let name = format!("{}/{id}/{}", self.table, self.name);
        bound.iter().fold(name, |about, value| format!("{about}/{value}"))
    }
}

/// All of them. A column that is missing here is lost with the old master key.
pub const COLUMNS: &[SealedColumn] = &[
    SealedColumn {
        table: "app_credential",
        name: "credential",
        bytes: "sealed",
        key_id: "key_id",
        bound: &["kind", "client_id"],
    },
    SealedColumn {
        table: "portal",
        name: "secret",
        bytes: "secret",
        key_id: "secret_key_id",
        bound: &[],
    },
];

/// How many secrets were sealed anew, and how many were under the new key already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Sealed anew.
    pub anew: u64,
    /// Left as they were.
    pub already: u64,
}

/// The ids of the keys under which anything is sealed, with the table and how many.
pub async fn keys(db: &PgPool) -> Result<Vec<(&'static str, String, i64)>> {
    let mut all = vec![];
    for column in COLUMNS {
        let SealedColumn {
            table, bytes, key_id, ..
        } = column;
        let rows: Vec<(String, i64)> = sqlx::query_as(AssertSqlSafe(format!(
            "select {key_id}, count(*) from {table} where {bytes} is not null group by {key_id} order by {key_id}"
        )))
        .fetch_all(db)
        .await?;
        all.extend(rows.into_iter().map(|(key, number)| (*table, key, number)));
    }
    Ok(all)
}

/// Whether the vault opens everything that is stored.
pub async fn check(db: &PgPool, vault: &Vault) -> Result<()> {
    for (table, key_id, number) in keys(db).await? {
        if !vault.knows(&key_id) {
            let about = format!(
                "what is stored in {table} ({number} secret{})",
                if number == 1 { "" } else { "s" }
            );
            return Err(VaultError::UnknownKey { about, key_id }.into());
        }
    }
    Ok(())
}

/// Seals everything under the vault's current key, and about all that it should be, in one transaction: all of it or
/// nothing. What is so already stays as it is, so that it may be called again at any time.
pub async fn reseal(pool: &PgPool, vault: &Vault) -> Result<Resealed> {
    let mut done = Resealed::default();
    let mut tx = pool.begin().await?;
    for column in COLUMNS {
        let SealedColumn {
            table, bytes, key_id, ..
        } = column;
        let bound = column.bound.join(", ");
        let rows: Vec<(Uuid, Vec<u8>, String, Vec<String>)> = sqlx::query_as(AssertSqlSafe(format!(
            "select id, {bytes}, {key_id}, array[{bound}]::text[] from {table} where {bytes} is not null
             order by id for update"
        )))
        .fetch_all(&mut *tx)
        .await?;
        for (id, old, under, bound) in rows {
            let old = Sealed {
                key_id: under,
                bytes: old,
            };
            match anew(vault, &old, &column.about(id, &bound), &column.about(id, &[]))? {
                Some(sealed) => {
                    store(&mut *tx, column, id, &sealed).await?;
                    done.anew += 1;
                }
                None => done.already += 1,
            }
        }
    }
    tx.commit().await?;
    Ok(done)
}

/// A secret sealed under the current key; nothing where it is, and about all that it should be. One that does not open is
/// an error under whichever key it is: it would pass for sealed anew, and be missed only when it is needed.
fn anew(vault: &Vault, old: &Sealed, about: &str, before: &str) -> Result<Option<Sealed>> {
    if old.key_id == vault.key_id() && vault.open(old, about).is_ok() {
        return Ok(None);
    }
    let plain = vault.open_either(old, about, before)?;
    Ok(Some(vault.seal(secrecy::ExposeSecret::expose_secret(&plain), about)?))
}

async fn store(db: impl PgExecutor<'_>, column: &SealedColumn, id: Uuid, sealed: &Sealed) -> Result<()> {
    let SealedColumn {
        table, bytes, key_id, ..
    } = column;
    sqlx::query(AssertSqlSafe(format!(
        "update {table} set {bytes} = $2, {key_id} = $3 where id = $1"
    )))
    .bind(id)
    .bind(&sealed.bytes)
    .bind(&sealed.key_id)
    .execute(db)
    .await?;
    Ok(())
}
