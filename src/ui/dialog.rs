//! Dialogs have an address: the server renders them open, the browser makes them modal.

use leptos::{children::ViewFnOnce, ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};

use super::{
    button::{Button, ButtonKind},
    focus::{focus, focused, give_back},
    icon::{Glyph, Icon},
};

/// How wide a dialog is; on a phone each fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialogWidth {
    /// A question.
    Narrow,
    /// A form.
    #[default]
    Medium,
    /// A form with lists beside it.
    Wide,
}

const fn dialog_class(width: DialogWidth) -> &'static str {
    match width {
        DialogWidth::Narrow => "dialog dialog-narrow",
        DialogWidth::Medium => "dialog dialog-medium",
        DialogWidth::Wide => "dialog dialog-wide",
    }
}

/// A dialog. Render it while its address is the page's; its close button and Escape lead to `close_href`.
///
/// The content is often a form with an id; the buttons in the footer name it with `form`. The focus lands on the
/// heading, or on the field that has `autofocus` when `focus_heading` is off, and goes back to what opened the dialog.
#[component]
pub fn Dialog(
    /// What it asks or sets up.
    #[prop(into)]
    title: String,
    /// The address without the dialog.
    #[prop(into)]
    close_href: String,
    /// How wide it is.
    #[prop(optional)]
    width: DialogWidth,
    /// Tells dialogs apart when a page has several: the prefix of its ids.
    #[prop(default = "dialog")]
    id: &'static str,
    /// The focus starts on the heading, so that a screen reader reads on from there.
    #[prop(default = true)]
    focus_heading: bool,
    /// The ids, between spaces, of what to focus after closing where what had the focus before is gone: the link or button
    /// that opens the dialog, and what stands in its place when the dialog has done its work.
    #[prop(optional, into)]
    opener: Option<String>,
    /// Buttons, always in sight, the primary one last. The one that closes is written by the dialog.
    #[prop(optional, into)]
    footer: Option<ViewFnOnce>,
    /// The word on the button that leaves without change.
    #[prop(default = "Close")]
    close_label: &'static str,
    /// A line always in sight above the buttons: what the choice does now.
    #[prop(optional, into)]
    summary: Option<ViewFnOnce>,
    /// The content.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let frame = RwSignal::new(0_u32);
    let openers: Vec<_> = opener
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    Effect::new(move |_| {
        frame.track();
        let Some(dialog) = node.get() else { return };
        if dialog.is_connected() {
            make_modal(&dialog, openers.clone());
        } else {
            // Drawn ahead of its place in the page, as under a `Suspense`; the browser makes nothing modal there.
            request_animation_frame(move || frame.update(|frame| *frame = frame.wrapping_add(1)));
        }
    });
    // Escape and the button close the dialog natively; the address follows. A page that has moved on by itself has
    // taken the link away, and a link that is gone must not be followed.
    let on_close = |event: ev::Event| {
        let dialog = event.target().and_then(|at| at.dyn_into::<web_sys::Element>().ok());
        let link = dialog.and_then(|dialog| dialog.query_selector(".dialog-close").ok().flatten());
        let link = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(link) = link.filter(|link| link.is_connected()) {
            link.click();
        }
    };
    let heading = format!("{id}-title");
    let labelled = heading.clone();
    view! {
        <div class="dialog-scrim"></div>
        <dialog node_ref=node open id=id class=dialog_class(width) aria-labelledby=labelled on:close=on_close>
            <div class="flex flex-none items-start justify-between gap-4 border-b border-line px-6 pt-5 pb-3">
                <h2 id=heading class="text-base font-semibold wrap-anywhere" tabindex="-1" autofocus=focus_heading>
                    {title}
                </h2>
                // The mark in the corner is for the mouse; the keyboard and screen readers have the button below.
                <a
                    class="dialog-close -mt-1.5 -me-2 inline-flex size-8 flex-none items-center justify-center rounded-md text-text-muted transition-colors hover:bg-surface-hover hover:text-text"
                    href=close_href
                    data-noscroll=true
                    tabindex="-1"
                    aria-hidden="true"
                >
                    <Glyph icon=Icon::X />
                </a>
            </div>
            <div class="dialog-body">{children()}</div>
            <div class="grid flex-none gap-3 border-t border-line px-6 py-3">
                {summary.map(|summary| view! { <div>{summary.run()}</div> })}
                <div class="flex flex-wrap items-center justify-end gap-2">
                    <form method="dialog">
                        <Button kind=ButtonKind::Submit>{close_label}</Button>
                    </form>
                    {footer.map(ViewFnOnce::run)}
                </div>
            </div>
            // Where it ends: a dialog that has arrived in part is not shown, as it would grow before one's eyes.
            <span class="arrived" hidden></span>
        </dialog>
    }.into_any()
}

/// Makes an open dialog modal and gives the focus back when it goes.
fn make_modal(dialog: &web_sys::HtmlDialogElement, openers: Vec<String>) {
    // Someone may be typing already when the script arrives: their place is kept.
    let inside = focused().filter(|now| dialog.contains(Some(now)));
    let _ = dialog.remove_attribute("open");
    if dialog.show_modal().is_err() {
        dialog.set_open(true);
        return;
    }
    if let Some(field) = inside {
        focus(&field);
    }
    let shown = StoredValue::new_local(dialog.clone());
    on_cleanup(move || {
        // Closing before the element goes lets the browser give the focus back by itself.
        shown.with_value(web_sys::HtmlDialogElement::close);
        give_back(openers);
    });
}
