//! Every path of the screens, so that a link can't point nowhere.

use crate::model::ids::{EndUserId, MicrosoftTenantId, OrganizationId, RunId, TenantId};

/// The Organizations table.
pub const ORGANIZATIONS: &str = "/organizations";
/// **New Organization**.
pub const NEW_ORGANIZATION: &str = "/organizations?dialog=new";
/// **Microsoft Tenant Integrations**.
pub const MICROSOFT_TENANTS: &str = "/microsoft-tenants";
/// **Integrate**, **Single Tenant**.
pub const INTEGRATE: &str = "/microsoft-tenants?dialog=integrate";
/// The list of runs.
pub const RUNS: &str = "/runs";

/// An Organization's overview.
pub fn organization(id: OrganizationId) -> String {
    format!("/organizations/{id}")
}

/// An Organization's End Users subtab.
pub fn end_users(id: OrganizationId) -> String {
    format!("/organizations/{id}/end-users")
}

/// The page of one End User.
pub fn end_user(organization: OrganizationId, end_user: EndUserId) -> String {
    format!("/organizations/{organization}/end-users/{end_user}")
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

/// A run's page.
pub fn run(id: RunId) -> String {
    format!("/runs/{id}")
}
