//! The credentials that were added in Settings, as the Graph client asks for them, and trying one before it is taken.

use super::{Engine, RunError};
use crate::{
    graph::{Certificate, Credential, CredentialSource, GraphErrorKind, Held, Keyring, Verdict},
    model::{connect::Cloud, credential::CredentialKind, ids::EntraTenantId},
    store::{self, app_credential::Kept, vault::Vault},
};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sqlx::PgPool;
use std::sync::{Arc, Mutex, PoisonError};

/// In how many Microsoft tenants a credential is tried before it is taken untried.
const TRIES: i64 = 3;

/// The stored credentials of one app registration. They are read before each request for a token, so that all processes
/// take up a new one at once.
#[derive(Debug)]
pub struct StoredCredentials {
    pool: PgPool,
    vault: Arc<Vault>,
    client_id: String,
    /// Keeps what Microsoft says of each.
    notes: bool,
    /// What was read last: used on while the database is away, and not opened again while it is the same.
    last: Mutex<Vec<(Kept, Held)>>,
}

impl StoredCredentials {
    /// Those of this app registration.
    pub fn new(pool: PgPool, vault: Arc<Vault>, client_id: &str) -> Self {
        Self {
            pool,
            vault,
            client_id: client_id.to_owned(),
            notes: true,
            last: Mutex::default(),
        }
    }

    /// The same for who only looks: nothing is written.
    #[must_use]
    pub fn without_notes(self) -> Self {
        Self { notes: false, ..self }
    }

    async fn read(&self) -> Vec<Held> {
        let kept = match store::app_credential::kept(&self.pool, &self.client_id).await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%error, "the credentials added in Settings can't be read now; those read last are used on");
                return lock(&self.last).iter().map(|(_, held)| held.clone()).collect();
            }
        };
        let mut last = lock(&self.last);
        let mut opened = vec![];
        for one in kept {
            let known = last
                .iter()
                .find(|(before, _)| *before == one)
                .map(|(_, held)| held.clone());
            let held = known.map_or_else(|| self.open(&one), Ok);
            match held {
                Ok(held) => opened.push((one, held)),
                Err(problem) => tracing::error!(credential = %one.id, problem, "a stored credential can't be used"),
            }
        }
        *last = opened;
        last.iter().map(|(_, held)| held.clone()).collect()
    }

    fn open(&self, kept: &Kept) -> Result<Held, String> {
        let plain = kept.open(&self.vault).map_err(|error| error.to_string())?;
        Ok(Held {
            name: kept.id.to_string().into(),
            credential: credential(kept.kind, &plain).map_err(str::to_owned)?,
            ends: kept.ends,
        })
    }
}

impl CredentialSource for StoredCredentials {
    fn load(&self) -> BoxFuture<'_, Vec<Held>> {
        Box::pin(self.read())
    }

    fn heard<'a>(&'a self, name: &'a str, verdict: Verdict) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if !self.notes {
                return;
            }
            let refused = match verdict {
                Verdict::Works => None,
                Verdict::Refused(code) => Some(i64::from(code)),
            };
            if let Err(error) = store::app_credential::note(&self.pool, name, refused).await {
                tracing::warn!(%error, name, "what Microsoft said of a credential could not be kept");
            }
        })
    }
}

/// What was sealed, as a credential. The error says what is wrong with it, as the end of a sentence.
fn credential(kind: CredentialKind, plain: &SecretSlice<u8>) -> Result<Credential, &'static str> {
    match kind {
        CredentialKind::Secret => {
            let text = std::str::from_utf8(plain.expose_secret()).map_err(|_| "is no text")?;
            Ok(Credential::Secret(SecretString::from(text)))
        }
        CredentialKind::Certificate => {
            let certificate = Certificate::from_pem(plain.expose_secret());
            Ok(Credential::Certificate(Arc::new(
                certificate.map_err(|_| "holds no key and certificate")?,
            )))
        }
    }
}

/// Has a keyring take up what is stored for its app registration.
pub fn listen(keyring: &Keyring, pool: &PgPool, vault: &Arc<Vault>, client_id: &str) {
    let stored = StoredCredentials::new(pool.clone(), Arc::clone(vault), client_id);
    keyring.listen_to(Arc::new(stored));
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// Microsoft issued a token.
    Works,
    /// There is no Microsoft tenant in which it could be tried, or none of them issues a token to anybody now.
    NotTried,
}

/// Asks Microsoft for a token with a credential that is not in use yet, in a connected Microsoft tenant or one of
/// `others`. A refusal of the credential itself is the error, and so is a Microsoft that can't be reached.
pub async fn try_out(engine: &Engine, credential: &Credential, others: &[EntraTenantId]) -> Result<Trial, RunError> {
    let mut tenants = store::app_credential::tenants_to_ask(&engine.pool, TRIES).await?;
    tenants.extend(others.iter().map(|id| (*id, Cloud::Global)));
    for (tenant, cloud) in tenants {
        let client = engine.microsoft(cloud)?;
        match client.try_credential(&tenant.to_string(), credential).await {
            Ok(()) => return Ok(Trial::Works),
            // That tenant refuses the app, whatever it proves itself with.
            Err(error)
                if matches!(error.kind, GraphErrorKind::Token { .. })
                    && !error.refuses_credential()
                    && !error.is_transient() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Trial::NotTried)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
