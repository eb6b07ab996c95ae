//! **History**: each change with old and new value, and the run or person that made it.

use crate::{
    app::{
        pages::{address::address, changes::Changes, when::When},
        paths,
    },
    model::{
        audit::Action,
        end_user_details::{HistoryBy, HistoryEntry, HistoryWhat},
        plan::Outcome,
    },
    ui::{
        button::ButtonLink,
        empty_state::EmptyState,
        icon::Icon,
        section::Section,
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const COLUMNS: u32 = 4;

/// The section.
#[component]
pub fn History(
    /// The latest first.
    history: Vec<HistoryEntry>,
    /// There is more.
    more: bool,
    /// The page's own address.
    here: String,
) -> impl IntoView {
    let query = use_query_map();
    let next = move || {
        let shown: usize = query.with(|query| query.get_str("more").and_then(|more| more.parse().ok()).unwrap_or(0));
        address(&here, &[("more", &(shown + 1).to_string())])
    };
    let head = || {
        view! {
            <Th label="When" />
            <Th label="What" />
            <Th label="By" />
            <Th label="Changes" />
        }
    };
    let body = if history.is_empty() {
        view! {
            <EmptyRow columns=COLUMNS>
                <EmptyState
                    icon=Icon::Clock
                    title="Nothing on record"
                    text="Changes by a run or a person appear here, with old and new values."
                />
            </EmptyRow>
        }
        .into_any()
    } else {
        history
            .into_iter()
            .map(|entry| view! { <Row entry /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Section title="History" id="history">
            <Table caption="History" head>
                {body}
            </Table>
            {more
                .then(|| {
                    view! {
                        <div class="py-3">
                            <ButtonLink href=next() keep_scroll=true>
                                "Show more"
                            </ButtonLink>
                        </div>
                    }
                })}
        </Section>
    }
    .into_any()
}

#[component]
fn Row(entry: HistoryEntry) -> impl IntoView {
    let (what, why) = match &entry.what {
        HistoryWhat::Outcome(outcome, reason) => (outcome.label(), Some(reason.words())),
        HistoryWhat::Action(action) => (action.map_or("Changed", Action::label), None),
        HistoryWhat::Directory => ("Changed in Microsoft", None),
    };
    let fresh = matches!(
        &entry.what,
        HistoryWhat::Outcome(Outcome::Create, _) | HistoryWhat::Action(Some(Action::Create))
    );
    let folded = fresh && entry.changes.len() > 1;
    let by = match entry.by {
        HistoryBy::Run { id, trigger } => view! {
            <a class="link" href=paths::run(id)>
                "Run"
            </a>
            {trigger.map(|trigger| view! { <span class="block text-text-muted">{trigger.label()}</span> })}
        }
        .into_any(),
        HistoryBy::Actor(actor) => view! { <bdi>{actor.name}</bdi> }.into_any(),
        HistoryBy::Microsoft => "Microsoft".into_any(),
    };
    view! {
        <Tr>
            <Td label="When" cell=Cell::Solid>
                <When moment=entry.at />
            </Td>
            <Td label="What">
                <span class="block font-medium">{what}</span>
                {why.map(|why| view! { <span class="block min-w-40 text-text-muted">{why}</span> })}
            </Td>
            <Td label="By" cell=Cell::Phrase>{by}</Td>
            <Td label="Changes">
                <Changes changes=entry.changes folded fresh />
            </Td>
        </Tr>
    }
    .into_any()
}
