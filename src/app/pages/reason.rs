//! Why something needs a person, in two parts: what to do, and what Microsoft answered for those who want to know.

use crate::ui::icon::{Glyph, Icon};
use leptos::prelude::*;

/// Stands between the remedy and Microsoft's own words.
const MARK: &str = " Microsoft's side: ";

/// What to do, without Microsoft's own words.
pub fn remedy(text: &str) -> &str {
    text.split_once(MARK).map_or(text, |(remedy, _)| remedy)
}

/// A reason of these two parts.
pub fn with_answer(remedy: &str, answer: &str) -> String {
    if answer.is_empty() {
        return remedy.to_owned();
    }
    format!("{remedy}{MARK}{answer}")
}

/// What to do, and folded behind it what Microsoft answered.
#[component]
pub fn ReasonText(
    /// The reason, as the run wrote it.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <div class="min-w-40 text-xs text-text-muted wrap-anywhere">
            <p>{remedy(&text).to_owned()}</p>
            <Answer text />
        </div>
    }
    .into_any()
}

/// What Microsoft answered, folded; nothing where the reason is our own.
#[component]
pub fn Answer(
    /// The reason, as the run wrote it.
    text: String,
) -> impl IntoView {
    let answer = text.split_once(MARK).map(|(_, answer)| answer.to_owned());
    answer.map(|answer| {
        view! {
            <details class="disclosure">
                <summary class="inline-flex min-h-6 items-center gap-1 rounded-sm text-accent-text">
                    <span class="disclosure-caret flex">
                        <Glyph icon=Icon::ChevronDown />
                    </span>
                    "What Microsoft answered"
                </summary>
                <p>{answer}</p>
            </details>
        }
    })
}
