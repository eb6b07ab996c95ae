//! What a file is, before a row of it is read: its encoding, its separator, and whether it is a table at all.

use super::import::ImportError;
use std::{
    io::{ErrorKind, Read},
    str,
};

/// How the bytes are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// With or without a byte order mark.
    Utf8,
    /// What spreadsheets in the West write by default.
    Windows1252,
}

/// What was seen in one pass over the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How the bytes are characters.
    pub encoding: Encoding,
    /// Between cells: comma, semicolon or tab.
    pub separator: u8,
    /// A quote has no second one: somewhere a quoted cell is not closed.
    pub odd_quotes: bool,
    /// Lines end as on Windows.
    pub carriage_returns: bool,
    /// The last line has an end too.
    pub ended: bool,
    /// How many bytes.
    pub bytes: u64,
}

/// What the head of a file may take.
const LONGEST_HEAD: usize = 64 * 1024;

const XLSX: &[u8] = b"PK\x03\x04";

/// Looks through a file without keeping it.
pub fn look(mut source: impl Read) -> Result<Shape, ImportError> {
    let mut buffer = vec![0; 64 * 1024];
    let mut seen = Seen::default();
    let mut head = Vec::new();
    loop {
        let number = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(number) => number,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let chunk = &buffer[..number];
        let room = LONGEST_HEAD.saturating_sub(head.len());
        head.extend_from_slice(&chunk[..number.min(room)]);
        seen.look(chunk);
    }
    if head.starts_with(XLSX) {
        return Err(ImportError::unfit(
            "This is an Excel workbook. Save it as \"CSV UTF-8 (comma delimited)\" and import that file.",
        ));
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(ImportError::unfit(
            "This file is UTF-16. Save it as \"CSV UTF-8 (comma delimited)\" and import that file.",
        ));
    }
    if seen.zero {
        return Err(ImportError::unfit("This is not a text file. Import a CSV file."));
    }
    let encoding = if !seen.broken && seen.cut.is_empty() {
        Encoding::Utf8
    } else if seen.beyond_1252 {
        return Err(ImportError::unfit(
            "This file is neither UTF-8 nor Windows-1252. Save it as \"CSV UTF-8\" and import that file.",
        ));
    } else {
        Encoding::Windows1252
    };
    Ok(Shape {
        encoding,
        separator: separator(&head),
        odd_quotes: seen.odd_quotes,
        carriage_returns: head.windows(2).any(|two| two == b"\r\n"),
        ended: seen.last == b'\n',
        bytes: seen.bytes,
    })
}

#[derive(Default)]
struct Seen {
    bytes: u64,
    last: u8,
    zero: bool,
    odd_quotes: bool,
    /// Not UTF-8.
    broken: bool,
    /// A byte that Windows-1252 has no character for.
    beyond_1252: bool,
    /// The beginning of a character that a chunk cut in two.
    cut: Vec<u8>,
}

impl Seen {
    fn look(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        self.last = chunk.last().copied().unwrap_or(self.last);
        for byte in chunk {
            match byte {
                0 => self.zero = true,
                b'"' => self.odd_quotes = !self.odd_quotes,
                0x81 | 0x8d | 0x8f | 0x90 | 0x9d => self.beyond_1252 = true,
                _ => {}
            }
        }
        if self.broken {
            return;
        }
        let joined: Vec<u8>;
        let bytes = if self.cut.is_empty() {
            chunk
        } else {
            joined = [self.cut.as_slice(), chunk].concat();
            &joined
        };
        match str::from_utf8(bytes) {
            Ok(_) => self.cut.clear(),
            Err(error) if error.error_len().is_some() => self.broken = true,
            Err(error) => self.cut = bytes[error.valid_up_to()..].to_vec(),
        }
    }
}

/// The separator of the first line: the one that stands there most often, outside quotes.
fn separator(head: &[u8]) -> u8 {
    let (mut quoted, mut counts) = (false, [(b',', 0), (b';', 0), (b'\t', 0)]);
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && counts.iter().any(|(_, count)| *count > 0) => break,
            byte if !quoted => {
                if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| separator == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    let mut best = counts[0];
    for candidate in &counts[1..] {
        if candidate.1 > best.1 {
            best = *candidate;
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(bytes: &[u8]) -> Result<(Encoding, char), String> {
        match look(bytes) {
            Ok(shape) => Ok((shape.encoding, shape.separator.into())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn encodings_and_separators_are_told_apart() {
        assert_eq!(seen("Name,Email\nÉva,e@x".as_bytes()), Ok((Encoding::Utf8, ',')));
        assert_eq!(seen("\u{feff}Name;Email\n".as_bytes()), Ok((Encoding::Utf8, ';')));
        assert_eq!(seen(b"Name\tEmail\n\xc9va\te@x\n"), Ok((Encoding::Windows1252, '\t')));
        assert_eq!(seen(b"\"Last, first\";Email\n"), Ok((Encoding::Utf8, ';')));
        assert_eq!(seen(b"Name\n"), Ok((Encoding::Utf8, ',')));
    }

    #[test]
    fn what_is_no_table_is_refused_with_what_to_do() {
        for (bytes, words) in [
            (&b"PK\x03\x04\x00\x00"[..], "Excel workbook"),
            (b"\xff\xfeN\0a\0", "UTF-16"),
            (b"a\0b", "not a text file"),
            (b"Name\n\x81\xfe", "neither UTF-8 nor Windows-1252"),
        ] {
            let told = seen(bytes).unwrap_err();
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn a_character_cut_in_two_by_a_chunk_is_one_character() {
        let text = "é".repeat(LONGEST_HEAD);
        assert_eq!(seen(format!("a{text}").as_bytes()).unwrap().0, Encoding::Utf8);
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_panic(bytes in any::<Vec<u8>>()) {
            let _ = look(bytes.as_slice());
        }
    }
}
