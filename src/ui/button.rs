//! Buttons: they do something here. What leads elsewhere is a [`ButtonLink`].

use leptos::{ev::MouseEvent, prelude::*};

use super::icon::{Glyph, Icon};

/// How loud a button is. One primary in sight at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonVariant {
    /// The one thing this screen is for.
    Primary,
    /// Everything else.
    #[default]
    Secondary,
    /// Takes something away.
    Danger,
    /// Stands in a row or beside text.
    Quiet,
}

/// How big a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonSize {
    /// In table rows.
    Small,
    /// Everywhere else.
    #[default]
    Medium,
}

/// What pressing the button does to its form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// Nothing.
    #[default]
    Button,
    /// Sends it.
    Submit,
}

impl ButtonKind {
    pub(super) const fn attribute(self) -> &'static str {
        match self {
            Self::Button => "button",
            Self::Submit => "submit",
        }
    }
}

/// The classes of a button, and of a link that looks like one.
pub const fn button_class(variant: ButtonVariant, size: ButtonSize) -> &'static str {
    match (variant, size) {
        (ButtonVariant::Primary, ButtonSize::Medium) => {
            "relative inline-flex items-center justify-center gap-2 rounded-md border border-transparent bg-accent px-3 \
             min-h-8 py-1 font-medium text-on-accent transition-colors hover:bg-accent-hover disabled:opacity-60 \
             pointer-coarse:min-h-11"
        }
        (ButtonVariant::Primary, ButtonSize::Small) => {
            "relative inline-flex items-center justify-center gap-1.5 rounded-md border border-transparent bg-accent \
             px-2.5 min-h-7 text-xs font-medium text-on-accent transition-colors hover:bg-accent-hover \
             disabled:opacity-60 pointer-coarse:min-h-9"
        }
        (ButtonVariant::Secondary, ButtonSize::Medium) => {
            "relative inline-flex items-center justify-center gap-2 rounded-md border border-line-strong bg-surface-raised \
             px-3 min-h-8 py-1 font-medium text-text transition-colors hover:bg-surface-hover disabled:opacity-60 \
             pointer-coarse:min-h-11"
        }
        (ButtonVariant::Secondary, ButtonSize::Small) => {
            "relative inline-flex items-center justify-center gap-1.5 rounded-md border border-line-strong \
             bg-surface-raised px-2.5 min-h-7 text-xs font-medium text-text transition-colors hover:bg-surface-hover \
             disabled:opacity-60 pointer-coarse:min-h-9"
        }
        (ButtonVariant::Danger, ButtonSize::Medium) => {
            "relative inline-flex items-center justify-center gap-2 rounded-md border border-transparent \
             bg-critical-solid px-3 min-h-8 py-1 font-medium text-on-accent transition-colors \
             hover:bg-critical-solid-hover disabled:opacity-60 pointer-coarse:min-h-11"
        }
        (ButtonVariant::Danger, ButtonSize::Small) => {
            "relative inline-flex items-center justify-center gap-1.5 rounded-md border border-transparent \
             bg-critical-solid px-2.5 min-h-7 text-xs font-medium text-on-accent transition-colors \
             hover:bg-critical-solid-hover disabled:opacity-60 pointer-coarse:min-h-9"
        }
        (ButtonVariant::Quiet, ButtonSize::Medium) => {
            "relative inline-flex items-center justify-center gap-2 rounded-md border border-transparent px-3 min-h-8 \
             py-1 font-medium text-accent-text transition-colors hover:bg-surface-hover disabled:opacity-60 \
             pointer-coarse:min-h-11"
        }
        (ButtonVariant::Quiet, ButtonSize::Small) => {
            "relative inline-flex items-center justify-center gap-1.5 rounded-md border border-transparent px-2 min-h-7 \
             text-xs font-medium text-accent-text transition-colors hover:bg-surface-hover disabled:opacity-60 \
             pointer-coarse:min-h-9"
        }
    }
}

/// A turning ring in the place of a label that waits.
#[component]
pub fn Spinner() -> impl IntoView {
    view! {
        <svg class="icon size-4 animate-spin" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d="M8 2a6 6 0 1 1-6 6"></path>
        </svg>
    }
    .into_any()
}

