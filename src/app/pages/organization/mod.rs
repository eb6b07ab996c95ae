//! An Organization's details: **Overview**, **End Users** and **Assets**, each with an address.

mod assets;
mod bulk_delete;
mod dialogs;
mod end_users;
mod new_end_user;
mod overview;
mod people;
mod settings;
mod table_filters;

use super::{
    address::id_in,
    framed::in_frame,
    problem::{Problem, no_such},
};
use crate::{
    api::ApiError,
    app::paths,
    model::{ids::OrganizationId, organization::OrganizationRow},
    ui::{
        page::{Crumb, PageHeader},
        tabs::{Tab, Tabs},
    },
};
use assets::OrganizationAssetsPage;
use end_users::EndUsersPage;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map};
use overview::OverviewPage;

/// One of the subtabs; the address says which.
#[component]
pub fn OrganizationPage() -> impl IntoView {
    // Each subtab is a route of its own, so this does not change while the page stands.
    let path = use_location().pathname.get_untracked();
    if path.ends_with("/end-users") {
        view! { <EndUsersPage /> }.into_any()
    } else if path.ends_with("/assets") {
        view! { <OrganizationAssetsPage /> }.into_any()
    } else {
        view! { <OverviewPage /> }.into_any()
    }
}

/// Whose page it is; `None` when the address holds no id.
fn organization_id() -> Memo<Option<OrganizationId>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| id_in(params, "id")))
}

fn no_organization() -> ApiError {
    no_such("Organization")
}

/// A subtab of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subtab {
    Overview,
    EndUsers,
    Assets,
}

/// The name, the way there and the subtabs.
#[component]
fn OrganizationHead(organization: OrganizationRow, subtab: Subtab) -> impl IntoView {
    if in_frame() {
        // The frame has this one page of the Organization.
        return view! { <PageHeader title=organization.name /> }.into_any();
    }
    let id = organization.id;
    let tabs = vec![
        Tab {
            label: "Overview".into(),
            href: paths::organization(id),
            current: subtab == Subtab::Overview,
        },
        Tab {
            label: "End Users".into(),
            href: paths::end_users(id),
            current: subtab == Subtab::EndUsers,
        },
        Tab {
            label: "Assets".into(),
            href: paths::organization_assets(id),
            current: subtab == Subtab::Assets,
        },
    ];
    view! {
        <PageHeader title=organization.name breadcrumbs=vec![Crumb::new("Organizations", paths::ORGANIZATIONS)] />
        <div class="mb-6">
            <Tabs label="Organization" tabs />
        </div>
    }
    .into_any()
}

/// What stands while the page is on its way.
#[component]
fn HeadSkeleton() -> impl IntoView {
    view! {
        <div class="mb-6 grid gap-3" aria-busy="true">
            <span class="skeleton w-32"></span>
            <span class="skeleton w-64 max-w-full"></span>
            <span class="skeleton w-40"></span>
        </div>
    }
    .into_any()
}

/// An Organization that could not be had.
#[component]
fn OrganizationProblem(error: ApiError) -> impl IntoView {
    view! {
        <h1 class="sr-only" tabindex="-1">
            "Organization"
        </h1>
        <Problem error />
    }
    .into_any()
}
