//! What the End Users subtab shows.

use super::{asker::Asker, products};
use crate::{
    api::{
        ApiError,
        end_users::{EndUsersPage, EndUsersQuery, Product},
    },
    model::{
        directory::Readings,
        filter::Choice,
        ids::{OrganizationId, SkuId},
        microsoft_user::PassState,
        organization::UserSyncState,
        time::Moment,
    },
    store::{
        self, Now,
        end_user_page::{EndUserQuery, Words},
    },
};

/// One page of an Organization's End Users.
pub async fn end_users(
    asker: &Asker,
    id: OrganizationId,
    query: EndUsersQuery,
    now: &Now,
) -> Result<EndUsersPage, ApiError> {
    let (pool, whole) = (&asker.state.engine.pool, asker.has_whole(id).await?);
    let organization = store::organization::get_uncounted(pool, id).await?.seen(whole);
    let tenant = organization.microsoft_tenant_id;
    let names = products::names(pool, tenant).await?;
    let (last_sync, readings, products) = match tenant {
        Some(tenant) => {
            let row = store::microsoft_tenant::get(pool, tenant).await?;
            // What else the Microsoft tenant has bought is for those to know who have all of it.
            let offered = if whole {
                store::microsoft_tenant::offered_skus(pool, tenant).await?
            } else {
                store::microsoft_tenant::skus_of_people(pool, tenant, id).await?
            };
            let product = |id: SkuId| names.get(&id).map(|name| Product { id, name: name.clone() });
            let mut products: Vec<_> = offered.into_iter().filter_map(product).collect();
            products.sort_by(|a, b| a.name.cmp(&b.name));
            (row.last_pass_at, row.readings, products)
        }
        None => (None, Readings::default(), vec![]),
    };
    let query = EndUserQuery {
        search: query.search,
        microsoft: query.microsoft,
        mfa: query.mfa,
        license: query.license,
        sort: query.sort,
        page: query.page.max(1),
    };
    let words = Words {
        name_of: &names,
        readings: &readings,
        last_pass_at: last_sync,
        now,
    };
    let page = store::end_user_page::page(pool, id, tenant, &query, words).await?;
    let first_group_sync = match (&organization.sync, tenant) {
        (UserSyncState::Syncing { .. }, Some(tenant)) => store::user_sync::get(pool, id, tenant)
            .await?
            .is_some_and(|sync| !sync.applied && sync.filters.group != Choice::All),
        _ => false,
    };
    Ok(EndUsersPage {
        organization,
        last_sync: last_sync.map(|at| Moment::new(at, now)),
        rows: page.rows,
        total: page.total,
        capped: page.capped,
        more: page.more,
        excluded: store::exclusion::count(pool, id).await?,
        page_size: store::end_user_page::PAGE,
        first_group_sync,
        passes: tenant.map(|_| {
            let state = |pass| PassState::new(pass, now);
            (state(&readings.sign_ins), state(&readings.mfa))
        }),
        products,
    })
}
