//! Our copy of a Microsoft tenant: what the sync reads and never changes.

use super::{
    ids::{DirectoryUserId, GroupId, SkuId},
    permission::Probe,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Member or Guest. A missing type counts as Member; Graph knows `null` there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UserType {
    /// Somebody of the customer.
    #[default]
    Member,
    /// Somebody invited from elsewhere.
    Guest,
}

impl UserType {
    /// The value in filters and in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }

    /// The value of the database, read; what is not known counts as Member, as a missing type does.
    pub fn from_key(key: &str) -> Self {
        if key == Self::Guest.key() {
            Self::Guest
        } else {
            Self::Member
        }
    }

    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Guest => "Guest",
        }
    }
}

/// A user of a Microsoft tenant, as last read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Microsoft's object id.
    pub id: DirectoryUserId,
    /// `userPrincipalName`: how the person signs in.
    pub upn: String,
    /// `displayName`; empty when Microsoft has none. The same for every text below.
    pub display_name: String,
    /// `givenName`.
    pub given_name: String,
    /// `surname`.
    pub surname: String,
    /// `mail`.
    pub mail: String,
    /// `otherMails`.
    pub other_mails: Vec<String>,
    /// The one number of `businessPhones`.
    pub business_phone: String,
    /// `mobilePhone`.
    pub mobile_phone: String,
    /// `streetAddress`.
    pub street_address: String,
    /// `city`.
    pub city: String,
    /// `state`.
    pub state: String,
    /// `postalCode`.
    pub postal_code: String,
    /// `jobTitle`.
    pub job_title: String,
    /// `department`.
    pub department: String,
    /// `officeLocation`.
    pub office_location: String,
    /// `userType`.
    pub user_type: UserType,
    /// When the account was made; unknown for some old ones.
    pub created_at: Option<DateTime<Utc>>,
    /// Since when the account has been seen disabled; Graph does not tell when it was done.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the account was deleted, softly or for good.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Assigned licences, inherited ones included.
    pub licenses: Vec<SkuId>,
    /// Every group the user is in, directly or through other groups.
    pub groups: Vec<GroupId>,
}

impl DirectoryUser {
    /// Not deleted in Microsoft; a disabled user is living.
    pub const fn is_living(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// The name under which a run tells of this account.
    pub fn shown_name(&self) -> &str {
        if self.display_name.is_empty() {
            &self.upn
        } else {
            &self.display_name
        }
    }

    /// The address under which a run tells of this account.
    pub fn shown_address(&self) -> &str {
        if self.mail.is_empty() { &self.upn } else { &self.mail }
    }

    /// Living and allowed to sign in.
    pub const fn is_enabled(&self) -> bool {
        self.is_living() && self.disabled_at.is_none()
    }
}

/// A group of a Microsoft tenant, of whatever kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Microsoft's object id.
    pub id: GroupId,
    /// `displayName`.
    pub name: String,
    /// Deleted in Microsoft: the row is kept, and accepts nobody.
    pub gone: bool,
}

/// What of a Microsoft tenant could be read in the last complete pass. Unreadable is never "no".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Readings {
    /// Groups and their members.
    pub groups: Reading,
    /// Groups whose members Graph refused or kept to itself (hidden membership), and the groups that those are in.
    pub hidden_groups: Vec<GroupId>,
    /// When a group with hidden membership last told its members.
    pub hidden_members_read_at: Option<DateTime<Utc>>,
    /// Subscribed licences.
    pub licenses: Reading,
    /// When those were last read; what is known of them is as old as that.
    pub licenses_read_at: Option<DateTime<Utc>>,
    /// There are users of whom Microsoft has never told whether they have licences.
    pub unknown_licenses: bool,
    /// The recycle bin of users.
    pub deleted_users: Reading,
    /// When that was last read, which not every pass does.
    pub deleted_users_read_at: Option<DateTime<Utc>>,
    /// Managed devices, with both of their addresses.
    pub devices: Reading,
    /// When devices were last listed whole; what is known of them is as old as that, a few Ethernet addresses apart.
    pub devices_read_at: Option<DateTime<Utc>>,
    /// Sign-in activity: its own pass, which fails alone.
    pub sign_ins: FactReading,
    /// How many users a page of sign-in activity may hold, where Microsoft refused the usual number.
    pub sign_in_page: Option<u16>,
    /// MFA registration, likewise.
    pub mfa: FactReading,
    /// The Microsoft tenant's own name and domains, likewise.
    pub organization: FactReading,
}

