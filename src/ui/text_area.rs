//! Several lines of text.

use super::field::{FieldFrame, described_by};
use leptos::prelude::*;

/// Several lines of text in a fixed width: a key, a certificate, addresses.
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
    /// So many lines are in sight.
    #[prop(default = 8)]
    rows: u32,
    /// Whether the form needs it.
    #[prop(optional)]
    required: bool,
    /// Takes the focus when it appears, in a dialog whose heading does not.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let id = format!("field-{name}");
    let described = described_by(&id, true);
    let (hint, locked) = (Some(hint), None::<String>);
    let error = Signal::stored(None::<String>);
    view! {
        <FieldFrame id=id.clone() label hint error required locked>
            <textarea
                id=id
                class="control font-mono text-xs"
                name=name
                rows=rows
                required=required
                autofocus=autofocus
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
