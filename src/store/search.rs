//! Words that a person searches for, as a pattern.

/// The pattern of `ilike` that finds exactly these words anywhere; `%%` when there are none. A character that Postgres
/// can't hold is in no row, and left out.
pub(super) fn pattern(words: &str) -> String {
    let words = words.replace('\0', "");
    let escaped = words
        .trim()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}
