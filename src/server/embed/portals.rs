//! Registering portals: what **Portals** in Settings does.

use crate::{
    api::{ApiError, portals::MadePortal},
    model::{
        audit::Actor,
        ids::PortalId,
        portal::{MOST_NAME, MOST_ORIGINS},
    },
    server::{session::random_text, settings::is_secure, state::AppState},
    store::{self, StoreError, portal::Portal, vault::Sealed},
    sync::normalise::clean,
};
use secrecy::{ExposeSecret as _, SecretSlice};
use url::{Host, Url};
use uuid::Uuid;

/// A secret's bytes, before they become letters.
const SECRET_BYTES: usize = 32;

/// Of which row and column a sealed secret is.
pub(crate) fn about(id: PortalId) -> String {
    format!("portal/{id}/secret")
}

/// A new secret in letters, and sealed. What signs is the text as it is shown.
fn new(state: &AppState, id: PortalId) -> Result<(String, Sealed), ApiError> {
    let secret = random_text(SECRET_BYTES)?;
    let sealed = state
        .vault
        .seal(secret.as_bytes(), &about(id))
        .map_err(StoreError::from)?;
    Ok((secret, sealed))
}

/// With what a portal signs.
pub fn secret(state: &AppState, portal: &Portal) -> Result<SecretBytes, ApiError> {
    let opened = state
        .vault
        .open(&portal.secret, &about(portal.id))
        .map_err(StoreError::from)?;
    Ok(SecretBytes(opened))
}

/// A secret that was opened, for as long as it is needed.
#[derive(Debug)]
pub struct SecretBytes(SecretSlice<u8>);

impl std::ops::Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// **Register Portal**.
pub async fn register(state: &AppState, actor: &Actor, name: &str, origins: &str) -> Result<MadePortal, ApiError> {
    let (name, origins) = (named(name)?, origins_of(origins, &state.settings.public_url)?);
    let id = PortalId(Uuid::now_v7());
    let (secret, sealed) = new(state, id)?;
    let portal = Portal {
        id,
        name,
        origins,
        secret: sealed,
    };
    store::portal::register(&state.engine.pool, actor, &portal).await?;
    Ok(MadePortal {
        id,
        name: portal.name,
        secret,
    })
}

/// **Save** of a portal's name and origins.
pub async fn change(state: &AppState, actor: &Actor, id: PortalId, name: &str, origins: &str) -> Result<(), ApiError> {
    let (name, origins) = (named(name)?, origins_of(origins, &state.settings.public_url)?);
    Ok(store::portal::change(&state.engine.pool, actor, id, &name, &origins).await?)
}

/// **Make New Secret**: the old one stops at once.
pub async fn new_secret(state: &AppState, actor: &Actor, id: PortalId) -> Result<MadePortal, ApiError> {
    let (secret, sealed) = new(state, id)?;
    let name = store::portal::new_secret(&state.engine.pool, actor, id, &sealed).await?;
    Ok(MadePortal { id, name, secret })
}

fn named(typed: &str) -> Result<String, ApiError> {
    let name = clean(typed, usize::MAX);
    match name.chars().count() {
        0 => Err(ApiError::Refused("A portal needs a name.".into())),
        number if number > MOST_NAME => Err(ApiError::Refused(format!(
            "The name of a portal holds at most {MOST_NAME} characters."
        ))),
        _ => Ok(name),
    }
}

/// One origin a line. `ours` is where we are ourselves.
fn origins_of(typed: &str, ours: &Url) -> Result<Vec<String>, ApiError> {
    let lines = typed.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut origins = lines.map(|line| origin(line, ours)).collect::<Result<Vec<_>, _>>()?;
    origins.sort();
    origins.dedup();
    match origins.len() {
        0 => Err(ApiError::Refused(
            "A portal needs at least one origin, such as https://portal.example.com.".into(),
        )),
        number if number > MOST_ORIGINS => Err(ApiError::Refused(format!(
            "A portal has at most {MOST_ORIGINS} origins."
        ))),
        _ => Ok(origins),
    }
}

/// An origin as browsers write it. It stands in a policy of its pages, so that it must hold nothing that means more there
/// than one origin: no `*`, no `;`, no blank. Nor is it ours (`ours` is our address): a token for it
/// could be posted from any page of ours.
pub fn origin(typed: &str, ours: &Url) -> Result<String, ApiError> {
    let refused = |why: &str| {
        let shown: String = typed.chars().take(200).collect();
        ApiError::Refused(format!("\"{shown}\" {why}"))
    };
    let url = Url::parse(typed)
        .map_err(|_| refused("is no origin. Write it as https://portal.example.com, with the port if it has one."))?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "says more than an origin: leave out everything after the host and its port.",
        ));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    match url.host() {
        Some(Host::Ipv4(_)) => {}
        // A policy has no way to write one (CSP level 3, section 2.3.1).
        Some(Host::Ipv6(_)) => {
            return Err(refused(
                "is an IPv6 address, which browsers do not take here. Use a name.",
            ));
        }
        Some(Host::Domain(domain)) if !domain.is_empty() && domain.chars().all(plain) => {}
        _ => {
            return Err(refused(
                "has no host that a browser could stand at. Write each origin out, without *.",
            ));
        }
    }
    if !is_secure(&url) {
        return Err(refused(
            "is not https. Plain http is for localhost and 127.0.0.1 alone.",
        ));
    }
    if url.origin() == ours.origin() {
        return Err(refused(
            "is where Entrain itself is. A portal stands at an origin of its own.",
        ));
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Url {
        "https://entrain.example".parse().unwrap()
    }

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        for (typed, kept) in [
            ("https://Portal.Example.com/", "https://portal.example.com"),
            ("https://portal.example.com:443", "https://portal.example.com"),
            ("https://portal.example.com:8443", "https://portal.example.com:8443"),
            ("http://localhost:4000", "http://localhost:4000"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(origin(typed, &ours()).as_deref(), Ok(kept), "{typed}");
        }
        let two = origins_of(
            " https://b.example \n\nhttps://a.example\r\nhttps://a.example/",
            &ours(),
        )
        .unwrap();
        assert_eq!(two, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn nothing_that_is_more_or_less_than_an_origin_is_taken() {
        for typed in [
            "portal.example.com",
            "*",
            "https://*.example.com",
            "https://a.example;script-src *",
            "https://a.example, https://b.example",
            "https://a.example https://b.example",
            "https://a.example/path",
            "https://a.example?x=1",
            "https://a.example#x",
            "https://user@a.example",
            "http://portal.example.com",
            "http://10.0.0.1",
            "http://[::1]:4000",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "null",
            "https://entrain.example",
            "https://Entrain.example:443/",
        ] {
            assert!(origin(typed, &ours()).is_err(), "{typed}");
        }
        assert!(origins_of(" \n ", &ours()).is_err());
        let many: String = (0..=MOST_ORIGINS).map(|n| format!("https://p{n}.example\n")).collect();
        assert!(origins_of(&many, &ours()).is_err());
        assert!(named("  ").is_err() && named(&"x".repeat(MOST_NAME + 1)).is_err());
    }
}
