//! What a run did to Assets.

use crate::{
    api::{ApiError, assets::RUN_ASSETS},
    app::{
        pages::{
            asset::{evidence::device_words, history::words},
            problem::Problem,
        },
        paths,
    },
    model::asset::AssetEvent,
    ui::{
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// What a run did to Assets: to whom they went, and why. Nothing where it did nothing to any.
#[component]
pub fn RunAssets(
    /// What happened to them, as the page's own answer brought it.
    events: Result<Vec<AssetEvent>, ApiError>,
) -> impl IntoView {
    match events {
        Ok(events) if events.is_empty() => ().into_any(),
        Ok(events) => view! { <Events events /> }.into_any(),
        Err(error) => view! { <Problem error /> }.into_any(),
    }
}

#[component]
fn Events(events: Vec<AssetEvent>) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Asset" />
            <Th label="What" />
            <Th label="Assigned Contact" />
        }
    };
    let more = (events.len() >= RUN_ASSETS).then(|| {
        let words = format!("The first {RUN_ASSETS}; each Asset's own page tells of the run too.");
        view! { <p class="py-3 text-text-muted">{words}</p> }
    });
    view! {
        <Section title="Assets" id="run-assets">
            <Table caption="Assets of this run" head>
                {events.into_iter().map(|event| view! { <Row event /> }).collect_view()}
            </Table>
            {more}
        </Section>
    }
    .into_any()
}

#[component]
fn Row(event: AssetEvent) -> impl IntoView {
    let why = event.by.map(|found| {
        let words = format!("{} {} of {}", found.adapter.label(), found.mac, device_words(&found));
        view! { <span class="block min-w-40 text-text-muted">{words}</span> }
    });
    let nobody = |name: String| {
        if name.is_empty() {
            view! { <span class="text-text-muted">"Nobody"</span> }.into_any()
        } else {
            view! { <bdi class="wrap-anywhere">{name}</bdi> }.into_any()
        }
    };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <a class="link" href=paths::asset(event.asset)>
                    <bdi class="wrap-anywhere">{event.asset_name}</bdi>
                </a>
            </Td>
            <Td label="What">
                <span class="block">{words(event.change)}</span>
                {why}
            </Td>
            <Td label="Assigned Contact">
                {nobody(event.old_end_user)}
                <span aria-hidden="true">" → "</span>
                <span class="sr-only">" becomes "</span>
                {nobody(event.new_end_user)}
            </Td>
        </Tr>
    }
    .into_any()
}
