//! Runs: the list and one run's page.

use super::ApiError;
use crate::model::{
    ids::RunId,
    run::{RunDetails, RunRow},
};
use leptos::prelude::*;

/// People on a page of a run.
pub const PAGE: i64 = 100;

/// The latest runs of all Microsoft tenants.
#[server]
pub async fn runs() -> Result<Vec<RunRow>, ApiError> {
    let state = crate::server::caller::required().await?;
    let now = crate::server::caller::now().await;
    let rows = crate::store::run::rows(&state.engine.pool, None, None, None, 100, &now).await?;
    Ok(rows.into_iter().map(|(run, _)| run).collect())
}

/// A run's page: `outcome` narrows the people to one outcome, `search` to words, `page` counts from 1.
#[server]
pub async fn run(
    id: RunId,
    #[server(default)] outcome: String,
    #[server(default)] search: String,
    #[server(default)] page: i64,
) -> Result<RunDetails, ApiError> {
    let state = crate::server::caller::required().await?;
    let (pool, now) = (&state.engine.pool, crate::server::caller::now().await);
    let (run, progress) = crate::store::run::get(pool, id, &now).await?;
    let organizations = crate::store::run::organizations(pool, id).await?;
    let outcome = crate::model::plan::Outcome::from_key(&outcome);
    let (people, people_total) = crate::store::run::people(pool, id, outcome, &search, page, PAGE).await?;
    Ok(RunDetails {
        run,
        progress,
        organizations,
        people,
        people_total,
    })
}