impl Readings {
    /// What could not be read for lack of a permission, in the order of **Check Permissions**. A licence that is missing
    /// is nothing that consent mends.
    pub fn lacking(&self) -> Vec<Probe> {
        let of_the_pass = [
            (Probe::DeletedUsers, &self.deleted_users),
            (Probe::Groups, &self.groups),
            (Probe::Licenses, &self.licenses),
            (Probe::Devices, &self.devices),
        ];
        let of_the_pass = of_the_pass.map(|(probe, reading)| {
            let lacks = matches!(
                reading,
                Reading::Refused {
                    lacks_permission: true,
                    ..
                }
            );
            (probe, lacks)
        });
        let of_facts = [
            (Probe::Organization, &self.organization),
            (Probe::SignIns, &self.sign_ins),
            (Probe::Mfa, &self.mfa),
        ];
        let of_facts = of_facts.map(|(probe, reading)| {
            let refusal = reading.refusal.as_ref();
            let lacks = refusal.is_some_and(|refusal| refusal.cause == RefusalCause::NoPermission);
            (probe, lacks)
        });
        let all = of_the_pass.into_iter().chain(of_facts);
        let mut lacking: Vec<_> = all.filter(|(_, lacks)| *lacks).map(|(probe, _)| probe).collect();
        lacking.sort_unstable();
        lacking
    }
}

/// Whether one kind of data could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reading {
    /// Never tried.
    #[default]
    NeverRead,
    /// Read in the last complete pass.
    Read,
    /// Graph said no; what the administrator can do about it.
    Refused {
        /// One sentence.
        remedy: String,
        /// It is for lack of a permission, which consent mends, and of no licence.
        #[serde(default)]
        lacks_permission: bool,
    },
}

impl Reading {
    /// Whether what we hold is what Microsoft said in the last complete pass.
    pub const fn is_read(&self) -> bool {
        matches!(self, Self::Read)
    }
}

/// How the reading of one kind of facts stands. A refused try leaves what is known, which ages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FactReading {
    /// When the last complete pass was read: the time of every value that has no time of its own.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was last tried.
    pub tried_at: Option<DateTime<Utc>>,
    /// Why the last try brought nothing; nothing while all is well.
    pub refusal: Option<Refusal>,
    /// How many pages the last complete pass had, which tells how long the next one will take.
    pub pages: Option<u32>,
}

/// Why facts could not be read, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// In short.
    pub cause: RefusalCause,
    /// What to do, and what Microsoft answered.
    pub words: String,
}

/// The causes that a screen tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefusalCause {
    /// The Microsoft tenant has no Entra ID P1 or P2 license.
    NoPremium,
    /// The app lacks the permission.
    NoPermission,
    /// Microsoft did not answer, or not in a way that can be read.
    Failed,
    /// Whatever the words say: kinds of data that the sync itself reads keep no more than those.
    Refused,
}

impl RefusalCause {
    /// The reason on screen, in short.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoPremium => "No Entra ID P1 or P2 license",
            Self::NoPermission => "Permission not granted",
            Self::Failed => "Microsoft could not be asked",
            Self::Refused => "Microsoft did not let us read it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_a_permission_is_told_of_every_kind_of_data_and_a_missing_license_is_not() {
        let refused = |lacks_permission| Reading::Refused {
            remedy: "Do it.".into(),
            lacks_permission,
        };
        let fact = |cause| FactReading {
            refusal: Some(Refusal {
                cause,
                words: "Do it.".into(),
            }),
            ..FactReading::default()
        };
        let readings = Readings {
            groups: refused(true),
            deleted_users: refused(true),
            devices: refused(true),
            licenses: refused(true),
            sign_ins: fact(RefusalCause::NoPermission),
            mfa: fact(RefusalCause::NoPermission),
            organization: fact(RefusalCause::NoPermission),
            ..Readings::default()
        };
        assert_eq!(
            readings.lacking(),
            [
                Probe::DeletedUsers,
                Probe::Groups,
                Probe::Licenses,
                Probe::Organization,
                Probe::SignIns,
                Probe::Mfa,
                Probe::Devices
            ]
        );
        let unlicensed = Readings {
            devices: refused(false),
            sign_ins: fact(RefusalCause::NoPremium),
            mfa: fact(RefusalCause::Failed),
            ..Readings::default()
        };
        assert_eq!(unlicensed.lacking(), []);
    }

    #[test]
    fn a_refusal_that_an_earlier_version_kept_is_still_one() {
        let kept = r#"{"refused": {"remedy": "Grant it."}}"#;
        let reading: Reading = serde_json::from_str(kept).unwrap();
        let Reading::Refused { lacks_permission, .. } = reading else {
            panic!("{reading:?}")
        };
        assert!(!lacks_permission, "the next run tells");
    }
}
