//! The app registration's credentials: which there are, how long they last, and when to warn.

use super::time::Moment;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// From how many days before its end a credential is warned of.
pub const SOON_DAYS: i64 = 30;
/// From how many days before its end it is urgent.
pub const URGENT_DAYS: i64 = 7;

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CredentialKind {
    /// A client secret.
    Secret,
    /// A certificate with its key.
    Certificate,
}

impl CredentialKind {
    /// The value in the database.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Certificate => "certificate",
        }
    }

    /// The value of the database, read.
    pub fn from_key(key: &str) -> Self {
        match key {
            "certificate" => Self::Certificate,
            _ => Self::Secret,
        }
    }

    /// The words on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Secret => "Client secret",
            Self::Certificate => "Certificate",
        }
    }
}

/// How near the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Expiry {
    /// A secret of which nobody has said when it ends.
    Unknown,
    /// More than 30 days away.
    Far,
    /// Within 30 days: so many whole days are left.
    Soon(i64),
    /// Within 7 days: so many whole days are left.
    Urgent(i64),
    /// It has ended.
    Over,
}

impl Expiry {
    /// As it is at `now`.
    pub fn of(ends: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let Some(left) = ends.map(|ends| ends - now) else {
            return Self::Unknown;
        };
        if left <= TimeDelta::zero() {
            Self::Over
        } else if left <= TimeDelta::days(URGENT_DAYS) {
            Self::Urgent(left.num_days())
        } else if left <= TimeDelta::days(SOON_DAYS) {
            Self::Soon(left.num_days())
        } else {
            Self::Far
        }
    }
}

/// What is known of a credential that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is called in a sentence.
    pub name: String,
    /// When it ends.
    pub ends: Option<DateTime<Utc>>,
    /// The AADSTS code with which Microsoft refused it when it was last tried.
    pub refused: Option<i64>,
}

/// Something that an Administrator has to do about the credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Whether Microsoft can't be asked any more, or only for days.
    pub urgent: bool,
    /// Whether it is about the end of one that still works.
    pub of_end: bool,
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

const ADD: &str =
    "Make a new one in the app registration in Entra ID and add it in Settings, Microsoft App Registration.";

/// When a secret ends of which a day is told, as Entra ID shows it: with the last second of that day, until which it may
/// work. Nothing for a day that no clock reaches.
pub fn end_of_day(day: NaiveDate) -> Option<DateTime<Utc>> {
    Some(day.and_hms_opt(23, 59, 59)?.and_utc())
}

impl Standing {
    fn works(&self, now: DateTime<Utc>) -> bool {
        self.refused.is_none() && Expiry::of(self.ends, now) != Expiry::Over
    }
}

/// Which of these is used, in the order in which they are tried: the first that has not ended and was not refused.
pub fn in_use(order: &[Standing], now: DateTime<Utc>) -> Option<usize> {
    order.iter().position(|one| one.works(now))
}

