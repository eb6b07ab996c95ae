//! **Check Permissions**: what Microsoft lets us read, asked now.

use super::state::AppState;
use crate::{
    api::ApiError,
    engine::probe,
    model::{ids::MicrosoftTenantId, permission_report::PermissionReport},
    store::{self, Now},
};
use chrono_tz::Tz;
use moka::future::Cache;
use std::time::Duration;

/// How long a report stands for a page that is drawn again.
const FRESH: Duration = Duration::from_secs(10);
/// How many are kept.
const MOST: u64 = 100;

/// The reports of the last seconds, each in the zone of whoever asked. A page that is loaded again and again would else
/// ask Microsoft as often for a token and each permission.
#[derive(Clone, Debug)]
pub struct Recent(Cache<(MicrosoftTenantId, Tz), PermissionReport>);

impl Default for Recent {
    fn default() -> Self {
        Self::lasting(FRESH)
    }
}

impl Recent {
    /// Those that are not older than this.
    pub fn lasting(fresh: Duration) -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(fresh).build())
    }
}

/// Asks Microsoft, tells what came of it, and keeps when each last worked. A page that is drawn may tell what another
/// one found a moment ago; whoever presses the button is told of now.
pub async fn permissions(
    state: &AppState,
    id: MicrosoftTenantId,
    now: &Now,
    is_page: bool,
) -> Result<PermissionReport, ApiError> {
    let row = store::microsoft_tenant::rows(&state.engine.pool, Some(id), now)
        .await?
        .pop();
    let row = row.ok_or_else(|| ApiError::NotFound("This Microsoft tenant was removed.".into()))?;
    let Recent(recent) = &state.permission_reports;
    let key = (id, now.timezone());
    if let Some(report) = recent.get(&key).await.filter(|_| is_page) {
        return Ok(report);
    }
    let report = probe::report(&state.engine, row, now).await?;
    probe::keep(&state.engine, &report).await?;
    recent.insert(key, report.clone()).await;
    Ok(report)
}
