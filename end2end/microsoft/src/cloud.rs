//! The simulated cloud: its tenants, tokens, faults and the journal of what was asked, shared by both ports.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, OnceCell};
use uuid::Uuid;

use crate::deltas::Deltas;
use crate::error::SimError;
use crate::faults::Faults;
use crate::identity::code::Codes;
use crate::identity::registration::Registration;
use crate::identity::signing::{SigningError, SigningKey};
use crate::journal::Journal;
use crate::model::directory::Directory;
use crate::model::dump::{Dump, Stored};
use crate::options::TokenLifetime;
use crate::throttle::{Throttle, Throttling};
use crate::tokens::Tokens;

/// Everything that a request can read or change.
#[derive(Debug)]
pub struct Cloud {
    directories: RwLock<Vec<Directory>>,
    tokens: Mutex<Tokens>,
    faults: Mutex<Faults>,
    journal: Mutex<Journal>,
    codes: Mutex<Codes>,
    key: OnceCell<SigningKey>,
    consumer_key: OnceCell<SigningKey>,
    throttling: Mutex<Throttling>,
    deltas: Mutex<Deltas>,
    /// How many seconds the clock is ahead of the machine's.
    ahead: AtomicI64,
    /// The only application that the cloud knows.
    pub registration: Registration,
    /// How long tokens live.
    pub token_lifetime: TokenLifetime,
    /// The greatest page of users with sign-in activity.
    pub largest_page_with_activity: usize,
    state_file: Option<PathBuf>,
    /// Rung after each change, for the task that writes the state file.
    pub changed: Notify,
}

// A panic in one request must not take the cloud away from the others: a poisoned lock is taken all the same.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cloud {
    /// A cloud with these tenants.
    pub fn new(
        directories: Vec<Directory>,
        registration: Registration,
        token_lifetime: TokenLifetime,
        state_file: Option<PathBuf>,
    ) -> Self {
        Self {
            directories: RwLock::new(directories),
            tokens: Mutex::default(),
            faults: Mutex::default(),
            journal: Mutex::default(),
            codes: Mutex::default(),
            key: OnceCell::new(),
            consumer_key: OnceCell::new(),
            registration,
            throttling: Mutex::default(),
            deltas: Mutex::default(),
            ahead: AtomicI64::default(),
            token_lifetime,
            largest_page_with_activity: 500,
            state_file,
            changed: Notify::new(),
        }
    }

    /// The same cloud with these limits: of throttling, of delta queries, and of a page of users with sign-in activity.
    pub fn limited(self, (throttle, deltas, largest_page_with_activity): (Throttle, Deltas, usize)) -> Self {
        Self {
            throttling: Mutex::new(Throttling::new(throttle)),
            deltas: Mutex::new(deltas),
            largest_page_with_activity,
            ..self
        }
    }

    /// The tenants, for reading.
    pub fn directories(&self) -> RwLockReadGuard<'_, Vec<Directory>> {
        self.directories.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenants, for writing.
    pub fn directories_mut(&self) -> RwLockWriteGuard<'_, Vec<Directory>> {
        self.directories.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tokens.
    pub fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.tokens)
    }

    /// The authorization codes.
    pub fn codes(&self) -> MutexGuard<'_, Codes> {
        lock(&self.codes)
    }

    /// The key that signs tokens. It is made when it is first asked for, on a thread of its own, as that takes a
    /// while.
    pub async fn key(&self) -> Result<&SigningKey, SigningError> {
        let make = || async { tokio::task::spawn_blocking(SigningKey::generate).await? };
        self.key.get_or_try_init(make).await
    }

    /// The key for consumers' accounts, which the document of keys for any tenant names as well. It signs nothing here but
    /// forgeries.
    pub async fn consumer_key(&self) -> Result<&SigningKey, SigningError> {
        let make = || async { tokio::task::spawn_blocking(SigningKey::generate).await? };
        self.consumer_key.get_or_try_init(make).await
    }

    /// The faults.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// The journal.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    /// The time by the service's clock.
    pub fn now(&self) -> DateTime<Utc> {
        let ahead = TimeDelta::try_seconds(self.ahead()).unwrap_or_default();
        let now = Utc::now();
        now.checked_add_signed(ahead).unwrap_or(now)
    }

    /// How many seconds that clock is ahead of the machine's; behind when negative.
    pub fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Puts the clock ahead of the machine's, or behind it.
    pub fn set_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::Relaxed);
    }

    /// How delta queries are answered.
    pub fn deltas(&self) -> MutexGuard<'_, Deltas> {
        lock(&self.deltas)
    }

    /// The limits and their use.
    pub fn throttling(&self) -> MutexGuard<'_, Throttling> {
        lock(&self.throttling)
    }

    /// The tenant that answers to an id, a name or a domain.
    pub fn tenant(&self, key: &str) -> Option<Uuid> {
        self.directories()
            .iter()
            .find(|directory| directory.answers_to(key))
            .map(|directory| directory.id)
    }

    /// Writes the state file, if there is to be one; a reader never finds half of it.
    pub fn save(&self) {
        let Some(path) = &self.state_file else { return };
        if let Err(error) = self.write(path) {
            tracing::warn!(path = %path.display(), %error, "the simulated cloud could not write its state file");
        }
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        let bytes = {
            let directories = self.directories();
            let tenants: Vec<Dump<'_>> = directories.iter().map(Dump::to_keep).collect();
            serde_json::to_vec(&StateToWrite {
                version: VERSION,
                tenants,
            })?
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension("part");
        std::fs::write(&beside, bytes)?;
        std::fs::rename(&beside, path)
    }
}

const VERSION: u32 = 1;

#[derive(Serialize)]
struct StateToWrite<'a> {
    version: u32,
    tenants: Vec<Dump<'a>>,
}

#[derive(Deserialize)]
struct StateFile {
    version: u32,
    tenants: Vec<Stored>,
}

/// The tenants of a state file; none when the file does not exist yet.
pub fn saved(path: &Path) -> Result<Vec<Directory>, SimError> {
    let fail = |why: String| SimError::State {
        path: path.to_owned(),
        why,
    };
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| fail(error.to_string()))?,
    };
    let state: StateFile = serde_json::from_slice(&bytes).map_err(|error| fail(error.to_string()))?;
    if state.version != VERSION {
        return Err(fail(format!(
            "it is of version {}, this program writes version {VERSION}",
            state.version
        )));
    }
    Ok(state.tenants.into_iter().map(Stored::directory).collect())
}
