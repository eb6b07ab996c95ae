//! Cells that a spreadsheet would run, neutralised on the way out and restored on the way in.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` or a control character for a formula (OWASP, "CSV
//! Injection"); some take their full-width forms too. Such a cell gets an apostrophe in front, and so does one that
//! begins with apostrophes before such a character: so every exported cell is read back exactly, `+41 44 555 01 00`
//! and `'=x` alike. A file that is not ours loses one apostrophe in such a place, which is how spreadsheets mean it.

use std::borrow::Cow;

const APOSTROPHE: char = '\'';

const fn begins_a_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
    )
}

fn is_dangerous(text: &str) -> bool {
    text.trim_start_matches(APOSTROPHE).starts_with(begins_a_formula)
}

/// A cell as it may be opened in a spreadsheet.
pub fn neutralised(cell: &str) -> Cow<'_, str> {
    if is_dangerous(cell) {
        format!("{APOSTROPHE}{cell}").into()
    } else {
        cell.into()
    }
}

/// A cell as it was before [`neutralised`].
pub fn restored(cell: &str) -> &str {
    match cell.strip_prefix(APOSTROPHE) {
        Some(rest) if is_dangerous(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_get_an_apostrophe_and_phone_numbers_come_back_whole() {
        for (plain, exported) in [
            ("=HYPERLINK(\"http://x.example\")", "'=HYPERLINK(\"http://x.example\")"),
            ("+41 44 555 01 00", "'+41 44 555 01 00"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\u{ff1d}1+1", "'\u{ff1d}1+1"),
            ("'=already", "''=already"),
            ("O'Brien", "O'Brien"),
            ("'s-Hertogenbosch", "'s-Hertogenbosch"),
            ("", ""),
        ] {
            assert_eq!(neutralised(plain), exported);
            assert_eq!(restored(exported), plain);
        }
        assert_eq!(restored("+41 44 555 01 00"), "+41 44 555 01 00", "a foreign file");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back_and_none_begins_a_formula(cell in "['=+@\t\r\n-]{0,3}.{0,12}") {
            let out = neutralised(&cell);
            prop_assert!(!out.starts_with(begins_a_formula));
            prop_assert_eq!(restored(&out), cell.as_str());
        }
    }
}
