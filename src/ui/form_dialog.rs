//! A dialog that is one form: what it asks, **Cancel**, and the button that sends it.

use super::{
    button::{Button, ButtonKind, ButtonVariant},
    dialog::{Dialog, DialogWidth},
};
use leptos::prelude::*;

/// A [`Dialog`] around a form whose button stands in the footer. The content holds the form itself, with the id `form`.
#[component]
pub fn FormDialog(
    /// What it asks or sets up.
    #[prop(into)]
    title: String,
    /// The address without the dialog.
    #[prop(into)]
    close_href: String,
    /// The ids, between spaces, of what to focus after closing; see [`Dialog`].
    #[prop(into)]
    opener: String,
    /// The id of the form.
    form: &'static str,
    /// What sending it does, in a verb or two.
    send: &'static str,
    /// It ends something for good.
    #[prop(optional)]
    danger: bool,
    /// The form is under way.
    #[prop(into)]
    pending: Signal<bool>,
    /// How wide it is.
    #[prop(optional)]
    width: DialogWidth,
    /// The focus starts on the heading; off where a field has `autofocus`.
    #[prop(default = true)]
    focus_heading: bool,
    /// The form.
    children: Children,
) -> impl IntoView {
    let variant = if danger {
        ButtonVariant::Danger
    } else {
        ButtonVariant::Primary
    };
    let footer = move || {
        view! {
            <Button variant kind=ButtonKind::Submit form pending>
                {send}
            </Button>
        }
    };
    view! {
        <Dialog title close_href width focus_heading opener close_label="Cancel" footer>
            {children()}
        </Dialog>
    }
    .into_any()
}
