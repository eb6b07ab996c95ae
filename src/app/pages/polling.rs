//! Asking again while something is at work, in the browser only.

use crate::api::ApiError;
use leptos::{leptos_dom::helpers::set_timeout_with_handle, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(2);

/// Fetches again two seconds after each answer that says that something is at work. An answer that failed meanwhile
/// does not end it: the server may be back the next time. Never sooner than the answer: a page whose next answer is
/// always under way would never show one.
pub fn poll_while<T>(
    resource: Resource<Result<T, ApiError>>,
    at_work: impl Fn(&T) -> bool + Copy + Send + Sync + 'static,
) where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    Effect::new(move |before: Option<bool>| {
        let now = resource.with(|answer| match answer {
            Some(Ok(answer)) => Some(at_work(answer)),
            Some(Err(ApiError::SignedOut | ApiError::NotFound(_))) => Some(false),
            Some(Err(_)) | None => None,
        });
        let busy = now.or(before).unwrap_or(false);
        if busy && let Ok(timer) = set_timeout_with_handle(move || resource.refetch(), PAUSE) {
            on_cleanup(move || timer.clear());
        }
        busy
    });
}
