//! What **Activity** shows.

use super::state::AppState;
use crate::{
    api::{
        ApiError,
        activity::{AuditList, AuditQuery, RunList, RunsQuery},
    },
    store::{
        Now,
        activity::{self, MOST_COUNTED, PAGE, RunFilter},
        audit_list::{self, AuditFilter},
    },
};

/// A page of runs.
pub async fn runs(state: &AppState, query: RunsQuery, now: &Now) -> Result<RunList, ApiError> {
    let pool = &state.engine.pool;
    let filter = RunFilter {
        organization: query.organization.parse().ok(),
        result: query.result,
        trigger: query.trigger,
        search: query.search,
    };
    let (rows, total) = activity::runs(pool, &filter, query.page, now).await?;
    Ok(RunList {
        rows,
        total,
        most: MOST_COUNTED,
        page_size: PAGE,
    })
}

/// A page of the audit log.
pub async fn audit(state: &AppState, query: AuditQuery, now: &Now) -> Result<AuditList, ApiError> {
    let pool = &state.engine.pool;
    let filter = AuditFilter {
        who: query.who,
        action: query.action,
        subject: query.subject,
        organization: query.organization.parse().ok(),
        search: query.search,
    };
    let (rows, total) = audit_list::page(pool, &filter, query.page, now).await?;
    Ok(AuditList {
        rows,
        total,
        most: MOST_COUNTED,
        page_size: PAGE,
    })
}
