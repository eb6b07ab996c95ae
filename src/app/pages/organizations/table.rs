use crate::{
    app::{
        pages::{
            address::{address, sort_by, turned},
            email::EmailText,
            sync_state::SyncState,
        },
        paths,
    },
    model::organization::{OrganizationRow, UserSyncState},
    ui::{
        button::{ButtonLink, ButtonSize},
        empty_state::EmptyState,
        icon::Icon,
        number::count,
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;
use std::cmp::Ordering;

/// How many columns [`Heads`] writes.
pub const COLUMNS: u32 = 6;

const FIRST: &str = "name";

/// The heads of the table.
#[component]
pub fn Heads(
    /// The words searched, which sorting keeps.
    #[prop(into)]
    search: String,
    /// How the table is sorted now.
    #[prop(into)]
    sort: String,
) -> impl IntoView {
    let order = sort.clone();
    let href = move |column: &str| {
        let sort = turned(&order, FIRST, column);
        address(paths::ORGANIZATIONS, &[("search", &search), ("sort", &sort)])
    };
    let now = move |column: &str| sort_by(&sort, FIRST, column);
    view! {
        <Th label="Organization" href=href("name") sort=now("name") />
        <Th label="Tenant" href=href("tenant") sort=now("tenant") />
        <Th label="Email" />
        <Th label="Phone" />
        <Th label="End Users" cell=Cell::Number href=href("endUsers") sort=now("endUsers") />
        <Th label="Microsoft User Sync" />
    }
}

fn found(row: &OrganizationRow, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    [&row.name, &row.tenant_name, &row.email, &row.phone]
        .into_iter()
        .any(|text| text.to_lowercase().contains(&search))
}

fn by(column: &str, a: &OrganizationRow, b: &OrganizationRow) -> Ordering {
    let by_name = || a.name.to_lowercase().cmp(&b.name.to_lowercase());
    match column {
        "tenant" => a
            .tenant_name
            .to_lowercase()
            .cmp(&b.tenant_name.to_lowercase())
            .then_with(by_name),
        "endUsers" => a.end_users.cmp(&b.end_users).then_with(by_name),
        _ => by_name(),
    }
}

/// Searched and sorted the same way on the server and in the browser.
fn arranged(mut rows: Vec<OrganizationRow>, search: &str, sort: &str) -> Vec<OrganizationRow> {
    rows.retain(|row| found(row, search));
    match sort.strip_prefix('-') {
        Some(column) => rows.sort_by(|a, b| by(column, b, a)),
        None => rows.sort_by(|a, b| by(sort, a, b)),
    }
    rows
}

/// The table, or what to do while there is nothing in it.
#[component]
pub fn OrganizationsTable(
    /// All Organizations.
    rows: Vec<OrganizationRow>,
    /// The words searched.
    search: String,
    /// How to sort.
    sort: String,
) -> impl IntoView {
    let none_at_all = rows.is_empty();
    let rows = arranged(rows, &search, &sort);
    let body = if none_at_all {
        view! { <NoneYet /> }.into_any()
    } else if rows.is_empty() {
        view! { <NoMatch sort=sort.clone() /> }.into_any()
    } else {
        rows.into_iter()
            .map(|row| view! { <Row row /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Table
            caption="Organizations"
            head=move || {
                view! { <Heads search sort /> }
            }
        >
            {body}
        </Table>
    }
}

#[component]
fn NoneYet() -> impl IntoView {
    view! {
        <EmptyRow columns=COLUMNS>
            <EmptyState
                icon=Icon::Building
                title="No organizations yet"
                text="An Organization is a customer. It comes with a Tenant of its own, which is then mapped to a Microsoft tenant."
                action=|| view! { <ButtonLink href=paths::NEW_ORGANIZATION keep_scroll=true>"Create the first one"</ButtonLink> }
            />
        </EmptyRow>
    }
}

#[component]
fn NoMatch(sort: String) -> impl IntoView {
    let clear = address(paths::ORGANIZATIONS, &[("sort", &sort)]);
    view! {
        <EmptyRow columns=COLUMNS>
            <EmptyState
                icon=Icon::Search
                title="No organization matches"
                text="The search looks at names, Tenants, emails and phone numbers."
                action=move || view! { <ButtonLink href=clear keep_scroll=true>"Clear search"</ButtonLink> }
            />
        </EmptyRow>
    }
}

#[component]
fn Row(row: OrganizationRow) -> impl IntoView {
    let set_up = paths::set_up(row.tenant_id, row.id);
    let sync = match row.sync {
        UserSyncState::NotSetUp { .. } => {
            let name = row.name.clone();
            view! {
                <ButtonLink href=set_up size=ButtonSize::Small>
                    "Set Up"
                    <span class="sr-only">" for " <bdi>{name}</bdi></span>
                </ButtonLink>
            }
            .into_any()
        }
        state => view! { <SyncState state /> }.into_any(),
    };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <a class="link" href=paths::organization(row.id)>
                    <bdi>{row.name}</bdi>
                </a>
            </Td>
            <Td label="Tenant">
                <a class="link" href=paths::tenant(row.tenant_id)>
                    <bdi>{row.tenant_name}</bdi>
                </a>
            </Td>
            <Td label="Email">
                <EmailText address=row.email />
            </Td>
            <Td label="Phone" cell=Cell::Solid>
                <bdi>{row.phone}</bdi>
            </Td>
            <Td label="End Users" cell=Cell::Number>
                {count(row.end_users)}
            </Td>
            <Td label="Microsoft User Sync">{sync}</Td>
        </Tr>
    }
}
