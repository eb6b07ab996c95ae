//! **Microsoft Tenant Integrations**: what is connected, to which Tenant it is mapped, and how it is.

/// **Integrate**, **Single Tenant**.
pub mod integrate;
mod map;
mod pending;
mod permissions;
mod remove;
mod table;
mod unmap;

use super::{
    address::{address, field, id_in, page_number},
    credential_warnings::CredentialNotice,
    frame::Frame,
    mine::{has_role, to_administrators},
    polling::poll_always,
    problem::{FormProblem, Problem, failure},
    succeeded::decided,
};
use crate::{
    api::{
        connect::{ConfirmTenant, RejectTenant},
        microsoft_tenants::{
            ConnectMicrosoftTenant, MapTenant, MicrosoftTenantsPage as Page, MicrosoftTenantsQuery, RemoveIntegration,
            RetryNow, SyncNow, UnmapTenant, microsoft_tenants,
        },
    },
    app::paths,
    model::{access::Role, ids::MicrosoftTenantId},
    ui::{
        answered::answered,
        button::ButtonVariant,
        menu::{Menu, MenuLink, MenuTrigger},
        number::count,
        page::PageHeader,
        search_field::SearchField,
        table::{SkeletonRows, Table},
    },
};
use integrate::IntegrateDialog;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use map::MapDialog;
use permissions::PermissionsDialog;
use remove::RemoveDialog;
use table::{COLUMNS, Heads, MicrosoftTenantsTable};
use unmap::UnmapDialog;

/// Which dialog the address opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Integrate,
    Map(MicrosoftTenantId),
    Unmap(MicrosoftTenantId),
    Remove(MicrosoftTenantId),
    Permissions(MicrosoftTenantId),
}

