//! Several lines of text.

use super::field::FieldFrame;
use leptos::prelude::*;

/// Several lines of text.
#[component]
pub fn TextArea(
    /// What to enter.
    #[prop(into)]
    label: String,
    /// The field it sends.
    #[prop(into)]
    name: String,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// What helps to enter it.
    #[prop(into)]
    hint: String,
    /// How many lines are in sight.
    #[prop(default = 3)]
    rows: u32,
    /// Whether the form needs it.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = format!("field-{name}");
    let described = format!("{id}-hint {id}-error");
    view! {
        <FieldFrame id=id.clone() label hint=Some(hint) error=Signal::stored(None::<String>) required locked=None>
            <textarea
                id=id
                class="control"
                name=name
                rows=rows.to_string()
                required=required
                autocomplete="off"
                spellcheck="false"
                aria-describedby=described
            >
                {value}
            </textarea>
        </FieldFrame>
    }
    .into_any()
}