/// What to warn of: no credential that works; one that is refused while another stands in for it; and the end of the one
/// in use, unless another one is known to last longer than that.
pub fn warnings(order: &[Standing], now: DateTime<Utc>) -> Vec<Warning> {
    let warning = |urgent, what: String, remedy: &str| Warning {
        urgent,
        of_end: false,
        what,
        remedy: remedy.to_owned(),
    };
    let Some(used) = in_use(order, now).map(|at| &order[at]) else {
        let what = match order.len() {
            0 => "The app registration has no credential, so Microsoft can't be asked.",
            _ => "Every credential of the app registration has expired or is refused by Microsoft.",
        };
        return vec![warning(true, what.to_owned(), ADD)];
    };
    let refused = order.iter().filter_map(|one| {
        let code = one.refused?;
        let what = format!(
            "Microsoft refuses {} (AADSTS{code}). Entrain goes on with {}.",
            one.name, used.name
        );
        Some(warning(false, what, "Remove it, or put a new one in its place."))
    });
    let mut all: Vec<_> = refused.collect();
    let lasts = |one: &Standing| one.works(now) && Expiry::of(one.ends, now) == Expiry::Far;
    let ends = used
        .ends
        .map(|ends| ends.format("%Y-%m-%d").to_string())
        .unwrap_or_default();
    let of_used = match Expiry::of(used.ends, now) {
        Expiry::Soon(days) => Some((false, days)),
        Expiry::Urgent(days) => Some((true, days)),
        Expiry::Unknown | Expiry::Far | Expiry::Over => None,
    };
    if let Some((urgent, days)) = of_used.filter(|_| !order.iter().any(lasts)) {
        let left = match days {
            0 => "in less than a day".to_owned(),
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        };
        let what = format!("{} ends {left}, on {ends}.", capital(&used.name));
        all.push(Warning {
            of_end: true,
            ..warning(urgent, what, ADD)
        });
    }
    all
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A credential as Settings shows it. Nothing of what is secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRow {
    /// Its id; `None` for that of the environment, which can't be removed here.
    pub id: Option<Uuid>,
    /// What it is.
    pub kind: CredentialKind,
    /// Of a certificate: SHA-256 in hex.
    pub thumbprint: String,
    /// When it ends, as far as is known.
    pub ends: Option<Moment>,
    /// How near that is.
    pub expiry: Expiry,
    /// Whether it is the one that is used now.
    pub in_use: bool,
    /// By whom it was added and when.
    pub added: Option<(String, Moment)>,
    /// Whether Microsoft has ever issued a token for it.
    pub tried: bool,
    /// When Microsoft last refused it, and what to do; nothing once it worked again.
    pub refused: Option<(Moment, String)>,
    /// The client ID that it belongs to, where that is not the one in use: it is never sent.
    pub of_other_app: Option<String>,
}

/// The section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRegistration {
    /// The application (client) ID; `None` while none is set.
    pub client_id: Option<String>,
    /// In the order in which they are tried.
    pub credentials: Vec<CredentialRow>,
    /// What an Administrator has to do.
    pub warnings: Vec<Warning>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn one(name: &str, days: Option<i64>) -> Standing {
        Standing {
            name: name.to_owned(),
            ends: days.map(|days| now() + TimeDelta::days(days)),
            refused: None,
        }
    }

    #[test]
    fn the_end_is_told_from_30_days_before_and_is_urgent_from_7_days_before() {
        for (days, expiry) in [
            (31, Expiry::Far),
            (30, Expiry::Soon(30)),
            (8, Expiry::Soon(8)),
            (7, Expiry::Urgent(7)),
            (1, Expiry::Urgent(1)),
            (0, Expiry::Over),
            (-1, Expiry::Over),
        ] {
            assert_eq!(Expiry::of(Some(now() + TimeDelta::days(days)), now()), expiry, "{days}");
        }
        let second = TimeDelta::seconds(1);
        assert_eq!(
            Expiry::of(Some(now() + TimeDelta::days(30) + second), now()),
            Expiry::Far
        );
        assert_eq!(Expiry::of(Some(now() + second), now()), Expiry::Urgent(0));
        assert_eq!(Expiry::of(None, now()), Expiry::Unknown);
    }

    #[test]
    fn the_warning_is_about_the_one_in_use_and_says_how_long_is_left() {
        let words = |days| {
            let all = warnings(&[one("the certificate", Some(days))], now());
            assert!(all.iter().all(|one| one.of_end == (days > 0)), "{all:?}");
            all.into_iter().map(|one| (one.urgent, one.what)).collect::<Vec<_>>()
        };
        assert_eq!(words(31), []);
        assert_eq!(
            words(30),
            [(false, "The certificate ends in 30 days, on 2023-12-14.".to_owned())]
        );
        assert_eq!(
            words(7),
            [(true, "The certificate ends in 7 days, on 2023-11-21.".to_owned())]
        );
        assert!(words(0)[0].0 && words(0)[0].1.starts_with("Every credential"));
        assert_eq!(warnings(&[one("the client secret", None)], now()), []);
    }

    #[test]
    fn another_one_that_lasts_longer_is_a_reason_not_to_warn_and_one_of_unknown_end_is_none() {
        let (short, long, unknown) = (one("a", Some(5)), one("b", Some(300)), one("c", None));
        assert_eq!(warnings(&[short.clone(), long.clone()], now()), []);
        assert_eq!(warnings(&[short.clone(), unknown], now()).len(), 1);
        let refused = Standing {
            refused: Some(7_000_215),
            ..long
        };
        let told = warnings(&[short, refused], now());
        assert_eq!(told.len(), 2, "one that is refused stands in for nothing: {told:?}");
    }

    #[test]
    fn one_that_is_refused_is_told_with_the_one_that_stands_in_for_it() {
        let refused = Standing {
            refused: Some(7_000_222),
            ..one("the client secret of the environment", None)
        };
        let told = warnings(&[refused.clone(), one("the certificate", Some(300))], now());
        assert_eq!(told.len(), 1);
        assert!(told[0].what.contains("AADSTS7000222") && told[0].what.ends_with("with the certificate."));
        assert!(!told[0].urgent && !told[0].of_end);
        assert!(warnings(&[refused], now())[0].urgent, "nothing is left");
        assert!(warnings(&[], now())[0].what.contains("no credential"));
    }
}
