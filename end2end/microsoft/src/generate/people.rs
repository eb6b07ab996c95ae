//! Users of a generated directory. The first twenty are given their oddity by number, so that a small directory has
//! each of them; after that chance decides.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::licences;
use super::names::{self, Name};
use super::places::{DEPARTMENTS, Department, MISSPELT, OFFICES, Office};
use crate::model::change::stamp;
use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::random::Random;

/// What is odd about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oddity {
    None,
    Guest,
    PendingGuest,
    Disabled,
    SharedMailbox,
    NoMail,
    RepeatedMail,
    RepeatedMailInCapitals,
    LongName,
    Emoji,
    NoDepartment,
    MisspeltDepartment,
    NoOffice,
    NoUserType,
    Unlicensed,
}

use Oddity as O;

const FIRST: [Oddity; 20] = [
    O::None,
    O::None,
    O::None,
    O::Guest,
    O::PendingGuest,
    O::Disabled,
    O::SharedMailbox,
    O::NoMail,
    O::None,
    O::RepeatedMail,
    O::LongName,
    O::Emoji,
    O::NoDepartment,
    O::MisspeltDepartment,
    O::MisspeltDepartment,
    O::MisspeltDepartment,
    O::NoOffice,
    O::NoUserType,
    O::Unlicensed,
    O::RepeatedMailInCapitals,
];

fn oddity(random: &mut Random, index: usize) -> Oddity {
    if let Some(first) = FIRST.get(index) {
        return *first;
    }
    match random.below(1000) {
        0..50 => O::Guest,
        50..60 => O::PendingGuest,
        60..110 => O::Disabled,
        110..130 => O::SharedMailbox,
        130..150 => O::NoMail,
        150..155 => O::RepeatedMail,
        155..158 => O::RepeatedMailInCapitals,
        158..160 => O::LongName,
        160..161 => O::Emoji,
        161..190 => O::NoDepartment,
        190..215 => O::MisspeltDepartment,
        215..255 => O::NoOffice,
        255..258 => O::NoUserType,
        258..300 => O::Unlicensed,
        _ => O::None,
    }
}

/// What is carried from user to user.
struct Makers<'a> {
    random: &'a mut Random,
    label: &'a str,
    skus: Vec<Value>,
    taken: HashMap<String, usize>,
    last_mail: Option<String>,
}

/// Fills a directory with users, a few deleted ones beside them.
pub fn fill(random: &mut Random, directory: &mut Directory, label: &str, users: usize) {
    let skus = directory
        .skus
        .iter()
        .filter_map(|sku| sku.get("skuId").cloned())
        .collect();
    let mut makers = Makers {
        random,
        label,
        skus,
        taken: HashMap::new(),
        last_mail: None,
    };
    for index in 0..users {
        let (id, user) = makers.user(index);
        directory.insert_user(id, user);
    }
    if users > 0 {
        let gone = (0..2 + users / 200).map(|extra| makers.deleted(users.max(FIRST.len()) + extra));
        directory.deleted = gone.collect::<BTreeMap<_, _>>();
    }
}

/// The moment from which every date of a generated directory counts: a clock would make two runs differ.
pub(super) fn day(days: usize, seconds: usize) -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_456_790_400, 0).unwrap_or_default();
    let span = |n: usize| i64::try_from(n).unwrap_or(0);
    start + TimeDelta::days(span(days)) + TimeDelta::seconds(span(seconds))
}

