//! Choices that narrow a list: sent by script at once, without script by their button.

use crate::{
    app::pages::address::address,
    ui::{
        button::{Button, ButtonKind},
        field::{Select, SelectOption},
        search_field::{SearchField, Searches},
    },
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Form, hooks::use_navigate};

/// One choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What is chosen.
    pub label: &'static str,
    /// The field of the address.
    pub name: &'static str,
    /// What there is; the first is everything.
    pub options: Vec<SelectOption>,
    /// The value in the address.
    pub value: Memo<String>,
}

impl Filter {
    /// A choice whose first option, without a value, is `all`.
    pub fn new(
        label: &'static str,
        name: &'static str,
        value: Memo<String>,
        all: &str,
        options: impl IntoIterator<Item = SelectOption>,
    ) -> Self {
        Self {
            label,
            name,
            options: std::iter::once(SelectOption::new("", all)).chain(options).collect(),
            value,
        }
    }
}

/// A search and choices over a list. What is typed into the search goes along with a choice.
#[component]
pub fn FilterBar(
    /// The list's path.
    path: &'static str,
    /// What is searched: `Search runs`.
    label: &'static str,
    /// The words in the address.
    search: Memo<String>,
    /// The choices.
    filters: Vec<Filter>,
) -> impl IntoView {
    let values: Vec<_> = filters.iter().map(|filter| (filter.name, filter.value)).collect();
    let values = StoredValue::new(values);
    let keep = Signal::derive(move || {
        values.with_value(|values| {
            let pairs = values.iter().map(|(name, value)| ((*name).to_owned(), value.get()));
            pairs.collect::<Vec<_>>()
        })
    });
    let navigate = use_navigate();
    let searches = use_context::<Searches>().unwrap_or_default();
    let go = Callback::new(move |(changed, to): (&'static str, String)| {
        let search = search.get_untracked();
        let mut fields = vec![("search".to_owned(), search)];
        values.with_value(|values| {
            fields.extend(values.iter().map(|(name, value)| {
                let value = if *name == changed {
                    to.clone()
                } else {
                    value.get_untracked()
                };
                ((*name).to_owned(), value)
            }));
        });
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&searches.taken_along_now(&address(path, &fields), changed), options);
    });
    let selects = filters
        .into_iter()
        .map(|filter| {
            let name = filter.name;
            let on_change = Callback::new(move |value: String| go.run((name, value)));
            view! {
                <div class="w-44 max-w-full">
                    <Select label=filter.label name options=filter.options value=filter.value on_change />
                </div>
            }
        })
        .collect_view();
    view! {
        <div class="mb-4 flex flex-wrap items-end gap-x-4 gap-y-3">
            <div class="min-w-0 flex-1 basis-64">
                <SearchField label action=path name="search" value=search keep />
            </div>
            <Form method="GET" action=path noscroll=true>
                {move || {
                    let search = search.get();
                    (!search.is_empty()).then(|| view! { <input type="hidden" name="search" value=search /> })
                }}
                <div class="flex flex-wrap items-end gap-3">
                    {selects}
                    <div class="without-script">
                        <Button kind=ButtonKind::Submit>"Show"</Button>
                    </div>
                </div>
            </Form>
        </div>
    }
    .into_any()
}
