//! **Check Permissions**: what Microsoft lets us read, asked now.

use super::state::AppState;
use crate::{
    api::ApiError,
    engine::probe,
    model::{ids::MicrosoftTenantId, permission_report::PermissionReport},
    store::{self, Now},
};

/// Asks Microsoft, tells what came of it, and keeps when each last worked.
pub async fn permissions(state: &AppState, id: MicrosoftTenantId, now: &Now) -> Result<PermissionReport, ApiError> {
    let row = store::microsoft_tenant::rows(&state.engine.pool, Some(id), now)
        .await?
        .pop();
    let row = row.ok_or_else(|| ApiError::NotFound("This Microsoft tenant was removed.".into()))?;
    let report = probe::report(&state.engine, row, now).await?;
    probe::keep(&state.engine, &report).await?;
    Ok(report)
}
