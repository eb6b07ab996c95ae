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

/// A writer to which each event goes as one line: who could write a line of their own into the log could tell of what
/// never happened. The formatter itself spells out what a terminal would take for a command, but for ends of lines.
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
            Some(text) => (text, &b"\n"[..]),
            None => (event, &b""[..]),
        };
        let mut line = Vec::with_capacity(event.len());
        for byte in text {
            match byte {
                b'\n' => line.extend(b"\\n"),
                b'\r' => line.extend(b"\\r"),
                byte => line.push(*byte),
            }
        }
        line.extend(end);
        self.0.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
