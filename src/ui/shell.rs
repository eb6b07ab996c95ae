//! The frame of every signed-in page: navigation left, search and account above, the page in the middle.
//!
//! The navigation is written once. Wide screens show it; on narrow ones the same element is a native popover behind the
//! button **Menu**, which needs no script.

use leptos::{children::ViewFnOnce, html, prelude::*};

use super::icon::{Glyph, Icon};

/// One place in the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavItem {
    /// What stands before it.
    pub icon: Icon,
    /// What it is called.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether the page in sight belongs to it.
    pub current: bool,
}

const NAVIGATION: &str = "navigation";

/// The frame. Put the [`ToastRegion`](super::toast::ToastRegion) beside it, not into it.
#[component]
pub fn AppShell(
    /// What the application is called.
    #[prop(into)]
    brand: String,
    /// Its first page.
    #[prop(into)]
    home_href: String,
    /// The places in order.
    #[prop(into)]
    nav: Signal<Vec<NavItem>>,
    /// A [`SearchField`](super::search_field::SearchField) over everything.
    #[prop(optional, into)]
    search: Option<ViewFnOnce>,
    /// Where the page stands, to move the focus to.
    #[prop(optional)]
    content: NodeRef<html::Main>,
    /// The account's menu, at the right.
    #[prop(optional, into)]
    account: Option<ViewFnOnce>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let panel = NodeRef::<html::Nav>::new();
    let leave = move |_| {
        if let Some(panel) = panel.get_untracked()
            && panel.matches(":popover-open").unwrap_or(false)
        {
            // It is open, so hiding it cannot fail.
            let _ = panel.hide_popover();
        }
    };
    view! {
        <a
            href="#content"
            rel="external"
            class="sr-only z-60 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:not-sr-only focus:fixed focus:start-4 focus:top-4"
        >
            "Skip to content"
        </a>
        <div class="shell">
            <header class="shell-bar">
                <button
                    type="button"
                    class="inline-flex min-h-8 items-center gap-2 rounded-md px-2 font-medium hover:bg-surface-hover lg:hidden pointer-coarse:min-h-11"
                    popovertarget=NAVIGATION
                >
                    <Glyph icon=Icon::Menu />
                    <span class="max-[22rem]:sr-only">"Menu"</span>
                </button>
                <div class="flex-1 lg:hidden">
                    <Brand name=brand.clone() href=home_href.clone() />
                </div>
                {search.map(|search| view! { <div class="shell-search">{search.run()}</div> })}
                <div class="flex min-w-0 items-center gap-2 lg:ms-auto">{account.map(ViewFnOnce::run)}</div>
            </header>
            <nav node_ref=panel id=NAVIGATION class="shell-nav" popover="auto" aria-label="Main">
                <div class="mb-4 px-2">
                    <Brand name=brand href=home_href />
                </div>
                <ul class="grid gap-0.5" on:click=leave>
                    {move || nav.get().into_iter().map(|item| view! { <Place item /> }).collect_view()}
                </ul>
            </nav>
            <main node_ref=content id="content" class="shell-main" tabindex="-1">
                {children()}
            </main>
        </div>
    }.into_any()
}

#[component]
fn Brand(name: String, href: String) -> impl IntoView {
    view! {
        <a href=href class="inline-flex min-h-8 items-center rounded-md">
            <BrandMark name />
        </a>
    }
    .into_any()
}

/// The sign of the application and its name.
#[component]
pub fn BrandMark(
    /// What it is called.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    view! {
        <span class="inline-flex items-center gap-2 font-semibold tracking-tight">
            <svg class="size-5 flex-none" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
                <rect width="32" height="32" rx="8" class="fill-accent"></rect>
                <path
                    class="fill-none stroke-on-accent stroke-[2.5]"
                    stroke-linecap="round"
                    stroke-linejoin="round"
                    d="M9 12.5h10.5M16 8.5l4 4-4 4M23 19.5H12.5M16 15.5l-4 4 4 4"
                ></path>
            </svg>
            {name}
        </span>
    }
    .into_any()
}

#[component]
fn Place(item: NavItem) -> impl IntoView {
    view! {
        <li>
            <a
                href=item.href
                aria-current=item.current.then_some("page")
                class="flex min-h-8 items-center gap-2.5 rounded-md px-2 py-1 text-text-muted transition-colors hover:bg-surface-hover hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent-text pointer-coarse:min-h-11"
            >
                <Glyph icon=item.icon />
                {item.label}
            </a>
        </li>
    }.into_any()
}
