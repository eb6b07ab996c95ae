//! Subscribed products of a Microsoft tenant.

use super::error::Result;
use crate::model::ids::{MicrosoftTenantId, SkuId};
use sqlx::PgConnection;

/// A subscribed product: SKU, part number, used and bought.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sku {
    /// Microsoft's id.
    pub id: SkuId,
    /// `skuPartNumber`.
    pub part_number: String,
    /// `consumedUnits`.
    pub used: i32,
    /// `prepaidUnits.enabled`.
    pub total: i32,
}

/// Replaces the subscribed products, and writes only what differs. Returns how many rows that are.
pub async fn replace_skus(tx: &mut PgConnection, tenant: MicrosoftTenantId, skus: &[Sku]) -> Result<u64> {
    let ids: Vec<_> = skus.iter().map(|sku| sku.id.0).collect();
    let gone = sqlx::query("delete from subscribed_sku where microsoft_tenant_id = $1 and sku_id <> all ($2)")
        .bind(tenant)
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    let here = sqlx::query(
        "insert into subscribed_sku as held (microsoft_tenant_id, sku_id, sku_part_number, used, total)
         select $1, * from unnest($2::uuid[], $3::text[], $4::int[], $5::int[])
         on conflict (microsoft_tenant_id, sku_id) do update
         set sku_part_number = excluded.sku_part_number, used = excluded.used, total = excluded.total
         where (held.sku_part_number, held.used, held.total)
               is distinct from (excluded.sku_part_number, excluded.used, excluded.total)",
    )
    .bind(tenant)
    .bind(&ids)
    .bind(skus.iter().map(|sku| sku.part_number.clone()).collect::<Vec<_>>())
    .bind(skus.iter().map(|sku| sku.used).collect::<Vec<_>>())
    .bind(skus.iter().map(|sku| sku.total).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(gone.rows_affected() + here.rows_affected())
}
