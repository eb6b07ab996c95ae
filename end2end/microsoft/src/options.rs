//! What the simulated cloud is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::error::SimError;
use crate::throttle::Throttle;

/// How to start the simulated cloud.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients find sign-in and Graph; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the control API listens.
    pub control: SocketAddr,
    /// From which directories are made.
    pub seed: u64,
    /// The tenants to make.
    pub tenants: Vec<TenantSpec>,
    /// Folders of Graph's answers, a tenant each.
    pub load: Vec<PathBuf>,
    /// The application that may sign in.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// How long tokens live.
    pub token_lifetime: Duration,
    /// Where the directories are kept between runs: what is in it wins over `tenants` and `load`.
    pub state_file: Option<PathBuf>,
    /// How much an application may ask before it is throttled.
    pub throttle: Throttle,
    /// The greatest page of users with sign-in activity: 500, or 120 as in 2023 (graph.md §14).
    pub largest_page_with_activity: usize,
}

impl Default for Options {
    fn default() -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: anywhere,
            control: anywhere,
            seed: 1,
            tenants: Vec::new(),
            load: Vec::new(),
            client_id: "5a1e0000-0000-4000-8000-000000000001".to_owned(),
            client_secret: "simulated-secret".to_owned(),
            token_lifetime: Duration::from_secs(3599),
            state_file: None,
            throttle: Throttle::default(),
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
