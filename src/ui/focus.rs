//! Where the keyboard is, and moving it. Browser only: each call does nothing on the server.

use std::time::Duration;

use leptos::{
    prelude::{document, request_animation_frame, set_timeout, window},
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

/// How often it is looked after the focus that a dialog gave back, and how many times: until the page behind it has its
/// next answer, which may take the button away that has it.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 100;
/// How many frames a page may take until its heading is there.
const FRAMES: u32 = 600;

/// The element that has the focus, unless that is the page itself.
#[must_use]
pub fn focused() -> Option<HtmlElement> {
    let element = document().active_element()?.dyn_into::<HtmlElement>().ok()?;
    (element.tag_name() != "BODY").then_some(element)
}

/// Puts the focus on an element; one that cannot take it leaves the focus where it is.
pub fn focus(element: &HtmlElement) {
    // The only failure is an element that is gone, and then there is nothing to do.
    let _ = element.focus();
}

/// Puts the focus on an element and leaves the page where it is scrolled to.
fn focus_in_place(element: &HtmlElement) {
    let window = window();
    // A window that can't tell where it is scrolled to is not scrolled.
    let (left, top) = (
        window.scroll_x().unwrap_or_default(),
        window.scroll_y().unwrap_or_default(),
    );
    focus(element);
    window.scroll_to_with_x_and_y(left, top);
}

fn first(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok()??.dyn_into().ok()
}

/// A dialog has the page for itself, and so the focus.
fn is_modal() -> bool {
    first("dialog:modal").is_some()
}

/// Starts at the heading of a page that has just been drawn into `main`, as soon as it is there; until then at `main`
/// itself. Somebody who is quicker, or a dialog, keeps the focus.
pub fn start_at_heading(main: HtmlElement) {
    await_heading(main, focused(), FRAMES);
}

/// `left_over` had the focus on the page before.
fn await_heading(main: HtmlElement, left_over: Option<HtmlElement>, frames: u32) {
    request_animation_frame(move || {
        let taken = focused().is_some_and(|now| now != main && Some(&now) != left_over.as_ref());
        if frames == 0 || taken || is_modal() {
            return;
        }
        if main.is_connected() {
            let heading = main.query_selector("h1").ok().flatten();
            if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
                focus_in_place(&heading);
                return;
            }
            focus_in_place(&main);
        }
        await_heading(main, left_over, frames - 1);
    });
}

/// After a dialog the browser gives the focus back to what had it before. Where that is gone, or was only the start of
/// the page, it goes to the first of `openers` (ids) that is there, else to the page's heading; and again when the next
/// answer of the page takes that away.
pub fn give_back(openers: Vec<String>) {
    request_animation_frame(move || {
        let at_start = focused().is_some_and(|now| matches!(now.tag_name().as_str(), "H1" | "MAIN"));
        if at_start
            && !is_modal()
            && let Some(opener) = opener_of(&openers)
        {
            focus(&opener);
        }
        look_after(openers, LOOKS);
    });
}

fn look_after(openers: Vec<String>, looks: u32) {
    if focused().is_none() && !is_modal() {
        if let Some(opener) = opener_of(&openers) {
            focus(&opener);
        } else if let Some(start) = first("main h1").or_else(|| first("main")) {
            focus_in_place(&start);
        }
    }
    let held = focused();
    set_timeout(
        move || {
            let now = focused();
            let lost = now.is_none() && held.as_ref().is_none_or(|held| !held.is_connected());
            // Whoever has moved on, be it by a press beside everything, is left alone.
            if looks > 0 && !is_modal() && (lost || now == held) {
                look_after(openers, looks - 1);
            }
        },
        LOOK,
    );
}

fn opener_of(ids: &[String]) -> Option<HtmlElement> {
    ids.iter()
        .find_map(|id| document().get_element_by_id(id)?.dyn_into().ok())
}

/// Moves the focus among the elements of a class inside `root`, as arrow keys do. Tells whether the key was one of them.
pub fn move_by_key(root: &Element, class: &str, key: &str) -> bool {
    let found = root.get_elements_by_class_name(class);
    let items: Vec<HtmlElement> = (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<HtmlElement>().ok())
        .collect();
    let current = focused().and_then(|now| items.iter().position(|item| *item == now));
    let Some(target) = step(key, current, items.len()) else {
        return false;
    };
    focus(&items[target]);
    true
}

/// Where a key leads among `count` items; arrows go round.
#[must_use]
pub fn step(key: &str, current: Option<usize>, count: usize) -> Option<usize> {
    if count == 0 {
        return None;
    }
    match (key, current) {
        ("ArrowDown", Some(at)) => Some((at + 1) % count),
        ("ArrowUp", Some(at)) => Some((at + count - 1) % count),
        ("ArrowDown", None) | ("Home", _) => Some(0),
        ("ArrowUp", None) | ("End", _) => Some(count - 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn arrows_go_round() {
        assert_eq!(step("ArrowDown", None, 3), Some(0));
        assert_eq!(step("ArrowDown", Some(2), 3), Some(0));
        assert_eq!(step("ArrowUp", Some(0), 3), Some(2));
        assert_eq!(step("End", Some(0), 3), Some(2));
    }

    #[test]
    fn other_keys_and_empty_lists_lead_nowhere() {
        assert_eq!(step("a", Some(1), 3), None);
        assert_eq!(step("ArrowDown", None, 0), None);
    }
}
