//! What Microsoft knows of a person besides the synced fields: held once in the directory, shown where it is asked for.
//! Each fact is known, with its age, or not readable, with the reason. Unknown is never "no".

use super::{
    directory::{FactReading, Reading, Refusal, RefusalCause, UserType},
    end_user::MarkKind,
    ids::{DirectoryUserId, EntraTenantId},
    reason::Reason,
    time::Moment,
};
use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// A fact that may be unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Told<T> {
    /// Microsoft told it.
    Known {
        /// What.
        value: T,
        /// When it was read.
        read: Moment,
        /// Why nothing newer is known, where the latest pass did not bring it.
        aging: Option<String>,
    },
    /// Neither yes nor no.
    Unreadable {
        /// In short.
        reason: String,
        /// What would help; empty where nothing is to be done.
        remedy: String,
    },
}

/// What is said of a person whom a pass did not bring.
const NOT_THERE: &str = "Microsoft's report does not have this person yet";

impl<T> Told<T> {
    /// A fact from what the directory holds of it (the value, and its own time of reading where that is not the
    /// pass's) and from how its pass stands.
    pub fn new<Zone>(held: Option<(T, Option<DateTime<Utc>>)>, pass: &FactReading, now: &DateTime<Zone>) -> Self
    where
        Zone: TimeZone,
        Zone::Offset: Display,
    {
        let refused = pass.refusal.as_ref();
        match held {
            Some((value, own)) => {
                // A pass cut short leaves values before it has a time of its own.
                let at = own.or(pass.read_at).or(pass.tried_at).unwrap_or_else(|| now.to_utc());
                let left_out = own.is_some_and(|own| pass.read_at.is_some_and(|pass| own < pass));
                Self::Known {
                    value,
                    read: Moment::new(at, now),
                    aging: refused
                        .map(|refusal| refusal.cause.label().to_owned())
                        .or_else(|| left_out.then(|| NOT_THERE.to_owned())),
                }
            }
            None => match (refused, pass.read_at) {
                (Some(refusal), _) => Self::Unreadable {
                    reason: refusal.cause.label().to_owned(),
                    remedy: refusal.words.clone(),
                },
                (None, Some(_)) => Self::Unreadable {
                    reason: NOT_THERE.to_owned(),
                    remedy: String::new(),
                },
                (None, None) => Self::Unreadable {
                    reason: "Not read yet".to_owned(),
                    remedy: "The next run reads it.".to_owned(),
                },
            },
        }
    }

    /// The value, if it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unreadable { .. } => None,
        }
    }
}

/// How one pass over a Microsoft tenant stands, for whoever reads its facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PassState {
    /// When it last brought everything.
    pub read: Option<Moment>,
    /// Why the last try did not.
    pub refusal: Option<Refusal>,
}

impl PassState {
    /// From what the directory keeps of it.
    pub fn new<Zone>(pass: &FactReading, now: &DateTime<Zone>) -> Self
    where
        Zone: TimeZone,
        Zone::Offset: Display,
    {
        Self {
            read: pass.read_at.map(|at| Moment::new(at, now)),
            refusal: pass.refusal.clone(),
        }
    }

    /// The same of a kind of data that the sync itself reads.
    pub fn of_reading<Zone>(reading: &Reading, read_at: Option<DateTime<Utc>>, now: &DateTime<Zone>) -> Self
    where
        Zone: TimeZone,
        Zone::Offset: Display,
    {
        let refusal = match reading {
            Reading::Refused { remedy, .. } => Some(Refusal {
                cause: RefusalCause::Refused,
                words: remedy.clone(),
            }),
            Reading::NeverRead | Reading::Read => None,
        };
        Self {
            read: read_at.map(|at| Moment::new(at, now)),
            refusal,
        }
    }
}

/// When a person was last at work in Microsoft 365.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LastActivity {
    /// The last sign-in that succeeded.
    SignedIn(Moment),
    /// Microsoft tells of attempts only: whether any succeeded is not known.
    Attempted(Moment),
    /// Never signed in.
    Never,
}

