//! The log: lines for people, or one JSON object a line. Whatever a run does stands in the span `run`, so that each of
//! its lines names run and Microsoft tenant in either form.

use std::io::{self, Write};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{self, MakeWriter},
    prelude::*,
};

/// A log that lets through what `filter` says, as JSON or as text, and writes it to `writer`.
pub fn log<W>(filter: &str, json: bool, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    let plain = (!json).then(|| fmt::layer().with_writer(OneLine(writer.clone())).compact());
    let structured = json.then(|| fmt::layer().with_writer(writer).json());
    tracing_subscriber::registry()
        .with(EnvFilter::builder().parse_lossy(filter))
        .with(plain)
        .with(structured)
}

/// Ends a line, speaks to a terminal, or has what follows read from right to left (Unicode, UAX 9, section 2).
pub fn is_command(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The colours of the formatter: none of them hides anything.
const COLOURS: [&str; 9] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[3m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[34m",
    "\u{1b}[35m",
];

/// A writer to which each event goes as one line: who could write a line of their own into the log could tell of what
/// never happened. What a terminal would take for a command is spelled out; the formatter does that to messages, and not
/// to fields that are displayed.
#[derive(Clone, Debug)]
struct OneLine<M>(M);

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for OneLine<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Line(self.0.make_writer())
    }

    fn make_writer_for(&'w self, meta: &Metadata<'_>) -> Self::Writer {
        Line(self.0.make_writer_for(meta))
    }
}

/// The formatter writes a whole event at once, its end of line included.
#[derive(Debug)]
struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (text, end) = match event.strip_suffix(b"\n") {
            Some(text) => (text, "\n"),
            None => (event, ""),
        };
        let text = String::from_utf8_lossy(text);
        let mut line = String::with_capacity(event.len());
        let mut rest = &*text;
        while let Some(c) = rest.chars().next() {
            let colour = COLOURS.into_iter().find(|colour| rest.starts_with(colour));
            let taken = colour.map_or(c.len_utf8(), str::len);
            if colour.is_none() && is_command(c) {
                line.extend(c.escape_default());
            } else {
                line.push_str(&rest[..taken]);
            }
            rest = &rest[taken..];
        }
        line.push_str(end);
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
