//! Every path of the screens, so that a link can't point nowhere.

use crate::model::{
    exchange::Kind,
    ids::{AssetId, DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId, TenantId},
};
use uuid::Uuid;

/// The Organizations table.
pub const ORGANIZATIONS: &str = "/organizations";
/// **New Organization**.
pub const NEW_ORGANIZATION: &str = "/organizations?dialog=new";
/// **Microsoft Tenant Integrations**.
pub const MICROSOFT_TENANTS: &str = "/microsoft-tenants";
/// **Integrate**, **Single Tenant**.
pub const INTEGRATE: &str = "/microsoft-tenants?dialog=integrate";
/// **Activity**: the list of runs.
pub const ACTIVITY: &str = "/activity";
/// **Activity**: the audit log.
pub const AUDIT: &str = "/activity/audit";
/// The file of Organizations.
pub const EXPORT_ORGANIZATIONS: &str = "/export/organizations.csv";
/// The file of End Users.
pub const EXPORT_END_USERS: &str = "/export/end-users.csv";
/// The file of Assets.
pub const EXPORT_ASSETS: &str = "/export/assets.csv";
/// The file of runs.
pub const EXPORT_RUNS: &str = "/export/runs.csv";
/// The file of the audit log.
pub const EXPORT_AUDIT: &str = "/export/audit.csv";
/// The Assets of all Organizations.
pub const ASSETS: &str = "/assets";

/// The search across all customers.
pub const SEARCH: &str = "/search";
/// **Settings**.
pub const SETTINGS: &str = "/settings";

/// An Organization's overview.
pub fn organization(id: OrganizationId) -> String {
    format!("/organizations/{id}")
}

/// Edit of an Organization's information, over its overview.
pub fn edit_organization(id: OrganizationId) -> String {
    format!("/organizations/{id}?dialog=edit")
}

/// **Delete Organization**, over its overview.
pub fn delete_organization(id: OrganizationId) -> String {
    format!("/organizations/{id}?dialog=delete")
}

/// An Organization's End Users subtab.
pub fn end_users(id: OrganizationId) -> String {
    format!("/organizations/{id}/end-users")
}

/// The page of one End User.
pub fn end_user(organization: OrganizationId, end_user: EndUserId) -> String {
    format!("/organizations/{organization}/end-users/{end_user}")
}

/// An Organization's Assets subtab.
pub fn organization_assets(id: OrganizationId) -> String {
    format!("/organizations/{id}/assets")
}

/// The page of one Asset.
pub fn asset(id: AssetId) -> String {
    format!("/assets/{id}")
}

/// **Delete Asset**, over the page of one.
pub fn delete_asset(id: AssetId) -> String {
    format!("/assets/{id}?dialog=delete")
}

/// **Delete** of one End User, over its page.
pub fn delete_end_user(organization: OrganizationId, id: EndUserId) -> String {
    format!("{}?dialog=delete", end_user(organization, id))
}

/// **New End User**, over the End Users subtab.
pub fn new_end_user(organization: OrganizationId) -> String {
    format!("{}?dialog=new", end_users(organization))
}

/// The people kept out of an Organization's sync.
pub fn excluded(organization: OrganizationId) -> String {
    format!("/organizations/{organization}/excluded")
}

/// **Why is somebody missing?**, where people of an Organization's Microsoft tenant are looked for.
pub fn missing(id: OrganizationId) -> String {
    format!("/organizations/{id}/why")
}

/// **Why?** one person is in or out of an Organization.
pub fn why(id: OrganizationId, user: DirectoryUserId) -> String {
    format!("/organizations/{id}/why?user={user}")
}

/// The Tenant Details page.
pub fn tenant(id: TenantId) -> String {
    format!("/tenants/{id}")
}

/// Set Up or Edit of an Organization's user sync, over the Tenant Details page.
pub fn set_up(tenant: TenantId, organization: OrganizationId) -> String {
    format!("/tenants/{tenant}?dialog=filters&organization={organization}")
}

/// Disable of an Organization's user sync, over the Tenant Details page.
pub fn disable(tenant: TenantId, organization: OrganizationId) -> String {
    format!("/tenants/{tenant}?dialog=disable&organization={organization}")
}

/// **Start Tenant Mapping** of a Microsoft tenant.
pub fn map_tenant(id: MicrosoftTenantId) -> String {
    format!("/microsoft-tenants?dialog=map&tenant={id}")
}

/// **Unmap Tenant** of a Microsoft tenant.
pub fn unmap_tenant(id: MicrosoftTenantId) -> String {
    format!("/microsoft-tenants?dialog=unmap&tenant={id}")
}

/// **Check Permissions** of a Microsoft tenant.
pub fn check_permissions(id: MicrosoftTenantId) -> String {
    format!("/microsoft-tenants?dialog=permissions&tenant={id}")
}

/// **Remove Integration** of a Microsoft tenant.
pub fn remove_integration(id: MicrosoftTenantId) -> String {
    format!("/microsoft-tenants?dialog=remove&tenant={id}")
}

/// **Undo Run** over a run's page.
pub fn undo_run(id: RunId) -> String {
    format!("/runs/{id}?dialog=undo")
}

/// A run's page.
pub fn run(id: RunId) -> String {
    format!("/runs/{id}")
}

/// Every person of a run as a file.
pub fn export_run_people(id: RunId) -> String {
    format!("/export/runs/{id}/people.csv")
}

/// The page that takes a file.
pub fn new_import(kind: Kind) -> String {
    format!("/import/{}", kind.key())
}

/// The page that takes a file for one Organization.
pub fn new_import_for(kind: Kind, organization: OrganizationId) -> String {
    format!("/import/{}?organization={organization}", kind.key())
}

/// Where a file is sent to.
pub fn upload(kind: Kind) -> String {
    format!("/import/{}/upload", kind.key())
}

/// An import's page.
pub fn import(id: Uuid) -> String {
    format!("/imports/{id}")
}

/// What an import could not use, as a file.
pub fn export_rejects(id: Uuid) -> String {
    format!("/export/imports/{id}/rejects.csv")
}
