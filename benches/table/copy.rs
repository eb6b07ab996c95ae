//! The baseline of a first run: the rows that it left, copied into the same empty tables with their keys, constraints
//! and indexes. Nobody can leave these rows in this database faster without taking its indexes away.

use crate::{Outcome, meter::time, stage};
use axum::body::Bytes;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgPool};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

/// The rows of one table, as COPY writes them.
struct Exported {
    table: String,
    columns: String,
    parts: Vec<Vec<u8>>,
    rows: i64,
}

/// How long the COPY of each table took.
#[derive(Clone, Debug, Default)]
pub struct Copied(Vec<(String, Duration)>);

impl Copied {
    /// All of them.
    pub fn sum(&self) -> Duration {
        self.0.iter().map(|(_, took)| *took).sum()
    }

    /// The longest, in words.
    pub fn longest(&self, most: usize) -> String {
        let mut tables: Vec<_> = self.0.iter().collect();
        tables.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        let told: Vec<_> = tables
            .iter()
            .take(most)
            .map(|(table, took)| format!("{table} {}", time(*took)))
            .collect();
        told.join(", ")
    }
}

/// Everything that a run left in tables that were empty before it.
pub struct Rows {
    tables: Vec<Exported>,
}

/// Tables that hold rows.
pub async fn filled(pool: &PgPool) -> Outcome<HashSet<String>> {
    let mut filled = HashSet::new();
    for table in tables(pool).await? {
        let sql = format!("select exists (select 1 from {table})");
        if sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await? {
            filled.insert(table);
        }
    }
    Ok(filled)
}

/// Our tables, those that others refer to first.
async fn tables(pool: &PgPool) -> Outcome<Vec<String>> {
    let names: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class
         where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> '_sqlx_migrations' order by 1",
    )
    .fetch_all(pool)
    .await?;
    let references: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, r.relname::text from pg_constraint k
         join pg_class c on c.oid = k.conrelid join pg_class r on r.oid = k.confrelid
         where k.contype = 'f' and c.oid <> r.oid",
    )
    .fetch_all(pool)
    .await?;
    let mut needs: HashMap<String, HashSet<String>> = names.iter().map(|name| (name.clone(), HashSet::new())).collect();
    for (table, needed) in references {
        if needs.contains_key(&needed)
            && let Some(of_table) = needs.get_mut(&table)
        {
            of_table.insert(needed);
        }
    }
    let mut ordered = Vec::new();
    while !needs.is_empty() {
        let mut free: Vec<String> = needs
            .iter()
            .filter(|(_, needed)| needed.iter().all(|needed| !needs.contains_key(needed)))
            .map(|(table, _)| table.clone())
            .collect();
        if free.is_empty() {
            return Err("the tables refer to one another in a circle".into());
        }
        free.sort();
        needs.retain(|table, _| !free.contains(table));
        ordered.extend(free);
    }
    Ok(ordered)
}

impl Rows {
    /// Takes them out of the database of a run.
    pub async fn export(pool: &PgPool, filled_before: &HashSet<String>) -> Outcome<Self> {
        let mut exported = Vec::new();
        for table in tables(pool).await? {
            if filled_before.contains(&table) {
                continue;
            }
            let columns = columns(pool, &table).await?;
            let count = format!("select count(*) from {table}");
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(pool).await?;
            if rows == 0 {
                continue;
            }
            let mut connection = pool.acquire().await?;
            let statement = format!("copy {table} ({columns}) to stdout");
            let lines: Vec<Bytes> = connection.copy_out_raw(&statement).await?.try_collect().await?;
            exported.push(Exported {
                table,
                columns,
                // Postgres sends a row at a time; nobody who copies would.
                parts: lines.chunks(500).map(<[Bytes]>::concat).collect(),
                rows,
            });
        }
        Ok(Self { tables: exported })
    }

    /// Copies them into a database of which nothing but these tables is empty, and tells how long that took.
    pub async fn import(&self, url: &str) -> Outcome<Copied> {
        let pool = stage::pool(url).await?;
        let mut connection = pool.acquire().await?;
        // As a run does: triggers that watch for other writers leave it alone.
        sqlx::query("select set_config('entrain.run_id', gen_random_uuid()::text, false)")
            .execute(&mut *connection)
            .await?;
        let mut copied = Copied::default();
        for exported in &self.tables {
            let statement = format!("copy {} ({}) from stdin", exported.table, exported.columns);
            let began = Instant::now();
            let mut copy = connection.copy_in_raw(&statement).await?;
            for part in &exported.parts {
                copy.send(part.as_slice()).await?;
            }
            copy.finish().await?;
            copied.0.push((exported.table.clone(), began.elapsed()));
        }
        drop(connection);
        pool.close().await;
        Ok(copied)
    }

    /// What was copied, in words.
    pub fn told(&self) -> String {
        let mut tables: Vec<_> = self.tables.iter().collect();
        tables.sort_by_key(|table| -table.rows);
        let told: Vec<_> = tables
            .iter()
            .map(|table| format!("{} {}", table.rows, table.table))
            .collect();
        told.join(", ")
    }

    /// How many rows of a table there are.
    pub fn count(&self, table: &str) -> i64 {
        let found = self.tables.iter().find(|exported| exported.table == table);
        found.map_or(0, |exported| exported.rows)
    }
}

/// All but those that Postgres computes.
async fn columns(pool: &PgPool, table: &str) -> Outcome<String> {
    Ok(sqlx::query_scalar(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
    )
    .bind(table)
    .fetch_one(pool)
    .await?)
}
