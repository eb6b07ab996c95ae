//! Text that JSON can carry and Rust can not hold.
//!
//! A JSON string may hold half of a surrogate pair (RFC 8259 section 8.2), and so may a name in a directory that was
//! cut in the middle of an emoji. No Unicode text can hold it, so one such name would make a whole page unreadable,
//! today and at every later sync. The half is replaced by U+FFFD, as a web browser does it.

/// The body with what can not be text replaced by U+FFFD, and how often that was done; `None` when there is nothing
/// to replace.
pub(super) fn mend(body: &[u8]) -> Option<(Vec<u8>, usize)> {
    let text = String::from_utf8_lossy(body);
    let before = body.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    let mut mended = text.into_owned().into_bytes();
    let mut replaced = before;
    let mut at = 0;
    while let Some(found) = mended
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\\'))
    {
        at += found;
        match escaped(&mended, at) {
            Some(0xD800..=0xDBFF) if matches!(escaped(&mended, at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended[at + 2..at + 6].copy_from_slice(b"FFFD");
                replaced += 1;
                at += 6;
            }
            // The escape and what it escapes: a second backslash begins nothing.
            _ => at += 2,
        }
    }
    (replaced > 0).then_some((mended, replaced))
}

/// The code unit of a `\uXXXX` that begins at `at`.
fn escaped(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(br"\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(body: &[u8]) -> Option<(String, usize)> {
        mend(body).map(|(body, replaced)| (String::from_utf8(body).unwrap(), replaced))
    }

    #[test]
    fn half_a_character_becomes_a_replacement_character() {
        for (body, expected) in [
            (r#""a\ud800b""#, r#""a\uFFFDb""#),
            (r#""\uDC00""#, r#""\uFFFD""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\uFFFD\ud83d\ude00""#),
            (r#""\ud800\u0041""#, r#""\uFFFD\u0041""#),
            (r#""\\\ud800""#, r#""\\\uFFFD""#),
        ] {
            assert_eq!(mended(body.as_bytes()), Some((expected.to_owned(), 1)), "{body}");
        }
    }

    #[test]
    fn whole_characters_and_escaped_backslashes_stay() {
        for body in [
            r#""\ud83d\ude00""#,
            r#""\\ud800""#,
            r#""C:\\users""#,
            r#""\u00e9é""#,
            "",
            r"\",
            r"\u12",
        ] {
            assert_eq!(mended(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_too() {
        assert_eq!(mended(b"\"a\xFFb\""), Some(("\"a\u{fffd}b\"".to_owned(), 1)));
    }
}
