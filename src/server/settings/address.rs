//! Addresses that receive secrets.

use super::{SettingsError, Source};
use url::Url;

/// The address of a setting: `http` only for loopback.
pub(super) fn url(source: &Source<'_>, name: &str, default: &str) -> Result<Url, SettingsError> {
    let value = source.get(name)?.unwrap_or_else(|| default.to_owned());
    let url =
        Url::parse(&value).map_err(|error| SettingsError::new(name, format!("\"{value}\" is no address ({error})")))?;
    match url.scheme() {
        _ if is_secure(&url) => Ok(url),
        "http" => Err(SettingsError::new(
            name,
            format!("\"{value}\" would send secrets in the clear; use https, http is for this machine only"),
        )),
        other => Err(SettingsError::new(
            name,
            format!("\"{other}\" is no scheme that Entrain speaks; use https"),
        )),
    }
}

/// Whether secrets may be sent to an address: over https, or within this machine.
pub fn is_secure(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && loopback
}
