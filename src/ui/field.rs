//! Fields of a form: label above, hint and error below, the error tied to the field.

use std::{collections::HashMap, sync::Arc};

use leptos::{html, prelude::*};

use super::{
    hydration::drawn_by_server,
    icon::{Glyph, Icon},
};

/// The label, the hint and the error around a control that has the id `id`.
#[component]
pub fn FieldFrame(
    /// The id of the control; `{id}-hint` and `{id}-error` describe it.
    #[prop(into)]
    id: String,
    /// What to enter.
    #[prop(into)]
    label: String,
    /// What helps to enter it.
    #[prop(into)]
    hint: Option<String>,
    /// What is wrong with what was entered.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Whether the form needs it.
    #[prop(optional)]
    required: bool,
    /// Why it cannot be changed.
    #[prop(into)]
    locked: Option<String>,
    /// The control.
    children: Children,
) -> impl IntoView {
    let note = locked.is_some();
    view! {
        <div class="grid min-w-0 content-start gap-1">
            <label for=id.clone() class="font-medium">
                {label}
                // The field itself says that it is required: its name stays the label alone.
                {required.then(|| view! { <span class="font-normal text-text-muted" aria-hidden="true">" (required)"</span> })}
            </label>
            {children()}
            {hint
                .or(locked)
                .map(|text| {
                    view! {
                        <p id=format!("{id}-hint") class="flex gap-1.5 text-text-muted">
                            {note
                                .then(|| {
                                    view! {
                                        <span class="flex h-5 items-center">
                                            <Glyph icon=Icon::Lock />
                                        </span>
                                    }
                                })}
                            <span class="min-w-0 wrap-anywhere">{text}</span>
                        </p>
                    }
                })}
            <div id=format!("{id}-error") aria-live="polite" class="text-critical empty:hidden">
                {move || {
                    error
                        .get()
                        .map(|text| {
                            view! {
                                <p class="flex gap-1.5">
                                    <span class="flex h-5 items-center">
                                        <Glyph icon=Icon::AlertTriangle />
                                    </span>
                                    <span class="min-w-0 wrap-anywhere">{text}</span>
                                </p>
                            }
                        })
                }}
            </div>
        </div>
    }.into_any()
}

pub(super) fn described_by(id: &str, has_hint: bool) -> String {
    if has_hint {
        format!("{id}-hint {id}-error")
    } else {
        format!("{id}-error")
    }
}

/// What is typed into the fields of a page, by their ids.
#[derive(Clone, Copy)]
struct Typed {
    fields: StoredValue<HashMap<String, String>>,
    /// The version of the record that it is typed over.
    version: StoredValue<Option<String>>,
}

