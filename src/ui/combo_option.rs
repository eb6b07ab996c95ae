//! What a [`Combobox`](super::combobox::Combobox) offers: how an option reads, before script and after it, and which one
//! the words that somebody typed mean.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::icon::{Glyph, Icon};

/// One of many. It can be sent, as the first ones often come with the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComboOption {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Why it is suggested, or what tells it from others: `Same domain: contoso.com`.
    pub note: Option<String>,
}

/// Which of what the server has found for these words is meant, so that a key takes it. What is chosen already is on offer
/// all the same, and comes first.
pub(super) fn likeliest(found: &[ComboOption], words: &str, chosen: &str) -> Option<usize> {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return None;
    }
    let by = |test: &dyn Fn(&ComboOption) -> bool| found.iter().position(test);
    by(&|option| matches(option, &words)).or_else(|| by(&|option| option.value != chosen))
}

/// Whether an option shows these words, given in lower case.
pub(super) fn matches(option: &ComboOption, query: &str) -> bool {
    option.label.to_lowercase().contains(query)
        || option
            .note
            .as_ref()
            .is_some_and(|note| note.to_lowercase().contains(query))
}

/// As the native select shows it.
pub(super) fn plain(option: &ComboOption, value: &str) -> impl IntoView + use<> {
    let text = match &option.note {
        Some(note) => format!("{} — {note}", option.label),
        None => option.label.clone(),
    };
    view! {
        <option value=option.value.clone() selected=option.value == value>
            {text}
        </option>
    }
}

/// As the list of suggestions shows it.
pub(super) fn suggestion(
    id: String,
    at: usize,
    option: &ComboOption,
    active: RwSignal<Option<usize>>,
    chosen: bool,
) -> impl IntoView + use<> {
    let ComboOption { label, note, .. } = option.clone();
    view! {
        <li
            id=id
            class="menu-item cursor-pointer"
            role="option"
            data-index=at.to_string()
            aria-selected=move || if active.get() == Some(at) { "true" } else { "false" }
        >
            <span class="min-w-0 flex-1 wrap-anywhere">
                <span class="block"><bdi>{label}</bdi></span>
                {note.map(|note| view! { <span class="block text-xs text-text-muted">{note}</span> })}
            </span>
            {chosen
                .then(|| {
                    view! {
                        <span class="text-accent-text">
                            <Glyph icon=Icon::Check />
                        </span>
                        <span class="sr-only">", chosen"</span>
                    }
                })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_taken_and_not_what_is_chosen_already() {
        let option = |value: &str, label: &str| ComboOption {
            value: value.into(),
            label: label.into(),
            note: Some(format!("{value}@contoso.example")),
        };
        let found = [option("a", "Adatum Architects"), option("w", "Woodgrove Bank")];
        assert_eq!(likeliest(&found, " woodgrove", "a"), Some(1));
        assert_eq!(likeliest(&found, "w@contoso", "a"), Some(1));
        assert_eq!(likeliest(&found, "adatum", "a"), Some(0));
        assert_eq!(likeliest(&found, "found by words that do not show", "a"), Some(1));
        assert_eq!(likeliest(&found[..1], "woodgrove", "a"), None);
        assert_eq!(likeliest(&[], "woodgrove", ""), None);
        assert_eq!(likeliest(&found, " ", "a"), None, "nothing is looked for");
    }
}
