//! **Activity**: what ran, why, and what came of it.

use super::{
    frame::Frame,
    polling::poll_while,
    problem::Problem,
    reason::remedy,
    run_result::{COUNT_COLUMNS, CountCells, CountHeads, RunLink, RunResult},
};
use crate::{
    api::runs::runs,
    app::paths,
    model::run::{RunRow, RunState},
    ui::{
        button::ButtonLink,
        empty_state::EmptyState,
        icon::Icon,
        page::PageHeader,
        table::{Cell, EmptyRow, SkeletonRows, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

const COLUMNS: u32 = 5 + COUNT_COLUMNS;

/// The page.
#[component]
pub fn RunsPage() -> impl IntoView {
    let rows = Resource::new_blocking(|| (), |()| runs());
    poll_while(rows, |rows: &Vec<RunRow>| {
        rows.iter().any(|run| run.state == RunState::Running)
    });
    view! {
        <Frame title="Activity">
            <PageHeader title="Activity" text="The latest runs, newest first. A run opens to one row per person, with the reason." />
            <Transition fallback=|| {
                view! {
                    <Table caption="Runs" busy=true head=Heads>
                        <SkeletonRows columns=COLUMNS />
                    </Table>
                }
            }>
                {move || Suspend::new(async move {
                    match rows.await {
                        Ok(rows) => view! { <RunsTable rows /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
        </Frame>
    }
}

#[component]
fn Heads() -> impl IntoView {
    view! {
        <Th label="Started" />
        <Th label="Microsoft Tenant" />
        <Th label="Reason" />
        <Th label="Result" />
        <CountHeads />
        <Th label="Duration" />
    }
}

#[component]
fn RunsTable(rows: Vec<RunRow>) -> impl IntoView {
    let body = if rows.is_empty() {
        view! {
            <EmptyRow columns=COLUMNS>
                <EmptyState
                    icon=Icon::Activity
                    title="No runs yet"
                    text="Entrain reads every connected Microsoft tenant once an hour. Connect one, and its first run appears here."
                    action=|| view! { <ButtonLink href=paths::MICROSOFT_TENANTS>"Microsoft Tenant Integrations"</ButtonLink> }
                />
            </EmptyRow>
        }
        .into_any()
    } else {
        rows.into_iter()
            .map(|run| view! { <Row run /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Table caption="Runs" head=Heads>
            {body}
        </Table>
    }
}

#[component]
fn Row(run: RunRow) -> impl IntoView {
    let link = view! { <RunLink run=run.clone() /> };
    // The run's own page has the rest of it.
    let error = run.error.as_deref().map(|error| remedy(error).to_owned());
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                {link}
            </Td>
            <Td label="Microsoft Tenant">
                <bdi class="wrap-anywhere">{run.microsoft_tenant}</bdi>
            </Td>
            <Td label="Reason" cell=Cell::Solid>{run.trigger.label()}</Td>
            <Td label="Result">
                <span class="grid max-w-72 min-w-40 gap-1">
                    <span>
                        <RunResult state=run.state />
                    </span>
                    {error.map(|error| view! { <span class="text-xs text-text-muted wrap-anywhere">{error}</span> })}
                </span>
            </Td>
            <CountCells counts=run.counts />
            <Td label="Duration" cell=Cell::Solid>
                {run.duration}
            </Td>
        </Tr>
    }
}
