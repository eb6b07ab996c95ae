//! Tenant Details: the Microsoft tenant behind a customer, its Organizations, and the dialogs of their user sync.

mod disable_dialog;
mod filter_dialog;
mod filter_sections;
mod organizations;
mod panel;
mod plan_line;

pub use filter_dialog::SentChoice;

use super::{
    address::id_in,
    frame::Frame,
    framed::outside,
    mine::has_role,
    polling::poll_always,
    problem::{Problem, no_such},
    succeeded::{decided, succeeded},
};
use crate::{
    api::{
        ApiError,
        microsoft_tenants::{RetryNow, SyncNow},
        tenants::{RenameTenant, tenant},
    },
    app::paths,
    model::{access::Role, ids::TenantId, organization::UserSyncState, tenant::TenantDetails},
    ui::{
        answered::answered,
        field::keep_typed,
        page::{Crumb, PageHeader},
        section::TwoColumn,
        table::{SkeletonRows, Table, Wide},
    },
};
use disable_dialog::DisableDialog;
use filter_dialog::FilterDialog;
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};
use organizations::{COLUMNS, CustomerOrganizations, Heads};
use panel::Panel;

/// The Tenant Details page.
#[component]
pub fn TenantPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| id_in::<TenantId>(params, "id")));
    let sync_now = ServerAction::<SyncNow>::new();
    let retry_now = ServerAction::<RetryNow>::new();
    let rename = ServerAction::<RenameTenant>::new();
    let (synced, retried, renamed) = (decided(sync_now), decided(retry_now), succeeded(rename));
    // The page asks again by itself, and the name may be edited meanwhile.
    keep_typed(move || (id.get(), renamed.get()));
    // A dialog that did something leaves the address with a notice; both mean that the page shows something new.
    let dialog = Memo::new(move |_| query.with(|query| query.get("dialog").unwrap_or_default()));
    let details = Resource::new_blocking(
        move || {
            let done = [synced.get(), retried.get(), renamed.get()];
            (id.get(), done, dialog.get())
        },
        |(id, _, _)| async move {
            match id {
                Some(id) => tenant(id).await,
                None => Err(no_such("Tenant")),
            }
        },
    );
    poll_always(details, is_running);
    let actions = Actions {
        sync_now,
        retry_now,
        rename,
    };
    let title = RwSignal::new("Tenant".to_owned());
    view! {
        <Frame title>
            <Transition fallback=Skeleton>
                {answered(details, move |answer| {
                    match answer {
                        Ok(details) => {
                            title.set(details.tenant.name.clone());
                            Either::Left(view! { <Details details actions /> })
                        }
                        Err(error) => {
                            Either::Right(
                                view! {
                                    <h1 class="sr-only" tabindex="-1">
                                        "Tenant"
                                    </h1>
                                    <Problem error />
                                },
                            )
                        }
                    }
                })}
            </Transition>
            <Dialogs id details />
        </Frame>
    }
    .into_any()
}

/// What stands while the page is on its way.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <Table caption="Customer Organizations" busy=true wide=Wide::Part head=Heads>
            <SkeletonRows columns=COLUMNS />
        </Table>
    }
    .into_any()
}

fn is_running(details: &TenantDetails) -> bool {
    details
        .microsoft
        .as_ref()
        .is_some_and(|microsoft| microsoft.tenant.running)
        || details
            .organizations
            .iter()
            .any(|row| matches!(row.sync, UserSyncState::Syncing { .. }))
}

/// What the page can do without a dialog.
#[derive(Clone, Copy)]
pub struct Actions {
    /// **Sync Now**.
    pub sync_now: ServerAction<SyncNow>,
    /// **Retry Now**.
    pub retry_now: ServerAction<RetryNow>,
    /// The name, edited in place.
    pub rename: ServerAction<RenameTenant>,
}

#[component]
fn Details(
    /// What the page shows.
    details: TenantDetails,
    /// What can be done here.
    actions: Actions,
) -> impl IntoView {
    let TenantDetails {
        tenant,
        microsoft,
        organizations,
        whole,
    } = details;
    let mapped = microsoft.is_some();
    let here = tenant.name.clone();
    let panel_tenant = tenant.clone();
    view! {
        <PageHeader
            title=here
            breadcrumbs=outside(|| vec![Crumb::new("Organizations", paths::ORGANIZATIONS)]).unwrap_or_default()
            // By default it is called like its one Organization, whose page looks much the same.
            aside=|| view! { <span class="text-text-muted">"Tenant"</span> }
        />
        <TwoColumn
            panel_label="Tenant"
            panel=move || view! { <Panel tenant=panel_tenant microsoft actions whole /> }
            main_first=true
        >
            <CustomerOrganizations tenant=tenant.id organizations mapped whole />
        </TwoColumn>
    }
    .into_any()
}

/// The dialog that the address names.
#[component]
fn Dialogs(
    /// The Tenant of the page.
    id: Memo<Option<TenantId>>,
    /// What the page shows.
    details: Resource<Result<TenantDetails, ApiError>>,
) -> impl IntoView {
    let query = use_query_map();
    let works = has_role(Role::Technician);
    let open = Memo::new(move |_| {
        query.with(|query| {
            let organization = id_in(query, "organization")?;
            Some((query.get("dialog")?, organization))
        })
    });
    move || {
        let (tenant, (dialog, organization)) = id.get().zip(open.get())?;
        match dialog.as_str() {
            "filters" if works.get() => Some(Either::Left(view! { <FilterDialog tenant organization /> })),
            "disable" if works.get() => Some(Either::Right(view! { <DisableDialog tenant organization details /> })),
            _ => None,
        }
    }
}
