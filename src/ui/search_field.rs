//! A search whose words live in the address.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};
use leptos_router::components::Form;

use super::icon::{Glyph, Icon};

/// A search form: sends `name` to `action` by GET, so that what was found can be shared.
#[component]
pub fn SearchField(
    /// What is searched: `Search End Users`. Its name for screen readers and its placeholder.
    #[prop(into)]
    label: String,
    /// The path that answers.
    #[prop(into)]
    action: String,
    /// The field of the address.
    #[prop(default = "q")]
    name: &'static str,
    /// The words searched now; the field follows when the address changes.
    #[prop(optional, into)]
    value: Signal<String>,
    /// Other fields of the address to keep, such as sort and filter.
    #[prop(optional, into)]
    keep: Signal<Vec<(String, String)>>,
    /// Called with what was typed, for results while typing.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
    /// The key `/` leads here from anywhere on the page, unless the document's `data-shortcuts` is `off`.
    #[prop(optional)]
    shortcut: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    if shortcut {
        focus_on_slash(node);
    }
    Effect::new(move |before: Option<String>| {
        let value = value.get();
        // What was typed is kept, before the script came too, for as long as the address asks for the same.
        if before.is_some_and(|before| before != value)
            && let Some(input) = node.get_untracked()
        {
            input.set_value(&value);
        }
        value
    });
    let kept = move || {
        let keep = keep.get().into_iter().filter(|(_, value)| !value.is_empty());
        keep.map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
            .collect_view()
    };
    // Two searches on one page are told apart by their names.
    let landmark = label.clone();
    view! {
        <search class="block w-full min-w-0 max-w-lg" aria-label=landmark>
            <Form method="GET" action=action noscroll=true>
                {kept} <div class="relative">
                    <span class="pointer-events-none absolute inset-y-0 start-2.5 flex items-center text-text-muted">
                        <Glyph icon=Icon::Search />
                    </span>
                    <input
                        node_ref=node
                        type="search"
                        class="control ps-8!"
                        name=name
                        value=value.get_untracked()
                        aria-label=label.clone()
                        placeholder=label
                        aria-keyshortcuts=shortcut.then_some("/")
                        autocomplete="off"
                        dir="auto"
                        enterkeyhint="search"
                        on:input=move |event| {
                            if let Some(on_input) = on_input {
                                on_input.try_run(event_target_value(&event));
                            }
                        }
                    />
                </div>
            </Form>
        </search>
    }
    .into_any()
}

/// Leads the key `/` to the field, unless somebody is writing, a dialog is open, or single keys are switched off (WCAG
/// 2.1.4).
fn focus_on_slash(node: NodeRef<html::Input>) {
    Effect::new(move |_| {
        let listener = window_event_listener(ev::keydown, move |event| {
            if event.key() != "/" || event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let element = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let writing = "input, textarea, select, [contenteditable], dialog";
            let root = document().document_element();
            let off = root
                .and_then(|root| root.get_attribute("data-shortcuts"))
                .is_some_and(|value| value == "off");
            if off || element.is_some_and(|element| element.closest(writing).ok().flatten().is_some()) {
                return;
            }
            if let Some(input) = node.get_untracked() {
                event.prevent_default();
                // A field in sight takes the focus and its words the selection.
                let _ = input.focus();
                input.select();
            }
        });
        on_cleanup(move || listener.remove());
    });
}
