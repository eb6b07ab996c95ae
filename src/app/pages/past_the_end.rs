//! A page number beyond the end of a list: from an address that was kept while the list grew shorter.

use crate::ui::{button::ButtonLink, empty_state::EmptyState, icon::Icon};
use leptos::prelude::*;

/// Says so, and leads to the first page.
#[component]
pub fn PastTheEnd(
    /// The address of the first page.
    first: String,
) -> impl IntoView {
    view! {
        <EmptyState
            icon=Icon::Search
            title="There is no such page"
            text="The list is shorter than this page number."
            action=move || view! { <ButtonLink href=first keep_scroll=true>"First page"</ButtonLink> }
        />
    }
    .into_any()
}
