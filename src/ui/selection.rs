//! Ticking rows of a table for a form elsewhere on the page. Each row's box is a plain box of that form and works
//! without script; the box in the head, which ticks all rows in sight, comes with it.

use super::hydration::drawn_by_server;
use leptos::{html, prelude::*};
use std::{collections::BTreeSet, sync::Arc};

/// Which rows are ticked, by the value that their box sends.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    ticked: RwSignal<BTreeSet<String>>,
}

impl Selection {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ticked: RwSignal::new(BTreeSet::new()),
        }
    }

    /// How many of these rows are ticked.
    #[must_use]
    pub fn count_among(self, rows: &[String]) -> usize {
        self.ticked
            .with(|ticked| rows.iter().filter(|row| ticked.contains(*row)).count())
    }

    /// Those of these rows that are ticked, in the order of the rows.
    #[must_use]
    pub fn among(self, rows: &[String]) -> Vec<String> {
        self.ticked
            .with_untracked(|ticked| rows.iter().filter(|row| ticked.contains(*row)).cloned().collect())
    }

    fn set(self, value: &str, on: bool) {
        self.ticked.update(|ticked| {
            if on {
                ticked.insert(value.to_owned());
            } else {
                ticked.remove(value);
            }
        });
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::new()
    }
}

/// The box of a row.
#[component]
pub fn RowBox(
    /// What is ticked.
    selection: Selection,
    /// The row, for screen readers: `Select Ana López`.
    #[prop(into)]
    label: String,
    /// The field that it sends.
    #[prop(into)]
    name: String,
    /// The value that it sends.
    #[prop(into)]
    value: String,
    /// The id of its form.
    #[prop(into)]
    form: String,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let (mine, set) = (value.clone(), value.clone());
    // Later a row may get the element of another one, and that one's tick is not its own.
    let drawn_by_server = drawn_by_server();
    Effect::new(move |before: Option<()>| {
        let Some(input) = node.get() else { return };
        if before.is_none() && drawn_by_server && input.checked() {
            // Ticked before the script came.
            selection.set(&mine, true);
        }
        input.set_checked(selection.ticked.with(|ticked| ticked.contains(&mine)));
    });
    view! {
        <label class="inline-flex size-6 items-center justify-center">
            <input
                node_ref=node
                type="checkbox"
                class="size-4 flex-none"
                name=name
                value=value
                form=form
                autocomplete="off"
                on:change=move |event| selection.set(&set, event_target_checked(&event))
            />
            <span class="sr-only">{label}</span>
        </label>
    }
    .into_any()
}

/// The box in the head: ticks and unticks all rows in sight.
#[component]
pub fn AllBox(
    /// What is ticked.
    selection: Selection,
    /// `Select all on this page`.
    #[prop(into)]
    label: String,
    /// The values of the rows in sight.
    values: Vec<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let rows = Arc::<[String]>::from(values);
    let shown = Arc::clone(&rows);
    Effect::new(move |_| {
        let Some(input) = node.get() else { return };
        let ticked = selection.count_among(&shown);
        let (all, some) = (!shown.is_empty() && ticked == shown.len(), ticked > 0);
        input.set_checked(all);
        input.set_indeterminate(some && !all);
    });
    view! {
        <label class="needs-script inline-flex size-6 items-center justify-center">
            <input
                node_ref=node
                type="checkbox"
                class="size-4 flex-none"
                autocomplete="off"
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    rows.iter().for_each(|row| selection.set(row, on));
                }
            />
            <span class="sr-only">{label}</span>
        </label>
    }
    .into_any()
}
