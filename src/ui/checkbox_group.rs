//! A section of a filter: **All** first, then a box per value, folded away behind its name and its choice in words.
//!
//! The boxes are plain inputs that a form sends without script: while **All** is ticked the values are drawn unticked, so
//! that whoever clears it starts from none, and the form does not send thousands of them beside it. A value that is
//! ticked beside it all the same was ticked by hand: the box of **All** tells that it was drawn ticked, and the page can
//! see which of the two was pressed last. With script the values look ticked under **All**, and clearing one leaves the
//! others. One listener and two effects serve the whole list, and its rows are text of HTML, so that 5,000 values cost no
//! more than their markup.

use html_escape::{encode_double_quoted_attribute, encode_text};
use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};

pub use super::choice::Choice;
use super::{
    badge::Tone,
    checkbox::BOX,
    hydration::drawn_by_server,
    icon::{Glyph, Icon},
    number::grouped,
};

/// One value to tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOption {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub label: String,
    /// How many there are, when it is known.
    pub count: Option<u32>,
    /// A word in place of the count, or beside it: `counting…`.
    pub note: Option<String>,
}

/// From how many values on a filter field helps.
const LONG: usize = 10;

const EMPTY: &str = "Tick at least one value, or All.";

/// What the box **All** sends where it was drawn clear, or the script keeps the boxes: it means all, whatever is sent
/// beside it.
const ALL_TICKED: &str = "true";

