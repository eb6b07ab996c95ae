//! Organizations: the table, and **New Organization**.

mod new;
mod table;

use super::{
    address::{address, field, page_number},
    exchange_links::ExchangeLinks,
    frame::Frame,
    mine::{has_role, to_administrators},
    polling::poll_while,
    problem::Problem,
    succeeded::succeeded,
};
use crate::{
    api::organizations::{CreateOrganization, OrganizationsPage as Page, OrganizationsQuery, organizations},
    app::paths,
    model::{access::Role, exchange::Kind, organization::UserSyncState},
    ui::{
        answered::answered,
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

/// The page. Search, sort and page live in the address.
#[component]
pub fn OrganizationsPage() -> impl IntoView {
    let create = ServerAction::<CreateOrganization>::new();
    let (search, sort, number, dialog) = (field("search"), field("sort"), page_number(), field("dialog"));
    let query = Memo::new(move |_| OrganizationsQuery {
        search: search.get(),
        sort: sort.get(),
        page: number.get(),
    });
    let created = succeeded(create);
    let page = Resource::new_blocking(
        move || (created.get(), query.get()),
        |(_, query)| async move { Ok((query.clone(), organizations(query).await?)) },
    );
    poll_while(page, |(_, page): &(OrganizationsQuery, Page)| {
        let mut rows = page.rows.iter();
        rows.any(|row| matches!(row.sync, UserSyncState::Syncing { .. }))
    });
    let administers = has_role(Role::Administrator);
    let is_new = Memo::new(move |_| dialog.get() == "new" && administers.get());
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
                {answered(page, |answer| {
                    answer.ok().map(|(_, page)| view! { <span class="text-text-muted tabular-nums">{total(&page)}</span> })
                })}
            </Transition>
            <ExchangeLinks import=paths::new_import(Kind::Organizations) export least=Role::Administrator />
            {to_administrators(move || {
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
            })}
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
                    <Table caption="Organizations" busy=true wide=true head=|| view! { <Heads search="" sort="" /> }>
                        <SkeletonRows columns=COLUMNS />
                    </Table>
                }
            }>
                {answered(page, move |answer| {
                    match answer {
                        Ok((query, page)) => view! { <OrganizationsTable page query /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
            {move || is_new.get().then(|| view! { <NewOrganizationDialog create close_href=here("") /> })}
        </Frame>
    }
    .into_any()
}

/// "212 organizations", "3 of 212 organizations".
fn total(page: &Page) -> String {
    let noun = if page.total == 1 {
        "organization"
    } else {
        "organizations"
    };
    if page.matching == page.total {
        format!("{} {noun}", count(page.total))
    } else {
        format!("{} of {} {noun}", count(page.matching), count(page.total))
    }
}