/// A button. Give it `on_press`, or let it send a form. Not `on:click`: what is spread over a component is added again when
/// an answer takes another's place, and the old listener stays (tachys 0.2.19, `AnyViewWithAttrs::rebuild`).
#[component]
pub fn Button(
    /// How loud it is.
    #[prop(optional)]
    variant: ButtonVariant,
    /// How big it is.
    #[prop(optional)]
    size: ButtonSize,
    /// Whether it sends its form.
    #[prop(optional)]
    kind: ButtonKind,
    /// Under way: the label stays for screen readers, a spinner takes its place, pressing does nothing.
    #[prop(optional, into)]
    pending: Signal<bool>,
    /// Cannot be pressed. Prefer leaving it enabled and saying what is missing.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// The id of a form elsewhere, for buttons in a dialog's footer.
    #[prop(optional, into)]
    form: Option<String>,
    /// The field this button adds to the form.
    #[prop(optional, into)]
    name: Option<String>,
    /// The value of that field.
    #[prop(optional, into)]
    value: Option<String>,
    /// Where it sends its form, if elsewhere than the form says.
    #[prop(optional, into)]
    formaction: Option<String>,
    /// What pressing it does here, with script.
    #[prop(optional, into)]
    on_press: Option<Callback<MouseEvent>>,
    /// Stands before the label.
    #[prop(optional)]
    icon: Option<Icon>,
    /// What it does, in a verb or two.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=kind.attribute()
            class=button_class(variant, size)
            disabled=move || disabled.get() || pending.get()
            aria-busy=move || pending.get().then_some("true")
            form=form
            name=name
            value=value
            formaction=formaction
            on:click=move |event| {
                if let Some(press) = on_press {
                    press.run(event);
                }
            }
        >
            <span class=move || {
                if pending.get() { "inline-flex items-center gap-2 opacity-0" } else { "inline-flex items-center gap-2" }
            }>{icon.map(|icon| view! { <Glyph icon /> })} {children()}</span>
            {move || {
                pending.get().then(|| {
                    view! { <span class="absolute inset-0 flex items-center justify-center"><Spinner /></span> }
                })
            }}
        </button>
    }.into_any()
}

/// A link that looks like a button: it leads to a page or opens a dialog that has an address.
#[component]
pub fn ButtonLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// How loud it is.
    #[prop(optional)]
    variant: ButtonVariant,
    /// How big it is.
    #[prop(optional)]
    size: ButtonSize,
    /// Leaves the application: the browser loads it as a whole (sign-in, downloads, Microsoft).
    #[prop(optional)]
    external: bool,
    /// Keeps the scroll position, for links that open or close a dialog.
    #[prop(optional)]
    keep_scroll: bool,
    /// An id, for a dialog to give the focus back to.
    #[prop(optional, into)]
    id: Option<String>,
    /// Stands before the label.
    #[prop(optional)]
    icon: Option<Icon>,
    /// What it does.
    children: Children,
) -> impl IntoView {
    view! {
        <a
            href=href
            id=id
            class=button_class(variant, size)
            rel=external.then_some("external")
            data-noscroll=keep_scroll
        >
            {icon.map(|icon| view! { <Glyph icon /> })}
            {children()}
        </a>
    }
    .into_any()
}

pub(super) const ICON_BUTTON: &str = "inline-flex size-8 flex-none items-center justify-center rounded-md text-text-muted \
     transition-colors hover:bg-surface-hover hover:text-text disabled:opacity-60 pointer-coarse:size-11";

/// A button of an icon alone; its name is for screen readers and the tooltip.
#[component]
pub fn IconButton(
    /// What is drawn.
    icon: Icon,
    /// What it does.
    #[prop(into)]
    label: String,
    /// Whether it sends its form.
    #[prop(optional)]
    kind: ButtonKind,
    /// Under way: turns, and pressing does nothing.
    #[prop(optional, into)]
    pending: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            type=kind.attribute()
            class=ICON_BUTTON
            aria-label=label.clone()
            title=label
            disabled=move || pending.get()
        >
            {move || if pending.get() { view! { <Spinner /> }.into_any() } else { view! { <Glyph icon /> }.into_any() }}
        </button>
    }
    .into_any()
}

/// A link of an icon alone.
#[component]
pub fn IconLink(
    /// What is drawn.
    icon: Icon,
    /// Where it leads, in words.
    #[prop(into)]
    label: String,
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// Keeps the scroll position, for links that open or close a dialog.
    #[prop(optional)]
    keep_scroll: bool,
) -> impl IntoView {
    view! {
        <a class=ICON_BUTTON href=href aria-label=label.clone() title=label data-noscroll=keep_scroll>
            <Glyph icon />
        </a>
    }
    .into_any()
}