/// A folded group of boxes. The form gets `{name}[all]` and `{name}[values][]`.
#[component]
pub fn CheckboxGroup(
    /// What is chosen here: `Department`.
    #[prop(into)]
    legend: String,
    /// The name of the field.
    #[prop(into)]
    name: String,
    /// The values in order.
    #[prop(into)]
    options: Signal<Vec<CheckOption>>,
    /// What is ticked.
    selected: RwSignal<Choice>,
    /// What is wrong with the choice, from the page; that nothing is ticked the group says itself.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it starts unfolded.
    #[prop(optional)]
    open: bool,
    /// What the box **All** sends where it was drawn ticked: values sent beside it were ticked after that.
    #[prop(default = ALL_TICKED)]
    all_as_drawn: &'static str,
) -> impl IntoView {
    let list = NodeRef::<html::Fieldset>::new();
    let query = RwSignal::new(String::new());
    let all_name = format!("{name}[all]");
    let problem = Memo::new(move |_| {
        error
            .get()
            .or_else(|| selected.with(Choice::is_empty).then(|| EMPTY.to_owned()))
    });
    let words = move || options.with(|options| selected.with(|choice| choice.words(options.len())));
    let long = Memo::new(move |_| options.with(|options| options.len() > LONG));
    let shown = Memo::new(move |_| {
        let query = query.get().trim().to_lowercase();
        options.with(|options| {
            options
                .iter()
                .map(|option| option.label.to_lowercase().contains(&query))
                .collect()
        })
    });

    let drawn_by_server = drawn_by_server();
    Effect::new(move |before: Option<()>| {
        let choice = selected.get();
        options.track();
        let Some(list) = list.get() else { return };
        if before.is_none() && drawn_by_server {
            // Boxes ticked before the script came count.
            let ticked = read(&list, &choice);
            if ticked != choice {
                selected.set(ticked);
                return;
            }
        }
        write(&list, &choice);
    });
    Effect::new(move |_| {
        let shown: Vec<bool> = shown.get();
        let Some(list) = list.get() else { return };
        let rows = list.get_elements_by_class_name("value-row");
        for (row, shown) in (0..rows.length()).filter_map(|index| rows.item(index)).zip(shown) {
            let _ = row.toggle_attribute_with_force("hidden", !shown);
        }
    });
    let on_change = move |event: ev::Event| {
        let Some(input) = event
            .target()
            .and_then(|at| at.dyn_into::<web_sys::HtmlInputElement>().ok())
        else {
            return;
        };
        if input.type_() != "checkbox" {
            return;
        }
        selected.update(|choice| {
            if is_all(&input) {
                choice.set_all(input.checked());
            } else {
                options.with_untracked(|options| {
                    choice.set(
                        &input.value(),
                        input.checked(),
                        options.iter().map(|option| option.value.as_str()),
                    );
                });
            }
        });
    };

    let error_id = format!("{name}-error");
    let described = error_id.clone();
    let field = format!("{name}[values][]");
    let prefix = name.clone();
    // As text and not as components: what the server drew is kept as it is, however many values there are.
    let rows = move || {
        let choice = selected.get_untracked();
        options.with(|options| {
            let rows = options.iter().enumerate();
            rows.map(|(index, option)| row(&prefix, &field, index, option, &choice))
                .collect::<String>()
        })
    };
    let drawn_all = selected.with_untracked(|choice| choice.all);
    let filter_label = format!("Find in {legend}");
    let tally = move || {
        let shown = shown.with(|shown| shown.iter().filter(|shown| **shown).count());
        match (query.with(|query| query.trim().is_empty()), shown) {
            (true, _) => String::new(),
            (false, 0) => "No value matches.".to_owned(),
            (false, count) => format!("{} shown", grouped(u64::try_from(count).unwrap_or(u64::MAX))),
        }
    };

    view! {
        <details class="disclosure border-b border-line" open=open>
            <summary class="flex min-h-11 items-center gap-2 rounded-md py-2 hover:bg-surface-hover">
                <span class="disclosure-caret text-text-muted transition-[rotate]">
                    <Glyph icon=Icon::ChevronDown />
                </span>
                <span class="min-w-0 flex-1 font-medium wrap-anywhere">{legend.clone()}</span>
                <span class=move || {
                    if problem.with(Option::is_some) { Tone::Critical.ink() } else { Tone::Neutral.ink() }
                }>
                    <span class="flex items-center gap-1.5 pe-1 tabular-nums">
                        {move || problem.with(Option::is_some).then(|| view! { <Glyph icon=Icon::AlertTriangle /> })}
                        {words}
                    </span>
                </span>
            </summary>
            <fieldset node_ref=list class="min-w-0 pb-3 ps-6" aria-describedby=described on:change=on_change>
                <legend class="sr-only">{legend}</legend>
                {move || {
                    let label = filter_label.clone();
                    long.get()
                        .then(|| {
                            view! {
                                <div class="needs-script mb-1 flex flex-wrap items-center gap-x-3">
                                    <input
                                        type="search"
                                        class="control max-w-72 flex-1"
                                        aria-label=label.clone()
                                        placeholder=label
                                        autocomplete="off"
                                        on:input=move |event| query.set(event_target_value(&event))
                                        on:keydown=|event: ev::KeyboardEvent| {
                                            if event.key() == "Enter" {
                                                event.prevent_default();
                                            }
                                        }
                                    />
                                    <span role="status" class="text-text-muted">
                                        {tally}
                                    </span>
                                </div>
                            }
                        })
                }}
                <label class="flex min-h-8 items-center gap-2 font-medium">
                    <input
                        type="checkbox"
                        class=BOX
                        name=all_name
                        value=if drawn_all { all_as_drawn } else { ALL_TICKED }
                        data-all=true
                        checked=drawn_all
                    />
                    "All"
                </label>
                <ul class="max-h-80 overflow-y-auto overscroll-contain" inner_html=rows></ul>
                <div id=error_id aria-live="polite" class="text-critical">
                    {move || problem.get().map(|text| view! { <p class="pt-1">{text}</p> })}
                </div>
            </fieldset>
        </details>
    }
    .into_any()
}

