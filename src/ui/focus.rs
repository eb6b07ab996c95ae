//! Where the keyboard is, and moving it. Browser only: each call does nothing on the server.

use leptos::{
    prelude::document,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

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
