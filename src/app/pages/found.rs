//! What a combobox offers when the server finds it, while somebody types.

use crate::{api::ApiError, ui::combobox::ComboOption};
use leptos::prelude::*;
use std::future::Future;

/// Asks the server for every word typed and puts its answer on offer; give it to the combobox as `on_query`. What is
/// chosen stays on offer, whatever is searched for.
pub fn found_on_server<F, Answer>(
    offered: RwSignal<Vec<ComboOption>>,
    selected: RwSignal<Option<String>>,
    ask: F,
) -> Callback<String>
where
    F: Fn(String) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Vec<ComboOption>, ApiError>> + Send + 'static,
{
    let asked = StoredValue::new(String::new());
    let search = Action::new(move |words: &String| {
        let (words, answer) = (words.clone(), ask(words.clone()));
        async move { (words, answer.await) }
    });
    Effect::new(move |_| {
        let Some((words, Ok(found))) = search.value().get() else {
            return;
        };
        // Answers may overtake one another; only the last question counts.
        if words == asked.get_value() {
            let value = selected.get_untracked().unwrap_or_default();
            let chosen = offered.with_untracked(|offered| offered.iter().find(|option| option.value == value).cloned());
            offered.set(with_chosen(chosen, found));
        }
    });
    Callback::new(move |words: String| {
        asked.set_value(words.clone());
        search.dispatch(words);
    })
}

/// What was found, after what is chosen where it is not among it.
pub fn with_chosen(chosen: Option<ComboOption>, found: Vec<ComboOption>) -> Vec<ComboOption> {
    let missing = chosen.filter(|chosen| !found.iter().any(|option| option.value == chosen.value));
    missing.into_iter().chain(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_stays_on_offer_and_is_there_once() {
        let option = |value: &str| ComboOption {
            value: value.into(),
            ..ComboOption::default()
        };
        let found = || vec![option("a"), option("b")];
        assert_eq!(with_chosen(None, found()), found());
        assert_eq!(with_chosen(Some(option("a")), found()), found());
        assert_eq!(
            with_chosen(Some(option("c")), found()),
            [option("c"), option("a"), option("b")]
        );
    }
}
