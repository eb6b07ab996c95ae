//! A master key and its name.

use super::VaultError;
use secrecy::{ExposeSecret as _, SecretBox, SecretSlice};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// How long a master key is.
pub const KEY_BYTES: usize = 32;

/// How many characters of the hash name a key: enough that no two keys of one installation share a name.
const ID_CHARACTERS: usize = 16;

/// A key under which secrets are sealed. Never printed.
pub struct MasterKey(SecretBox<[u8; KEY_BYTES]>);

impl MasterKey {
    /// A key of these 32 bytes.
    pub fn new(bytes: &SecretSlice<u8>) -> Result<Self, VaultError> {
        let bytes = bytes.expose_secret();
        if bytes.len() != KEY_BYTES {
            return Err(VaultError::KeyLength(bytes.len()));
        }
        Ok(Self(SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| {
            key.copy_from_slice(bytes);
        })))
    }

    /// A new key.
    pub fn generate() -> Result<Self, VaultError> {
        let mut bytes: SecretSlice<u8> = vec![0; KEY_BYTES].into();
        getrandom::fill(secrecy::ExposeSecretMut::expose_secret_mut(&mut bytes)).map_err(VaultError::Random)?;
        Self::new(&bytes)
    }

    /// What names the key beside everything that is sealed under it: the first characters of a hash. Keys are random,
    /// so it tells nothing of them.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"entrain master key\0");
        hash.update(self.0.expose_secret());
        let mut id: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        id.truncate(ID_CHARACTERS);
        id
    }

    /// The key itself, for its file and for the cipher.
    pub const fn bytes(&self) -> &SecretBox<[u8; KEY_BYTES]> {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey {}", self.id())
    }
}

impl Clone for MasterKey {
    fn clone(&self) -> Self {
        Self(SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| {
            key.copy_from_slice(self.0.expose_secret());
        }))
    }
}
