//! The search across all customers.

use super::ApiError;
use crate::model::search::SearchResults;
use leptos::prelude::*;

/// Everything that these words find; nothing for none.
#[server]
pub async fn search(#[server(default)] words: String) -> Result<SearchResults, ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::search::search(&asker, &words).await
}
