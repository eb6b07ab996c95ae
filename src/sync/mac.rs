//! What a MAC address and a serial number prove: which of them can tell one device from all others.

use crate::model::mac::Mac;

/// What an address is good for as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usability {
    /// A maker gave it to one adapter.
    Usable,
    /// Locally administered, as randomised Wi-Fi is: it tells a device only where the serial number agrees.
    WithSerial,
    /// Many devices have it, or none.
    Never,
}

/// The constant that Android reports in place of its address.
const ANDROID: Mac = Mac([2, 0, 0, 0, 0, 0]);

/// What an address is good for.
pub fn usability(mac: Mac) -> Usability {
    let first = mac.0[0];
    if mac.0 == [0; 6] || mac == ANDROID || first & 1 == 1 {
        // The lowest bit marks addresses of groups, and the broadcast is the largest of them.
        Usability::Never
    } else if first & 2 == 2 {
        Usability::WithSerial
    } else {
        Usability::Usable
    }
}

/// Whether two serial numbers are one and the same, and one that tells something.
pub fn serial_numbers_agree(one: &str, other: &str) -> bool {
    let (one, other) = (folded(one), folded(other));
    one == other && !is_junk(&one)
}

/// Letters and digits alone: programs differ in the rest.
fn folded(serial: &str) -> String {
    serial
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// What makers leave where a serial number should be; compared folded.
const JUNK: [&str; 22] = [
    "0123456789",
    "123456789",
    "1234567890",
    "12345678",
    "BASEBOARDSERIALNUMBER",
    "CHASSISSERIALNUMBER",
    "DEFAULT",
    "DEFAULTSTRING",
    "EMPTY",
    "INVALID",
    "NA",
    "NONE",
    "NOTAPPLICABLE",
    "NOTAVAILABLE",
    "NOTSPECIFIED",
    "NULL",
    "OEM",
    "SERIALNUMBER",
    "SYSTEMSERIALNUMBER",
    "TOBEFILLEDBYOEM",
    "TOBEFILLEDBYOEMXXX",
    "UNKNOWN",
];

fn is_junk(folded: &str) -> bool {
    let mut characters = folded.chars();
    let first = characters.next();
    // Nothing, or the same character over and over.
    characters.all(|c| Some(c) == first) || JUNK.contains(&folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Usability {
        usability(text.parse().unwrap())
    }

    #[test]
    fn addresses_that_many_devices_have_are_never_usable() {
        for mac in [
            "00:00:00:00:00:00",
            "FF:FF:FF:FF:FF:FF",
            "02:00:00:00:00:00",
            "01:00:5E:00:00:FB",
            "33:33:00:00:00:01",
        ] {
            assert_eq!(of(mac), Usability::Never, "{mac}");
        }
        assert_eq!(of("00:1A:2B:3C:4D:5E"), Usability::Usable);
        for mac in ["02:00:00:00:00:01", "DA:A1:19:00:00:01", "7A:2B:3C:4D:5E:6F"] {
            assert_eq!(of(mac), Usability::WithSerial, "{mac}");
        }
    }

    #[test]
    fn serial_numbers_agree_whatever_stands_between_their_letters() {
        assert!(serial_numbers_agree("PF-4711 ab", "pf4711AB"));
        assert!(!serial_numbers_agree("PF4711", "PF4712"));
    }

    #[test]
    fn a_serial_number_that_a_maker_left_behind_proves_nothing() {
        for junk in [
            "",
            " ",
            "0",
            "00000000",
            "XXXXXXX",
            "To be filled by O.E.M.",
            "System Serial Number",
            "Default string",
            "N/A",
            "None",
            "123456789",
        ] {
            assert!(!serial_numbers_agree(junk, junk), "{junk:?}");
        }
    }

    proptest! {
        #[test]
        fn exactly_the_two_lowest_bits_of_the_first_byte_tell_who_gave_an_address(bytes in any::<[u8; 6]>()) {
            prop_assume!(bytes != [0; 6] && bytes != ANDROID.0);
            let wanted = match bytes[0] & 3 {
                0 => Usability::Usable,
                2 => Usability::WithSerial,
                _ => Usability::Never,
            };
            prop_assert_eq!(usability(Mac(bytes)), wanted);
        }
    }
}