/// From here on what is typed into a field stays in it while the page around it is drawn anew with each answer of the
/// server. Call it in the page's body. `until` says what ends it, by changing: another record, or a save.
pub fn keep_typed<T>(until: impl Fn() -> T + Send + Sync + 'static)
where
    T: PartialEq + Send + Sync + 'static,
{
    let typed = Typed {
        fields: StoredValue::new(HashMap::new()),
        version: StoredValue::new(None),
    };
    provide_context(typed);
    Effect::new(move |before: Option<T>| {
        let now = until();
        if before.is_some_and(|before| before != now) {
            typed.fields.set_value(HashMap::new());
        }
        now
    });
}

/// The version that a form sends: while something is typed into its page, the one that it was typed over, so that whoever
/// saves is told of what others wrote meanwhile. See [`keep_typed`].
pub fn version_typed_over(now: String) -> String {
    let Some(typed) = use_context::<Typed>() else {
        return now;
    };
    if typed.fields.with_value(HashMap::is_empty) {
        typed.version.set_value(Some(now.clone()));
    }
    typed.version.get_value().unwrap_or(now)
}

impl Typed {
    fn of(self, id: &str) -> Option<String> {
        self.fields.with_value(|fields| fields.get(id).cloned())
    }

    fn keep(self, id: &str, text: String) {
        self.fields.update_value(|fields| {
            fields.insert(id.to_owned(), text);
        });
    }
}

/// One line of text.
#[component]
pub fn TextField(
    /// What to enter.
    #[prop(into)]
    label: String,
    /// The field it sends.
    #[prop(into)]
    name: String,
    /// Another id than `field-{name}`, when the name stands twice on a page.
    #[prop(optional, into)]
    id: Option<String>,
    /// `text`, `email`, `tel`, `password`, `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What it holds at first and whenever the signal changes; see also [`keep_typed`].
    #[prop(optional, into)]
    value: Signal<String>,
    /// Called with what was typed.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
    /// What helps to enter it.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with what was entered.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What the browser may fill in: `email`, `current-password`, `off`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether the form needs it.
    #[prop(optional)]
    required: bool,
    /// Why it cannot be changed: `Synced from Microsoft`. The value can be read and copied.
    #[prop(optional_no_strip)]
    locked: Option<String>,
    /// Takes the focus when it appears, in a dialog whose heading does not.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("field-{name}"));
    let node = NodeRef::<html::Input>::new();
    let typed = use_context::<Typed>().filter(|_| locked.is_none());
    let key = Arc::<str>::from(id.as_str());
    // While the page asks again its former view is still in sight, and what that view owned is gone: what is heard here
    // rests on the page alone.
    let hear = {
        let key = Arc::clone(&key);
        move |text: String| {
            if let Some(typed) = typed {
                typed.keep(&key, text.clone());
            }
            if let Some(on_input) = on_input {
                on_input.try_run(text);
            }
        }
    };
    let hear_before = hear.clone();
    let drawn_by_server = drawn_by_server();
    Effect::new(move |before: Option<()>| {
        let value = value.get();
        let Some(input) = node.get() else { return };
        let kept = typed.and_then(|typed| typed.of(&key));
        let value = kept.unwrap_or(value);
        if input.value() == value {
            return;
        }
        if before.is_none() && drawn_by_server {
            // What was typed before the script came is kept.
            hear_before(input.value());
        } else {
            input.set_value(&value);
        }
    });
    let described = described_by(&id, hint.is_some() || locked.is_some());
    let readonly = locked.is_some();
    let first = typed
        .and_then(|typed| typed.of(&id))
        .unwrap_or_else(|| value.get_untracked());
    view! {
        <FieldFrame id=id.clone() label hint error required locked>
            <input
                node_ref=node
                id=id
                class="control"
                type=kind
                name=name
                value=first
                autocomplete=autocomplete
                required=required
                readonly=readonly
                autofocus=autofocus
                dir="auto"
                aria-describedby=described
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                on:input=move |event| hear(event_target_value(&event))
            />
        </FieldFrame>
    }
    .into_any()
}

/// One of a few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectOption {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub label: String,
}

impl SelectOption {
    /// A value and its words.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

/// A choice of one among a few that need no search; for many use the [`Combobox`](super::combobox::Combobox).
#[component]
pub fn Select(
    /// What to choose.
    #[prop(into)]
    label: String,
    /// The field it sends.
    #[prop(into)]
    name: String,
    /// Another id than `field-{name}`, when the name stands twice on a page.
    #[prop(optional, into)]
    id: Option<String>,
    /// What there is.
    #[prop(into)]
    options: Vec<SelectOption>,
    /// The value chosen at first and whenever the signal changes.
    #[prop(optional, into)]
    value: Signal<String>,
    /// Called with the value chosen.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
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
    let id = id.unwrap_or_else(|| format!("field-{name}"));
    let described = described_by(&id, hint.is_some());
    let node = NodeRef::<html::Select>::new();
    let drawn_by_server = drawn_by_server();
    Effect::new(move |before: Option<()>| {
        let value = value.get();
        // What was chosen before the script came is kept.
        if (before.is_some() || !drawn_by_server)
            && let Some(select) = node.get()
        {
            select.set_value(&value);
        }
    });
    let first = value.get_untracked();
    view! {
        <FieldFrame id=id.clone() label hint error required locked=None>
            <select
                node_ref=node
                id=id
                class="control"
                name=name
                required=required
                aria-describedby=described
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                on:change=move |event| {
                    if let Some(on_change) = on_change {
                        on_change.try_run(event_target_value(&event));
                    }
                }
            >
                {options
                    .into_iter()
                    .map(|option| {
                        let chosen = option.value == first;
                        view! {
                            <option value=option.value selected=chosen>
                                {option.label}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </FieldFrame>
    }
    .into_any()
}

/// A file to send. The form needs `enctype="multipart/form-data"`.
#[component]
pub fn FileField(
    /// What to choose: `CSV file`.
    #[prop(into)]
    label: String,
    /// The field it sends.
    #[prop(into)]
    name: String,
    /// What the browser's chooser shows first: `.csv,text/csv`.
    accept: &'static str,
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
    let described = described_by(&id, hint.is_some());
    view! {
        <FieldFrame id=id.clone() label hint error required locked=None>
            <input
                id=id
                class="control py-1.5! file:me-3 file:rounded-sm file:border-0 file:bg-surface-sunken file:px-2 file:py-0.5 file:font-medium file:text-text"
                type="file"
                name=name
                accept=accept
                required=required
                aria-describedby=described
                aria-invalid=move || error.with(Option::is_some).then_some("true")
            />
        </FieldFrame>
    }.into_any()
}