impl Makers<'_> {
    fn deleted(&mut self, index: usize) -> (Uuid, Entity) {
        let (id, user) = self.user(index);
        let when = day(3560 + self.random.below(25), self.random.below(86_400));
        (id, user.with("deletedDateTime", stamp(when)))
    }

    fn user(&mut self, index: usize) -> (Uuid, Entity) {
        let id = self.random.id();
        let oddity = oddity(self.random, index);
        let (mut name, script) = names::name(self.random, index);
        if oddity == O::LongName {
            name = names::long_name();
        }
        if oddity == O::Emoji {
            name.display.push_str(" 🚀");
        }
        let user = Entity::new(Kind::User).with("id", id.to_string()).with(
            "createdDateTime",
            stamp(day(self.random.below(3500), self.random.below(86_400))),
        );
        let user = match oddity {
            O::SharedMailbox => self.shared_mailbox(user, index),
            O::Guest | O::PendingGuest => self.guest(user, &name, oddity),
            _ => self.member(user.with("preferredLanguage", script.language), &name, oddity, index),
        };
        (id, user)
    }

    /// The local part of an address that nobody has yet.
    fn address(&mut self, wanted: &str) -> String {
        let count = self.taken.entry(wanted.to_owned()).or_insert(0);
        *count += 1;
        if *count == 1 {
            wanted.to_owned()
        } else {
            format!("{wanted}{count}")
        }
    }

    fn member(&mut self, user: Entity, name: &Name, oddity: Oddity, index: usize) -> Entity {
        let local = self.address(&name.address);
        let domain = match self.random.below(100) {
            0..80 => format!("{}.example", self.label),
            80..95 => format!("{}-group.example", self.label),
            _ => format!("{}.onmicrosoft.example", self.label),
        };
        let principal = format!("{local}@{domain}");
        let mail = match (oddity, &self.last_mail) {
            (O::NoMail, _) => None,
            (O::RepeatedMail, Some(last)) => Some(last.clone()),
            (O::RepeatedMailInCapitals, Some(last)) => Some(last.to_uppercase()),
            _ => Some(principal.clone()),
        };
        let mut user = user
            .with("displayName", name.display.clone())
            .with("givenName", name.given.clone())
            .with("surname", name.family.clone())
            .with("userPrincipalName", principal.clone())
            .with("mailNickname", local.clone())
            .with("accountEnabled", oddity != O::Disabled);
        if oddity != O::NoUserType {
            user = user.with("userType", "Member");
        }
        if let Some(mail) = mail {
            let proxy = json!([
                format!("SMTP:{principal}"),
                format!("smtp:{local}@{}.onmicrosoft.example", self.label)
            ]);
            let proxy = if domain.contains(".onmicrosoft.") {
                json!([format!("SMTP:{principal}")])
            } else {
                proxy
            };
            user = user.with("mail", mail.clone()).with("proxyAddresses", proxy);
            if oddity == O::None {
                self.last_mail = Some(mail);
            }
        }
        let user = self.work(user, oddity, index);
        let user = self.activity(user, oddity, index);
        if matches!(oddity, O::Unlicensed | O::Disabled) {
            return user;
        }
        licences::assign(self.random, user, &self.skus)
    }

    /// Department, title, office and telephones.
    fn work(&mut self, mut user: Entity, oddity: Oddity, index: usize) -> Entity {
        let department = department(self.random, index);
        user = match oddity {
            O::NoDepartment => user,
            O::MisspeltDepartment if index < FIRST.len() => user.with("department", MISSPELT[(index - 13) % 3]),
            O::MisspeltDepartment => user.with("department", *self.random.pick(&MISSPELT)),
            _ => user.with("department", department.name),
        };
        if !self.random.percent(8) {
            user = user.with("jobTitle", *self.random.pick(department.titles));
        }
        user = user
            .with("employeeId", format!("E{index:06}"))
            .with("companyName", super::capitalised(self.label));
        let office = self.random.pick(&OFFICES);
        if oddity == O::NoOffice {
            return user;
        }
        if self.random.percent(80) {
            user = user.with("businessPhones", json!([self.phone(office)]));
        }
        if self.random.percent(55) {
            user = user.with("mobilePhone", self.phone(office));
        }
        if let Some(state) = office.state {
            user = user.with("state", state);
        }
        user.with("officeLocation", office.name)
            .with("streetAddress", office.street)
            .with("city", office.city)
            .with("postalCode", office.postal_code)
            .with("country", office.country)
            .with("usageLocation", office.usage)
    }

    fn phone(&mut self, office: &Office) -> String {
        let digits = "0123456789".as_bytes();
        let digit = |letter| {
            if letter == '#' {
                char::from(*self.random.pick(digits))
            } else {
                letter
            }
        };
        office.phone.chars().map(digit).collect()
    }

    /// Most have signed in; of a few only attempts are known.
    fn activity(&mut self, user: Entity, oddity: Oddity, index: usize) -> Entity {
        if oddity == O::Disabled || self.random.percent(12) {
            return user;
        }
        let last = 3300 + self.random.below(250);
        let moment = |random: &mut Random, back: usize| stamp(day(last - random.below(back), random.below(86_400)));
        let mut activity = json!({
            "lastSignInDateTime": moment(self.random, 1),
            "lastNonInteractiveSignInDateTime": moment(self.random, 3),
        });
        let successful = moment(self.random, 9);
        if index % 17 != 11 {
            activity["lastSuccessfulSignInDateTime"] = json!(successful);
        }
        user.with("signInActivity", activity)
    }

    /// A guest: `#EXT#` in the name, an outside address or none (graph.md §2).
    fn guest(&mut self, user: Entity, name: &Name, oddity: Oddity) -> Entity {
        let outside = ["partner.example", "freelance.example", "supplier-mail.example"];
        let (local, host) = (
            self.address(&format!("guest.{}", name.address)),
            *self.random.pick(&outside),
        );
        let pending = oddity == O::PendingGuest;
        let user = user
            .with("displayName", format!("{} (Guest)", name.display))
            .with(
                "userPrincipalName",
                format!("{local}_{host}#EXT#@{}.onmicrosoft.example", self.label),
            )
            .with("userType", "Guest")
            .with("creationType", "Invitation")
            .with(
                "externalUserState",
                if pending { "PendingAcceptance" } else { "Accepted" },
            )
            .with("accountEnabled", true)
            .with("otherMails", json!([format!("{local}@{host}")]));
        // An invitation that nobody took up has no mail yet: the address stands in otherMails only.
        if pending {
            user
        } else {
            user.with("mail", format!("{local}@{host}"))
        }
    }

    /// A shared mailbox: disabled, without a licence, and no person.
    fn shared_mailbox(&mut self, user: Entity, index: usize) -> Entity {
        let purposes = ["info", "invoices", "jobs", "reception", "servicedesk", "facilities"];
        let purpose = purposes[index % purposes.len()];
        let local = self.address(purpose);
        let address = format!("{local}@{}.example", self.label);
        user.with("displayName", format!("{} Mailbox", super::capitalised(&local)))
            .with("userPrincipalName", address.clone())
            .with("mailNickname", local)
            .with("proxyAddresses", json!([format!("SMTP:{address}")]))
            .with("mail", address)
            .with("userType", "Member")
            .with("accountEnabled", false)
    }
}

fn department(random: &mut Random, index: usize) -> &'static Department {
    // One of each first, so that every department's group has somebody even in a small directory.
    if let Some(department) = DEPARTMENTS.get(index.wrapping_sub(FIRST.len() - 4)) {
        return department;
    }
    let mut left = random.below(100);
    for department in &DEPARTMENTS {
        if left < department.share {
            return department;
        }
        left -= department.share;
    }
    &DEPARTMENTS[0]
}
