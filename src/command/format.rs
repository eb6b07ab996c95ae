//! How a command prints its result; logs and progress are on stderr all the same.

/// The value of `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One stable document
    Json,
}
