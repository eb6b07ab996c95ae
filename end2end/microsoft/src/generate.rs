//! Directories made from a seed: what the customer of a managed service provider looks like, with every oddity that
//! a sync must survive at least once, down to twenty-five users. Everything follows from (seed, tenant name); no clock
//! and no chance from outside.

mod devices;
mod groups;
mod licences;
mod names;
mod people;
mod places;
mod registrations;

use serde_json::json;
use uuid::Uuid;

use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::random::{Random, id_of};

/// The id of the tenant of that name.
pub fn tenant_id(seed: u64, name: &str) -> Uuid {
    id_of(&format!("tenant/{seed}/{}", name.to_lowercase()))
}

/// The directory of the tenant of that name, with exactly `users` users that are not deleted.
pub fn directory(seed: u64, name: &str, users: usize) -> Directory {
    let id = tenant_id(seed, name);
    let mut random = Random::new(seed, &format!("directory/{}", name.to_lowercase()));
    let label = label(name);
    let domains = domains(&label);
    let organization = organization(id, name, &domains);
    let mut directory = Directory::new(id, name, organization, domains);
    directory.skus = licences::subscriptions(&mut random, id, users);
    people::fill(&mut random, &mut directory, &label, users);
    groups::fill(&mut random, &mut directory, &label);
    licences::count(&mut directory, users);
    devices::fill(seed, &mut directory, name, &label);
    registrations::fill(seed, &mut directory);
    directory
}

/// A subscription to Entra ID P1 and nothing else.
pub fn entra_p1(tenant: Uuid) -> Entity {
    licences::entra_p1(tenant)
}

/// The name as it may stand in a domain.
fn label(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let kept = kept.trim_matches('-');
    if kept.is_empty() {
        format!("tenant-{}", &id_of(name).to_string()[..8])
    } else {
        kept.to_owned()
    }
}

/// Three domains: the default one, a second one, and the initial one. `.example` is reserved: no address made here
/// can ever reach anybody.
fn domains(label: &str) -> Vec<Entity> {
    let domain = |name: String, default: bool, initial: bool| {
        Entity::new(Kind::Domain)
            .with("id", name)
            .with("authenticationType", "Managed")
            .with("isAdminManaged", true)
            .with("isDefault", default)
            .with("isInitial", initial)
            .with("isRoot", true)
            .with("isVerified", true)
            .with("passwordNotificationWindowInDays", 14)
            .with("passwordValidityPeriodInDays", i32::MAX)
            .with("supportedServices", json!(["Email", "OfficeCommunicationsOnline"]))
    };
    vec![
        domain(format!("{label}.example"), true, false),
        domain(format!("{label}-group.example"), false, false),
        domain(format!("{label}.onmicrosoft.example"), false, true),
    ]
}

/// The organization that owns these domains.
pub fn organization(id: Uuid, name: &str, domains: &[Entity]) -> Entity {
    let verified = domains.iter().map(|domain| {
        json!({
            "name": domain.id(), "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": domain.get("isDefault"), "isInitial": domain.get("isInitial"),
        })
    });
    let display_name = name.split('-').map(capitalised).collect::<Vec<_>>().join(" ");
    Entity::new(Kind::Organization)
        .with("id", id.to_string())
        .with("displayName", display_name)
        .with("tenantType", "AAD")
        .with("countryLetterCode", "NL")
        .with("preferredLanguage", "en")
        .with("createdDateTime", "2016-02-29T09:12:44Z")
        .with("verifiedDomains", verified.collect::<Vec<_>>())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
