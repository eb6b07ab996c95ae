//! Tabs that are pages: links, each with an address.

use leptos::prelude::*;

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the page in sight.
    pub current: bool,
}

/// A row of tabs.
#[component]
pub fn Tabs(
    /// What they divide: `Organization`.
    #[prop(into)]
    label: String,
    /// The tabs in order.
    #[prop(into)]
    tabs: Signal<Vec<Tab>>,
) -> impl IntoView {
    let item = |tab: Tab| {
        view! {
            <li>
                <a
                    href=tab.href
                    aria-current=tab.current.then_some("page")
                    class="inline-flex min-h-9 items-center border-b-2 border-transparent px-1 font-medium text-text-muted transition-colors hover:text-text aria-[current=page]:border-accent-text aria-[current=page]:text-text"
                >
                    {tab.label}
                </a>
            </li>
        }
    };
    view! {
        <nav aria-label=label class="border-b border-line">
            <ul class="-mb-px flex flex-wrap gap-x-5">
                {move || tabs.get().into_iter().map(item).collect_view()}
            </ul>
        </nav>
    }
    .into_any()
}
