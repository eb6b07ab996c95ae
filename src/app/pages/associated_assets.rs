//! **Associated Assets**: what is assigned to one End User, for their details page.

use super::{facts::Pass, problem::Problem, when::When};
use crate::{
    api::ApiError,
    app::paths,
    model::{
        asset::{AssetRow, Contact},
        microsoft_user::PassState,
    },
    ui::{
        badge::Badge,
        empty_state::EmptyState,
        icon::Icon,
        section::Section,
        table::{Cell, CellWords, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

const COLUMNS: u32 = 4;

/// The section.
#[component]
pub fn AssociatedAssets(
    /// What is assigned, as the page's own answer brought it.
    assets: Result<Vec<AssetRow>, ApiError>,
    /// How the reading of the devices stands by which the sync assigns; nothing without a Microsoft account.
    devices: Option<PassState>,
) -> impl IntoView {
    view! {
        <Section title="Associated Assets" id="associated-assets">
            {devices.map(|state| view! { <div class="mb-2"><Pass name="Managed devices" state /></div> })}
            {match assets {
                Ok(rows) => view! { <Rows rows /> }.into_any(),
                Err(error) => view! { <Problem error /> }.into_any(),
            }}
        </Section>
    }
    .into_any()
}

#[component]
fn Frame(children: Children) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Asset" />
            <Th label="Serial Number" />
            <Th label="MAC Addresses" />
            <Th label="Assigned" />
        }
    };
    view! {
        <Table caption="Associated Assets" head>
            {children()}
        </Table>
    }
    .into_any()
}

#[component]
fn Rows(rows: Vec<AssetRow>) -> impl IntoView {
    let body = if rows.is_empty() {
        view! {
            <EmptyRow columns=COLUMNS>
                <EmptyState
                    icon=Icon::Laptop
                    title="No Assets"
                    text="The sync assigns an Asset when a managed device of this person has one of its MAC addresses; on the Asset's page a person can."
                />
            </EmptyRow>
        }
        .into_any()
    } else {
        rows.into_iter()
            .map(|row| view! { <Row row /> })
            .collect_view()
            .into_any()
    };
    view! { <Frame>{body}</Frame> }
}

#[component]
fn Row(row: AssetRow) -> impl IntoView {
    let macs = row.asset.macs.into_iter().map(|mac| {
        view! { <span class="block whitespace-nowrap font-mono text-xs/5">{mac.to_string()}</span> }
    });
    let how = match row.contact {
        Contact::BySync { by, at, stale, .. } => {
            let words = format!("By the sync, by {} {}", by.adapter.label(), by.mac);
            view! {
                <span class="block">{words}</span>
                <span class="block text-text-muted">
                    <When moment=at />
                </span>
                {stale.map(|_| view! { <Badge icon=Icon::Clock text="Device gone" /> })}
            }
            .into_any()
        }
        Contact::ByHand { by, at, .. } => view! {
            <span class="block">"By hand, by " <bdi>{by}</bdi></span>
            <span class="block text-text-muted">
                <When moment=at />
            </span>
        }
        .into_any(),
        Contact::Nobody | Contact::Conflict { .. } => ().into_any(),
    };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <a class="link" href=paths::asset(row.id)>
                    <bdi class="wrap-anywhere">{row.asset.name}</bdi>
                </a>
            </Td>
            <Td label="Serial Number">
                <CellWords text=row.asset.serial_number />
            </Td>
            <Td label="MAC Addresses">{macs.collect_view()}</Td>
            <Td label="Assigned">{how}</Td>
        </Tr>
    }
    .into_any()
}
