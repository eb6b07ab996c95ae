use crate::{
    api::organizations::{OrganizationsPage as Page, OrganizationsQuery},
    app::{
        pages::{
            address::{address, sort_by, turned},
            email::EmailText,
            mine::{has_role, instead_of},
            sync_state::SyncState,
        },
        paths,
    },
    model::{
        access::Role,
        organization::{OrganizationRow, UserSyncState},
    },
    ui::{
        button::{ButtonLink, ButtonSize},
        empty_state::EmptyState,
        icon::Icon,
        number::count,
        pagination::{Pagination, range_words},
        table::{Cell, CellWords, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

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
    .into_any()
}

fn address_of(query: &OrganizationsQuery, page: i64) -> String {
    let number = if page > 1 { page.to_string() } else { String::new() };
    address(
        paths::ORGANIZATIONS,
        &[("search", &query.search), ("sort", &query.sort), ("page", &number)],
    )
}

/// The table with the way through its pages, or what to do while there is nothing in it. `query` is what the rows
/// answer to.
#[component]
pub fn OrganizationsTable(
    /// The rows of the page.
    page: Page,
    /// What they answer to.
    query: OrganizationsQuery,
) -> impl IntoView {
    let pages = pagination(&page, &query);
    let OrganizationsQuery { search, sort, .. } = query.clone();
    let body = if page.total == 0 {
        view! { <NoneYet /> }.into_any()
    } else if page.matching == 0 {
        view! { <NoMatch sort=sort.clone() /> }.into_any()
    } else if page.rows.is_empty() {
        view! { <PastTheEnd first=address_of(&query, 1) /> }.into_any()
    } else {
        let rows = page.rows.into_iter();
        rows.map(|row| view! { <Row row /> }).collect_view().into_any()
    };
    view! {
        <Table
            caption="Organizations"
            wide=true
            head=move || {
                view! { <Heads search sort /> }
            }
        >
            {body}
        </Table>
        {pages}
    }
    .into_any()
}

/// Nothing where one page holds all.
fn pagination(page: &Page, query: &OrganizationsQuery) -> Option<impl IntoView + use<>> {
    let whole = |n: i64| u64::try_from(n).unwrap_or_default();
    let before = (query.page - 1) * page.page_size;
    let last = before + i64::try_from(page.rows.len()).unwrap_or_default();
    (page.matching > page.page_size && !page.rows.is_empty()).then(|| {
        let previous = (query.page > 1).then(|| address_of(query, query.page - 1));
        let next = (last < page.matching).then(|| address_of(query, query.page + 1));
        let text = range_words(whole(before + 1), whole(last), whole(page.matching), false);
        view! { <Pagination label="Organizations" text previous next /> }
    })
}

#[component]
fn PastTheEnd(first: String) -> impl IntoView {
    view! {
        <EmptyRow columns=COLUMNS>
            <EmptyState
                icon=Icon::Building
                title="There is no such page"
                text="The list is shorter than this page number."
                action=move || view! { <ButtonLink href=first keep_scroll=true>"First page"</ButtonLink> }
            />
        </EmptyRow>
    }
    .into_any()
}

#[component]
fn NoneYet() -> impl IntoView {
    let administers = has_role(Role::Administrator);
    view! {
        <EmptyRow columns=COLUMNS>
            {move || {
                if administers.get() {
                    view! {
                        <EmptyState
                            icon=Icon::Building
                            title="No organizations yet"
                            text="An Organization is a customer. It comes with a Tenant of its own, which is then mapped to a Microsoft tenant."
                            action=|| view! { <ButtonLink href=paths::NEW_ORGANIZATION keep_scroll=true>"Create the first one"</ButtonLink> }
                        />
                    }
                        .into_any()
                } else {
                    view! {
                        <EmptyState
                            icon=Icon::Building
                            title="No organization is given to you"
                            text="An Administrator can give you Organizations under Settings, Accounts."
                        />
                    }
                        .into_any()
                }
            }}
        </EmptyRow>
    }.into_any()
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
    .into_any()
}

#[component]
fn Row(row: OrganizationRow) -> impl IntoView {
    let set_up = paths::set_up(row.tenant_id, row.id);
    let sync = match row.sync {
        UserSyncState::NotSetUp { before } => {
            let name = row.name.clone();
            let offered = move || {
                let name = name.clone();
                view! {
                    <ButtonLink href=set_up.clone() size=ButtonSize::Small>
                        "Set Up"
                        <span class="sr-only">" for " <bdi>{name}</bdi></span>
                    </ButtonLink>
                }
            };
            let otherwise = move || view! { <SyncState state=UserSyncState::NotSetUp { before } /> };
            instead_of(row.whole.then_some(offered), otherwise).into_any()
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
                <CellWords text=row.phone />
            </Td>
            <Td label="End Users" cell=Cell::Number>
                {row.end_users.map(count)}
            </Td>
            <Td label="Microsoft User Sync">{sync}</Td>
        </Tr>
    }
    .into_any()
}