/// The page.
#[component]
pub fn MicrosoftTenantsPage() -> impl IntoView {
    let connect = ServerAction::<ConnectMicrosoftTenant>::new();
    let map = ServerAction::<MapTenant>::new();
    let unmap = ServerAction::<UnmapTenant>::new();
    let remove = ServerAction::<RemoveIntegration>::new();
    let sync = ServerAction::<SyncNow>::new();
    let retry = ServerAction::<RetryNow>::new();
    let (confirm, reject) = (
        ServerAction::<ConfirmTenant>::new(),
        ServerAction::<RejectTenant>::new(),
    );
    let (search, sort, number) = (field("search"), field("sort"), page_number());
    let query = Memo::new(move |_| MicrosoftTenantsQuery {
        search: search.get(),
        sort: sort.get(),
        page: number.get(),
    });
    let done = [
        decided(connect),
        decided(map),
        decided(unmap),
        decided(remove),
        decided(sync),
        decided(retry),
        decided(confirm),
        decided(reject),
    ];
    let done = move || done.map(|one| one.get());
    let page = Resource::new_blocking(
        move || (done(), query.get()),
        |(_, query)| async move { Ok((query.clone(), microsoft_tenants(query).await?)) },
    );
    poll_always(page, |(_, page): &(MicrosoftTenantsQuery, Page)| {
        page.rows.iter().any(|row| row.running)
    });
    let dialog = field("dialog");
    let address_now = use_query_map();
    let (works, administers) = (has_role(Role::Technician), has_role(Role::Administrator));
    let open = Memo::new(move |_| {
        let tenant = address_now.with(|query| id_in(query, "tenant"));
        match (dialog.get().as_str(), tenant) {
            ("integrate", _) if administers.get() => Open::Integrate,
            ("map", Some(tenant)) if administers.get() => Open::Map(tenant),
            ("unmap", Some(tenant)) if administers.get() => Open::Unmap(tenant),
            ("remove", Some(tenant)) if administers.get() => Open::Remove(tenant),
            ("permissions", Some(tenant)) if works.get() => Open::Permissions(tenant),
            _ => Open::Nothing,
        }
    });
    let actions = move || {
        view! {
            <Transition>
                {answered(page, |answer| {
                    answer.ok().map(|(_, page)| view! { <span class="text-text-muted tabular-nums">{total(page.total)}</span> })
                })}
            </Transition>
            {to_administrators(move || {
                view! {
                    <Menu id="menu-integrate" label="Integrate" trigger=MenuTrigger::Button(ButtonVariant::Primary)>
                        {move || {
                            view! {
                                <MenuLink href=query.with(|query| over(query, "integrate", None))>"Single Tenant"</MenuLink>
                            }
                        }}
                        <MenuLink href=paths::CLOUD_SOLUTION_PROVIDER>"Cloud Solution Provider"</MenuLink>
                    </Menu>
                }
            })}
        }
    };
    // The table stays as it was searched, sorted and paged while a dialog is over it.
    let here = move || query.with(|query| address_of(query, query.page));
    let keep = Signal::derive(move || vec![("sort".to_owned(), sort.get())]);
    view! {
        <Frame title="Microsoft Tenant Integrations">
            <PageHeader
                title="Microsoft Tenant Integrations"
                text="Each Microsoft tenant is mapped to one Tenant. Its people then reach the Organizations of that Tenant."
                actions
            />
            <div class="mb-4 empty:hidden">{to_administrators(|| view! { <CredentialNotice /> })}</div>
            <div class="mb-4 empty:hidden">
                <FormProblem error=failure(sync) />
                <FormProblem error=failure(retry) />
                <FormProblem error=failure(confirm) />
                <FormProblem error=failure(reject) />
            </div>
            <div class="mb-3">
                <SearchField
                    label="Search Microsoft tenants"
                    action=paths::MICROSOFT_TENANTS
                    name="search"
                    value=search
                    keep
                />
            </div>
            <Transition fallback=Skeleton>
                {answered(page, move |answer| {
                    match answer {
                        Ok((query, page)) => {
                            view! { <MicrosoftTenantsTable page query sync retry confirm reject /> }.into_any()
                        }
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
            {move || match open.get() {
                Open::Nothing => ().into_any(),
                Open::Integrate => view! { <IntegrateDialog close_href=here() connect /> }.into_any(),
                Open::Map(id) => view! { <MapDialog id close_href=here() map /> }.into_any(),
                Open::Unmap(id) => view! { <UnmapDialog id close_href=here() unmap /> }.into_any(),
                Open::Remove(id) => view! { <RemoveDialog id close_href=here() remove /> }.into_any(),
                Open::Permissions(id) => view! { <PermissionsDialog id close_href=here() /> }.into_any(),
            }}
        </Frame>
    }.into_any()
}

#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <Table caption="Microsoft tenants" busy=true wide=true head=|| view! { <Heads query=MicrosoftTenantsQuery::default() /> }>
            <SkeletonRows columns=COLUMNS rows=4 />
        </Table>
    }
    .into_any()
}

fn total(tenants: i64) -> String {
    format!(
        "{} Microsoft tenant{}",
        count(tenants),
        if tenants == 1 { "" } else { "s" }
    )
}

/// The button of a Microsoft tenant's menu, from which its dialogs are opened.
fn menu_button(id: MicrosoftTenantId) -> String {
    format!("menu-{id}-button")
}

/// The address of the table at this search, sort and page.
fn address_of(query: &MicrosoftTenantsQuery, page: i64) -> String {
    let number = if page > 1 { page.to_string() } else { String::new() };
    address(
        paths::MICROSOFT_TENANTS,
        &[("search", &query.search), ("sort", &query.sort), ("page", &number)],
    )
}

/// The address of the table at this search, sort and page with a dialog over it.
fn over(query: &MicrosoftTenantsQuery, dialog: &str, tenant: Option<MicrosoftTenantId>) -> String {
    let tenant = tenant.map(|id| id.to_string()).unwrap_or_default();
    address(
        &address_of(query, query.page),
        &[("dialog", dialog), ("tenant", &tenant)],
    )
}
