//! **History** of an Asset: what people did and what the sync did, the latest first.

use super::evidence::device_words;
use crate::{
    app::{
        pages::{changes::Changes, when::When},
        paths,
    },
    model::{
        asset::AssetChange,
        asset_details::{AssetHappening, AssetHistory},
        audit::Action,
    },
    ui::{
        empty_state::EmptyState,
        icon::Icon,
        section::Section,
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

const COLUMNS: u32 = 4;

/// The section.
#[component]
pub fn History(
    /// The latest first.
    history: Vec<AssetHistory>,
) -> impl IntoView {
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
            .map(|line| view! { <Row line /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Section title="History" id="history">
            <Table caption="History" head>
                {body}
            </Table>
        </Section>
    }
    .into_any()
}

/// What a change is called.
pub const fn words(change: AssetChange) -> &'static str {
    match change {
        AssetChange::Assigned => "Assigned by the sync",
        AssetChange::Unassigned => "No longer assigned by the sync",
        AssetChange::Conflict => "In conflict",
        AssetChange::Stale => "Device gone",
        AssetChange::EndUserDeleted => "End User deleted",
    }
}

#[component]
fn Row(line: AssetHistory) -> impl IntoView {
    let (what, fresh) = match line.what {
        AssetHappening::ByHand(action) => (action.map_or("Changed", Action::label), action == Some(Action::Create)),
        AssetHappening::Change(change) => (words(change), false),
    };
    let why = line.device.map(|found| {
        let words = format!("{} {} of {}", found.adapter.label(), found.mac, device_words(&found));
        view! { <span class="block min-w-40 text-text-muted">{words}</span> }
    });
    let by = match (line.run, line.what) {
        (Some(run), _) => view! {
            <a class="link" href=paths::run(run)>
                "Run"
            </a>
        }
        .into_any(),
        (None, AssetHappening::Change(_)) => "Entrain".into_any(),
        (None, AssetHappening::ByHand(_)) => view! { <bdi>{line.by}</bdi> }.into_any(),
    };
    view! {
        <Tr>
            <Td label="When" cell=Cell::Solid>
                <When moment=line.at />
            </Td>
            <Td label="What">
                <span class="block font-medium">{what}</span>
                {why}
            </Td>
            <Td label="By">{by}</Td>
            <Td label="Changes">
                <Changes changes=line.changes fresh />
            </Td>
        </Tr>
    }
    .into_any()
}
