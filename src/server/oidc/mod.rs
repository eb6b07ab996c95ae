//! Sign-in with an account of elsewhere: OpenID Connect, authorization code with PKCE (RFC 7636). `routes` has the two
//! addresses that a browser passes, `attempt` what binds the way back to the browser that left, `provider` what a
//! provider says of itself, `exchange` what is asked of it, `token` whether its answer is to be believed, and `admit`
//! whether whoever it names may come in.
//!
//! Nothing that comes with the browser is believed: the code only leads to an id token, which has to be signed by the
//! provider, for us, for this very attempt.

pub mod admit;
pub mod attempt;
pub mod exchange;
pub mod http;
pub mod invite;
pub mod provider;
pub mod routes;
pub mod token;

use super::settings::Settings;
use http::{Http, HttpError};
use provider::Provider;
use std::sync::Arc;

/// The providers that the settings name, each with what it last said of itself.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    all: Arc<Vec<Provider>>,
}

impl Providers {
    /// Those of the settings. Nobody is asked yet: a provider that is away at the start may be back at the first
    /// sign-in.
    pub fn new(settings: &Settings) -> Result<Self, HttpError> {
        let http = Http::new()?;
        let sign_in = &settings.sign_in;
        let microsoft = settings.microsoft.as_ref().filter(|_| !sign_in.tenants.is_empty());
        let microsoft = microsoft.map(|app| Provider::microsoft(app, &settings.login_url, http.clone()));
        let other = sign_in.provider.as_ref().map(|other| Provider::other(other, http));
        Ok(Self {
            all: Arc::new(microsoft.into_iter().chain(other).collect()),
        })
    }

    /// All of them, in the order of the page.
    pub fn all(&self) -> &[Provider] {
        &self.all
    }

    /// The one that the addresses call by this name.
    pub fn called(&self, key: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.kind.key() == key)
    }
}
