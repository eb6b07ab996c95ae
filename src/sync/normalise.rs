//! How values are cleaned before they are kept, and how they are compared.

use crate::model::end_user::Field;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The version of these rules, and of what a row of the directory holds besides: a change of it has everything read once
/// more, and makes every Organization due, as plans may differ. 3: rows hold the key of the address.
pub const VERSION: i32 = 3;

/// The form in which filter values and addresses compare: trimmed, lower-cased, Unicode NFC.
pub fn key(value: &str) -> String {
    let value = value.trim();
    if value.is_ascii() {
        return value.to_ascii_lowercase();
    }
    // Lower-casing can undo a composition (İ becomes i and a dot), so NFC comes last.
    value.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// A value as it is kept: line breaks and tabs become blanks, other control characters go, it is composed (Unicode NFC, so
/// that a search finds it however it was typed), trimmed and cut at the column's length on a character boundary.
/// Everything else, right-to-left marks and markup included, is data.
pub fn clean(value: &str, max_chars: usize) -> String {
    let needs_work = value.chars().any(char::is_control);
    let value = if needs_work {
        let blanked: String = value
            .chars()
            .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
            .filter(|c| !c.is_control())
            .collect();
        blanked
    } else {
        value.to_owned()
    };
    let value = if is_nfc(&value) { value } else { value.nfc().collect() };
    let value = value.trim().to_owned();
    match value.char_indices().nth(max_chars) {
        Some((end, _)) => value[..end].trim_end().to_owned(),
        None => value,
    }
}

/// Whether two values of a field differ by more than spelling: blanks anywhere, the case of an address, the
/// punctuation of a phone number.
pub fn same(field: Field, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match field {
        Field::Email => key(a) == key(b),
        Field::Phone | Field::Mobile => phone(a) == phone(b),
        _ => words(a).eq(words(b)),
    }
}

fn words(value: &str) -> impl Iterator<Item = String> {
    value.split_whitespace().map(|word| word.nfc().collect())
}

/// A number without its punctuation; letters stay (an extension, "ext 12"), so that two numbers never become one.
fn phone(value: &str) -> String {
    value
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '+')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_ignore_blanks_case_and_composition() {
        assert_eq!(key("  Sales "), key("sales"));
        assert_eq!(key("Zürich"), key("Zu\u{308}rich"));
        assert_ne!(key("Sales"), key("Sale s"));
    }

    #[test]
    fn control_characters_go_and_marks_of_direction_stay() {
        assert_eq!(clean("A\u{0}B\u{7}", 10), "AB");
        assert_eq!(clean("12 Main St\r\nSuite 4", 30), "12 Main St  Suite 4");
        assert_eq!(clean("\u{200f}שלום", 10), "\u{200f}שלום");
    }

    #[test]
    fn what_was_typed_in_parts_is_kept_composed_and_counted_so() {
        assert_eq!(clean(" Jose\u{301} Zoe\u{308} ", 8), "José Zoë");
        assert_eq!(clean("e\u{0}\u{301}", 1), "é");
    }

    #[test]
    fn phones_differ_by_digits_and_not_by_punctuation() {
        assert!(same(Field::Phone, "+1 (555) 010-0199", "+15550100199"));
        assert!(!same(Field::Phone, "+1 555 010 0199", "1 555 010 0199"));
        assert!(!same(Field::Phone, "555 0100 ext 1", "555 0100 ext 2"));
    }

    #[test]
    fn case_matters_in_a_name_and_not_in_an_address() {
        assert!(same(Field::Email, "Ana@Contoso.example", "ana@contoso.example"));
        assert!(!same(Field::Name, "ana lópez", "Ana López"));
        assert!(same(Field::Name, "Ana  López", "Ana López"));
    }

    proptest! {
        #[test]
        fn cleaning_is_idempotent_and_never_too_long(value in any::<String>(), max in 0usize..40) {
            let once = clean(&value, max);
            prop_assert!(once.chars().count() <= max);
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(clean(&once, max), once);
        }

        #[test]
        fn keys_are_idempotent(value in any::<String>()) {
            prop_assert_eq!(key(&key(&value)), key(&value));
        }
    }
}
