//! Secrets at rest: sealed before they go into a row, opened after they came out of it. A column that holds sealed
//! bytes stands in [`COLUMNS`](super::sealed::COLUMNS), or a new master key would leave it behind.
//!
//! XChaCha20-Poly1305: its nonce of 24 bytes may be random for as many secrets as anybody has
//! (datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha, section 2.1). What a secret is for is authenticated with it,
//! so that a sealed secret that was moved to another row does not open there.

mod key;
#[cfg(test)]
mod tests;

use chacha20poly1305::{
    KeyInit as _, Tag, XChaCha20Poly1305, XNonce,
    aead::{AeadInOut as _, array::Array},
};
pub use key::{KEY_BYTES, MasterKey};
use secrecy::{ExposeSecret as _, ExposeSecretMut as _, SecretSlice};
use std::fmt;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// A secret as the database holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// [`MasterKey::id`] of the key that opens it.
    pub key_id: String,
    /// The nonce (24 bytes), the encrypted secret, and what proves both (16 bytes).
    pub bytes: Vec<u8>,
}

/// The bytes say nothing to whoever reads a log, and would fill it.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed under {}", self.key_id)
    }
}

/// Why nothing was sealed or opened. None of it tells of the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Not 32 bytes.
    #[error("a master key is 32 bytes, not {0}; make one with `openssl rand -base64 32`")]
    KeyLength(usize),
    /// Sealed under a key that is not here.
    #[error(
        "{about} is encrypted with the master key {key_id}, which is not here; set ENTRAIN_MASTER_KEY, or \
         ENTRAIN_MASTER_KEY_OLD, to the key that was in use when it was stored"
    )]
    UnknownKey {
        /// What the secret is for.
        about: String,
        /// The key's id.
        key_id: String,
    },
    /// Changed, cut, or of another row.
    #[error(
        "{about} does not open: its row was changed or damaged outside Entrain; restore it from a backup, or enter \
         the secret anew"
    )]
    Damaged {
        /// What the secret should have been for.
        about: String,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes ({0}); try again")]
    Random(getrandom::Error),
    /// Longer than the cipher takes: 256 GB.
    #[error("{0} is too long to be encrypted")]
    TooLong(String),
}

/// Seals under one master key, and opens what is sealed under that one or an older one.
#[derive(Debug)]
pub struct Vault {
    current: MasterKey,
    older: Vec<MasterKey>,
}

impl Vault {
    /// A vault that seals under `current`. The `older` keys are for the time until everything is sealed anew.
    pub fn new(current: MasterKey, older: Vec<MasterKey>) -> Self {
        Self { current, older }
    }

    /// The id of the key under which it seals.
    pub fn key_id(&self) -> String {
        self.current.id()
    }

    /// Whether something sealed under this key opens.
    pub fn knows(&self, key_id: &str) -> bool {
        self.key(key_id).is_some()
    }

    fn key(&self, key_id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id() == key_id)
    }

    /// Seals a secret. `about` is what it is for, such as `portal/UUID/secret` for the column `secret` of that row of
    /// the table `portal`; it is not stored, and [`Vault::open`] wants the same.
    pub fn seal(&self, plain: &[u8], about: &str) -> Result<Sealed, VaultError> {
        let mut bytes = vec![0; NONCE_BYTES + plain.len() + TAG_BYTES];
        let (nonce, rest) = bytes.split_at_mut(NONCE_BYTES);
        let (text, end) = rest.split_at_mut(plain.len());
        getrandom::fill(nonce).map_err(VaultError::Random)?;
        text.copy_from_slice(plain);
        let too_long = |_| VaultError::TooLong(about.to_owned());
        let nonce: [u8; NONCE_BYTES] = (&*nonce)
            .try_into()
            .map_err(|_| VaultError::TooLong(about.to_owned()))?;
        let tag = cipher(&self.current)
            .encrypt_inout_detached(&XNonce::from(nonce), about.as_bytes(), text.into())
            .map_err(too_long)?;
        end.copy_from_slice(&tag);
        Ok(Sealed {
            key_id: self.current.id(),
            bytes,
        })
    }

    /// Opens what was sealed about the same.
    pub fn open(&self, sealed: &Sealed, about: &str) -> Result<SecretSlice<u8>, VaultError> {
        let key = self.key(&sealed.key_id).ok_or_else(|| VaultError::UnknownKey {
            about: about.to_owned(),
            key_id: sealed.key_id.clone(),
        })?;
        let damaged = || VaultError::Damaged {
            about: about.to_owned(),
        };
        let (nonce, rest) = sealed.bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let (text, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or_else(damaged)?;
        // In its last place from the beginning, so that no copy of the plain secret stays behind.
        let mut plain: SecretSlice<u8> = Box::<[u8]>::from(text).into();
        cipher(key)
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                about.as_bytes(),
                plain.expose_secret_mut().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| damaged())?;
        Ok(plain)
    }

    /// Opens what was sealed about this, or, by an Entrain that bound less, about what it bound (`before`). What was sealed
    /// about this never opens by the latter.
    pub fn open_either(&self, sealed: &Sealed, about: &str, before: &str) -> Result<SecretSlice<u8>, VaultError> {
        match self.open(sealed, about) {
            Err(VaultError::Damaged { about }) => self.open(sealed, before).map_err(|_| VaultError::Damaged { about }),
            result => result,
        }
    }
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Array::from(*key.bytes().expose_secret()))
}
