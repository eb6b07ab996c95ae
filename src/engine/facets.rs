//! Facets of the dialog of filters: kept at the end of a pass, counted anew where they are not.

use super::RunError;
use crate::{
    model::{filter::Facets, ids::MicrosoftTenantId},
    store::{self, facets},
    sync::facets::{ambiguous, of_counts},
};
use sqlx::{PgConnection, PgPool};

/// What the dialog offers now. Counted anew only while a pass has written what was not counted yet, in a database that
/// comes from an older version, and after one person was read alone.
pub async fn offered(pool: &PgPool, tenant: MicrosoftTenantId) -> Result<Facets, RunError> {
    if let Some(kept) = facets::kept(pool, tenant).await? {
        return Ok(kept);
    }
    count(&mut *store::change_set::begin(pool).await?, tenant).await
}

/// Counts, and keeps that, at the end of a pass: nobody else writes to the directory until this transaction ends.
pub(super) async fn keep(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<(), RunError> {
    let counted = count(&mut *tx, tenant).await?;
    Ok(facets::keep(tx, tenant, &counted).await?)
}

async fn count(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<Facets, RunError> {
    let mut counted = facets::count(&mut *tx, tenant).await?;
    let asked = ambiguous(&counted);
    facets::tell_oldest(tx, tenant, &asked, &mut counted).await?;
    Ok(of_counts(&counted))
}
