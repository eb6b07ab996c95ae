//! The way through a long list, page by page, each with an address.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    number::grouped,
    search_field::Searches,
};

/// Which rows are in sight, in words: `1–100 of 2,341`, or `1–100 of more than 10,000` when counting stopped there.
#[must_use]
pub fn range_words(first: u64, last: u64, total: u64, capped: bool) -> String {
    let more = if capped { "more than " } else { "" };
    if total == 0 {
        return "None".to_owned();
    }
    format!("{}–{} of {more}{}", grouped(first), grouped(last), grouped(total))
}

const STEP: &str = "inline-flex min-h-8 items-center gap-1 rounded-md border border-line-strong px-2.5 font-medium \
     pointer-coarse:min-h-11";

/// Where one is and the ways on. What is typed into the search of the list goes along.
#[component]
pub fn Pagination(
    /// What is being paged: `End Users`.
    #[prop(into)]
    label: String,
    /// Which rows are in sight; see [`range_words`].
    #[prop(into)]
    text: String,
    /// The page before, if there is one.
    #[prop(optional_no_strip)]
    previous: Option<String>,
    /// The page after, if there is one.
    #[prop(optional_no_strip)]
    next: Option<String>,
) -> impl IntoView {
    let searches = use_context::<Searches>().unwrap_or_default();
    let previous = step(
        previous,
        "prev",
        &searches,
        view! { <Glyph icon=Icon::ChevronLeft /> "Previous" }.into_any(),
    );
    let next = step(
        next,
        "next",
        &searches,
        view! { "Next" <Glyph icon=Icon::ChevronRight /> }.into_any(),
    );
    view! {
        <nav aria-label=format!("Pages of {label}") class="flex flex-wrap items-center justify-between gap-3 py-3">
            <p class="text-text-muted tabular-nums">{text}</p>
            <div class="flex gap-2">
                {previous}
                {next}
            </div>
        </nav>
    }
    .into_any()
}

fn step(href: Option<String>, rel: &'static str, searches: &Searches, face: AnyView) -> AnyView {
    match href {
        Some(href) => {
            let searches = searches.clone();
            view! { <a class=STEP href=move || searches.taken_along(&href, "page") rel=rel>{face}</a> }.into_any()
        }
        // A link without an address: it keeps its place, cannot be followed, and says so.
        None => view! { <a class=STEP role="link" aria-disabled="true"><span class="inline-flex items-center gap-1 opacity-50">{face}</span></a> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::range_words;

    #[test]
    fn a_range_is_written_with_grouped_digits() {
        assert_eq!(range_words(1, 100, 2_341, false), "1–100 of 2,341");
        assert_eq!(range_words(1, 100, 10_000, true), "1–100 of more than 10,000");
        assert_eq!(range_words(0, 0, 0, false), "None");
    }
}
