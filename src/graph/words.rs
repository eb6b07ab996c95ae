//! Words that others wrote, made fit to be shown: error pages end in logs, on terminals and on web pages.

/// The text on one line and at most `longest` characters long. Control characters (a terminal would obey its escape
/// sequences) and the marks that turn the direction of writing (they reorder what stands beside them) become blanks.
pub(super) fn shown(text: &str, longest: usize) -> String {
    let plain = |c: char| if c.is_control() || turns(c) { ' ' } else { c };
    let line: String = text.chars().take(longest).map(plain).collect();
    line.trim().to_owned()
}

/// Embeddings, overrides and isolates: Unicode Standard Annex 9, section 2.
const fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_and_all_else_stays() {
        assert_eq!(shown("\u{1b}[2Jno\r\nway\u{7}\u{202e}!", 100), "[2Jno  way  !");
        assert_eq!(shown("<b>Žluťoučký</b> \"שלום\"", 100), "<b>Žluťoučký</b> \"שלום\"");
        assert_eq!(shown("ééé", 2), "éé");
    }
}
