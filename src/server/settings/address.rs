//! Addresses that receive secrets.

use super::{SettingsError, Source};
use url::Url;

/// The address of a setting: `http` only for loopback.
pub(super) fn url(source: &Source<'_>, name: &str, default: &str) -> Result<Url, SettingsError> {
    let value = source.get(name)?.unwrap_or_else(|| default.to_owned());
    let url =
        Url::parse(&value).map_err(|error| SettingsError::new(name, format!("\"{value}\" is no address ({error})")))?;
    if has_user(&url) {
        // The value stays out of the message: a password is in it.
        return Err(SettingsError::new(name, NO_USER.to_owned()));
    }
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

/// What is wrong with an address of [`has_user`].
pub(super) const NO_USER: &str = "holds a user name or a password; write the address without what stands before the @";

/// Whether a user name or a password stands in an address: it would be shown and logged with it.
pub(super) fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
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
