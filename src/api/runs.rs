//! One run's page.

use super::ApiError;
use crate::model::{ids::RunId, run::RunDetails};
use leptos::prelude::*;

/// People on a page of a run.
pub const PAGE: i64 = 100;

/// In the place of an outcome: the unchanged and the long-standing, as they are now.
pub const AS_OF_NOW: &str = "now";

/// A run's page: `outcome` narrows the people to one outcome, `search` to words; `page` of the people and `held`, that
/// of the held rows, count from 1.
#[server]
pub async fn run(
    id: RunId,
    #[server(default)] outcome: String,
    #[server(default)] search: String,
    #[server(default)] page: i64,
    #[server(default)] held: i64,
) -> Result<RunDetails, ApiError> {
    let state = crate::server::caller::required().await?;
    let (pool, now) = (&state.engine.pool, crate::server::caller::now().await);
    let (run, progress) = crate::store::run::get(pool, id, &now).await?;
    let organizations = crate::store::run::organizations(pool, id).await?;
    let (people, people_total) = if outcome == AS_OF_NOW {
        crate::store::run_people::page_as_of_now(pool, id, &search, page, PAGE).await?
    } else {
        let outcome = crate::model::plan::Outcome::from_key(&outcome);
        crate::store::run::people(pool, id, outcome, &search, page, PAGE).await?
    };
    let (held, undoing) = crate::server::held::decisions(&state, id, held, &now).await?;
    Ok(RunDetails {
        run,
        progress,
        organizations,
        people,
        people_total,
        held,
        undoing,
    })
}