impl LastActivity {
    /// From the two times that are kept.
    pub fn new<Zone>(successful: Option<DateTime<Utc>>, attempted: Option<DateTime<Utc>>, now: &DateTime<Zone>) -> Self
    where
        Zone: TimeZone,
        Zone::Offset: Display,
    {
        match (successful, attempted) {
            (Some(at), _) => Self::SignedIn(Moment::new(at, now)),
            (None, Some(at)) => Self::Attempted(Moment::new(at, now)),
            (None, None) => Self::Never,
        }
    }
}

/// Whether a person has registered a second factor, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mfa {
    /// Registered, which is not the same as demanded at sign-in.
    pub registered: bool,
    /// The registered methods, in words.
    pub methods: Vec<String>,
}

impl Mfa {
    /// From what the directory holds: Microsoft's names of methods.
    pub fn new(registered: bool, methods: &[String]) -> Self {
        Self {
            registered,
            methods: methods.iter().map(|method| method_label(method)).collect(),
        }
    }

    /// The status on screen and in a person's history.
    pub const fn status(registered: bool) -> &'static str {
        if registered { "Registered" } else { "Not registered" }
    }
}

/// The words for a registered method (learn.microsoft.com/graph/api/resources/userregistrationdetails); one that is not
/// known here is shown as Microsoft names it.
fn method_label(method: &str) -> String {
    let label = match method {
        "microsoftAuthenticatorPush" => "Microsoft Authenticator",
        "microsoftAuthenticatorPasswordless" => "Microsoft Authenticator (passwordless)",
        "softwareOneTimePasscode" => "Authenticator app code",
        "hardwareOneTimePasscode" => "Hardware token code",
        "mobilePhone" => "Mobile phone",
        "alternateMobilePhone" => "Alternate mobile phone",
        "officePhone" => "Office phone",
        "email" => "Email",
        "fido2" | "fido2SecurityKey" => "Security key",
        "passKeyDeviceBound" => "Passkey",
        "passKeyDeviceBoundAuthenticator" => "Passkey in Microsoft Authenticator",
        "passKeyDeviceBoundWindowsHello" => "Passkey in Windows Hello",
        "windowsHelloForBusiness" => "Windows Hello for Business",
        "temporaryAccessPass" => "Temporary Access Pass",
        "securityQuestion" => "Security questions",
        other => other,
    };
    label.to_owned()
}

/// Section **Microsoft User Details** of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MicrosoftUser {
    /// Microsoft's object id.
    pub id: DirectoryUserId,
    /// The Microsoft tenant, for the link to its portal.
    pub entra_tenant_id: EntraTenantId,
    /// User Principal Name; empty when the directory no longer has the account.
    pub upn: String,
    /// Member or Guest.
    pub user_type: UserType,
    /// Product names of the assigned licences.
    pub licenses: Told<Vec<String>>,
    /// MFA status and methods.
    pub mfa: Told<Mfa>,
    /// Last Microsoft activity.
    pub activity: Told<LastActivity>,
    /// Since when the End User is mapped to this account.
    pub mapped_since: Moment,
    /// When the directory was last read whole.
    pub last_synced: Option<Moment>,
    /// **Disabled in Microsoft**: what happened, and when.
    pub mark: Option<(MarkKind, Moment)>,
    /// Why the filters no longer match, for a person who is not updated any more.
    pub out_of_scope: Option<Reason>,
}

impl MicrosoftUser {
    /// The person in Microsoft's portal, in the right tenant whoever is signed in there.
    pub fn portal_address(&self) -> String {
        format!(
            "https://entra.microsoft.com/{}/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/{}",
            self.entra_tenant_id, self.id
        )
    }
}

