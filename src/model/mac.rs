//! A MAC address: 48 bits, however they are spelt.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr};

/// A MAC address. Shows itself as `00:1A:2B:3C:4D:5E`; the database and JSON hold 12 lower-case digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// What was read as a MAC address and is none, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a MAC address: it has to have 12 hexadecimal digits (0 to 9, A to F), such as 00:1A:2B:3C:4D:5E")]
pub struct NotAMac(pub String);

/// What stands between the digits in one spelling or another.
const SEPARATORS: [char; 3] = [':', '-', '.'];

impl Mac {
    /// The form of the database: 12 hexadecimal digits, lower case.
    pub fn hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads several addresses from one field: between commas, semicolons, lines or words. Groups of digits that are
    /// parts of one address written with blanks are put together.
    pub fn list(text: &str) -> Result<Vec<Self>, NotAMac> {
        let mut macs = vec![];
        for part in text.split([',', ';', '\n', '\r']).map(str::trim) {
            if part.is_empty() {
                continue;
            }
            match part.parse() {
                Ok(mac) => macs.push(mac),
                Err(wrong) => {
                    let words: Vec<&str> = part.split_whitespace().collect();
                    if words.len() < 2 || words.iter().all(|word| word.len() < 12) {
                        return Err(wrong);
                    }
                    for word in words {
                        macs.push(word.parse()?);
                    }
                }
            }
        }
        macs.sort_unstable();
        macs.dedup();
        Ok(macs)
    }

    /// What was searched for as the digits of a part of an address: `1a:2B` is `1a2b`. `None` for words that no
    /// spelling of an address holds.
    pub fn part(words: &str) -> Option<String> {
        let digits: String = words.chars().filter(|c| !is_separator(*c)).collect();
        let is_part = !digits.is_empty() && digits.len() <= 12 && digits.chars().all(|c| c.is_ascii_hexdigit());
        is_part.then(|| digits.to_ascii_lowercase())
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || SEPARATORS.contains(&c)
}

impl FromStr for Mac {
    type Err = NotAMac;

    /// 12 hexadecimal digits of either case, with colons, dashes, dots, blanks or nothing between them.
    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let wrong = || NotAMac(text.trim().to_owned());
        let mut bytes = [0; 6];
        let mut digits = 0_usize;
        for c in text.chars().filter(|c| !is_separator(*c)) {
            let digit = c
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
                .ok_or_else(wrong)?;
            let byte = bytes.get_mut(digits / 2).ok_or_else(wrong)?;
            *byte = *byte << 4 | digit;
            digits += 1;
        }
        if digits == 12 { Ok(Self(bytes)) } else { Err(wrong()) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAC: Mac = Mac([0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e]);

    #[test]
    fn every_usual_spelling_is_the_same_address() {
        for text in [
            "001A2B3C4D5E",
            "001a2b3c4d5e",
            "00:1A:2B:3C:4D:5E",
            "00-1a-2b-3c-4d-5e",
            "001a.2b3c.4d5e",
            "00 1A 2B 3C 4D 5E",
            "001A2B-3C4D5E",
            "  00:1a:2b:3c:4d:5e\n",
        ] {
            assert_eq!(text.parse(), Ok(MAC), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_48_bits_is_no_address_and_is_named() {
        for text in [
            "",
            "001A2B3C4D5",
            "001A2B3C4D5E6F",
            "001A2B3C4D5G",
            "Wi Fi Mac Address value",
            "00_1A_2B_3C_4D_5E",
            "٠٠1A2B3C4D5E",
        ] {
            assert_eq!(text.parse::<Mac>(), Err(NotAMac(text.into())), "{text:?}");
        }
        let list = Mac::list("00:1A:2B:3C:4D:5E, 00:1A:2B:3C:4D").unwrap_err();
        assert_eq!(list, NotAMac("00:1A:2B:3C:4D".into()));
    }

    #[test]
    fn a_list_is_read_between_commas_lines_and_blanks_and_each_address_once() {
        let other = Mac([0xac; 6]);
        for text in [
            "00:1a:2b:3c:4d:5e, AC-AC-AC-AC-AC-AC",
            "acacacacacac\r\n001a2b3c4d5e\n\n",
            "00:1A:2B:3C:4D:5E AC:AC:AC:AC:AC:AC",
            "00 1A 2B 3C 4D 5E; acac.acac.acac;001A2B3C4D5E",
        ] {
            assert_eq!(Mac::list(text), Ok(vec![MAC, other]), "{text:?}");
        }
        assert_eq!(Mac::list(" , ;\n"), Ok(vec![]));
        assert_eq!(
            Mac::list("00 1A 2B 3C 4D"),
            Err(NotAMac("00 1A 2B 3C 4D".into())),
            "the whole of a broken address is named"
        );
    }

    #[test]
    fn a_part_in_any_spelling_can_be_searched_for() {
        assert_eq!(Mac::part("1A:2b"), Some("1a2b".into()));
        assert_eq!(Mac::part(" 001a.2 "), Some("001a2".into()));
        assert_eq!(Mac::part("laptop"), None);
        assert_eq!(Mac::part(":"), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_and_what_is_kept_read_back(bytes in any::<[u8; 6]>()) {
            let mac = Mac(bytes);
            prop_assert_eq!(mac.to_string().parse(), Ok(mac));
            prop_assert_eq!(mac.hex().parse(), Ok(mac));
            let json = serde_json::to_string(&mac).unwrap();
            prop_assert_eq!(serde_json::from_str::<Mac>(&json).unwrap(), mac);
        }

        #[test]
        fn any_text_is_an_address_only_with_twelve_digits_and_nothing_but_separators(
            text in prop_oneof![any::<String>(), "[0-9a-fA-F:. -]{10,20}", "([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}"],
        ) {
            let rest: String = text.chars().filter(|c| !c.is_whitespace() && !":-.".contains(*c)).collect();
            let is_address = rest.len() == 12 && rest.chars().all(|c| c.is_ascii_hexdigit());
            prop_assert_eq!(text.parse::<Mac>().ok().map(Mac::hex), is_address.then(|| rest.to_ascii_lowercase()));
            if let Some(part) = Mac::part(&text) {
                prop_assert!((1..=12).contains(&part.len()) && rest.eq_ignore_ascii_case(&part));
            }
        }

        #[test]
        fn any_list_is_read_as_a_whole_or_not_at_all(
            text in prop_oneof![any::<String>(), "[0-9a-f,; \n-]{0,60}"], bytes in prop::collection::vec(any::<[u8; 6]>(), 0..5),
            separator in "(, ?|;|\n| )",
        ) {
            if let Ok(macs) = Mac::list(&text) {
                let digits = text.chars().filter(char::is_ascii_hexdigit).count();
                let rest = text.chars().all(|c| c.is_ascii_hexdigit() || c.is_whitespace() || ":-.,;".contains(c));
                prop_assert!(rest && digits % 12 == 0 && macs.len() <= digits / 12, "{macs:?}");
            }
            let mut macs: Vec<_> = bytes.into_iter().map(Mac).collect();
            let list: Vec<_> = macs.iter().map(Mac::to_string).collect();
            macs.sort_unstable();
            macs.dedup();
            prop_assert_eq!(Mac::list(&list.join(&separator)), Ok(macs));
        }
    }
}
