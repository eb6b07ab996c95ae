//! The results of the search across all customers, by kind, the best first.

mod devices;
pub(super) mod people;
mod places;

use super::{address::field, frame::Frame, problem::Problem};
use crate::{
    api::search::search,
    app::paths,
    model::search::SearchResults,
    ui::{
        answered::answered,
        button::ButtonLink,
        empty_state::EmptyState,
        icon::Icon,
        page::PageHeader,
        table::{SkeletonRows, Table, Th},
    },
};
use devices::{Assets, Devices};
use leptos::prelude::*;
use people::{DirectoryPeople, EndUsers};
use places::{MicrosoftTenants, Organizations, Tenants};

/// The page: `?q=` holds the words.
#[component]
pub fn SearchPage() -> impl IntoView {
    let words = field("q");
    let results = Resource::new_blocking(
        move || words.get(),
        |words| async move { search(words.clone()).await.map(|results| (words, results)) },
    );
    view! {
        <Frame title="Search">
            <PageHeader title="Search" />
            <Transition fallback=|| {
                view! {
                    <Table caption="Results" busy=true head=|| view! { <Th label="Name" /> }>
                        <SkeletonRows columns=1 />
                    </Table>
                }
            }>
                {answered(results, move |answer| {
                    match answer {
                        Ok((words, results)) => view! { <Results words results /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
        </Frame>
    }
    .into_any()
}

#[component]
fn Results(words: String, results: SearchResults) -> impl IntoView {
    let words = words.trim().to_owned();
    if words.is_empty() {
        return view! {
            <EmptyState
                icon=Icon::Search
                title="Search across all customers"
                text="Type a name, an address or an id into the box at the top. It finds people, also those who are no End Users yet, devices and organizations. The key / leads to the box."
            />
        }
        .into_any();
    }
    if results.is_empty() {
        let text = if results.short {
            "So short a word is looked for at the beginning of names and addresses only. Type one more letter."
        } else {
            "No name, address or id holds these words. All of them have to be there, in any order."
        };
        let action = || view! { <ButtonLink href=paths::ORGANIZATIONS>"Go to Organizations"</ButtonLink> };
        return view! {
            <div role="status">
                <EmptyState icon=Icon::Search title=format!("Nothing found for \u{201c}{words}\u{201d}") text action />
            </div>
        }
        .into_any();
    }
    view! {
        <p class="mb-6 text-text-muted" role="status">
            "Results for " <bdi class="font-medium text-text wrap-anywhere">{words}</bdi>
        </p>
        <div class="grid grid-cols-[minmax(0,1fr)] gap-8">
            // Few stand before many: below dozens of people nobody would see the customer of the name that was typed.
            <Organizations found=results.organizations />
            <Tenants found=results.tenants />
            <MicrosoftTenants found=results.microsoft_tenants />
            <EndUsers found=results.end_users />
            <DirectoryPeople found=results.directory_people />
            <Assets found=results.assets />
            <Devices found=results.devices />
        </div>
    }
    .into_any()
}

/// Says that there are more than are shown, and what to do.
#[component]
fn More(more: bool) -> impl IntoView {
    more.then(
        || view! { <p class="py-2 text-text-muted">"There are more. Type more of the name to narrow the search."</p> },
    )
}