/// A line of a person's history that does not come from a run's change set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MicrosoftChange {
    /// When a run saw it.
    pub at: Moment,
    /// The run.
    pub run: Option<super::ids::RunId>,
    /// What changed: **Microsoft License** or **MFA**.
    pub what: MicrosoftChangeKind,
    /// Before; empty for none.
    pub old: String,
    /// After; empty for none.
    pub new: String,
}

/// What of a person's Microsoft data has a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MicrosoftChangeKind {
    /// Assigned licences.
    Licenses,
    /// MFA status.
    Mfa,
}

impl MicrosoftChangeKind {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Licenses => "licenses",
            Self::Mfa => "mfa",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Licenses, Self::Mfa].into_iter().find(|kind| kind.key() == key)
    }

    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Licenses => "Microsoft License",
            Self::Mfa => "MFA",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(read_hours_ago: Option<i64>, cause: Option<RefusalCause>, now: DateTime<Utc>) -> FactReading {
        FactReading {
            read_at: read_hours_ago.map(|hours| now - chrono::Duration::hours(hours)),
            tried_at: Some(now),
            refusal: cause.map(|cause| Refusal {
                cause,
                words: "Do this.".into(),
            }),
            pages: None,
        }
    }

    #[test]
    fn a_refused_pass_leaves_the_known_value_with_its_age_and_the_reason() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let told = Told::new(
            Some((1, None)),
            &pass(Some(72), Some(RefusalCause::NoPremium), now),
            &now,
        );
        let Told::Known { value: 1, read, aging } = told else {
            panic!("{told:?}");
        };
        assert_eq!(read.ago, "3 days ago");
        assert_eq!(aging.as_deref(), Some("No Entra ID P1 or P2 license"));
    }

    #[test]
    fn nothing_held_is_not_readable_and_never_no() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        for (pass, expected) in [
            (
                pass(None, Some(RefusalCause::NoPermission), now),
                "Permission not granted",
            ),
            (pass(Some(1), None, now), NOT_THERE),
            (FactReading::default(), "Not read yet"),
        ] {
            let told = Told::<bool>::new(None, &pass, &now);
            let Told::Unreadable { reason, .. } = told else {
                panic!("{told:?}");
            };
            assert_eq!(reason, expected);
        }
    }

    #[test]
    fn a_person_whom_the_report_no_longer_has_keeps_the_older_time() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let own = now - chrono::Duration::hours(5);
        let told = Told::new(Some((true, Some(own))), &pass(Some(1), None, now), &now);
        let Told::Known { read, aging, .. } = told else {
            panic!("{told:?}");
        };
        assert_eq!((read.at, aging.as_deref()), (own, Some(NOT_THERE)));
        // Read alone after the pass: newer, and nothing to excuse.
        let told = Told::new(Some((true, Some(now))), &pass(Some(1), None, now), &now);
        assert!(matches!(told, Told::Known { aging: None, .. }), "{told:?}");
    }

    #[test]
    fn what_was_refused_after_it_was_read_keeps_its_age_beside_the_reason() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let refused = Reading::Refused {
            remedy: "Grant it.".into(),
            lacks_permission: true,
        };
        let state = PassState::of_reading(&refused, Some(now - chrono::Duration::hours(5)), &now);
        assert_eq!(state.read.map(|read| read.ago).as_deref(), Some("5 hours ago"));
        assert_eq!(state.refusal.map(|refusal| refusal.words).as_deref(), Some("Grant it."));
        assert_eq!(
            PassState::of_reading(&Reading::NeverRead, None, &now),
            PassState::default()
        );
    }

    #[test]
    fn attempts_are_told_apart_from_successes() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let (older, newer) = (now - chrono::Duration::days(3), now - chrono::Duration::days(1));
        assert!(
            matches!(LastActivity::new(Some(older), Some(newer), &now), LastActivity::SignedIn(at) if at.at == older)
        );
        assert!(matches!(
            LastActivity::new(None, Some(newer), &now),
            LastActivity::Attempted(_)
        ));
        assert_eq!(LastActivity::new(None, None, &now), LastActivity::Never);
    }
}
