//! Changes of a person's Microsoft data that no change set holds: licences and MFA status, a line each.

use super::{
    Now,
    change_set::ROWS_AT_ONCE,
    directory::HashedUser,
    error::{Result, StoreError},
};
use crate::model::{
    ids::{DirectoryUserId, MicrosoftTenantId, RunId, SkuId},
    microsoft_user::{MicrosoftChange, MicrosoftChangeKind},
    time::Moment,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::HashMap;

/// So many lines of one person's history are shown.
const MOST: i64 = 500;

#[derive(Serialize)]
struct LicensesJson<'a> {
    id: DirectoryUserId,
    licenses: &'a [SkuId],
}

/// Writes down whose licences differ from what the directory holds, and returns how many that are. To be called before the
/// users are stored.
pub async fn record_licenses<'a>(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    run: Option<RunId>,
    users: impl IntoIterator<Item = &'a HashedUser>,
) -> Result<u64> {
    let rows: Vec<_> = users
        .into_iter()
        .filter(|hashed| hashed.licenses_told)
        .map(|hashed| LicensesJson {
            id: hashed.user.id,
            licenses: &hashed.user.licenses,
        })
        .collect();
    let mut written = 0;
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let done = sqlx::query(
            "insert into directory_user_change (microsoft_tenant_id, directory_user_id, run_id, kind, old, new)
             select $1, n.id, $3, 'licenses', array_to_string(u.licenses, ','), array_to_string(n.licenses, ',')
             from jsonb_to_recordset($2) as n (id uuid, licenses uuid[])
             join directory_user u on u.microsoft_tenant_id = $1 and u.id = n.id
             where u.licenses <> n.licenses",
        )
        .bind(tenant)
        .bind(Json(rows))
        .bind(run)
        .execute(&mut *tx)
        .await?;
        written += done.rows_affected();
    }
    Ok(written)
}

#[derive(FromRow)]
struct Row {
    at: DateTime<Utc>,
    run_id: Option<RunId>,
    kind: String,
    old: String,
    new: String,
}

/// The history of one directory user, the latest line first. `name_of` gives product names for SKUs.
pub async fn of_user(
    db: impl PgExecutor<'_>,
    tenant: MicrosoftTenantId,
    user: DirectoryUserId,
    name_of: &HashMap<SkuId, String>,
    now: &Now,
) -> Result<Vec<MicrosoftChange>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select at, run_id, kind, old, new from directory_user_change
         where microsoft_tenant_id = $1 and directory_user_id = $2
         order by at desc, id desc limit $3",
    )
    .bind(tenant)
    .bind(user)
    .bind(MOST)
    .fetch_all(db)
    .await
    .map_err(StoreError::from)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let what = MicrosoftChangeKind::from_key(&row.kind)?;
            let words = |text: String| match what {
                MicrosoftChangeKind::Licenses => product_words(&text, name_of),
                MicrosoftChangeKind::Mfa => text,
            };
            Some(MicrosoftChange {
                at: Moment::new(row.at, now),
                run: row.run_id,
                what,
                old: words(row.old),
                new: words(row.new),
            })
        })
        .collect())
}

/// SKU ids with commas, as product names by name.
fn product_words(ids: &str, name_of: &HashMap<SkuId, String>) -> String {
    let mut names: Vec<_> = ids
        .split(',')
        .filter(|id| !id.is_empty())
        .map(|id| {
            let sku = id.parse().ok().map(SkuId);
            sku.and_then(|sku| name_of.get(&sku).cloned())
                .unwrap_or_else(|| id.to_owned())
        })
        .collect();
    names.sort();
    names.join(", ")
}
