//! The page of an address that leads nowhere.

use super::frame::Frame;
use crate::{
    api::error::answer_not_found,
    app::paths,
    ui::{button::ButtonLink, empty_state::EmptyState, icon::Icon},
};
use leptos::prelude::*;

/// Says that there is no such page, and leads back. Its status is 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    answer_not_found();
    view! {
        <Frame title="Not found">
            <h1 class="sr-only" tabindex="-1">
                "Not found"
            </h1>
            <EmptyState
                icon=Icon::Search
                title="There is no such page"
                text="The address may be mistyped, or what it showed was removed."
                action=|| view! { <ButtonLink href=paths::ORGANIZATIONS>"Go to Organizations"</ButtonLink> }
            />
        </Frame>
    }
    .into_any()
}
