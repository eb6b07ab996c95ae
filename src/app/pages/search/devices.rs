use super::More;
use crate::{
    app::{pages::address::address, paths},
    model::{
        mac::Mac,
        search::{Found, FoundAsset, FoundDevice},
    },
    ui::{
        section::Section,
        table::{Cell, CellWords, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

#[component]
fn Macs(macs: Vec<Mac>) -> impl IntoView {
    macs.into_iter()
        .map(|mac| view! { <span class="block whitespace-nowrap tabular-nums">{mac.to_string()}</span> })
        .collect_view()
}

/// Assets.
#[component]
pub fn Assets(
    /// The best of them.
    found: Found<FoundAsset>,
) -> impl IntoView {
    if found.rows.is_empty() {
        return ().into_any();
    }
    let head = || {
        view! {
            <Th label="Asset" />
            <Th label="Organization" />
            <Th label="Serial Number" />
            <Th label="MAC Addresses" />
            <Th label="Assigned Contact" />
        }
    };
    let row = |row: FoundAsset| {
        let organization = row.organization;
        view! {
            <Tr>
                <Td cell=Cell::Primary>
                    <a class="link wrap-anywhere" href=paths::asset(row.id)>
                        <bdi>{row.name}</bdi>
                    </a>
                </Td>
                <Td label="Organization">
                    <a class="link" href=paths::organization(organization.id)>
                        <bdi>{organization.name}</bdi>
                    </a>
                </Td>
                <Td label="Serial Number">
                    <CellWords text=row.serial_number />
                </Td>
                <Td label="MAC Addresses" cell=Cell::Solid>
                    <Macs macs=row.macs />
                </Td>
                <Td label="Assigned Contact">
                    <bdi>{row.contact}</bdi>
                </Td>
            </Tr>
        }
    };
    view! {
        <Section title="Assets" id="assets">
            <Table caption="Assets" head>
                {found.rows.into_iter().map(row).collect_view()}
            </Table>
            <More more=found.more />
        </Section>
    }
    .into_any()
}

/// Managed devices.
#[component]
pub fn Devices(
    /// The best of them.
    found: Found<FoundDevice>,
) -> impl IntoView {
    if found.rows.is_empty() {
        return ().into_any();
    }
    let head = || {
        view! {
            <Th label="Device" />
            <Th label="Microsoft Tenant" />
            <Th label="Serial Number" />
            <Th label="MAC Addresses" />
            <Th label="Primary User" />
        }
    };
    let row = |row: FoundDevice| {
        let user = row.user.map(|(id, name)| {
            view! {
                <a class="link" href=address(paths::SEARCH, &[("q", &id.to_string())])>
                    <bdi>{name}</bdi>
                </a>
            }
        });
        view! {
            <Tr>
                <Td cell=Cell::Primary>
                    <bdi class="wrap-anywhere">{row.name}</bdi>
                </Td>
                <Td label="Microsoft Tenant">
                    <bdi>{row.microsoft_tenant}</bdi>
                </Td>
                <Td label="Serial Number">
                    <CellWords text=row.serial_number />
                </Td>
                <Td label="MAC Addresses" cell=Cell::Solid>
                    <Macs macs=row.macs />
                </Td>
                <Td label="Primary User">{user}</Td>
            </Tr>
        }
    };
    view! {
        <Section title="Devices in Intune" id="devices" text="Managed devices of a connected Microsoft tenant.">
            <Table caption="Devices in Intune" head>
                {found.rows.into_iter().map(row).collect_view()}
            </Table>
            <More more=found.more />
        </Section>
    }
    .into_any()
}
