//! The search across all customers.

use super::ApiError;
use crate::model::search::SearchResults;
use leptos::prelude::*;

/// Everything that these words find; nothing for none.
#[server]
pub async fn search(#[server(default)] words: String) -> Result<SearchResults, ApiError> {
    let state = crate::server::caller::required().await?;
    crate::server::search::search(&state, &words).await
}
