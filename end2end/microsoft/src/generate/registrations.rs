//! The report of registered authentication methods of a generated directory: most people have registered something,
//! some nothing, and a few are not in the report yet. Disabled accounts are not in it, as Microsoft's documentation says
//! nothing of them (graph.md §5).

use serde_json::Value;

use super::people::day;
use crate::model::directory::Directory;
use crate::model::registration::registration;
use crate::random::Random;

const CHOICES: [&[&str]; 6] = [
    &["microsoftAuthenticatorPush", "softwareOneTimePasscode"],
    &["microsoftAuthenticatorPush", "mobilePhone", "softwareOneTimePasscode"],
    &["mobilePhone"],
    &["email", "mobilePhone"],
    &["fido2", "microsoftAuthenticatorPush"],
    &["microsoftAuthenticatorPush", "windowsHelloForBusiness"],
];

/// Fills the report, with chance of its own: whoever else draws from the seed is not disturbed.
pub fn fill(seed: u64, directory: &mut Directory) {
    let mut random = Random::new(seed, &format!("registrations/{}", directory.name.to_lowercase()));
    let enabled = directory
        .users
        .iter()
        .filter(|(_, user)| user.get("accountEnabled") == Some(&Value::Bool(true)));
    let entries = enabled.filter_map(|(id, user)| {
        let methods = match random.below(100) {
            0..4 => return None,
            4..22 => &[][..],
            22..26 => &["email"][..],
            _ => *random.pick(&CHOICES),
        };
        let updated = day(3_560 + random.below(25), random.below(86_400));
        Some((*id, registration(*id, user, methods, updated)))
    });
    directory.registrations = entries.collect();
}
