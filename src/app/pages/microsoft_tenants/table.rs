use crate::{
    api::microsoft_tenants::SyncNow,
    app::{
        pages::{reason::ReasonText, when::When},
        paths,
    },
    model::tenant::{ConnectionStatus, MicrosoftTenantRow},
    ui::{
        badge::{Badge, Tone},
        button::{ButtonLink, ButtonVariant, Spinner},
        empty_state::EmptyState,
        icon::Icon,
        menu::{Menu, MenuButton, MenuLink},
        number::count,
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// How many columns [`Heads`] writes.
pub const COLUMNS: u32 = 6;

/// The heads of the table.
#[component]
pub fn Heads() -> impl IntoView {
    view! {
        <Th label="Microsoft Tenant" />
        <Th label="Tenant" />
        <Th label="Status" />
        <Th label="Users" cell=Cell::Number />
        <Th label="Last Sync" />
        <Th label="Actions" cell=Cell::Actions hidden=true />
    }
}

/// The table, or what to do while nothing is connected.
#[component]
pub fn MicrosoftTenantsTable(
    /// The rows.
    rows: Vec<MicrosoftTenantRow>,
    /// **Sync Now**.
    sync: ServerAction<SyncNow>,
) -> impl IntoView {
    let rows = if rows.is_empty() {
        view! {
            <EmptyRow columns=COLUMNS>
                <EmptyState
                    icon=Icon::Plug
                    title="No Microsoft tenant is connected"
                    text="Connect the Microsoft tenant of a customer; then map it to a Tenant and set up the user sync."
                    action=|| {
                        view! {
                            <ButtonLink href=paths::INTEGRATE variant=ButtonVariant::Secondary keep_scroll=true>
                                "Connect a Microsoft tenant"
                            </ButtonLink>
                        }
                    }
                />
            </EmptyRow>
        }
        .into_any()
    } else {
        rows.into_iter()
            .map(|row| view! { <Row row sync /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Table caption="Microsoft tenants" head=Heads>
            {rows}
        </Table>
    }
}

#[component]
fn Row(row: MicrosoftTenantRow, sync: ServerAction<SyncNow>) -> impl IntoView {
    let MicrosoftTenantRow {
        id,
        display_name,
        default_domain,
        tenant,
        status,
        status_reason,
        users,
        last_sync,
        running,
        ..
    } = row;
    let mapped = tenant.is_some();
    let tenant = match tenant {
        Some(tenant) => view! {
            <a class="link" href=paths::tenant(tenant.id)>
                <bdi>{tenant.name}</bdi>
            </a>
        }
        .into_any(),
        None => view! {
            <a class="link" href=paths::map_tenant(id) data-noscroll=true>
                "Map"
                <span class="sr-only">" " <bdi>{display_name.clone()}</bdi></span>
            </a>
        }
        .into_any(),
    };
    let last_sync = if running {
        view! {
            <span class="inline-flex items-center gap-1.5">
                <span class="text-accent-text">
                    <Spinner />
                </span>
                "Syncing…"
            </span>
        }
        .into_any()
    } else {
        match last_sync {
            Some(moment) => view! { <When moment /> }.into_any(),
            None => view! { <span class="text-text-muted">"Never"</span> }.into_any(),
        }
    };
    let label = format!("Actions for {display_name}");
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <span class="block wrap-anywhere">
                    <bdi>{display_name}</bdi>
                </span>
                <span class="block font-normal text-text-muted wrap-anywhere">{default_domain}</span>
            </Td>
            <Td label="Tenant">{tenant}</Td>
            <Td label="Status">
                <Status status reason=status_reason />
            </Td>
            <Td label="Users" cell=Cell::Number>
                {count(users)}
            </Td>
            <Td label="Last Sync" cell=Cell::Solid>
                {last_sync}
            </Td>
            <Td cell=Cell::Actions>
                <Menu id=format!("menu-{id}") label>
                    <ActionForm action=sync>
                        <input type="hidden" name="id" value=id.to_string() />
                        <input type="hidden" name="next" value=paths::MICROSOFT_TENANTS />
                        <MenuButton icon=Icon::Refresh>"Sync Now"</MenuButton>
                    </ActionForm>
                    {if mapped {
                        view! {
                            <MenuLink href=paths::unmap_tenant(id) danger=true icon=Icon::X>
                                "Unmap Tenant"
                            </MenuLink>
                        }
                            .into_any()
                    } else {
                        view! {
                            <MenuLink href=paths::map_tenant(id) icon=Icon::Plug>
                                "Map Tenant"
                            </MenuLink>
                        }
                            .into_any()
                    }}
                </Menu>
            </Td>
        </Tr>
    }
}

#[component]
fn Status(status: ConnectionStatus, reason: String) -> impl IntoView {
    let tone = match status {
        ConnectionStatus::Connected => Tone::Positive,
        ConnectionStatus::ConsentNeeded | ConnectionStatus::Attention => Tone::Caution,
        ConnectionStatus::Quarantine => Tone::Critical,
    };
    view! {
        <div class="grid max-w-md gap-1">
            <span>
                <Badge tone text=status.label() />
            </span>
            {(!reason.is_empty()).then(|| view! { <ReasonText text=reason /> })}
        </div>
    }
}
