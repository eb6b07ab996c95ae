//! Imports: one's page. Files themselves go by plain addresses, see `server::exchange::routes`.

use super::ApiError;
use crate::model::{
    exchange::{ImportRow, Reject},
    ids::OrganizationId,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Rejects that the page shows; the file of rejects has them all.
pub const REJECTS: i64 = 100;

/// An import with the first of the rows that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportDetails {
    /// The import.
    pub import: ImportRow,
    /// At most [`REJECTS`], by line.
    pub rejects: Vec<Reject>,
}

/// One import, at work or done.
#[server]
pub async fn import(id: Uuid) -> Result<ImportDetails, ApiError> {
    let state = crate::server::caller::asker().await?.reads(id).await?.state;
    let (pool, now) = (&state.engine.pool, crate::server::caller::now().await);
    let import = crate::store::import::get(pool, id, &now).await?;
    let rejects = crate::store::import::rejects(pool, id, 0, REJECTS).await?;
    Ok(ImportDetails { import, rejects })
}

/// The name of the Organization for which a file is about to be read in.
#[server]
pub async fn import_target(organization: Option<OrganizationId>) -> Result<Option<String>, ApiError> {
    let asker = crate::server::caller::asker().await?;
    let Some(id) = organization else {
        return asker.administrator().map(|_| None);
    };
    let state = asker.works_on(id).await?.state;
    Ok(Some(
        crate::store::organization::get(&state.engine.pool, id).await?.name,
    ))
}
