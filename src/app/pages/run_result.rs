//! How a run ended, and its numbers, as every list of runs shows them.

use crate::{
    app::{pages::when::When, paths},
    model::{plan::Counts, run::RunRow, run::RunState},
    ui::{
        badge::{Badge, Tone},
        icon::Icon,
        number::grouped,
        table::{Cell, Td, Th},
    },
};
use leptos::prelude::*;

/// How a run stands, in a word.
#[component]
pub fn RunResult(
    /// The state.
    state: RunState,
) -> impl IntoView {
    let (tone, icon) = match state {
        RunState::Running => (Tone::Info, Icon::Refresh),
        RunState::Succeeded => (Tone::Positive, Icon::CheckCircle),
        RunState::Failed => (Tone::Critical, Icon::AlertTriangle),
        RunState::PutOff => (Tone::Caution, Icon::Clock),
    };
    view! { <Badge tone icon text=state.label() /> }
}

/// When a run began, as the link to it.
#[component]
pub fn RunLink(
    /// The run.
    run: RunRow,
) -> impl IntoView {
    view! {
        <a class="link" href=paths::run(run.id)>
            <When moment=run.started />
        </a>
    }
    .into_any()
}

/// The heads of a run's numbers.
#[component]
pub fn CountHeads() -> impl IntoView {
    COUNTS
        .map(|(label, _)| view! { <Th label cell=Cell::Number /> })
        .into_iter()
        .collect_view()
}

/// What is said of an Organization that a run did not plan, and of a run that planned none.
pub const NOTHING_CHANGED: &str = "Nothing changed";

/// The numbers of a run; nothing done is quieter than something done. Where nothing was planned there are none, and how
/// many were skipped is for those to know who have the directory whole.
#[component]
pub fn CountCells(
    /// The numbers.
    counts: Counts,
    /// Nothing was planned, as nothing had changed.
    #[prop(optional)]
    nothing_changed: bool,
) -> impl IntoView {
    COUNTS
        .map(|(label, of)| {
            let number = of(&counts);
            let untold = counts.partial && label == SKIPPED;
            let text = if nothing_changed || untold {
                "–".to_owned()
            } else {
                grouped(number.into())
            };
            let class = if number == 0 {
                "count-none text-text-muted"
            } else {
                "font-medium"
            };
            view! {
                <Td label cell=Cell::Number>
                    <span class=class>{text}</span>
                </Td>
            }
        })
        .into_iter()
        .collect_view()
}

const SKIPPED: &str = "Skipped";

type Count = (&'static str, fn(&Counts) -> u32);

const COUNTS: [Count; 6] = [
    ("Created", |c| c.create),
    ("Linked", |c| c.link),
    ("Updated", |c| c.update),
    ("Disabled", |c| c.disable),
    (SKIPPED, |c| c.skip),
    ("Conflicts", |c| c.conflict),
];

/// How many columns [`CountHeads`] writes.
pub const COUNT_COLUMNS: u32 = 6;
