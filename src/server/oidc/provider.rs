//! What a provider says of itself: its metadata and its keys, fetched when they are first needed and kept for a day.

use super::http::{Http, HttpError};
use crate::{
    graph::{Credential, Keyring},
    model::sign_in::ProviderKind,
    server::settings::{MicrosoftApp, OidcSettings, is_secure},
};
use openidconnect::core::{CoreJsonWebKey, CoreProviderMetadata};
use serde::Deserialize;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};
use url::Url;

/// How long metadata and keys are believed.
const LASTS: Duration = Duration::from_secs(24 * 60 * 60);
/// A key that is not known has them fetched anew, but not more often than this: anybody can name a key.
const PAUSE: Duration = Duration::from_secs(60);
/// What stands for the tenant in Microsoft's issuer where any tenant is meant.
pub const ANY_TENANT: &str = "{tenantid}";

/// Why a provider can't be used now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It can't be reached, or talks nonsense.
    #[error("{0}: {1}")]
    Away(Url, HttpError),
    /// It calls itself something else than the settings do.
    #[error(
        "the metadata is that of \"{found}\", not of \"{expected}\"; write the issuer exactly as the provider does"
    )]
    Issuer {
        /// What the settings say.
        expected: String,
        /// What the provider says.
        found: String,
    },
    /// It would have secrets sent in the clear.
    #[error("\"{0}\" is no address to send secrets to; it has to be https")]
    Insecure(Url),
    /// It has no address where codes are redeemed.
    #[error("the metadata names no token endpoint")]
    NoTokenEndpoint,
}

/// A provider of the settings.
#[derive(Debug)]
pub struct Provider {
    /// Which.
    pub kind: ProviderKind,
    /// What its button calls it.
    pub name: String,
    /// Who we are to it.
    pub client_id: String,
    /// How we prove it.
    pub credential: Keyring,
    pub(super) http: Http,
    issuer: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Arc<Known>>,
    tried: Option<Instant>,
}

/// What a provider says of itself.
#[derive(Debug)]
pub struct Known {
    /// Its metadata.
    pub metadata: CoreProviderMetadata,
    /// Its keys.
    pub keys: Vec<Key>,
    fetched: Instant,
}

/// A key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key itself.
    pub key: CoreJsonWebKey,
    /// For whom Microsoft says that it signs.
    pub issuer: Option<String>,
}

#[derive(Deserialize)]
struct KeyDocument {
    keys: Vec<Value>,
}

impl Provider {
    /// Microsoft, for people of whichever organization; who of them may come in is decided afterwards.
    pub(super) fn microsoft(app: &MicrosoftApp, login_url: &Url, http: Http) -> Self {
        let issuer = format!("{}/organizations/v2.0", login_url.as_str().trim_end_matches('/'));
        Self::new(
            ProviderKind::Microsoft,
            "Microsoft",
            &app.client_id,
            app.credential.clone(),
            issuer,
            http,
        )
    }

    /// Another provider.
    pub(super) fn other(settings: &OidcSettings, http: Http) -> Self {
        let (issuer, secret) = (settings.issuer.clone(), settings.client_secret.clone());
        let credential = Credential::Secret(secret).into();
        Self::new(
            ProviderKind::Openid,
            &settings.name,
            &settings.client_id,
            credential,
            issuer,
            http,
        )
    }

    fn new(kind: ProviderKind, name: &str, client_id: &str, credential: Keyring, issuer: String, http: Http) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            client_id: client_id.to_owned(),
            credential,
            http,
            issuer,
            state: Mutex::default(),
        }
    }

    /// What it says of itself. What it said before is used on while it is away.
    pub async fn known(&self) -> Result<Arc<Known>, ProviderError> {
        let mut state = self.state.lock().await;
        match state.known.clone() {
            Some(known) if known.fetched.elapsed() < LASTS => Ok(known),
            known => match (self.renew(&mut state).await, known) {
                (Err(error), Some(known)) => {
                    tracing::warn!(provider = self.name, %error, "the provider is away; what it said before is used on");
                    Ok(known)
                }
                (result, _) => result,
            },
        }
    }

    /// Whether an answer that names its issuer names this one (RFC 9207, section 2.4). Microsoft's names none.
    pub(super) fn is_of(&self, issuer: Option<&str>) -> bool {
        match (issuer, self.kind) {
            (Some(issuer), ProviderKind::Openid) => issuer == self.issuer,
            _ => true,
        }
    }

    /// The same once a key has been met that is not among those known: providers change them.
    pub async fn with_new_keys(&self) -> Result<Arc<Known>, ProviderError> {
        let mut state = self.state.lock().await;
        match state.known.clone() {
            Some(known) if state.tried.is_some_and(|tried| tried.elapsed() < PAUSE) => Ok(known),
            _ => self.renew(&mut state).await,
        }
    }

    async fn renew(&self, state: &mut State) -> Result<Arc<Known>, ProviderError> {
        state.tried = Some(Instant::now());
        let known = Arc::new(self.fetch().await?);
        state.known = Some(Arc::clone(&known));
        Ok(known)
    }

    async fn fetch(&self) -> Result<Known, ProviderError> {
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let address = Url::parse(&address).map_err(|_| ProviderError::Issuer {
            expected: "an address".into(),
            found: self.issuer.clone(),
        })?;
        let away = |url: &Url| {
            let url = url.clone();
            move |error| ProviderError::Away(url, error)
        };
        let metadata: CoreProviderMetadata = self.http.document(&address).await.map_err(away(&address))?;
        self.check(&metadata)?;
        let keys = metadata.jwks_uri().url().clone();
        let document: KeyDocument = self.http.document(&keys).await.map_err(away(&keys))?;
        Ok(Known {
            metadata,
            keys: document.keys.into_iter().filter_map(key).collect(),
            fetched: Instant::now(),
        })
    }

    /// OpenID Connect Discovery 1.0, section 4.3; Microsoft's issuer for any tenant has a gap in place of its id.
    fn check(&self, metadata: &CoreProviderMetadata) -> Result<(), ProviderError> {
        let found = metadata.issuer().as_str();
        let fits = match self.kind {
            ProviderKind::Microsoft => found.matches(ANY_TENANT).count() == 1,
            ProviderKind::Openid => found == self.issuer,
        };
        if !fits {
            let expected = match self.kind {
                ProviderKind::Microsoft => format!("https://.../{ANY_TENANT}/v2.0"),
                ProviderKind::Openid => self.issuer.clone(),
            };
            let found = found.to_owned();
            return Err(ProviderError::Issuer { expected, found });
        }
        let token = metadata.token_endpoint().ok_or(ProviderError::NoTokenEndpoint)?;
        let asked = [
            metadata.authorization_endpoint().url(),
            token.url(),
            metadata.jwks_uri().url(),
        ];
        let more = metadata.userinfo_endpoint().map(|endpoint| endpoint.url());
        match asked.into_iter().chain(more).find(|url| !is_secure(url)) {
            Some(url) => Err(ProviderError::Insecure(url.clone())),
            None => Ok(()),
        }
    }
}

/// A key that can be read; others are left out, as nothing that they sign is understood.
fn key(value: Value) -> Option<Key> {
    let issuer = value.get("issuer").and_then(Value::as_str).map(str::to_owned);
    let key = serde_json::from_value(value).ok()?;
    Some(Key { key, issuer })
}
