//! Intune's devices of a generated directory: a laptop for most people who hold a licence, with every spelling of a
//! MAC address (graph.md §6 found no sample, so none is more real than another) and everything about them that
//! deceives: docks, randomised and constant addresses, junk serial numbers, shared devices. Chance has a stream of its
//! own, so that people and groups are the same with devices and without.

use uuid::Uuid;

use super::people::day;
use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::managed::blank;
use crate::random::Random;

/// What is odd about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oddity {
    None,
    /// Its Ethernet address is a dock's, and the next person's laptop has stood in the same dock.
    Dock,
    /// Wi-Fi sends an address made up for each network.
    Randomised,
    /// The same, and the serial number tells nothing either.
    RandomisedWithJunkSerial,
    /// Wi-Fi is told as the constant that Android reports.
    Constant,
    /// Wi-Fi is told as zeros.
    Zero,
    /// No Wi-Fi at all.
    EthernetOnly,
    /// Nobody's device.
    Shared,
}

use Oddity as O;

/// The first devices have their oddity by number, so that a small directory has each of them.
const FIRST: [Oddity; 14] = [
    O::None,
    O::None,
    O::Dock,
    O::Dock,
    O::Randomised,
    O::Constant,
    O::Zero,
    O::RandomisedWithJunkSerial,
    O::EthernetOnly,
    O::Shared,
    O::None,
    O::None,
    O::None,
    O::None,
];

/// Serial numbers that makers of mainboards leave behind.
const JUNK: [&str; 4] = ["To be filled by O.E.M.", "System Serial Number", "Default string", "0"];

const MODELS: [(&str, &str, &str, &str); 4] = [
    ("Lenovo", "ThinkPad T14 Gen 4", "Windows", "10.0.22631.3447"),
    ("Dell Inc.", "Latitude 5440", "Windows", "10.0.22631.3296"),
    ("HP", "EliteBook 845 G10", "Windows", "10.0.19045.4291"),
    ("Apple", "MacBook Air", "macOS", "14.4.1 (23E224)"),
];

/// Gives the people of a directory their devices, if it has Intune.
pub fn fill(seed: u64, directory: &mut Directory, name: &str, label: &str) {
    if !directory.has_intune() {
        return;
    }
    let mut random = Random::new(seed, &format!("managedDevices/{}", name.to_lowercase()));
    let works =
        |user: &&Entity| user.get("accountEnabled").is_some_and(|on| on == true) && user.get("employeeId").is_some();
    let people: Vec<Entity> = directory.users.values().filter(works).cloned().collect();
    let short = label.chars().take(3).collect::<String>().to_uppercase();
    let mut dock = None;
    for (index, person) in people.iter().enumerate() {
        let oddity = match FIRST.get(index) {
            Some(first) => *first,
            None if random.percent(15) => continue,
            None => chance(&mut random),
        };
        let id = random.id();
        let device = laptop(&mut random, id, &format!("{short}-LT-{:04}", index + 1), index);
        let (device, ethernet) = addresses(&mut random, device, oddity, index, dock.take());
        dock = (oddity == O::Dock).then_some(ethernet);
        let device = if oddity == O::Shared {
            device
        } else {
            of(device, person)
        };
        directory.managed_devices.insert(id, device);
    }
}

fn chance(random: &mut Random) -> Oddity {
    match random.below(100) {
        0..6 => O::Dock,
        6..16 => O::Randomised,
        16..18 => O::RandomisedWithJunkSerial,
        18..21 => O::Constant,
        21..23 => O::Zero,
        23..28 => O::EthernetOnly,
        28..31 => O::Shared,
        _ => O::None,
    }
}

fn laptop(random: &mut Random, id: Uuid, name: &str, index: usize) -> Entity {
    let (maker, model, system, version) = *random.pick(&MODELS);
    let seen = day(3_540 + random.below(20), random.below(86_400));
    let serial: String = (0..8)
        .map(|_| char::from(*random.pick(b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")))
        .collect();
    blank(id, seen)
        .with("deviceName", name)
        .with("managedDeviceName", format!("{name}_{system}_{index}"))
        .with("azureADDeviceId", random.id().to_string())
        .with("azureADRegistered", true)
        .with("manufacturer", maker)
        .with("model", model)
        .with("operatingSystem", system)
        .with("osVersion", version)
        .with("serialNumber", serial)
        .with("physicalMemoryInBytes", 17_179_869_184_i64)
        .with("totalStorageSpaceInBytes", 511_101_108_224_i64)
}

fn of(device: Entity, person: &Entity) -> Entity {
    let text = |name: &str| person.text(name).unwrap_or_default().to_owned();
    device
        .with("userId", person.id())
        .with("userPrincipalName", text("userPrincipalName"))
        .with("userDisplayName", text("displayName"))
        .with("emailAddress", text("mail"))
}

/// The device with its addresses, and its Ethernet address as the next one may share it.
fn addresses(
    random: &mut Random,
    device: Entity,
    oddity: Oddity,
    index: usize,
    dock: Option<[u8; 6]>,
) -> (Entity, [u8; 6]) {
    let (wifi, own) = (address(random), address(random));
    let ethernet = dock.filter(|_| oddity == O::Dock).unwrap_or(own);
    let randomised = [wifi[0] & 0xfc | 2, wifi[1], wifi[2], wifi[3], wifi[4], wifi[5]];
    let wifi = match oddity {
        O::EthernetOnly => String::new(),
        O::Randomised | O::RandomisedWithJunkSerial => spelt(randomised, index),
        O::Constant => spelt([2, 0, 0, 0, 0, 0], index),
        O::Zero => spelt([0; 6], index),
        O::None | O::Dock | O::Shared => spelt(wifi, index),
    };
    let device = device.with("wiFiMacAddress", wifi);
    let device = match oddity {
        O::RandomisedWithJunkSerial => device.with("serialNumber", JUNK[index % JUNK.len()]),
        _ => device,
    };
    // Thin laptops have no socket of their own.
    let device = match oddity {
        O::Randomised | O::RandomisedWithJunkSerial | O::Constant => device.with("ethernetMacAddress", ""),
        _ => device.with("ethernetMacAddress", spelt(ethernet, index + 3)),
    };
    (device, ethernet)
}

/// An address that a maker gave: not for groups, not locally administered.
fn address(random: &mut Random) -> [u8; 6] {
    let bytes = random.next().to_le_bytes();
    [bytes[0] & 0xfc | 4, bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]]
}

/// One of the spellings in use.
fn spelt(address: [u8; 6], index: usize) -> String {
    let pairs = |between: &str, upper: bool| {
        let pair = |byte: &u8| {
            if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            }
        };
        address.iter().map(pair).collect::<Vec<_>>().join(between)
    };
    match index % 6 {
        0 => pairs("", true),
        1 => pairs(":", true),
        2 => pairs("-", true),
        3 => {
            let plain = pairs("", false);
            format!("{}.{}.{}", &plain[..4], &plain[4..8], &plain[8..])
        }
        4 => pairs(":", false),
        _ => pairs(" ", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_address_has_six_spellings() {
        let spellings: Vec<String> = (0..6)
            .map(|index| spelt([0x0c, 0xa1, 2, 0x3d, 0xe4, 0xff], index))
            .collect();
        assert_eq!(
            spellings,
            [
                "0CA1023DE4FF",
                "0C:A1:02:3D:E4:FF",
                "0C-A1-02-3D-E4-FF",
                "0ca1.023d.e4ff",
                "0c:a1:02:3d:e4:ff",
                "0c a1 02 3d e4 ff"
            ]
        );
    }
}
