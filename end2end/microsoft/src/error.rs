//! Why the stand-in could not start: one clear sentence each.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::tls::TlsError;

/// Why the stand-in could not start.
#[derive(Debug, Error)]
pub enum SimError {
    /// The address cannot be listened on.
    #[error("the simulated Microsoft cloud cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A tenant was not written as NAME=USERS.
    #[error("'{0}' is no tenant: write NAME=USERS, for example contoso=25")]
    Tenant(String),
    /// Two tenants have one name.
    #[error("two tenants are called '{0}'; each needs a name of its own")]
    SameName(String),
    /// Two tenants have one domain, so that nobody could tell which of them it means.
    #[error("two tenants have the domain '{0}'; a domain belongs to one tenant")]
    SameDomain(String),
    /// An application permission that the stand-in does not know.
    #[error("there is no application permission '{0}'")]
    NoRole(String),
    /// A fault is for a tenant that is not there.
    #[error("there is no tenant '{0}'")]
    NoTenant(String),
    /// The limits of throttling can not be read.
    #[error("not the limits of throttling: {0}")]
    Throttle(String),
    /// A list of faults can not be read.
    #[error("not a JSON list of faults: {0}")]
    Faults(String),
    /// One fault of a list can not be used.
    #[error("fault {number} of the list: {why}")]
    Fault {
        /// Its place, counted from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A folder or file to load cannot be used.
    #[error("{} cannot be loaded: {why}", path.display())]
    Load {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The state file cannot be read.
    #[error("the state file {} cannot be used: {why}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A certificate of the application cannot be read.
    #[error("a client certificate cannot be used: {0}")]
    Certificate(String),
    /// TLS cannot be set up.
    #[error("the simulated Microsoft cloud cannot serve TLS: {0}")]
    Tls(#[from] TlsError),
    /// The TLS listener cannot be handed over.
    #[error("the simulated Microsoft cloud cannot serve TLS: {0}")]
    TlsListener(std::io::Error),
    /// The generator's thread was lost.
    #[error("the directories could not be made: {0}")]
    Generate(#[from] tokio::task::JoinError),
}
