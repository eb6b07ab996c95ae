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
}

/// All of them. A column that is missing here is lost with the old master key.
pub const COLUMNS: &[SealedColumn] = &[
    SealedColumn {
        table: "app_credential",
        name: "credential",
        bytes: "sealed",
        key_id: "key_id",
    },
    SealedColumn {
        table: "portal",
        name: "secret",
        bytes: "secret",
        key_id: "secret_key_id",
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

/// Seals everything under the vault's current key, in one transaction: all of it or nothing. What is under that key
/// already stays as it is, so that it may be called again at any time.
pub async fn reseal(pool: &PgPool, vault: &Vault) -> Result<Resealed> {
    let (mut done, current) = (Resealed::default(), vault.key_id());
    let mut tx = pool.begin().await?;
    for column in COLUMNS {
        let SealedColumn {
            table,
            name,
            bytes,
            key_id,
        } = column;
        let rows: Vec<(Uuid, Vec<u8>, String)> = sqlx::query_as(AssertSqlSafe(format!(
            "select id, {bytes}, {key_id} from {table} where {bytes} is not null order by id for update"
        )))
        .fetch_all(&mut *tx)
        .await?;
        for (id, old, under) in rows {
            if under == current {
                done.already += 1;
                continue;
            }
            let about = format!("{table}/{id}/{name}");
            let sealed = Sealed {
                key_id: under,
                bytes: old,
            };
            let plain = vault.open(&sealed, &about)?;
            let sealed = vault.seal(secrecy::ExposeSecret::expose_secret(&plain), &about)?;
            store(&mut *tx, column, id, &sealed).await?;
            done.anew += 1;
        }
    }
    tx.commit().await?;
    Ok(done)
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
