//! **Microsoft Tenant Integrations**: what is connected, to which Tenant it is mapped, and how it is.

mod integrate;
mod map;
mod table;
mod unmap;

use super::{
    address::{field, id_in},
    frame::Frame,
    polling::poll_while,
    problem::{FormProblem, Problem, failure},
};
use crate::{
    api::microsoft_tenants::{ConnectMicrosoftTenant, MapTenant, SyncNow, UnmapTenant, microsoft_tenants},
    app::paths,
    model::{ids::MicrosoftTenantId, tenant::MicrosoftTenantRow},
    ui::{
        button::ButtonVariant,
        menu::{Menu, MenuLink, MenuTrigger},
        page::PageHeader,
        table::{SkeletonRows, Table},
    },
};
use integrate::IntegrateDialog;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use map::MapDialog;
use table::{COLUMNS, Heads, MicrosoftTenantsTable};
use unmap::UnmapDialog;

/// Which dialog the address opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Integrate,
    Map(MicrosoftTenantId),
    Unmap(MicrosoftTenantId),
}

/// The page.
#[component]
pub fn MicrosoftTenantsPage() -> impl IntoView {
    let connect = ServerAction::<ConnectMicrosoftTenant>::new();
    let map = ServerAction::<MapTenant>::new();
    let unmap = ServerAction::<UnmapTenant>::new();
    let sync = ServerAction::<SyncNow>::new();
    let rows = Resource::new_blocking(
        move || {
            (
                connect.version().get(),
                map.version().get(),
                unmap.version().get(),
                sync.version().get(),
            )
        },
        |_| microsoft_tenants(),
    );
    poll_while(rows, |rows: &Vec<MicrosoftTenantRow>| {
        rows.iter().any(|row| row.running)
    });
    let dialog = field("dialog");
    let query = use_query_map();
    let open = Memo::new(move |_| {
        let tenant = query.with(|query| id_in(query, "tenant"));
        match (dialog.get().as_str(), tenant) {
            ("integrate", _) => Open::Integrate,
            ("map", Some(tenant)) => Open::Map(tenant),
            ("unmap", Some(tenant)) => Open::Unmap(tenant),
            _ => Open::Nothing,
        }
    });
    let actions = || {
        view! {
            <Menu id="menu-integrate" label="Integrate" trigger=MenuTrigger::Button(ButtonVariant::Primary)>
                <MenuLink href=paths::INTEGRATE>"Single Tenant"</MenuLink>
            </Menu>
        }
    };
    view! {
        <Frame title="Microsoft Tenant Integrations">
            <PageHeader
                title="Microsoft Tenant Integrations"
                text="Each Microsoft tenant is mapped to one Tenant. Its people then reach the Organizations of that Tenant."
                actions
            />
            <div class="mb-4 empty:hidden">
                <FormProblem error=failure(sync) />
            </div>
            <Transition fallback=Skeleton>
                {move || Suspend::new(async move {
                    match rows.await {
                        Ok(rows) => view! { <MicrosoftTenantsTable rows sync /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
            {move || match open.get() {
                Open::Nothing => ().into_any(),
                Open::Integrate => view! { <IntegrateDialog connect /> }.into_any(),
                Open::Map(id) => view! { <MapDialog id map /> }.into_any(),
                Open::Unmap(id) => view! { <UnmapDialog id unmap /> }.into_any(),
            }}
        </Frame>
    }
}

#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <Table caption="Microsoft tenants" busy=true head=Heads>
            <SkeletonRows columns=COLUMNS rows=4 />
        </Table>
    }
}
