//! The rows of a file, one after another.

use super::{
    import::ImportError,
    text::{Encoding, Shape},
};
use crate::model::exchange::Reject;
use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::WINDOWS_1252;
use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// No row is longer: beyond it a quote was opened and never closed.
const LONGEST_ROW: u64 = 1024 * 1024;

/// A row with as many cells as the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line at which it begins, from 1.
    pub line: i64,
    /// Its cells.
    pub cells: Vec<String>,
}

impl Row {
    /// The row as one that could not be used.
    pub fn rejected(self, reason: impl Into<String>) -> Reject {
        Reject {
            line: self.line,
            reason: reason.into(),
            cells: self.cells,
        }
    }
}

/// Counts what is read, and stops a row that never ends.
struct Counted<R> {
    source: R,
    since_row: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let number = self.source.read(buffer)?;
        let so_far = self.since_row.fetch_add(number as u64, Ordering::Relaxed) + number as u64;
        if so_far > LONGEST_ROW {
            return Err(io::Error::other("a row without an end"));
        }
        Ok(number)
    }
}

/// The rows of a file. The head is read first.
pub struct Rows<R> {
    reader: Reader<Counted<R>>,
    since_row: Arc<AtomicU64>,
    shape: Shape,
    head: Vec<String>,
    record: ByteRecord,
    /// The line of the row before.
    line: i64,
}

impl<R: Read> Rows<R> {
    /// Reads the head. The source stands at its beginning again.
    pub fn new(source: R, shape: Shape) -> Result<Self, ImportError> {
        let since_row = Arc::new(AtomicU64::new(0));
        let reader = ReaderBuilder::new()
            .delimiter(shape.separator)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(64 * 1024)
            .from_reader(Counted {
                source,
                since_row: since_row.clone(),
            });
        let mut rows = Self {
            reader,
            since_row,
            shape,
            head: vec![],
            record: ByteRecord::new(),
            line: 0,
        };
        if !rows.read()? {
            return Err(ImportError::unfit(
                "The file is empty. Its first row has to name the columns.",
            ));
        }
        rows.head = rows.cells();
        rows.line = 1;
        Ok(rows)
    }

