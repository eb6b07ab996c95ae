//! A fact that could not be read: neither yes nor no, with the reason and what would help.

use leptos::{children::ViewFnOnce, prelude::*};

use super::{
    badge::{Badge, Tone},
    icon::Icon,
};

/// `Not readable`, and why. In a table row the reason is for the pointer and screen readers; elsewhere it is in sight.
#[component]
pub fn Unreadable(
    /// Why: `Needs Entra ID P1`.
    #[prop(into)]
    reason: String,
    /// What would help, often a link.
    #[prop(optional, into)]
    remedy: Option<ViewFnOnce>,
    /// Stands in a table row.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    let class = if compact {
        "sr-only"
    } else {
        "block text-xs text-text-muted wrap-anywhere"
    };
    let tooltip = compact.then(|| reason.clone());
    view! {
        <span class="inline-grid max-w-full gap-0.5" title=tooltip>
            <span>
                <Badge tone=Tone::Neutral icon=Icon::Info text="Not readable" />
            </span>
            <span class=class>{reason}</span>
            {remedy.map(|remedy| view! { <span class="block text-xs">{remedy.run()}</span> })}
        </span>
    }
    .into_any()
}
