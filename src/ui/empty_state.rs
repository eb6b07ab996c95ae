//! Nothing here yet, and what to do about it.

use leptos::{children::ViewFnOnce, prelude::*};

use super::icon::{Glyph, Icon};

/// Stands where a list or a page would be: empty, not allowed, failed.
#[component]
pub fn EmptyState(
    /// What kind of thing is missing.
    icon: Icon,
    /// What is so, in a few words.
    #[prop(into)]
    title: String,
    /// Why, and what brings things here.
    #[prop(into)]
    text: String,
    /// The next step.
    #[prop(optional, into)]
    action: Option<ViewFnOnce>,
) -> impl IntoView {
    view! {
        <div class="mx-auto flex max-w-md flex-col items-center gap-1 px-4 py-12 text-center">
            <span class="mb-2 flex size-10 items-center justify-center rounded-full bg-surface-sunken text-text-muted">
                <Glyph icon />
            </span>
            <p class="max-w-full font-medium wrap-anywhere">{title}</p>
            <p class="max-w-full font-normal text-text-muted wrap-anywhere">{text}</p>
            {action.map(|action| view! { <div class="mt-3 flex flex-wrap justify-center gap-2">{action.run()}</div> })}
        </div>
    }
    .into_any()
}
