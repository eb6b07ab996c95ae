//! A moment in words, with the exact time at hand. The words come from the server with the data: no clock in here.

use leptos::prelude::*;

/// `34 minutes ago`, exact on hover and for screen readers.
#[component]
pub fn TimeAgo(
    /// The moment, RFC 3339.
    #[prop(into)]
    at: String,
    /// The moment in words.
    #[prop(into)]
    text: String,
    /// The moment in full, in the viewer's zone.
    #[prop(into)]
    exact: String,
) -> impl IntoView {
    view! {
        <time class="whitespace-nowrap tabular-nums" datetime=at title=exact.clone()>
            {text}
            <span class="sr-only">{format!(", {exact}")}</span>
        </time>
    }
    .into_any()
}
