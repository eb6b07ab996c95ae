use super::Narrowed;
use crate::{
    api::runs::AS_OF_NOW,
    model::{ids::RunId, plan::Counts, plan::Outcome},
    ui::{number::grouped, search_field::Searches},
};
use leptos::prelude::*;

const CHIP: &str = "inline-flex min-h-8 items-center gap-1.5 rounded-2xl border border-line-strong px-3 text-text-muted \
     transition-colors hover:bg-surface-hover hover:text-text aria-[current=true]:border-accent-text \
     aria-[current=true]:bg-accent-soft aria-[current=true]:font-medium aria-[current=true]:text-accent-text \
     pointer-coarse:min-h-11";

/// Links that narrow the people to one outcome, each with the number the run counted. What is typed into the search of
/// the people goes along.
#[component]
pub fn OutcomeLinks(
    /// Of which run.
    id: RunId,
    /// The run's numbers.
    counts: Counts,
    /// What is in sight.
    asked: Narrowed,
) -> impl IntoView {
    let searches = use_context::<Searches>().unwrap_or_default();
    let along = move |href: String| {
        let searches = searches.clone();
        move || searches.taken_along(&href, "outcome")
    };
    let link = |outcome: Option<Outcome>| {
        let key = outcome.map_or("", Outcome::key);
        let current = (asked.outcome == key).then_some("true");
        let href = Narrowed {
            outcome: key.to_owned(),
            search: asked.search.clone(),
            page: 1,
        }
        .address(id);
        let label = outcome.map_or("Everybody", Outcome::label);
        let number = outcome.map(|outcome| grouped(counts.get(outcome).into()));
        view! {
            <li>
                <a class=CHIP href=along(href) aria-current=current data-noscroll=true>
                    {label}
                    {number.map(|number| view! { <span class="tabular-nums">{number}</span> })}
                </a>
            </li>
        }
    };
    let as_of_now = Narrowed {
        outcome: AS_OF_NOW.to_owned(),
        search: asked.search.clone(),
        page: 1,
    }
    .address(id);
    let as_of_now = along(as_of_now);
    let only_now = (asked.outcome == AS_OF_NOW).then_some("true");
    let outcomes = Outcome::ALL
        .into_iter()
        .filter(|outcome| counts.get(*outcome) > 0 || outcome.key() == asked.outcome);
    view! {
        <nav aria-label="Outcomes">
            <ul class="flex flex-wrap gap-2">
                {std::iter::once(None).chain(outcomes.map(Some)).map(link).collect_view()}
                <li>
                    <a class=CHIP href=as_of_now aria-current=only_now data-noscroll=true>
                        "Unchanged and long-standing, as of now"
                    </a>
                </li>
            </ul>
        </nav>
    }
    .into_any()
}
