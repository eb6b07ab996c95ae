//! Organizations: the table, and **New Organization**.

mod new;
mod table;

use super::{
    address::{address, field},
    exchange_links::ExchangeLinks,
    frame::Frame,
    polling::poll_while,
    problem::Problem,
};
use crate::{
    api::organizations::{CreateOrganization, organizations},
    app::paths,
    model::{
        exchange::Kind,
        organization::{OrganizationRow, UserSyncState},
    },
    ui::{
        button::{ButtonLink, ButtonVariant},
        icon::Icon,
        number::count,
        page::PageHeader,
        search_field::SearchField,
        table::{SkeletonRows, Table},
    },
};
use leptos::prelude::*;
use new::NewOrganizationDialog;
use table::{COLUMNS, Heads, OrganizationsTable};

/// The page. Search and sort live in the address.
#[component]
pub fn OrganizationsPage() -> impl IntoView {
    let create = ServerAction::<CreateOrganization>::new();
    let rows = Resource::new_blocking(move || create.version().get(), |_| organizations());
    poll_while(rows, |rows: &Vec<OrganizationRow>| {
        rows.iter().any(|row| matches!(row.sync, UserSyncState::Syncing { .. }))
    });
    let (search, sort, dialog) = (field("search"), field("sort"), field("dialog"));
    let is_new = Memo::new(move |_| dialog.get() == "new");
    let here = move |dialog: &str| {
        let (search, sort) = (search.get(), sort.get());
        address(
            paths::ORGANIZATIONS,
            &[("search", &search), ("sort", &sort), ("dialog", dialog)],
        )
    };
    let export =
        Signal::derive(move || search.with(|search| address(paths::EXPORT_ORGANIZATIONS, &[("search", search)])));
    let actions = move || {
        view! {
            <Transition>
                {move || Suspend::new(async move {
                    rows.await.ok().map(|rows| view! { <span class="text-text-muted tabular-nums">{total(rows.len())}</span> })
                })}
            </Transition>
            <ExchangeLinks import=paths::new_import(Kind::Organizations) export />
            {move || {
                view! {
                    <ButtonLink
                        id="new-organization"
                        href=here("new")
                        variant=ButtonVariant::Primary
                        icon=Icon::Plus
                        keep_scroll=true
                    >
                        "New Organization"
                    </ButtonLink>
                }
            }}
        }
    };
    let keep = Signal::derive(move || vec![("sort".to_owned(), sort.get())]);
    view! {
        <Frame title="Organizations">
            <PageHeader title="Organizations" actions />
            <div class="mb-3">
                <SearchField
                    label="Search Organizations"
                    action=paths::ORGANIZATIONS
                    name="search"
                    value=search
                    keep
                />
            </div>
            <Transition fallback=move || {
                view! {
                    <Table caption="Organizations" busy=true head=|| view! { <Heads search="" sort="" /> }>
                        <SkeletonRows columns=COLUMNS />
                    </Table>
                }
            }>
                {move || {
                    let (search, sort) = (search.get(), sort.get());
                    Suspend::new(async move {
                        match rows.await {
                            Ok(rows) => view! { <OrganizationsTable rows search sort /> }.into_any(),
                            Err(error) => view! { <Problem error /> }.into_any(),
                        }
                    })
                }}
            </Transition>
            {move || is_new.get().then(|| view! { <NewOrganizationDialog create close_href=here("") /> })}
        </Frame>
    }
}

fn total(rows: usize) -> String {
    let number = count(i64::try_from(rows).unwrap_or(i64::MAX));
    format!("{number} {}", if rows == 1 { "organization" } else { "organizations" })
}
