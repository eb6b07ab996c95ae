//! The application permissions of Microsoft Graph that can be granted to the application: their names and app role ids
//! (graph.md §11), and what each of them opens here. The broad ones cover the narrow ones, as Microsoft's tables of
//! permissions from least to most privileged say.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::directory::Permission::{
    self, AuditLogs, Contracts, DelegatedAdmin, DeletedItems, Devices, Domains, Groups, HiddenMembers, ManagedDevices,
    Members, Memberships, Organization, SubscribedSkus, Users,
};

/// An application permission of Microsoft Graph.
#[derive(Debug, PartialEq, Eq)]
pub struct AppRole {
    /// Its name, as in the `roles` claim.
    pub name: &'static str,
    /// Its app role id in Microsoft Graph.
    pub id: Uuid,
    /// What it opens in the stand-in; nothing for what the stand-in does not serve.
    pub opens: &'static [Permission],
    /// Whether the application's registration requires it, so that admin consent grants it.
    pub required: bool,
}

const fn role(name: &'static str, id: u128, opens: &'static [Permission], required: bool) -> AppRole {
    AppRole {
        name,
        id: Uuid::from_u128(id),
        opens,
        required,
    }
}

const USER: &[Permission] = &[Users, DeletedItems, Organization];
const GROUP: &[Permission] = &[Groups, Members];
const DIRECTORY: &[Permission] = &[
    Users,
    Groups,
    Members,
    SubscribedSkus,
    Domains,
    Organization,
    DeletedItems,
    Memberships,
    Devices,
    Contracts,
];

/// Every application permission that the stand-in knows.
///
/// The ids of the write permissions, of `Group.Read.All` and of `Member.Read.Hidden` are those of Microsoft's public
/// permissions reference.
pub const APP_ROLES: [AppRole; 18] = [
    role("User.Read.All", 0xdf021288_bdef_4463_88db_98f22de89214, USER, true),
    role(
        "GroupMember.Read.All",
        0x98830695_27a2_44f7_8c18_0c3ebc9698f6,
        GROUP,
        true,
    ),
    role(
        "Member.Read.Hidden",
        0x658aa5d8_239f_45c4_aa12_864f4fc7e490,
        &[HiddenMembers],
        true,
    ),
    role(
        "LicenseAssignment.Read.All",
        0xe2f98668_2877_4f38_a2f4_8202e0717aa1,
        &[SubscribedSkus],
        true,
    ),
    role(
        "AuditLog.Read.All",
        0xb0afded3_3588_46d8_8b3d_9842eff778da,
        &[AuditLogs],
        true,
    ),
    role(
        "DeviceManagementManagedDevices.Read.All",
        0x2f51be20_0bb4_4fed_bf7b_db946066c75e,
        &[ManagedDevices],
        true,
    ),
    role(
        "Domain.Read.All",
        0xdbb9058a_0e50_45d7_ae91_66909b5d4664,
        &[Domains],
        true,
    ),
    role(
        "Organization.Read.All",
        0x498476ce_e0fe_48b0_b801_37ba7e2685c6,
        &[Organization, SubscribedSkus],
        true,
    ),
    role(
        "Group.ReadBasic.All",
        0x07d67222_3a10_4d3b_9ddc_b8aa43198a00,
        &[Groups],
        false,
    ),
    role(
        "GroupMember.ReadBasic.All",
        0x8222c640_cae5_4860_8d11_b32cfad95e03,
        &[Members],
        false,
    ),
    role(
        "Device.Read.All",
        0x7438b122_aefc_4978_80ed_43db9fcc7715,
        &[Devices],
        false,
    ),
    role("Policy.Read.All", 0x246dd0d5_5bd0_4def_940b_0421030a5b68, &[], false),
    role(
        "DelegatedAdminRelationship.Read.All",
        0xf6e9e124_4586_492f_adc0_c6f96e4823fd,
        &[DelegatedAdmin],
        false,
    ),
    role(
        "Directory.Read.All",
        0x7ab1d382_f21e_4acd_a863_ba3e13f7da61,
        DIRECTORY,
        false,
    ),
    role("Group.Read.All", 0x5b567255_7703_4780_807c_7be8301ae99b, GROUP, false),
    role(
        "Directory.ReadWrite.All",
        0x19dbc75e_c2e2_444c_a770_ec69d8559fc7,
        DIRECTORY,
        false,
    ),
    role(
        "Group.ReadWrite.All",
        0x62a82d76_70ea_41e2_9197_370581804d09,
        GROUP,
        false,
    ),
    role(
        "User.ReadWrite.All",
        0x741f803b_c850_494e_b5df_cde7c675a1ca,
        USER,
        false,
    ),
];

/// The application permission of that name or app role id.
pub fn named(name: &str) -> Option<&'static AppRole> {
    let id = Uuid::try_parse(name).ok();
    APP_ROLES
        .iter()
        .find(|role| role.name.eq_ignore_ascii_case(name) || id == Some(role.id))
}

/// What the application's registration asks an administrator for.
pub fn required() -> BTreeSet<&'static str> {
    APP_ROLES
        .iter()
        .filter(|role| role.required)
        .map(|role| role.name)
        .collect()
}

/// What these application permissions open.
pub fn opened<'a>(roles: impl IntoIterator<Item = &'a str>) -> BTreeSet<Permission> {
    let roles = roles.into_iter().filter_map(named);
    roles.flat_map(|role| role.opens.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_registration_requires_opens_everything_but_direct_memberships_devices_and_a_partners_lists() {
        let everything: BTreeSet<Permission> = Permission::ALL.iter().map(|(permission, ..)| *permission).collect();
        let closed: BTreeSet<Permission> = everything.difference(&opened(required())).copied().collect();
        assert_eq!(
            closed,
            BTreeSet::from([Memberships, Devices, DelegatedAdmin, Contracts])
        );
        let more = opened(["Directory.Read.All", "DelegatedAdminRelationship.Read.All"]);
        assert!(more.is_superset(&closed));
    }

    #[test]
    fn a_broad_permission_opens_what_the_narrow_ones_open_and_no_hidden_members() {
        let narrow = opened(["User.Read.All", "GroupMember.Read.All", "Domain.Read.All"]);
        let broad = opened(["Directory.Read.All"]);
        assert!(broad.is_superset(&narrow));
        assert!(!broad.contains(&HiddenMembers) && !broad.contains(&AuditLogs));
        assert!(!opened(["Group.ReadBasic.All"]).contains(&Members));
    }

    #[test]
    fn an_application_permission_is_found_by_its_name_and_by_its_id() {
        let by_id = named("df021288-bdef-4463-88db-98f22de89214").unwrap();
        assert_eq!(by_id.name, "User.Read.All");
        assert_eq!(named("user.read.all"), Some(by_id));
        assert_eq!(named("Mail.Read"), None);
    }
}
