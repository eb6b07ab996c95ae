//! What the End Users subtab shows.

use super::{products::product_names, state::AppState};
use crate::{
    api::{
        ApiError,
        end_users::{EndUsersPage, EndUsersQuery},
    },
    model::{filter::Choice, ids::OrganizationId, organization::UserSyncState, time::Moment},
    store::{self, Now, end_user::EndUserQuery},
};

/// One page of an Organization's End Users.
pub async fn end_users(
    state: &AppState,
    id: OrganizationId,
    query: EndUsersQuery,
    now: &Now,
) -> Result<EndUsersPage, ApiError> {
    let pool = &state.engine.pool;
    let organization = store::organization::get(pool, id).await?;
    let tenant = organization.microsoft_tenant_id;
    let subscribed = match tenant {
        Some(tenant) => store::microsoft_tenant::subscribed_skus(pool, tenant).await?,
        None => vec![],
    };
    let last_sync = match tenant {
        Some(tenant) => store::microsoft_tenant::get(pool, tenant).await?.last_pass_at,
        None => None,
    };
    let query = EndUserQuery {
        search: query.search,
        microsoft: query.microsoft,
        sort: query.sort,
        page: query.page.max(1),
    };
    let (rows, total) = store::end_user::page(pool, id, tenant, &query, &product_names(&subscribed)).await?;
    let first_group_sync = match (&organization.sync, tenant) {
        (UserSyncState::Syncing { .. }, Some(tenant)) => store::user_sync::get(pool, id, tenant)
            .await?
            .is_some_and(|sync| !sync.applied && sync.filters.group != Choice::All),
        _ => false,
    };
    Ok(EndUsersPage {
        organization,
        last_sync: last_sync.map(|at| Moment::new(at, now)),
        rows,
        total,
        page_size: store::end_user::PAGE,
        first_group_sync,
    })
}
