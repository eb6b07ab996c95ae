//! The screens: the document, typed paths, and a folder per screen. Talks to the server through `api` alone.

pub mod pages;
pub mod paths;
pub mod shell;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Redirect, Route, Router, Routes},
    path,
};
use pages::{
    activity::{AuditLogPage, RunsPage},
    asset::AssetPage,
    assets::AssetsPage,
    cloud_solution_provider::CloudSolutionProviderPage,
    consent_links::ConsentLinksPage,
    end_user::EndUserPage,
    excluded::ExcludedPage,
    import::{ImportPage, NewImportPage},
    microsoft_tenants::MicrosoftTenantsPage,
    not_found::NotFoundPage,
    organization::OrganizationPage,
    organizations::OrganizationsPage,
    run::RunPage,
    search::SearchPage,
    settings::SettingsPage,
    sign_in::SignInPage,
    tenant::TenantPage,
    why::WhyPage,
};

/// The application: every route, drawn on the server and taken over by the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    pages::mine::provide_role();
    pages::framed::provide_frame();
    crate::ui::toast::provide_toasts();
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/organizations") view=OrganizationsPage ssr=SsrMode::Async />
                <Route path=path!("/organizations/:id") view=OrganizationPage ssr=SsrMode::Async />
                <Route path=path!("/organizations/:id/end-users") view=OrganizationPage ssr=SsrMode::Async />
                <Route path=path!("/organizations/:id/end-users/:end_user") view=EndUserPage ssr=SsrMode::Async />
                <Route path=path!("/organizations/:id/assets") view=OrganizationPage ssr=SsrMode::Async />
                <Route path=path!("/assets") view=AssetsPage ssr=SsrMode::Async />
                <Route path=path!("/assets/:id") view=AssetPage ssr=SsrMode::Async />
                <Route path=path!("/organizations/:id/excluded") view=ExcludedPage ssr=SsrMode::Async />
                <Route path=path!("/organizations/:id/why") view=WhyPage ssr=SsrMode::Async />
                <Route path=path!("/microsoft-tenants") view=MicrosoftTenantsPage ssr=SsrMode::Async />
                <Route
                    path=path!("/microsoft-tenants/cloud-solution-provider")
                    view=CloudSolutionProviderPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/microsoft-tenants/consent-links") view=ConsentLinksPage ssr=SsrMode::Async />
                <Route path=path!("/tenants/:id") view=TenantPage ssr=SsrMode::Async />
                <Route path=path!("/activity") view=RunsPage ssr=SsrMode::Async />
                // Where Activity stood before; people have it among their bookmarks.
                <Route path=path!("/runs") view=|| view! { <Redirect path=paths::ACTIVITY /> } ssr=SsrMode::Async />
                <Route path=path!("/activity/audit") view=AuditLogPage ssr=SsrMode::Async />
                <Route path=path!("/import/:kind") view=NewImportPage ssr=SsrMode::Async />
                <Route path=path!("/imports/:id") view=ImportPage ssr=SsrMode::Async />
                <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async />
                <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async />
                <Route path=path!("/runs/:id") view=RunPage ssr=SsrMode::Async />
                // In the frame of a portal: the same pages without what leads out of it.
                <Route path=path!("/embed/:portal/tenants/:id") view=TenantPage ssr=SsrMode::Async />
                <Route path=path!("/embed/:portal/organizations/:id/end-users") view=OrganizationPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
    .into_any()
}
