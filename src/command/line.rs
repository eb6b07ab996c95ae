//! Lines for a person. Names come from Microsoft and from whoever wrote a file: whatever one holds, it stays within its
//! line, moves no cursor and turns no text round.

use crate::server::telemetry::is_command;
use std::borrow::Cow;

/// The text with such characters spelled out: `\n`, `\u{1b}`.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_command) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_command(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// Writes a line to stdout.
pub fn say(text: &str) {
    println!("{}", line(text));
}

/// Writes a line to stderr.
pub fn tell(text: &str) {
    eprintln!("{}", line(text));
}

/// Writes what may have several lines to stderr: the second and later ones stand back, so that they are seen to belong
/// to the first.
pub fn tell_all(text: &str) {
    tell(text.lines().next().unwrap_or_default());
    for more in text.lines().skip(1) {
        tell(&format!("  {more}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_log_injection_a_line_stays_one_and_says_nothing_to_a_terminal() {
        for (text, shown) in [
            ("Ana López 日本", "Ana López 日本"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[2J\u{9b}31m\u{7}", "\\u{1b}[2J\\u{9b}31m\\u{7}"),
            ("\u{202e}txt.exe\u{2028}", "\\u{202e}txt.exe\\u{2028}"),
        ] {
            assert_eq!(line(text), shown);
        }
    }
}
