//! What **Activity** shows.

use super::asker::Asker;
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
pub async fn runs(asker: &Asker, query: RunsQuery, now: &Now) -> Result<RunList, ApiError> {
    let pool = &asker.state.engine.pool;
    let filter = RunFilter {
        organization: query.organization.parse().ok(),
        theirs: asker.organizations(),
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
pub async fn audit(asker: &Asker, query: AuditQuery, now: &Now) -> Result<AuditList, ApiError> {
    let pool = &asker.state.engine.pool;
    let filter = AuditFilter {
        who: query.who,
        action: query.action,
        subject: query.subject,
        organization: query.organization.parse().ok(),
        theirs: asker.organizations(),
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