    /// The names of the columns.
    pub fn head(&self) -> &[String] {
        &self.head
    }

    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }

    fn read(&mut self) -> Result<bool, ImportError> {
        let line = self.reader.position().line();
        let read = self.reader.read_byte_record(&mut self.record).map_err(|error| {
            if self.since_row.load(Ordering::Relaxed) > LONGEST_ROW {
                ImportError::unfit(format!(
                    "From line {line} on a row does not end: a quote is opened there and not closed."
                ))
            } else {
                match error.into_kind() {
                    csv::ErrorKind::Io(error) => error.into(),
                    other => ImportError::unfit(format!("Line {line} could not be read: {other:?}")),
                }
            }
        });
        self.since_row.store(0, Ordering::Relaxed);
        read
    }

    fn cells(&self) -> Vec<String> {
        self.record.iter().map(|cell| self.decode(cell)).collect()
    }

    fn decode(&self, cell: &[u8]) -> String {
        match self.shape.encoding {
            Encoding::Utf8 => String::from_utf8_lossy(cell).into_owned(),
            Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(cell).0.into_owned(),
        }
    }

    /// The line at which the row in hand begins: where the reader is now, less the row's own line breaks. The reader
    /// stands before the line feed of a Windows line end, and after that of any other.
    fn begins_at(&self, breaks: usize, last: bool) -> i64 {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let own = i64::try_from(breaks).unwrap_or_default();
        let after = !self.shape.carriage_returns && (!last || self.shape.ended);
        let line = number(self.reader.position().line()) - own - i64::from(after);
        // Whatever a file mixes, no two rows have one line.
        line.max(self.line + 1)
    }

    /// The next row that is not blank: `Err` inside for one that does not fit the head.
    fn step(&mut self) -> Result<Option<Result<Row, Reject>>, ImportError> {
        while self.read()? {
            if self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            let breaks = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count();
            let last = self.reader.position().byte() >= self.shape.bytes;
            self.line = self.begins_at(breaks, last);
            let row = Row {
                line: self.line,
                cells: self.cells(),
            };
            if last && self.shape.odd_quotes && breaks > 0 {
                return Ok(Some(Err(row.rejected(
                    "A quote is opened in this row and not closed before the end of the file.",
                ))));
            }
            let (has, wants) = (row.cells.len(), self.head.len());
            if has != wants {
                let cells = if has == 1 { "cell" } else { "cells" };
                return Ok(Some(Err(
                    row.rejected(format!("The row has {has} {cells}, the head names {wants}."))
                )));
            }
            return Ok(Some(Ok(row)));
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Result<Row, Reject>, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::exchange::{
        cell::{neutralised, restored},
        text::look,
    };
    use proptest::prelude::*;

    type Told = Result<(i64, Vec<String>), (i64, String)>;

    fn all(bytes: &[u8]) -> Result<Vec<Told>, String> {
        let told = |error: ImportError| error.to_string();
        let shape = look(bytes).map_err(told)?;
        let rows = Rows::new(bytes, shape).map_err(told)?;
        rows.map(|row| {
            row.map(|row| match row {
                Ok(row) => Ok((row.line, row.cells)),
                Err(reject) => Err((reject.line, reject.reason)),
            })
            .map_err(told)
        })
        .collect()
    }

    fn fit(line: i64, cells: &[&str]) -> Told {
        Ok((line, cells.iter().map(|cell| (*cell).to_owned()).collect()))
    }

    #[test]
    fn quoted_line_breaks_blank_lines_and_every_separator_are_read() {
        let text = "\u{feff}Name;Address\r\nAna;\"1 Main St\r\nSuite \"\"4\"\"\"\r\n\r\n;\r\nBen;x\r\n";
        assert_eq!(
            all(text.as_bytes()).unwrap(),
            [fit(2, &["Ana", "1 Main St\r\nSuite \"4\""]), fit(6, &["Ben", "x"])]
        );
        assert_eq!(all(b"A\tB\n1\t2").unwrap(), [fit(2, &["1", "2"])]);
        assert_eq!(all(b"A,B\n\xc9va,2").unwrap(), [fit(2, &["Éva", "2"])]);
    }

    #[test]
    fn a_row_of_another_length_is_a_reject_and_the_next_goes_on() {
        let rows = all(b"A,B\n1\n1,2,3\n1,2\n").unwrap();
        assert_eq!(rows[0], Err((2, "The row has 1 cell, the head names 2.".into())));
        assert_eq!(rows[1], Err((3, "The row has 3 cells, the head names 2.".into())));
        assert_eq!(rows[2], fit(4, &["1", "2"]));
    }

    #[test]
    fn a_quote_that_is_never_closed_swallows_nobody_in_silence() {
        let rows = all(b"A,B\n1,\"two\n3,4\n5,6\n").unwrap();
        assert_eq!(rows.len(), 1);
        assert!(matches!(&rows[0], Err((2, reason)) if reason.contains("not closed")));
        let mut long = b"A,B\n1,\"two\n".to_vec();
        long.extend(std::iter::repeat_n(b"3,4\n", 400_000).flatten());
        assert!(all(&long).unwrap_err().contains("From line 2 on a row does not end"));
    }

    #[test]
    fn an_empty_file_says_that_it_is_empty() {
        assert!(all(b"").unwrap_err().contains("empty"));
        assert!(all(b"\n\n").unwrap_err().contains("empty"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
            let _ = all(&bytes);
        }

        #[test]
        fn any_table_written_and_read_again_is_the_same(
            table in prop::collection::vec(prop::collection::vec("[^\0]{0,8}", 3..=3), 1..6),
            separator in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(vec![]);
            writer.write_record(["One", "Two", "Three"]).unwrap();
            for row in &table {
                writer.write_record(row.iter().map(|cell| neutralised(cell).into_owned())).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let read = all(&bytes).unwrap();
            let read: Vec<Vec<String>> = read
                .into_iter()
                .map(|row| row.unwrap().1.iter().map(|cell| restored(cell).to_owned()).collect())
                .collect();
            let blank = |row: &Vec<String>| row.iter().all(|cell| neutralised(cell).as_bytes().trim_ascii().is_empty());
            let written: Vec<_> = table.into_iter().filter(|row| !blank(row)).collect();
            prop_assert_eq!(read, written);
        }
    }
}
