use super::{address_of, over, pending::PendingRow};
use crate::{
    api::{
        connect::{ConfirmTenant, RejectTenant},
        microsoft_tenants::{MicrosoftTenantsPage as Page, MicrosoftTenantsQuery, RetryNow, SyncNow},
    },
    app::{
        pages::{
            address::{sort_by, turned},
            consent_again::ConsentAgain,
            email::EmailText,
            mine::{has_role, offered},
            past_the_end::PastTheEnd,
            reason::ReasonText,
            sync_state::Syncing,
            when::When,
        },
        paths,
    },
    model::{
        access::Role,
        ids::MicrosoftTenantId,
        tenant::{ConnectionStatus, MicrosoftTenantRow, Quarantine},
    },
    ui::{
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonLink, ButtonSize, ButtonVariant},
        empty_state::EmptyState,
        icon::Icon,
        menu::{Menu, MenuButton, MenuLine, MenuLink},
        number::count,
        pagination::{Pagination, range_words},
        table::{ActionsHead, Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// How many columns [`Heads`] writes.
pub const COLUMNS: u32 = 6;

const FIRST: &str = "name";

/// The heads of the table.
#[component]
pub fn Heads(
    /// What is searched and how it is sorted now.
    query: MicrosoftTenantsQuery,
) -> impl IntoView {
    let order = query.sort.clone();
    let now = move |column: &str| sort_by(&order, FIRST, column);
    let href = move |column: &str| {
        let sort = turned(&query.sort, FIRST, column);
        address_of(&MicrosoftTenantsQuery { sort, ..query.clone() }, 1)
    };
    view! {
        <Th label="Microsoft Tenant" href=href("name") sort=now("name") />
        <Th label="Tenant" href=href("tenant") sort=now("tenant") />
        <Th label="Status" href=href("status") sort=now("status") />
        <Th label="Users" cell=Cell::Number />
        <Th label="Last Sync" href=href("lastSync") sort=now("lastSync") />
        <ActionsHead />
    }
    .into_any()
}

/// The table, or what to do while nothing is connected or nothing matches.
#[component]
pub fn MicrosoftTenantsTable(
    /// The rows of the page.
    page: Page,
    /// What they answer to.
    query: MicrosoftTenantsQuery,
    /// **Sync Now**.
    sync: ServerAction<SyncNow>,
    /// **Retry Now**.
    retry: ServerAction<RetryNow>,
    /// **Confirm**, of a row that waits.
    confirm: ServerAction<ConfirmTenant>,
    /// **Reject**, of a row that waits.
    reject: ServerAction<RejectTenant>,
) -> impl IntoView {
    let pages = pagination(&page, &query);
    let next = address_of(&query, query.page);
    let back = next.clone();
    let waiting = page.pending.into_iter();
    let waiting: Vec<_> = waiting
        .map(|pending| view! { <PendingRow pending next=back.clone() confirm reject /> })
        .collect();
    let rows = if page.rows.is_empty() && !waiting.is_empty() {
        ().into_any()
    } else if page.rows.is_empty() {
        let narrowed = !query.search.is_empty();
        let first = (query.page > 1).then(|| address_of(&query, 1));
        view! { <NoRows narrowed first /> }.into_any()
    } else {
        let rows = page.rows.into_iter();
        rows.map(|row| view! { <Row row query=query.clone() next=next.clone() sync retry /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Table
            caption="Microsoft tenants"
            wide=true
            head=move || {
                view! { <Heads query /> }
            }
        >
            {waiting}
            {rows}
        </Table>
        {pages}
    }
    .into_any()
}

/// Nothing where one page holds all.
fn pagination(page: &Page, query: &MicrosoftTenantsQuery) -> Option<impl IntoView + use<>> {
    let whole = |n: i64| u64::try_from(n).unwrap_or_default();
    let before = (query.page - 1) * page.page_size;
    let last = before + i64::try_from(page.rows.len()).unwrap_or_default();
    (page.total > page.page_size && !page.rows.is_empty()).then(|| {
        let previous = (query.page > 1).then(|| address_of(query, query.page - 1));
        let next = (last < page.total).then(|| address_of(query, query.page + 1));
        let text = range_words(whole(before + 1), whole(last), whole(page.total), false);
        view! { <Pagination label="Microsoft tenants" text previous next /> }
    })
}

#[component]
fn NoRows(
    /// Something is searched.
    narrowed: bool,
    /// The address of the first page, where this is a later one.
    first: Option<String>,
) -> impl IntoView {
    let administers = has_role(Role::Administrator);
    let state = if let Some(first) = first {
        view! { <PastTheEnd first /> }.into_any()
    } else if narrowed {
        view! {
            <EmptyState
                icon=Icon::Search
                title="No Microsoft tenant matches"
                text="The search looks at names, default domains and Tenants."
                action=|| view! { <ButtonLink href=paths::MICROSOFT_TENANTS keep_scroll=true>"Show all"</ButtonLink> }
            />
        }
        .into_any()
    } else {
        view! {
            {move || {
                if administers.get() {
                    view! {
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
                    }
                        .into_any()
                } else {
                    view! {
                        <EmptyState
                            icon=Icon::Plug
                            title="No Microsoft tenant is yours as a whole"
                            text="Microsoft tenants are listed for those who have every Organization of their Tenant. An Administrator connects them, and can give you Organizations under Settings, Accounts."
                        />
                    }
                        .into_any()
                }
            }}
        }
        .into_any()
    };
    view! { <EmptyRow columns=COLUMNS>{state}</EmptyRow> }
}

#[component]
fn Row(
    row: MicrosoftTenantRow,
    /// What the rows answer to.
    query: MicrosoftTenantsQuery,
    /// Where to come back to.
    next: String,
    sync: ServerAction<SyncNow>,
    retry: ServerAction<RetryNow>,
) -> impl IntoView {
    let users = match row.known_users() {
        Some(users) => count(users).into_any(),
        None => view! { <span class="text-text-muted">"Not read yet"</span> }.into_any(),
    };
    let MicrosoftTenantRow {
        id,
        entra_tenant_id,
        display_name,
        default_domain,
        tenant,
        status,
        status_reason,
        last_sync,
        quarantine,
        running,
        progress,
        ..
    } = row;
    let administers = has_role(Role::Administrator);
    let (again, asked) = (next.clone(), query.clone());
    let dialog = move |dialog: &str| over(&query, dialog, Some(id));
    let mapped = tenant.as_ref().map(|tenant| tenant.name.clone());
    let tenant = match tenant {
        Some(tenant) => view! {
            <a class="link" href=paths::tenant(tenant.id)>
                <bdi>{tenant.name}</bdi>
            </a>
        }
        .into_any(),
        None => {
            let (href, name) = (dialog("map"), display_name.clone());
            offered(Role::Administrator, move || {
                view! {
                    <a class="link" href=href.clone() data-noscroll=true>
                        "Map"
                        <span class="sr-only">" " <bdi>{name.clone()}</bdi></span>
                    </a>
                }
            })
            .into_any()
        }
    };
    let last_sync = if running {
        view! { <Syncing progress /> }.into_any()
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
                <span class="block font-normal text-text-muted wrap-anywhere"><EmailText address=default_domain /></span>
            </Td>
            <Td label="Tenant">{tenant}</Td>
            <Td label="Status">
                <Status status reason=status_reason />
                {(status == ConnectionStatus::ConsentNeeded)
                    .then(|| {
                        offered(Role::Administrator, move || {
                            view! {
                                <div class="mt-1">
                                    <ConsentAgain tenant=entra_tenant_id />
                                </div>
                            }
                        })
                    })}
                {quarantine.map(|quarantine| view! { <Quarantined id=id.to_string() quarantine next=again retry /> })}
            </Td>
            <Td label="Users" cell=Cell::Number>
                {users}
            </Td>
            <Td label="Last Sync" cell=Cell::Solid>
                {last_sync}
            </Td>
            <Td cell=Cell::Actions>
                {offered(Role::Technician, || {
                    let all = administers.get();
                    let query = asked.clone();
                    view! {
                        <Menu id=format!("menu-{id}") label>
                            {all.then(|| view! { <MapLinks query id mapped /> })}
                            <ActionForm action=sync>
                                <input type="hidden" name="id" value=id.to_string() />
                                <input type="hidden" name="next" value=next />
                                <MenuButton icon=Icon::Refresh>"Sync Now"</MenuButton>
                            </ActionForm>
                            <MenuLink href=over(&asked, "permissions", Some(id)) icon=Icon::Lock>
                                "Check Permissions"
                            </MenuLink>
                            {all
                                .then(|| {
                                    view! {
                                        <MenuLine />
                                        <MenuLink href=over(&asked, "remove", Some(id)) danger=true icon=Icon::MinusCircle>
                                            "Remove Integration"
                                        </MenuLink>
                                    }
                                })}
                        </Menu>
                    }
                })}
            </Td>
        </Tr>
    }.into_any()
}

/// **Map Tenant** and **Unmap Tenant**.
#[component]
fn MapLinks(query: MicrosoftTenantsQuery, id: MicrosoftTenantId, mapped: Option<String>) -> impl IntoView {
    view! {
        <MenuLink
            href=over(&query, "map", Some(id))
            icon=Icon::Plug
            unavailable=mapped.clone().map(|name| format!("Mapped to {name} already"))
        >
            "Map Tenant"
        </MenuLink>
        <MenuLink
            href=over(&query, "unmap", Some(id))
            icon=Icon::X
            unavailable=mapped.is_none().then(|| "Not mapped to a Tenant".to_owned())
        >
            "Unmap Tenant"
        </MenuLink>
    }
    .into_any()
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
    .into_any()
}

/// That it is tried daily, and the way out.
#[component]
fn Quarantined(
    /// Which Microsoft tenant.
    id: String,
    quarantine: Quarantine,
    /// Where to come back to.
    next: String,
    retry: ServerAction<RetryNow>,
) -> impl IntoView {
    view! {
        <div class="mt-1 grid max-w-md justify-items-start gap-1">
            <p class="text-xs text-text-muted">
                {format!("{} runs in a row failed, so it is tried once a day.", quarantine.failed_runs)}
            </p>
            {offered(Role::Technician, move || {
                let (id, next) = (id.clone(), next.clone());
                view! {
                    <ActionForm action=retry>
                        <input type="hidden" name="id" value=id />
                        <input type="hidden" name="next" value=next />
                        <Button kind=ButtonKind::Submit size=ButtonSize::Small icon=Icon::Refresh pending=retry.pending()>
                            "Retry Now"
                        </Button>
                    </ActionForm>
                }
            })}
        </div>
    }
    .into_any()
}
