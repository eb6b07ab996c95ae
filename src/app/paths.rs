//! Every path of the screens, so that a link can't point nowhere.

use crate::{
    api::session::FILES,
    model::{
        exchange::Kind,
        ids::{AssetId, DirectoryUserId, EndUserId, EntraTenantId, MicrosoftTenantId, OrganizationId, RunId, TenantId},
    },
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
/// **Integrate**, **Cloud Solution Provider**.
pub const CLOUD_SOLUTION_PROVIDER: &str = "/microsoft-tenants/cloud-solution-provider";
/// **Consent in Bulk** for the customers that were chosen last.
pub const CONSENT_IN_BULK: &str = "/microsoft-tenants/cloud-solution-provider?dialog=consent";
/// The links that were made for administrators of customers.
pub const CONSENT_LINKS: &str = "/microsoft-tenants/consent-links";
/// On to Microsoft's consent page.
pub const START_CONSENT: &str = "/connect/start";
/// On to the sign-in of a partner's administrator.
pub const START_PARTNER_SIGN_IN: &str = "/connect/partner";
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

/// **Check Permissions** of a connected Microsoft tenant.
pub fn check_permissions(tenant: MicrosoftTenantId) -> String {
    format!("{MICROSOFT_TENANTS}?dialog=permissions&tenant={tenant}")
}

/// On to Microsoft's consent page for a Microsoft tenant that is connected.
pub fn renew_consent(tenant: EntraTenantId) -> String {
    format!("{START_CONSENT}?purpose=renewal&tenant={tenant}")
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

/// The page that a file can be fetched from, with the same search and filters; nothing for the address of no file.
pub fn list_of_file(file: &str) -> Option<String> {
    let (path, query) = file.split_once('?').unwrap_or((file, ""));
    let name = path.strip_prefix(FILES)?;
    let organization = query
        .split('&')
        .find_map(|field| field.strip_prefix("organization=")?.parse().ok());
    let run = name
        .strip_prefix("runs/")
        .and_then(|rest| rest.strip_suffix("/people.csv"));
    let rejects = name
        .strip_prefix("imports/")
        .and_then(|rest| rest.strip_suffix("/rejects.csv"));
    let list = match (name, organization) {
        ("end-users.csv", Some(id)) => end_users(id),
        ("assets.csv", Some(id)) => organization_assets(id),
        ("assets.csv", None) => ASSETS.to_owned(),
        ("runs.csv" | "runs.jsonl", _) => ACTIVITY.to_owned(),
        ("audit.csv", _) => AUDIT.to_owned(),
        _ => match (run.map(str::parse), rejects.map(str::parse)) {
            (Some(Ok(id)), _) => self::run(id),
            (_, Some(Ok(id))) => import(id),
            _ => ORGANIZATIONS.to_owned(),
        },
    };
    Some(if query.is_empty() {
        list
    } else {
        format!("{list}?{query}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_page_it_can_be_fetched_from() {
        let id = OrganizationId::default();
        let of = |file: &str| list_of_file(file).unwrap_or_default();
        assert_eq!(
            of(&format!("/export/end-users.csv?organization={id}&search=ana")),
            format!("{}?organization={id}&search=ana", end_users(id))
        );
        assert_eq!(of("/export/end-users.csv"), ORGANIZATIONS);
        assert_eq!(
            of(&format!("/export/runs/{}/people.csv", id.0)),
            format!("/runs/{}", id.0)
        );
        assert_eq!(of("/export/runs/none/people.csv"), ORGANIZATIONS);
        assert_eq!(of("/export/audit.csv?who=x"), "/activity/audit?who=x");
        assert_eq!(list_of_file("/activity"), None);
    }
}
