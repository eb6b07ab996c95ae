//! What the simulated cloud is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::deltas::Deltas;
use crate::error::SimError;
use crate::throttle::Throttle;

/// A TLS listener beside the plain one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the certificate of the authority is written, as PEM: clients have to trust it. The authority is made
    /// anew at each start, and the file is written anew with it.
    pub ca_file: PathBuf,
}

/// A secret of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What the client sends.
    pub value: String,
    /// When it expires, if ever.
    pub expires: Option<DateTime<Utc>>,
}

/// How long access tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenLifetime {
    /// Between 60 and 90 minutes, another time for each token, as Microsoft's do (graph.md §1).
    #[default]
    Random,
    /// Always the same.
    Fixed(Duration),
}

impl TokenLifetime {
    /// The lifetime of the next token.
    pub(crate) fn choose(self) -> Duration {
        match self {
            Self::Fixed(lifetime) => lifetime,
            Self::Random => {
                let [first, second, ..] = *Uuid::new_v4().as_bytes();
                Duration::from_secs(3600 + u64::from(u16::from_be_bytes([first, second])) % 1801)
            }
        }
    }
}

/// How to start the simulated cloud.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients find sign-in and Graph; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the control API listens.
    pub control: SocketAddr,
    /// Where clients that insist on TLS find the same; nowhere if none.
    pub tls: Option<Tls>,
    /// From which directories are made.
    pub seed: u64,
    /// The tenants to make.
    pub tenants: Vec<TenantSpec>,
    /// Folders of Graph's answers, a tenant each.
    pub load: Vec<PathBuf>,
    /// The application that may sign in.
    pub client_id: String,
    /// Its secret, which never expires.
    pub client_secret: String,
    /// More secrets of it, which may expire.
    pub secrets: Vec<Secret>,
    /// Certificates that it may sign assertions with, each as PEM or DER.
    pub certificates: Vec<Vec<u8>>,
    /// Where sign-in and consent may lead to. Addresses on this machine need not be named.
    pub redirect_uris: Vec<String>,
    /// Application permissions, by name or app role id, that new tenants grant besides those that the registration
    /// requires: see [`APP_ROLES`](crate::model::role::APP_ROLES).
    pub roles: Vec<String>,
    /// How long tokens live.
    pub token_lifetime: TokenLifetime,
    /// Where the directories are kept between runs: what is in it wins over `tenants` and `load`.
    pub state_file: Option<PathBuf>,
    /// How much an application may ask before it is throttled.
    pub throttle: Throttle,
    /// How delta queries are answered where Microsoft leaves it open.
    pub deltas: Deltas,
    /// The greatest page of users with sign-in activity: 500, or 120 as in 2023 (graph.md §14).
    pub largest_page_with_activity: usize,
}

impl Default for Options {
    fn default() -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: anywhere,
            control: anywhere,
            tls: None,
            seed: 1,
            tenants: Vec::new(),
            load: Vec::new(),
            client_id: "5a1e0000-0000-4000-8000-000000000001".to_owned(),
            client_secret: "simulated-secret".to_owned(),
            secrets: Vec::new(),
            certificates: Vec::new(),
            redirect_uris: Vec::new(),
            roles: Vec::new(),
            token_lifetime: TokenLifetime::Random,
            state_file: None,
            throttle: Throttle::default(),
            deltas: Deltas::default(),
            largest_page_with_activity: 500,
        }
    }
}

/// A tenant to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSpec {
    /// Its short name, from which its domains are made.
    pub name: String,
    /// How many users it has.
    pub users: usize,
}

impl FromStr for TenantSpec {
    type Err = SimError;

    /// Reads `contoso=25`.
    fn from_str(text: &str) -> Result<Self, SimError> {
        let wrong = || SimError::Tenant(text.to_owned());
        let (name, users) = text.split_once('=').ok_or_else(wrong)?;
        let (name, users) = (name.trim(), users.trim().parse().map_err(|_| wrong())?);
        let fits = name.chars().any(char::is_alphanumeric);
        if fits {
            Ok(Self {
                name: name.to_owned(),
                users,
            })
        } else {
            Err(wrong())
        }
    }
}

/// Reads a list like `contoso=25,fabrikam=2000`.
pub fn parse_tenants(text: &str) -> Result<Vec<TenantSpec>, SimError> {
    let mut tenants: Vec<TenantSpec> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let tenant: TenantSpec = part.parse()?;
        if tenants
            .iter()
            .any(|other| other.name.eq_ignore_ascii_case(&tenant.name))
        {
            return Err(SimError::SameName(tenant.name));
        }
        tenants.push(tenant);
    }
    Ok(tenants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_live_between_sixty_and_ninety_minutes_and_not_all_as_long() {
        let chosen: Vec<u64> = (0..100).map(|_| TokenLifetime::Random.choose().as_secs()).collect();
        assert!(
            chosen.iter().all(|seconds| (3600..=5400).contains(seconds)),
            "{chosen:?}"
        );
        assert!(chosen.iter().any(|seconds| *seconds != chosen[0]));
    }

    #[test]
    fn a_list_of_tenants_is_read_and_a_wrong_one_is_named() {
        let tenants = parse_tenants("contoso=25, fabrikam=2000").unwrap();
        assert_eq!(
            tenants.iter().map(|tenant| tenant.users).collect::<Vec<_>>(),
            [25, 2000]
        );
        assert!(parse_tenants("contoso").unwrap_err().to_string().contains("'contoso'"));
        assert!(matches!(parse_tenants("a=1,A=2"), Err(SimError::SameName(_))));
        assert!("=5".parse::<TenantSpec>().is_err());
    }
}
