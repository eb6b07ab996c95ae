//! Asking again while something is at work, in the browser only.

use crate::api::ApiError;
use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(2);

/// Fetches again every two seconds while the answer says that something is at work. An answer that failed meanwhile
/// does not end it: the server may be back the next time.
pub fn poll_while<T>(
    resource: Resource<Result<T, ApiError>>,
    at_work: impl Fn(&T) -> bool + Copy + Send + Sync + 'static,
) where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        let now = resource.with(|answer| match answer {
            Some(Ok(answer)) => Some(at_work(answer)),
            Some(Err(ApiError::SignedOut | ApiError::NotFound(_))) => Some(false),
            Some(Err(_)) | None => None,
        });
        if let Some(now) = now
            && now != busy.get_untracked()
        {
            busy.set(now);
        }
    });
    Effect::new(move |_| {
        if busy.get()
            && let Ok(handle) = set_interval_with_handle(move || resource.refetch(), PAUSE)
        {
            on_cleanup(move || handle.clear());
        }
    });
}
