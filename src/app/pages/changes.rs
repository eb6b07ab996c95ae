//! Fields with their old and new values, as lists of changes show them.

use crate::{
    model::audit::AuditChange,
    ui::icon::{Glyph, Icon},
};
use leptos::prelude::*;

/// Each field with its old and new value.
#[component]
pub fn Changes(
    /// In the words of the screen.
    changes: Vec<AuditChange>,
    /// Behind a line that counts them.
    #[prop(optional)]
    folded: bool,
    /// All of them are new, so there is no old value to tell.
    #[prop(optional)]
    fresh: bool,
) -> impl IntoView {
    if changes.is_empty() {
        return ().into_any();
    }
    let number = changes.len();
    let list = view! {
        <ul class="grid gap-0.5">
            {changes.into_iter().map(|change| view! { <Change change fresh /> }).collect_view()}
        </ul>
    };
    if folded {
        view! {
            <details class="disclosure">
                <summary class="inline-flex min-h-6 items-center gap-1 rounded-sm text-accent-text">
                    <span class="disclosure-caret flex">
                        <Glyph icon=Icon::ChevronDown />
                    </span>
                    {format!("{number} fields")}
                </summary>
                <div class="pt-1">{list}</div>
            </details>
        }
        .into_any()
    } else {
        list.into_any()
    }
}

#[component]
fn Change(change: AuditChange, fresh: bool) -> impl IntoView {
    let value = |text: String, class: &'static str| {
        if text.is_empty() {
            view! { <span class="text-text-muted">"(empty)"</span> }.into_any()
        } else {
            view! { <bdi class=class>{text}</bdi> }.into_any()
        }
    };
    view! {
        <li class="min-w-40">
            <span class="text-text-muted">{change.field} ": "</span>
            {(!fresh)
                .then(|| {
                    view! {
                        {value(change.old, "text-text-muted")}
                        <span aria-hidden="true">" → "</span>
                        <span class="sr-only">" becomes "</span>
                    }
                })}
            {value(change.new, "")}
        </li>
    }
    .into_any()
}