/// One value's row as HTML; every text in it is Microsoft's, and escaped.
fn row(prefix: &str, field: &str, index: usize, option: &CheckOption, choice: &Choice) -> String {
    let aside = match (option.count, option.note.as_deref()) {
        (Some(count), Some(note)) => Some(format!("{} · {note}", grouped(count.into()))),
        (Some(count), None) => Some(grouped(count.into())),
        (None, note) => note.map(str::to_owned),
    };
    // The count describes the box and is not part of its name, so that the name stays what people say.
    let id = format!("{}-{index}-count", encode_double_quoted_attribute(prefix));
    let described = if aside.is_some() {
        format!(" aria-describedby=\"{id}\"")
    } else {
        String::new()
    };
    let aside = aside.map_or_else(String::new, |text| {
        let text = encode_text(&text);
        format!("<span id=\"{id}\" class=\"flex-none pe-2 text-text-muted tabular-nums\">{text}</span>")
    });
    format!(
        "<li class=\"check-row value-row\"><label class=\"flex min-h-8 min-w-0 flex-1 items-center gap-2\">\
         <input type=\"checkbox\" class=\"{BOX}\" name=\"{}\" value=\"{}\"{}{described}>\
         <bdi class=\"min-w-0 whitespace-pre-wrap wrap-anywhere\">{}</bdi></label>{aside}</li>",
        encode_double_quoted_attribute(field),
        encode_double_quoted_attribute(&option.value),
        if choice.values.contains(&option.value) {
            " checked"
        } else {
            ""
        },
        encode_text(&option.label),
    )
}

fn is_all(input: &web_sys::HtmlInputElement) -> bool {
    input.has_attribute("data-all")
}

fn boxes(list: &web_sys::Element) -> impl Iterator<Item = web_sys::HtmlInputElement> {
    let inputs = list.get_elements_by_tag_name("input");
    (0..inputs.length())
        .filter_map(move |index| inputs.item(index)?.dyn_into::<web_sys::HtmlInputElement>().ok())
        .filter(|input| input.type_() == "checkbox")
}

/// What the boxes say, given what was drawn: a box differs from the drawing only where a person pressed it.
fn read(list: &web_sys::Element, drawn: &Choice) -> Choice {
    let mut choice = drawn.clone();
    let values: Vec<String> = boxes(list)
        .filter(|input| !is_all(input))
        .map(|input| input.value())
        .collect();
    if drawn.all && boxes(list).any(|input| is_all(&input) && input.checked()) {
        let ticked = boxes(list).filter(|input| !is_all(input) && input.checked());
        let ticked: Vec<String> = ticked.map(|input| input.value()).collect();
        // A browser that restores a form ticks every value, as the script had.
        return if ticked.is_empty() || ticked.len() == values.len() {
            choice
        } else {
            Choice::of(ticked)
        };
    }
    for input in boxes(list) {
        if is_all(&input) {
            if input.checked() != drawn.all {
                choice.set_all(input.checked());
                return choice;
            }
        } else if input.checked() != drawn.values.contains(&input.value()) {
            choice.set(&input.value(), input.checked(), values.iter().map(String::as_str));
        }
    }
    choice
}

fn write(list: &web_sys::Element, choice: &Choice) {
    for input in boxes(list) {
        let ticked = if is_all(&input) {
            // From now on the values follow it, so that it never stands beside others.
            input.set_value(ALL_TICKED);
            choice.all
        } else {
            choice.has(&input.value())
        };
        if input.checked() != ticked {
            input.set_checked(ticked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckOption, Choice, row};

    #[test]
    fn a_row_escapes_whatever_microsoft_calls_a_group() {
        let hostile = "\"><img src=x onerror=alert(1)>&amp;'";
        let option = CheckOption {
            value: hostile.to_owned(),
            label: hostile.to_owned(),
            count: Some(1_200),
            note: Some("<b>".to_owned()),
        };
        let html = row(
            "filters[group]",
            "filters[group][values][]",
            3,
            &option,
            &Choice::of([hostile]),
        );
        assert_eq!(
            html,
            "<li class=\"check-row value-row\"><label class=\"flex min-h-8 min-w-0 flex-1 items-center gap-2\">\
             <input type=\"checkbox\" class=\"size-4 flex-none\" name=\"filters[group][values][]\" \
             value=\"&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;'\" checked \
             aria-describedby=\"filters[group]-3-count\">\
             <bdi class=\"min-w-0 whitespace-pre-wrap wrap-anywhere\">\"&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;'\
             </bdi></label><span id=\"filters[group]-3-count\" \
             class=\"flex-none pe-2 text-text-muted tabular-nums\">1,200 · &lt;b&gt;</span></li>"
        );
    }
}
