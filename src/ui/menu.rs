//! A menu behind a button: a native popover, in the top layer, so that no table cuts it off.
//!
//! Without script it opens, closes on Escape and on a press outside, and its links and form buttons work. Script adds
//! the arrow keys, and only then the roles that promise them.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};

use super::{
    button::{ButtonKind, ButtonSize, ButtonVariant, ICON_BUTTON, button_class},
    focus::{focus, focused, move_by_key},
    icon::{Glyph, Icon},
};

const ITEM: &str = "menu-item";

/// What opens a menu.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MenuTrigger {
    /// The vertical ellipsis of a row; the label is its accessible name: `Actions for Contoso`.
    #[default]
    Row,
    /// A button that shows the label.
    Button(ButtonVariant),
    /// A round button with the person's initials or an icon; the label is its accessible name.
    Account,
}

/// A menu of [`MenuLink`]s and [`MenuButton`]s.
#[component]
pub fn Menu(
    /// An id that no other menu of the page has: `menu-` and the row's id. Its button is `{id}-button`, for a dialog to
    /// give the focus back to.
    #[prop(into)]
    id: String,
    /// The name of the menu and its button.
    #[prop(into)]
    label: String,
    /// What opens it.
    #[prop(optional)]
    trigger: MenuTrigger,
    /// The items.
    children: Children,
) -> impl IntoView {
    let panel = NodeRef::<html::Div>::new();
    let open_by_arrow = |event: ev::KeyboardEvent| {
        if event.key() == "ArrowDown" {
            event.prevent_default();
            if let Some(button) = element_of::<web_sys::HtmlElement>(event.current_target()) {
                button.click();
            }
        }
    };
    let on_toggle = move |_| {
        // The browser tells it a moment after, when the page may have drawn another menu or none.
        if let Some(panel) = panel.try_get_untracked().flatten()
            && is_open(&panel)
        {
            promise_menu(&panel);
            move_by_key(&panel, ITEM, "Home");
        }
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        let Some(panel) = panel.get_untracked() else {
            return;
        };
        if event.key() == "Tab" {
            close(&panel);
        } else if move_by_key(&panel, ITEM, &event.key()) {
            event.prevent_default();
        }
    };
    let on_click = move |event: ev::MouseEvent| {
        let item =
            element_of::<web_sys::Element>(event.target()).and_then(|at| at.closest(".menu-item").ok().flatten());
        let (Some(panel), Some(item)) = (panel.get_untracked(), item) else {
            return;
        };
        if item.tag_name() == "A" {
            // At once: a dialog that the link opens remembers what has the focus, and an item is gone by the time it closes.
            close(&panel);
        } else {
            // A form's button must still be there when the browser reads the form it sends.
            request_animation_frame(move || close(&panel));
        }
    };
    let name = (!matches!(trigger, MenuTrigger::Button(_))).then(|| label.clone());
    let face = match trigger {
        MenuTrigger::Row => view! { <Glyph icon=Icon::EllipsisVertical /> }.into_any(),
        MenuTrigger::Account => view! { <Glyph icon=Icon::User /> }.into_any(),
        MenuTrigger::Button(_) => view! {
            <span>{label.clone()}</span>
            <Glyph icon=Icon::ChevronDown />
        }
        .into_any(),
    };
    let class = match trigger {
        MenuTrigger::Row => ICON_BUTTON,
        MenuTrigger::Account => {
            "inline-flex size-8 flex-none items-center justify-center rounded-full border border-line-strong \
             bg-surface-raised text-text-muted transition-colors hover:bg-surface-hover hover:text-text \
             pointer-coarse:size-11"
        }
        MenuTrigger::Button(variant) => button_class(variant, ButtonSize::Medium),
    };
    view! {
        <button
            type="button"
            id=format!("{id}-button")
            class=class
            popovertarget=id.clone()
            aria-haspopup="true"
            aria-label=name.clone()
            title=name
            on:keydown=open_by_arrow
        >
            {face}
        </button>
        <div
            node_ref=panel
            id=id
            class="menu-panel"
            popover="auto"
            aria-label=label
            role="group"
            on:toggle=on_toggle
            on:keydown=on_keydown
            on:click=on_click
        >
            {children()}
        </div>
    }
    .into_any()
}

/// An item that leads somewhere, often to a dialog's address.
#[component]
pub fn MenuLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// Leaves the application: the browser loads it as a whole.
    #[prop(optional)]
    external: bool,
    /// Takes something away.
    #[prop(optional)]
    danger: bool,
    /// Stands before the label.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Why it can't be done now: it keeps its place, says so, and leads nowhere.
    #[prop(optional_no_strip)]
    unavailable: Option<String>,
    /// What it does.
    children: Children,
) -> impl IntoView {
    let off = unavailable.is_some();
    let class = match (off, danger) {
        (true, _) => "menu-item text-text-muted",
        (false, true) => "menu-item text-critical",
        (false, false) => "menu-item",
    };
    view! {
        <a
            class=class
            href=(!off).then_some(href)
            role=off.then_some("link")
            aria-disabled=off.then_some("true")
            title=unavailable
            rel=external.then_some("external")
            data-noscroll=true
        >
            {icon.map(|icon| view! { <Glyph icon /> })}
            {children()}
        </a>
    }
    .into_any()
}

/// An item that does something here: put it into a form.
#[component]
pub fn MenuButton(
    /// Whether it sends its form.
    #[prop(default = ButtonKind::Submit)]
    kind: ButtonKind,
    /// Takes something away.
    #[prop(optional)]
    danger: bool,
    /// The id of a form elsewhere.
    #[prop(optional, into)]
    form: Option<String>,
    /// Stands before the label.
    #[prop(optional)]
    icon: Option<Icon>,
    /// What it does.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type=kind.attribute()
            class=if danger { "menu-item text-critical" } else { "menu-item" }
            form=form
        >
            {icon.map(|icon| view! { <Glyph icon /> })}
            {children()}
        </button>
    }
    .into_any()
}

/// A hairline between groups of items.
#[component]
pub fn MenuLine() -> impl IntoView {
    view! { <hr class="my-1 border-line" /> }
}

fn element_of<T: JsCast>(target: Option<web_sys::EventTarget>) -> Option<T> {
    target?.dyn_into::<T>().ok()
}

fn is_open(panel: &web_sys::HtmlElement) -> bool {
    panel.matches(":popover-open").unwrap_or(false)
}

fn close(panel: &web_sys::HtmlElement) {
    if is_open(panel) {
        // It is open, so hiding it cannot fail; the browser gives the focus back to the button.
        let _ = panel.hide_popover();
        // Unless that did not get it when it was pressed, as in Safari.
        let button = panel.previous_element_sibling();
        if focused().is_none()
            && let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok())
        {
            focus(&button);
        }
    }
}

/// Says `menu` and `menuitem` once the arrow keys that belong to them are there; lazily, as most menus stay shut.
fn promise_menu(panel: &web_sys::HtmlElement) {
    let _ = panel.set_attribute("role", "menu");
    let items = panel.get_elements_by_class_name(ITEM);
    for item in (0..items.length()).filter_map(|index| items.item(index)) {
        let _ = item.set_attribute("role", "menuitem");
        let _ = item.set_attribute("tabindex", "-1");
    }
}
