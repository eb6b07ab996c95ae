//! What the search across all customers finds.

use super::{
    end_user::MarkKind,
    ids::{AssetId, DeviceId, DirectoryUserId, EndUserId, EntraTenantId, MicrosoftTenantId, OrganizationId, TenantId},
    mac::Mac,
    tenant::TenantRef,
};
use serde::{Deserialize, Serialize};

/// The best of one kind, best first, and whether there are more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found<T> {
    /// At most some dozens.
    pub rows: Vec<T>,
    /// There are more than these.
    pub more: bool,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            rows: vec![],
            more: false,
        }
    }
}

/// An Organization, to be named and linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationRef {
    /// Our id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
}

/// An End User.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundEndUser {
    /// Our id.
    pub id: EndUserId,
    /// Whose.
    pub organization: OrganizationRef,
    /// Name.
    pub name: String,
    /// Email.
    pub email: String,
    /// The account that it is mapped to.
    pub user: Option<DirectoryUserId>,
    /// Mapped, and the Organization's user sync is on.
    pub synced: bool,
    /// The filters do not match the account any more.
    pub out_of_scope: bool,
    /// How that account signs in.
    pub upn: String,
    /// The mark **Disabled in Microsoft**.
    pub mark: Option<MarkKind>,
}

/// Somebody of a Microsoft tenant who is an End User of no Organization of its Tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundDirectoryPerson {
    /// Microsoft's id.
    pub user: DirectoryUserId,
    /// Name, else the UPN.
    pub name: String,
    /// How the account signs in.
    pub upn: String,
    /// Its mail address.
    pub mail: String,
    /// Disabled or deleted in Microsoft.
    pub state: Option<MarkKind>,
    /// The Microsoft tenant's name.
    pub microsoft_tenant: String,
    /// The Organizations whose user sync could bring this person.
    pub organizations: Vec<OrganizationRef>,
}

/// An Asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAsset {
    /// Our id.
    pub id: AssetId,
    /// Whose.
    pub organization: OrganizationRef,
    /// Name.
    pub name: String,
    /// Serial number.
    pub serial_number: String,
    /// MAC addresses.
    pub macs: Vec<Mac>,
    /// The name of the End User that it is assigned to.
    pub contact: Option<String>,
}

/// A managed device of a Microsoft tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundDevice {
    /// Microsoft's id.
    pub id: DeviceId,
    /// Name.
    pub name: String,
    /// Serial number.
    pub serial_number: String,
    /// Wi-Fi and Ethernet, as far as they are known.
    pub macs: Vec<Mac>,
    /// The Microsoft tenant's name.
    pub microsoft_tenant: String,
    /// Its primary user.
    pub user: Option<(DirectoryUserId, String)>,
}

/// An Organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundOrganization {
    /// Id and name.
    pub organization: OrganizationRef,
    /// Its Tenant.
    pub tenant: TenantRef,
    /// Email of the company.
    pub email: String,
}

/// A Tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundTenant {
    /// Our id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// The Microsoft tenant that it is mapped to.
    pub microsoft_tenant: Option<String>,
}

/// A Microsoft tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundMicrosoftTenant {
    /// Our id.
    pub id: MicrosoftTenantId,
    /// The name that Microsoft has.
    pub name: String,
    /// Its default domain.
    pub default_domain: String,
    /// Microsoft's id.
    pub entra_tenant_id: EntraTenantId,
    /// The Tenant that it is mapped to.
    pub tenant: Option<TenantRef>,
}

/// Everything that a search found, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchResults {
    /// Too short to be looked for anywhere but at the beginning.
    pub short: bool,
    /// End Users.
    pub end_users: Found<FoundEndUser>,
    /// People in Microsoft who are no End Users.
    pub directory_people: Found<FoundDirectoryPerson>,
    /// Assets.
    pub assets: Found<FoundAsset>,
    /// Managed devices.
    pub devices: Found<FoundDevice>,
    /// Organizations.
    pub organizations: Found<FoundOrganization>,
    /// Tenants.
    pub tenants: Found<FoundTenant>,
    /// Microsoft tenants.
    pub microsoft_tenants: Found<FoundMicrosoftTenant>,
}

impl SearchResults {
    /// Nothing of any kind.
    pub fn is_empty(&self) -> bool {
        self.end_users.rows.is_empty()
            && self.directory_people.rows.is_empty()
            && self.assets.rows.is_empty()
            && self.devices.rows.is_empty()
            && self.organizations.rows.is_empty()
            && self.tenants.rows.is_empty()
            && self.microsoft_tenants.rows.is_empty()
    }
}
