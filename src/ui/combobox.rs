//! A choice of one among many: a native select before script, afterwards a field that finds while one types.
//!
//! Each form of it has the role `combobox` and the label as its name, the same size, and sends the same field.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};

pub use super::combo_option::ComboOption;
use super::{
    combo_option::{likeliest, matches, plain, suggestion},
    field::{FieldFrame, described_by},
    focus::step,
    icon::{Glyph, Icon},
    number::grouped,
};

/// How many suggestions are drawn at once; typing finds the others.
const DRAWN: usize = 100;

/// A choice of one among many.
#[component]
pub fn Combobox(
    /// What to choose: `Tenant`.
    #[prop(into)]
    label: String,
    /// The field it sends.
    #[prop(into)]
    name: String,
    /// What there is, best first.
    #[prop(into)]
    options: Signal<Vec<ComboOption>>,
    /// The value chosen.
    selected: RwSignal<Option<String>>,
    /// Called with the words typed when the server finds the options; without it the list is filtered here.
    #[prop(optional, into)]
    on_query: Option<Callback<String>>,
    /// Offers to choose none, in these words: `No one`.
    #[prop(optional, into)]
    none: Option<String>,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with the choice.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether the form needs it.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = format!("field-{name}");
    let list_id = format!("{id}-list");
    let scripted = RwSignal::new(false);
    let typed = RwSignal::new(None::<String>);
    let open = RwSignal::new(false);
    let active = RwSignal::new(None::<usize>);
    // The list is still the one of other words: nothing in it is taken by a key.
    let waiting = RwSignal::new(false);
    let select = NodeRef::<html::Select>::new();
    let input = NodeRef::<html::Input>::new();
    let panel = NodeRef::<html::Ul>::new();
    let described = described_by(&id, hint.is_some());

    let none = StoredValue::new(none);
    let everything = Memo::new(move |_| {
        let nobody = none.get_value().map(|label| ComboOption {
            label,
            ..ComboOption::default()
        });
        nobody.into_iter().chain(options.get()).collect::<Vec<_>>()
    });
    let found = Memo::new(move |_| {
        let query = typed.get().unwrap_or_default().trim().to_lowercase();
        everything.with(|all| {
            all.iter()
                // The server has found the others; to choose none is ours to offer, and only where it was asked for.
                .filter(|option| (on_query.is_some() && !option.value.is_empty()) || matches(option, &query))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let chosen = move || {
        let value = selected.get().unwrap_or_default();
        everything
            .with(|all| all.iter().find(|o| o.value == value).map(|o| o.label.clone()))
            .unwrap_or_default()
    };

    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            // What was chosen before the script came counts.
            if let Some(select) = select.get_untracked() {
                let value = Some(select.value()).filter(|value| !value.is_empty());
                if value != selected.get_untracked() {
                    selected.set(value);
                }
            }
            scripted.set(true);
        }
    });
    Effect::new(move |_| {
        let (Some(panel), open) = (panel.get(), open.get()) else {
            return;
        };
        // Fails only when it is already as asked.
        let _ = if open {
            panel.show_popover()
        } else {
            panel.hide_popover()
        };
    });
    Effect::new(move |_| {
        let (Some(panel), Some(at)) = (panel.get(), active.get()) else {
            return;
        };
        let at = u32::try_from(at).unwrap_or_default();
        let option = panel.get_elements_by_class_name("menu-item").item(at);
        if let Some(option) = option.and_then(|option| option.dyn_into::<web_sys::HtmlElement>().ok()) {
            keep_in_sight(&panel, &option);
        }
    });
    Effect::new(move |_| {
        // The field shows the choice, except while someone types in it.
        let text = typed.get().unwrap_or_else(chosen);
        if let Some(input) = input.get()
            && input.value() != text
        {
            input.set_value(&text);
        }
    });

    Effect::new(move |before: Option<()>| {
        options.track();
        if before.is_some() && waiting.get_untracked() {
            waiting.set(false);
            let words = typed.get_untracked().unwrap_or_default();
            let chosen = selected.get_untracked().unwrap_or_default();
            active.set(found.with_untracked(|found| likeliest(found, &words, &chosen)));
        }
    });

    let close = move || {
        open.set(false);
        active.set(None);
        typed.set(None);
        waiting.set(false);
    };
    let choose = move |option: ComboOption| {
        selected.set(Some(option.value).filter(|value| !value.is_empty()));
        close();
    };
    let option_at = move |at: Option<usize>| found.with_untracked(|found| found.get(at?).cloned());
    let on_key = move |event: ev::KeyboardEvent| {
        let key = event.key();
        match key.as_str() {
            "Escape" if open.get_untracked() => {
                // The list closes, the dialog around it stays.
                event.prevent_default();
                event.stop_propagation();
                close();
            }
            "Enter" if open.get_untracked() => {
                event.prevent_default();
                if let Some(option) = option_at(active.get_untracked()) {
                    choose(option);
                }
            }
            "ArrowDown" | "ArrowUp" => {
                event.prevent_default();
                open.set(true);
                if !waiting.get_untracked() {
                    let count = found.with_untracked(|found| found.len().min(DRAWN));
                    active.set(step(&key, active.get_untracked(), count));
                }
            }
            // Whoever goes on with a suggestion in sight means it.
            "Tab" => match option_at(active.get_untracked()).filter(|_| open.get_untracked()) {
                Some(option) => choose(option),
                None => close(),
            },
            _ => {}
        }
    };
    let on_input = move |event: ev::Event| {
        let text = event_target_value(&event);
        waiting.set(on_query.is_some());
        // The first is meant by those who have begun to say what they look for.
        active.set((on_query.is_none() && !text.trim().is_empty()).then_some(0));
        typed.set(Some(text.clone()));
        open.set(true);
        if let Some(on_query) = on_query {
            on_query.run(text);
        }
    };
    let on_press = move |event: ev::MouseEvent| {
        // Keeps the focus in the field.
        event.prevent_default();
        let at = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|target| target.closest("[data-index]").ok().flatten())
            .and_then(|item| item.get_attribute("data-index")?.parse::<usize>().ok());
        if let Some(option) = option_at(at) {
            choose(option);
        }
    };

    let option_id = {
        let list_id = list_id.clone();
        move |at: usize| format!("{list_id}-{at}")
    };
    let active_id = {
        let option_id = option_id.clone();
        move || open.get().then(|| active.get().map(&option_id)).flatten()
    };
    let suggestions = move || {
        let value = selected.get().unwrap_or_default();
        found.with(|found| {
            found
                .iter()
                .take(DRAWN)
                .enumerate()
                .map(|(at, o)| suggestion(option_id(at), at, o, active, o.value == value))
                .collect_view()
        })
    };
    let tally = move || match found.with(Vec::len) {
        _ if !open.get() => String::new(),
        _ if waiting.get() => "Searching…".to_owned(),
        0 => "No match.".to_owned(),
        total if total > DRAWN => format!("The first {DRAWN} of {}; type to find more.", grouped(total as u64)),
        total => format!("{total} to choose from."),
    };
    let invalid = move || error.with(Option::is_some).then_some("true");
    let described_select = described.clone();
    let field_id = id.clone();
    let face = move || {
        let (id, name, described, list_id) = (field_id.clone(), name.clone(), described.clone(), list_id.clone());
        if scripted.get() {
            view! {
                <div class="relative">
                    <input type="hidden" name=name prop:value=move || selected.get().unwrap_or_default() />
                    <input
                        node_ref=input
                        id=id
                        class=move || if open.get() { "control combo-open pe-8!" } else { "control pe-8!" }
                        type="text"
                        role="combobox"
                        autocomplete="off"
                        dir="auto"
                        required=required
                        aria-autocomplete="list"
                        aria-expanded=move || if open.get() { "true" } else { "false" }
                        aria-controls=list_id.clone()
                        aria-activedescendant=active_id.clone()
                        aria-describedby=described
                        aria-invalid=invalid
                        on:input=on_input
                        on:keydown=on_key
                        on:click=move |_| open.set(true)
                        on:blur=move |_| close()
                    />
                    <span class="pointer-events-none absolute inset-y-0 end-2.5 flex items-center text-text-muted">
                        <Glyph icon=Icon::ChevronDown />
                    </span>
                    <ul
                        node_ref=panel
                        id=list_id
                        class="combo-panel"
                        popover="manual"
                        role="listbox"
                        aria-label="Suggestions"
                        on:mousedown=on_press
                    >
                        {suggestions.clone()}
                        {move || {
                            found
                                .with(|found| found.is_empty() || found.len() > DRAWN)
                                .then(|| {
                                    view! {
                                        <li class="px-2 py-1.5 text-text-muted" aria-hidden="true">
                                            {tally}
                                        </li>
                                    }
                                })
                        }}
                    </ul>
                    <p role="status" class="sr-only">
                        {tally}
                    </p>
                </div>
            }
            .into_any()
        } else {
            let value = selected.get_untracked().unwrap_or_default();
            view! {
                <select
                    node_ref=select
                    id=id
                    class="control"
                    name=name
                    required=required
                    aria-describedby=described_select.clone()
                    aria-invalid=invalid
                >
                    {none.get_value().is_none().then(|| view! { <option value="">"Choose…"</option> })}
                    {everything.with(|all| all.iter().map(|option| plain(option, &value)).collect_view())}
                </select>
            }
            .into_any()
        }
    };

    view! {
        <FieldFrame id=id label hint error required locked=None>
            {face}
        </FieldFrame>
    }
    .into_any()
}

/// Scrolls the list and nothing but the list: the page around it must not jump.
fn keep_in_sight(list: &web_sys::HtmlElement, option: &web_sys::HtmlElement) {
    let (top, bottom) = (option.offset_top(), option.offset_top() + option.offset_height());
    if top < list.scroll_top() {
        list.set_scroll_top(top);
    } else if bottom > list.scroll_top() + list.client_height() {
        list.set_scroll_top(bottom - list.client_height());
    }
}
