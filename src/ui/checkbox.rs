//! One box to tick.

use leptos::prelude::*;

pub(super) const BOX: &str = "size-4 flex-none";

/// A box with its label to the right. Listen with `on:change`, or let a form send it.
#[component]
pub fn Checkbox(
    /// What ticking it means.
    #[prop(into)]
    label: String,
    /// The field it sends.
    #[prop(into)]
    name: String,
    /// The value it sends when ticked.
    #[prop(default = "true".to_owned(), into)]
    value: String,
    /// Whether it starts ticked.
    #[prop(optional)]
    checked: bool,
    /// Cannot be changed.
    #[prop(optional)]
    disabled: bool,
    /// The label is for screen readers only: a row's box in a table.
    #[prop(optional)]
    label_hidden: bool,
    /// What follows from it, under the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// An id for the hint when the same field stands several times on a page.
    #[prop(optional, into)]
    id: Option<String>,
    /// The id of a form elsewhere.
    #[prop(optional, into)]
    form: Option<String>,
    /// The rest of the label: names, each with a direction of its own.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let hint_id = hint
        .is_some()
        .then(|| format!("{}-hint", id.unwrap_or_else(|| format!("box-{name}"))));
    view! {
        <div class="min-w-0">
            <label class="inline-flex min-h-6 min-w-6 items-start gap-2">
                <span class="flex h-6 items-center">
                    <input
                        type="checkbox"
                        class=BOX
                        name=name
                        value=value
                        checked=checked
                        disabled=disabled
                        form=form
                        aria-describedby=hint_id.clone()
                    />
                </span>
                <span class=if label_hidden { "sr-only" } else { "py-0.5 wrap-anywhere" }>
                    {label} {children.map(|children| children())}
                </span>
            </label>
            {hint.map(|hint| view! { <p id=hint_id class="ms-6 text-text-muted">{hint}</p> })}
        </div>
    }
    .into_any()
}
