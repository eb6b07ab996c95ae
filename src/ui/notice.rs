//! A banner in the page: what is the matter and what to do about it.

use leptos::{children::ViewFnOnce, prelude::*};

use super::{
    badge::Tone,
    icon::{Glyph, Icon},
};

const fn frame(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "flex gap-3 rounded-lg border border-line bg-surface-sunken px-4 py-3 text-text",
        Tone::Positive => "flex gap-3 rounded-lg border border-positive/30 bg-positive-soft px-4 py-3 text-text",
        Tone::Caution => "flex gap-3 rounded-lg border border-caution/30 bg-caution-soft px-4 py-3 text-text",
        Tone::Critical => "flex gap-3 rounded-lg border border-critical/30 bg-critical-soft px-4 py-3 text-text",
        Tone::Info => "flex gap-3 rounded-lg border border-accent/30 bg-accent-soft px-4 py-3 text-text",
    }
}

/// An inline banner. `announce` it only when it appears while the page is being used.
#[component]
pub fn Notice(
    /// What it means.
    #[prop(default = Tone::Info)]
    tone: Tone,
    /// Another icon than the tone's own.
    #[prop(optional)]
    icon: Option<Icon>,
    /// What is the matter, in a short sentence.
    #[prop(into)]
    title: String,
    /// Speaks up when it appears: `alert` for critical, `status` for the rest.
    #[prop(optional)]
    announce: bool,
    /// The next step: a button or a link.
    #[prop(optional, into)]
    action: Option<ViewFnOnce>,
    /// What to know and what to do.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let role = announce.then_some(if tone == Tone::Critical { "alert" } else { "status" });
    view! {
        <div class=frame(tone) role=role>
            <span class=tone.ink()>
                <span class="flex h-5 items-center">
                    <Glyph icon=icon.unwrap_or(tone.icon()) />
                </span>
            </span>
            <div class="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <div class="min-w-0 max-w-prose wrap-anywhere">
                    <p class="font-medium">{title}</p>
                    {children.map(|children| view! { <div class="mt-0.5 text-text-muted">{children()}</div> })}
                </div>
                {action.map(|action| view! { <div class="flex flex-wrap gap-2">{action.run()}</div> })}
            </div>
        </div>
    }
    .into_any()
}
