//! The log: lines for people, or one JSON object a line. Whatever a run does stands in the span `run`, so that each of
//! its lines names run and Microsoft tenant in either form.

use tracing::Subscriber;
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
    let plain = (!json).then(|| fmt::layer().with_writer(writer.clone()).compact());
    let structured = json.then(|| fmt::layer().with_writer(writer).json());
    tracing_subscriber::registry()
        .with(EnvFilter::builder().parse_lossy(filter))
        .with(plain)
        .with(structured)
}
