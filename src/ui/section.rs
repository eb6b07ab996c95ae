//! Parts of a page: sections under a hairline, and facts in pairs.

use leptos::{children::ViewFnOnce, prelude::*};

/// A part of a page with its heading and, beside it, a link or a button.
#[component]
pub fn Section(
    /// What the part is about.
    #[prop(into)]
    title: String,
    /// An id that no other section of the page has.
    #[prop(into)]
    id: String,
    /// A line under the heading.
    #[prop(optional, into)]
    text: Option<String>,
    /// Beside the heading: **Manage**.
    #[prop(optional, into)]
    action: Option<ViewFnOnce>,
    /// The content.
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-heading");
    let labelled = heading.clone();
    view! {
        <section id=id aria-labelledby=labelled class="min-w-0">
            <header class="mb-2 flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-1">
                <h2 id=heading class="font-semibold">
                    {title}
                </h2>
                {action.map(|action| view! { <div class="flex flex-wrap items-center gap-2">{action.run()}</div> })}
                {text.map(|text| view! { <p class="basis-full text-text-muted">{text}</p> })}
            </header>
            {children()}
        </section>
    }
    .into_any()
}

/// A quiet frame around what belongs together, where a hairline is not enough.
#[component]
pub fn Card(
    /// The content.
    children: Children,
) -> impl IntoView {
    view! { <div class="min-w-0 rounded-lg border border-line bg-surface-raised p-4">{children()}</div> }
}

/// Facts in pairs; the children are [`Fact`]s.
#[component]
pub fn DescriptionList(
    /// The pairs.
    children: Children,
) -> impl IntoView {
    view! { <dl class="divide-y divide-line border-y border-line">{children()}</dl> }
}

/// One fact: its name and what it is.
#[component]
pub fn Fact(
    /// Its name.
    #[prop(into)]
    term: String,
    /// What it is.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="grid grid-cols-[clamp(5.5rem,30%,7rem)_minmax(0,1fr)] gap-3 py-2">
            <dt class="text-text-muted">{term}</dt>
            <dd class="min-w-0 wrap-anywhere tabular-nums">{children()}</dd>
        </div>
    }
    .into_any()
}

/// A panel at the left and the main area; one under the other where there is no room: the panel first, unless what the
/// page is for stands in the main area.
#[component]
pub fn TwoColumn(
    /// What the panel is about, for screen readers.
    #[prop(into)]
    panel_label: String,
    /// The panel.
    #[prop(into)]
    panel: ViewFnOnce,
    /// The main area comes first, to the eye where there is one column, and to the keyboard and screen readers always.
    #[prop(optional)]
    main_first: bool,
    /// The main area.
    children: Children,
) -> impl IntoView {
    let class = if main_first {
        "grid min-w-0 content-start gap-8 xl:order-first"
    } else {
        "grid min-w-0 content-start gap-8"
    };
    let panel = view! {
        <aside aria-label=panel_label class=class>
            {panel.run()}
        </aside>
    }
    .into_any();
    let main =
        view! { <div class="grid min-w-0 grid-cols-[minmax(0,1fr)] content-start gap-8">{children()}</div> }.into_any();
    let (first, second) = if main_first { (main, panel) } else { (panel, main) };
    view! {
        <div class="grid grid-cols-[minmax(0,1fr)] gap-8 xl:grid-cols-[18rem_minmax(0,1fr)]">
            {first} {second}
        </div>
    }
    .into_any()
}
