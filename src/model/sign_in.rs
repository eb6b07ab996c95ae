//! With whose account somebody signs in, and why they could not.

use serde::{Deserialize, Serialize};

/// A provider of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProviderKind {
    /// Microsoft Entra ID.
    Microsoft,
    /// Another OpenID provider, the one of the settings.
    Openid,
}

impl ProviderKind {
    /// The value in the database and in addresses.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Microsoft => "microsoft",
            Self::Openid => "openid",
        }
    }
}

/// How a session was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// With a password of ours.
    Password,
    /// With a provider's account.
    Provider(ProviderKind),
}

impl Way {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Provider(kind) => kind.key(),
        }
    }

    /// The value of the database, read; what a later version wrote is a provider that we do not know.
    pub fn from_key(key: &str) -> Self {
        match key {
            "password" => Self::Password,
            "microsoft" => Self::Provider(ProviderKind::Microsoft),
            _ => Self::Provider(ProviderKind::Openid),
        }
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Password => "Password",
            Self::Provider(ProviderKind::Microsoft) => "Microsoft",
            Self::Provider(ProviderKind::Openid) => "OpenID provider",
        }
    }
}

/// Why a sign-in with a provider ended on the sign-in page. The page is shown to anybody with its address, so it tells
/// nothing of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInProblem {
    /// **Cancel** at the provider.
    Declined,
    /// The way back came too late, twice, or in another browser.
    Expired,
    /// The provider does not answer.
    Unreachable,
    /// The provider reports an error.
    Failed,
    /// The provider's answer is not to be believed.
    Refused,
    /// A Microsoft tenant that is not on the list.
    Tenant,
    /// Nobody has invited this account.
    Unknown,
    /// The account came with an app role, which is gone.
    NoRole,
    /// The app role is a lower one now, and nobody else could come in as an Administrator.
    LastAdministrator,
    /// The email is that of another account here.
    Taken,
    /// An Administrator has disabled the account.
    Disabled,
    /// Too many attempts from one address.
    TooMany,
}

impl SignInProblem {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Declined,
        Self::Expired,
        Self::Unreachable,
        Self::Failed,
        Self::Refused,
        Self::Tenant,
        Self::Unknown,
        Self::NoRole,
        Self::LastAdministrator,
        Self::Taken,
        Self::Disabled,
        Self::TooMany,
    ];

    /// The value in addresses.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Tenant => "tenant",
            Self::Unknown => "unknown",
            Self::NoRole => "no-role",
            Self::LastAdministrator => "last-administrator",
            Self::Taken => "taken",
            Self::Disabled => "disabled",
            Self::TooMany => "too-many",
        }
    }

    /// The value of an address, read.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.key() == key)
    }

    /// What is the matter.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Declined => "You declined to sign in.",
            Self::Expired => "This sign-in is over.",
            Self::Unreachable => "The provider can't be reached.",
            Self::Failed => "The provider could not sign you in.",
            Self::Refused => "The provider's answer was not accepted.",
            Self::Tenant => "Your organization may not sign in here.",
            Self::Unknown => "This account is not known here.",
            Self::NoRole => "Your account has no role here any more.",
            Self::LastAdministrator => "Your app role would leave Entrain without an Administrator.",
            Self::Taken => "Another account here has your email address.",
            Self::Disabled => "This account is disabled.",
            Self::TooMany => "Too many sign-ins were begun from your address.",
        }
    }

    /// What to do.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Declined => "Sign in again, and accept what is asked there.",
            Self::Expired => {
                "It was begun more than ten minutes ago, was finished already, or was begun in another browser. Sign in \
                 again from here."
            }
            Self::Unreachable => {
                "Try again in a moment. If it stays, the server's log says what is wrong; a local account can sign in \
                 meanwhile."
            }
            Self::Failed => "Try again. If it stays, the server's log says what the provider reported.",
            Self::Refused => {
                "Nobody was signed in. Try again. If it stays, the server's log says what was wrong with the answer, as it \
                 may be an attack or a wrong setting."
            }
            Self::Tenant => {
                "Sign in with an account of another organization, or ask whoever runs Entrain to allow the Microsoft \
                 tenant of yours."
            }
            Self::Unknown => {
                "Ask an Administrator to add an account with the address that you sign in with, or sign in with another \
                 account."
            }
            Self::NoRole => "Ask whoever assigns app roles in your organization to give you one of Entrain's.",
            Self::LastAdministrator => {
                "No other Administrator has a password, with which to sign in when a provider is away. Ask whoever runs \
                 Entrain to add one with entrain admin create, or whoever assigns app roles in your organization to give \
                 you Administrator again."
            }
            Self::Taken => "Sign in as you did before, or ask an Administrator to let that account sign in this way.",
            Self::Disabled => "Ask an Administrator to enable it again.",
            Self::TooMany => "Try again in ten minutes.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_an_address_of_its_own_and_says_what_to_do() {
        for problem in SignInProblem::ALL {
            assert_eq!(SignInProblem::from_key(problem.key()), Some(problem));
            assert!(
                problem.title().ends_with('.') && problem.remedy().ends_with('.'),
                "{problem:?}"
            );
        }
        assert_eq!(SignInProblem::from_key("<script>"), None);
    }

    #[test]
    fn a_way_reads_as_it_was_written() {
        for way in [
            Way::Password,
            Way::Provider(ProviderKind::Microsoft),
            Way::Provider(ProviderKind::Openid),
        ] {
            assert_eq!(Way::from_key(way.key()), way);
        }
    }
}
