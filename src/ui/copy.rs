//! A text to be copied: a field that shows it and a button that puts it on the clipboard.

use leptos::{ev::MouseEvent, html, prelude::*, wasm_bindgen::JsCast, wasm_bindgen::JsValue};

use super::{badge::Tone, button::Button, toast::use_toasts};

/// A text in a field of its own, which can't be changed, with **Copy** beside it.
#[component]
pub fn CopyField(
    /// What the text is.
    #[prop(into)]
    label: String,
    /// An id that no other field of the page has.
    #[prop(into)]
    id: String,
    /// The text.
    #[prop(into)]
    value: String,
    /// The fewest lines that the field has room for.
    #[prop(default = 1)]
    lines: usize,
) -> impl IntoView {
    let node = NodeRef::<html::Textarea>::new();
    let toasts = use_toasts();
    let rows = value.lines().count().clamp(lines.min(12), 12).to_string();
    let text = value.clone();
    let copy = move |_: MouseEvent| {
        if let Some(field) = node.get_untracked() {
            field.select();
        }
        if to_clipboard(&text) {
            toasts.show(Tone::Positive, "Copied.");
        }
    };
    view! {
        <div class="grid min-w-0 gap-1">
            <label for=id.clone() class="font-medium">
                {label}
            </label>
            <textarea node_ref=node id=id class="control font-mono text-xs" readonly rows=rows spellcheck="false">
                {value}
            </textarea>
            <div class="needs-script">
                <Button on_press=copy>"Copy"</Button>
            </div>
        </div>
    }
    .into_any()
}

/// Whether the browser took it. Over plain http it has no clipboard; the text is selected then.
fn to_clipboard(text: &str) -> bool {
    let member = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &JsValue::from_str(name)).ok();
    let clipboard = member(window().as_ref(), "navigator")
        .and_then(|navigator| member(&navigator, "clipboard"))
        .filter(|clipboard| !clipboard.is_undefined() && !clipboard.is_null());
    let Some(clipboard) = clipboard else { return false };
    member(&clipboard, "writeText")
        .and_then(|write| write.dyn_into::<js_sys::Function>().ok())
        .is_some_and(|write| write.call1(&clipboard, &JsValue::from_str(text)).is_ok())
}
