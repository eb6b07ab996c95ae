//! The search across all customers: every kind of thing at once.

use super::asker::Asker;
use crate::{
    api::ApiError,
    model::search::SearchResults,
    store::search::{self, Words},
};

/// Everything that these words find; nothing for none.
pub async fn search(asker: &Asker, typed: &str) -> Result<SearchResults, ApiError> {
    let pool = &asker.state.engine.pool;
    let Some(words) = Words::new(pool, typed).await? else {
        return Ok(SearchResults::default());
    };
    let words = words.asked_by(asker.organizations());
    let (end_users, directory_people, assets, devices, organizations, tenants, microsoft_tenants) = tokio::try_join!(
        search::end_users(pool, &words),
        search::directory_people(pool, &words, None),
        search::assets(pool, &words),
        search::devices(pool, &words),
        search::organizations(pool, &words),
        search::tenants(pool, &words),
        search::microsoft_tenants(pool, &words),
    )?;
    Ok(SearchResults {
        short: words.is_short(),
        end_users,
        directory_people,
        assets,
        devices,
        organizations,
        tenants,
        microsoft_tenants,
    })
}
