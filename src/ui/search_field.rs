//! A search whose words live in the address.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};
use leptos_router::{components::Form, location::Url};
use std::collections::BTreeMap;

use super::icon::{Glyph, Icon};

/// The field of the address that pages through a list.
const PAGE: &str = "page";

/// What the searches of a page would ask now, by the path that answers: the words in their fields, sent or not, and the
/// filters of the address. Whatever sorts, filters or pages a list leads on from that and not from the answer in sight,
/// which may be an older one. A page provides it before it draws.
///
/// Counted and not owned by the page: a head of a page that is being left may still be told, and must find it.
#[derive(Clone, Default)]
pub struct Searches(ArcRwSignal<BTreeMap<String, Vec<(String, String)>>>);

impl Searches {
    fn note(&self, path: &str, fields: Vec<(String, String)>) {
        if self.0.with_untracked(|asked| asked.get(path) != Some(&fields)) {
            self.0.update(|asked| {
                asked.insert(path.to_owned(), fields);
            });
        }
    }

    /// Where a link leads that sets a field of its own, as a head of a column sets `sort`: its address, with what the
    /// search of its path would ask now. Where that is something else, it is the first page of it.
    pub fn taken_along(&self, href: &str, own: &str) -> String {
        self.0.with(|asked| along(asked, href, own))
    }

    /// The same at this moment, for what leads on by script.
    pub fn taken_along_now(&self, href: &str, own: &str) -> String {
        self.0.with_untracked(|asked| along(asked, href, own))
    }
}

fn along(asked: &BTreeMap<String, Vec<(String, String)>>, href: &str, own: &str) -> String {
    let path = href.split('?').next().unwrap_or_default();
    match asked.get(path) {
        Some(fields) => with_fields(href, fields, own),
        None => href.to_owned(),
    }
}

/// An address with these fields in the place of its own, all but `own`; empty ones are left out.
fn with_fields(href: &str, fields: &[(String, String)], own: &str) -> String {
    let (path, query) = href.split_once('?').unwrap_or((href, ""));
    let mut pairs: Vec<(&str, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, Url::unescape(value)))
        .collect();
    let mut differs = false;
    for (name, value) in fields.iter().filter(|(name, _)| name != own) {
        match pairs.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) if old == value => continue,
            Some((_, old)) => old.clone_from(value),
            None if value.is_empty() => continue,
            None => pairs.push((name.as_str(), value.clone())),
        }
        differs = true;
    }
    if !differs {
        return href.to_owned();
    }
    pairs.retain(|(name, _)| *name != PAGE);
    let mut address = path.to_owned();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(if address.len() == path.len() { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        address.push_str(&Url::escape(value));
    }
    address
}

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
    // What stands in the field, where that is not what the address asks.
    let typed = RwSignal::new(None::<String>);
    Effect::new(move |before: Option<String>| {
        let value = value.get();
        if let Some(input) = node.get_untracked() {
            // What was typed is kept, before the script came too, for as long as the address asks for the same.
            match before {
                None => typed.set(Some(input.value())),
                Some(before) if before != value => {
                    input.set_value(&value);
                    typed.set(None);
                }
                Some(_) => {}
            }
        }
        value
    });
    if let Some(searches) = use_context::<Searches>() {
        let path = action.clone();
        Effect::new(move |_| {
            let mut fields = keep.get();
            fields.push((name.to_owned(), typed.get().unwrap_or_else(|| value.get())));
            searches.note(&path, fields);
        });
    }
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
                            typed.set(Some(event_target_value(&event)));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn led(href: &str, fields: &[(&str, &str)]) -> String {
        led_by("sort", href, fields)
    }

    fn led_by(own: &str, href: &str, fields: &[(&str, &str)]) -> String {
        let searches = Searches::default();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        searches.note("/assets", fields.iter().map(owned).collect());
        let now = searches.taken_along_now(href, own);
        assert_eq!(searches.taken_along(href, own), now);
        now
    }

    #[test]
    fn a_head_takes_the_words_along_that_were_typed_since_the_table_was_drawn() {
        assert_eq!(
            led("/assets?sort=name", &[("search", "a & b")]),
            "/assets?sort=name&search=a%20%26%20b"
        );
        let typed = [("sort", "serial"), ("search", "new"), ("mfa", "")];
        assert_eq!(
            led("/assets?search=old&sort=name", &typed),
            "/assets?search=new&sort=name"
        );
        assert_eq!(led("/assets?search=old&mfa=yes", &[("search", "")]), "/assets?mfa=yes");
        assert_eq!(
            led("/assets?search=old&mfa=yes", &[("search", ""), ("mfa", "")]),
            "/assets"
        );
    }

    #[test]
    fn a_page_is_that_of_the_words_in_sight_and_of_other_words_it_is_the_first() {
        let next = "/assets?search=a%20b&sort=name&page=2";
        let asked = [("search", "a b"), ("sort", "name"), ("mfa", "")];
        assert_eq!(led_by("page", next, &asked), next);
        let typed = [("search", "new"), ("sort", "name")];
        assert_eq!(led_by("page", next, &typed), "/assets?search=new&sort=name");
        assert_eq!(
            led_by("page", "/assets?page=2", &[("search", "new")]),
            "/assets?search=new"
        );
    }

    #[test]
    fn a_filter_takes_the_words_along_and_keeps_its_own_choice() {
        let asked = [("mfa", "yes"), ("search", "new")];
        assert_eq!(led_by("mfa", "/assets?mfa=no", &asked), "/assets?mfa=no&search=new");
        assert_eq!(led_by("mfa", "/assets?search=old", &asked), "/assets?search=new");
    }

    #[test]
    fn a_head_of_another_list_keeps_its_own_address() {
        let href = "/organizations?search=x&sort=name";
        assert_eq!(led(href, &[("search", "typed")]), href);
    }
}
