//! Why there is no embedded Postgres.

use std::{
    io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why there is no embedded Postgres; each message is one line that says what to do.
#[derive(Debug, Error)]
pub enum EmbeddedPostgresError {
    /// Nothing to run.
    #[error(
        "no Postgres found on this machine: install Postgres 15 or later (Debian: apt-get install postgresql), or set DATABASE_URL"
    )]
    Missing,
    /// A cluster of another major version.
    #[error(
        "the data in {folder} was written by Postgres {version}, which is not on this machine: install it, or set ENTRAIN_POSTGRES_BIN to its bin folder"
    )]
    Version {
        /// The cluster's folder.
        folder: PathBuf,
        /// The major version that wrote it.
        version: String,
    },
    /// The folder can't be written.
    #[error("cannot write {folder} ({reason}): make it writable, or choose another with ENTRAIN_DATA_DIR")]
    Folder {
        /// The folder or file.
        folder: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// As root, Postgres's account can't come to the folder.
    #[error(
        "as root, Postgres runs under the account {account}, which cannot enter {folder}: choose a data folder elsewhere with ENTRAIN_DATA_DIR, such as /var/lib/entrain"
    )]
    Unreachable {
        /// The account.
        account: String,
        /// The first folder on the way that is closed to it.
        folder: PathBuf,
    },
    /// As root, there is no account to run under.
    #[error(
        "Postgres refuses to run as root and there is no account postgres or nobody: run entrain as another user, or set DATABASE_URL"
    )]
    NoAccount,
    /// A living program has the folder.
    #[error("another entrain is using {0}: stop it, or choose another folder with ENTRAIN_DATA_DIR")]
    InUse(PathBuf),
    /// No port on 127.0.0.1.
    #[error("no free port on 127.0.0.1 ({0}): end some programs, or set DATABASE_URL")]
    Port(io::Error),
    /// One of Postgres's programs can't be run.
    #[error("cannot run {program} ({reason}): reinstall Postgres, or set DATABASE_URL")]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Postgres itself said no.
    #[error("Postgres did not {what}: {said} (all of it in {log})")]
    Refused {
        /// What it was asked to do.
        what: &'static str,
        /// Its last word.
        said: String,
        /// Where it wrote the rest.
        log: PathBuf,
    },
}

pub(super) fn at(folder: &Path) -> impl Fn(io::Error) -> EmbeddedPostgresError {
    move |reason| EmbeddedPostgresError::Folder {
        folder: folder.to_owned(),
        reason,
    }
}

pub(super) fn refused(what: &'static str, said: &str, log: &Path) -> EmbeddedPostgresError {
    EmbeddedPostgresError::Refused {
        what,
        said: said.to_owned(),
        log: log.to_owned(),
    }
}
