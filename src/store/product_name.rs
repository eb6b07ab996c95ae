//! Microsoft's published product names, kept between one fetching and the next.

use super::error::Result;
use crate::model::ids::SkuId;
use chrono::{DateTime, Duration, Utc};
use sqlx::{PgExecutor, PgPool};
use std::collections::HashMap;

/// Every published name.
pub async fn all(db: impl PgExecutor<'_>) -> Result<HashMap<SkuId, String>> {
    let rows: Vec<(SkuId, String)> = sqlx::query_as("select sku_id, name from product_name")
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// How many names were published, and when they were fetched and last asked for.
pub async fn state(db: impl PgExecutor<'_>) -> Result<(i64, Option<DateTime<Utc>>, Option<DateTime<Utc>>)> {
    Ok(
        sqlx::query_as("select (select count(*) from product_name), fetched_at, tried_at from product_name_list")
            .fetch_one(db)
            .await?,
    )
}

/// Takes the work of fetching, when the list is older than `lasts` and nobody tried within `pause`; of several workers
/// one gets it.
pub async fn claim(db: impl PgExecutor<'_>, now: DateTime<Utc>, lasts: Duration, pause: Duration) -> Result<bool> {
    let done = sqlx::query(
        "update product_name_list set tried_at = $1
         where (fetched_at is null or fetched_at <= $2) and (tried_at is null or tried_at <= $3)",
    )
    .bind(now)
    .bind(now - lasts)
    .bind(now - pause)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a fetched list. A product that the list no longer has keeps its name: licences of it may still be held.
pub async fn replace(pool: &PgPool, names: &HashMap<SkuId, String>, fetched_at: DateTime<Utc>) -> Result<()> {
    let (ids, names): (Vec<_>, Vec<_>) = names.iter().map(|(id, name)| (id.0, name.as_str())).unzip();
    let mut tx = pool.begin().await?;
    sqlx::query(
        "insert into product_name as held (sku_id, name)
         select n.sku_id, n.name from unnest($1::uuid[], $2::text[]) as n (sku_id, name)
         on conflict (sku_id) do update set name = excluded.name where held.name <> excluded.name",
    )
    .bind(ids)
    .bind(names)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update product_name_list set fetched_at = $1")
        .bind(fetched_at)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
