//! The keys with which stored secrets are encrypted.

use super::{SettingsError, Source};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{SecretSlice, SecretString};

/// The key in use.
pub(super) const CURRENT: &str = "ENTRAIN_MASTER_KEY";
/// The one before.
pub(super) const OLD: &str = "ENTRAIN_MASTER_KEY_OLD";

/// The key of this setting.
pub(super) fn read(source: &Source<'_>, name: &str) -> Result<Option<SecretSlice<u8>>, SettingsError> {
    let value = source.get(name)?.map(SecretString::from);
    value
        .map(|value| decode_key(name, secrecy::ExposeSecret::expose_secret(&value)))
        .transpose()
}

/// The key before: nothing without a new one.
pub(super) fn old(source: &Source<'_>) -> Result<Option<SecretSlice<u8>>, SettingsError> {
    let old = read(source, OLD)?;
    if old.is_some() && source.get(CURRENT)?.is_none() {
        let problem = format!("is set without {CURRENT}; set the new key there, and the one before it here");
        return Err(SettingsError::new(OLD, problem));
    }
    Ok(old)
}

/// A key of 32 bytes in base64. The value stays out of the message: it may be nearly right.
pub fn decode_key(name: &str, value: &str) -> Result<SecretSlice<u8>, SettingsError> {
    let wrong = |problem: String| {
        let problem = format!("{problem}; write 32 bytes in base64, as `openssl rand -base64 32` makes them");
        SettingsError::new(name, problem)
    };
    let bytes = STANDARD
        .decode(value.trim())
        .map(SecretSlice::<u8>::from)
        .map_err(|_| wrong("is not base64".to_owned()))?;
    let length = secrecy::ExposeSecret::expose_secret(&bytes).len();
    if length != 32 {
        return Err(wrong(format!("holds {length} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::Settings, *};

    #[test]
    fn the_key_before_is_nothing_without_a_new_one() {
        let key = STANDARD.encode([7; 32]);
        let only_old = |name: &str| (name == OLD).then(|| key.clone());
        assert_eq!(Settings::read(&only_old, None).unwrap_err().name, OLD);
        let both = |name: &str| [CURRENT, OLD].contains(&name).then(|| key.clone());
        assert!(Settings::read(&both, None).unwrap().master_key_old.is_some());
    }
}
