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
    let asker = crate::server::caller::asker().await?.reads_run(id).await?;
    let people = (outcome.as_str(), search.as_str(), page);
    crate::server::run::details(&asker, id, people, held, &crate::server::caller::now().await).await
}
