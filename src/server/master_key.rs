//! Where the master key comes from: `ENTRAIN_MASTER_KEY`, or a file in the data folder beside the embedded database.

use super::settings::{Settings, decode_key};
use crate::store::vault::{MasterKey, Vault, VaultError};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// The file in the data folder: a key a line, the first the one in use. More than one are there only while
/// everything is sealed anew.
const FILE: &str = "master-key";

/// No master key. Each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// An outside database and no key.
    #[error(
        "ENTRAIN_MASTER_KEY: is not set beside DATABASE_URL; set 32 bytes in base64, as `openssl rand -base64 32` \
         makes them, and keep them apart from the database's backups: stored secrets are encrypted with them"
    )]
    Missing,
    /// The file can't be read or written.
    #[error("{file} can't be {what} ({problem}); let this account use the folder, or set ENTRAIN_MASTER_KEY", file = file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// read or written.
        what: &'static str,
        /// What the system says.
        problem: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{file} holds no master key in line {line}; restore it from a backup, as what is stored opens with it alone",
        file = file.display()
    )]
    Broken {
        /// The file.
        file: PathBuf,
        /// Counted from one.
        line: usize,
    },
    /// No key could be made or used.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The vault of the settings. The embedded database's key is made at its first start.
pub fn vault(settings: &Settings) -> Result<Vault, MasterKeyError> {
    if let Some(key) = &settings.master_key {
        let older = settings.master_key_old.iter().map(MasterKey::new);
        return Ok(Vault::new(MasterKey::new(key)?, older.collect::<Result<_, _>>()?));
    }
    if settings.database_url.is_some() {
        return Err(MasterKeyError::Missing);
    }
    let mut keys = KeyFile::of(settings).read()?;
    if keys.is_empty() {
        keys = KeyFile::of(settings).create()?;
    }
    let current = keys.remove(0);
    Ok(Vault::new(current, keys))
}

/// The same for who only looks: no key is made. `None` while there is none beside the embedded database.
pub fn look(settings: &Settings) -> Result<Option<Vault>, MasterKeyError> {
    let is_embedded = settings.master_key.is_none() && settings.database_url.is_none();
    if is_embedded && KeyFile::of(settings).read()?.is_empty() {
        return Ok(None);
    }
    vault(settings).map(Some)
}

/// The file with the generated key.
#[derive(Clone, Debug)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// That of the settings' data folder.
    pub fn of(settings: &Settings) -> Self {
        Self(settings.data_dir.join(FILE))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Its keys, the one in use first; none while there is no file.
    pub fn read(&self) -> Result<Vec<MasterKey>, MasterKeyError> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(problem) => return Err(self.failed("read")(problem)),
        };
        let broken = |line: usize| MasterKeyError::Broken {
            file: self.0.clone(),
            line: line + 1,
        };
        let lines = text.expose_secret().lines().enumerate();
        let keys = lines
            .map(|(line, key)| {
                let key = decode_key(FILE, key).map_err(|_| broken(line))?;
                MasterKey::new(&key).map_err(|_| broken(line))
            })
            .collect::<Result<Vec<_>, _>>()?;
        // One that is empty is not taken for one that is not there: whoever emptied it may have the key elsewhere.
        if keys.is_empty() { Err(broken(0)) } else { Ok(keys) }
    }

    /// Writes these keys in place of what the file holds, whole or not at all, for this account alone.
    pub fn write(&self, keys: &[MasterKey]) -> Result<(), MasterKeyError> {
        self.written(keys)?
            .persist(&self.0)
            .map_err(|error| self.failed("written")(error.error))?;
        self.settle()
    }

    /// A new name may be lost with the power until its folder is on the disk, and with the key all that was sealed.
    fn settle(&self) -> Result<(), MasterKeyError> {
        let folder = fs::File::open(self.folder());
        folder
            .and_then(|folder| folder.sync_all())
            .map_err(self.failed("written"))
    }

    fn folder(&self) -> &Path {
        self.0.parent().unwrap_or(Path::new("."))
    }

    /// A new key in a new file; of two processes at their first start one's key is everybody's.
    fn create(&self) -> Result<Vec<MasterKey>, MasterKeyError> {
        let keys = vec![MasterKey::generate()?];
        match self.written(&keys)?.persist_noclobber(&self.0) {
            Ok(_) => {
                self.settle()?;
                Ok(keys)
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => self.read(),
            Err(error) => Err(self.failed("written")(error.error)),
        }
    }

    fn written(&self, keys: &[MasterKey]) -> Result<tempfile::NamedTempFile, MasterKeyError> {
        let folder = self.folder();
        let write = || {
            fs::create_dir_all(folder)?;
            // Made with mode 0600.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            for key in keys {
                let line = SecretString::from(STANDARD.encode(key.bytes().expose_secret()));
                writeln!(file, "{}", line.expose_secret())?;
            }
            file.as_file().sync_all()?;
            Ok(file)
        };
        write().map_err(self.failed("written"))
    }

    fn failed(&self, what: &'static str) -> impl Fn(io::Error) -> MasterKeyError {
        let file = self.0.clone();
        move |problem| MasterKeyError::File {
            file: file.clone(),
            what,
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const ONE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    const OTHER: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

    fn settings(env: &[(&str, &str)]) -> Settings {
        let env: std::collections::BTreeMap<_, _> = env.iter().copied().collect();
        Settings::read(&move |name| env.get(name).map(|value| (*value).to_owned()), None).unwrap()
    }

    #[test]
    fn an_outside_database_wants_a_key_and_says_in_one_line_how_to_make_one() {
        let error = vault(&settings(&[("DATABASE_URL", "postgres://a/b")]))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("ENTRAIN_MASTER_KEY: ") && !error.contains('\n'),
            "{error}"
        );
        assert!(error.contains("openssl rand -base64 32"), "{error}");
    }

    #[test]
    fn the_key_of_the_environment_seals_and_the_old_one_opens() {
        let env = [
            ("DATABASE_URL", "postgres://a/b"),
            ("ENTRAIN_MASTER_KEY", ONE),
            ("ENTRAIN_MASTER_KEY_OLD", OTHER),
        ];
        let (both, alone) = (settings(&env), settings(&env[..2]));
        let old = vault(&settings(&[env[0], ("ENTRAIN_MASTER_KEY", OTHER)])).unwrap();
        let (both, alone) = (vault(&both).unwrap(), vault(&alone).unwrap());
        assert_eq!(both.key_id(), alone.key_id());
        assert!(both.knows(&old.key_id()) && !alone.knows(&old.key_id()));
    }

    #[test]
    fn beside_the_embedded_database_the_key_is_made_once_for_this_account_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let settings = settings(&[("ENTRAIN_DATA_DIR", data.to_str().unwrap())]);
        let first = vault(&settings).unwrap();
        let file = data.join(FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(vault(&settings).unwrap().key_id(), first.key_id());
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "something else stayed behind");
        let beaten = KeyFile::of(&settings).create().unwrap();
        assert_eq!(
            beaten[0].id(),
            first.key_id(),
            "the second of two first starts took its own key"
        );
    }

    #[test]
    fn a_file_that_holds_no_key_stops_the_start_and_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&[("ENTRAIN_DATA_DIR", folder.path().to_str().unwrap())]);
        let file = folder.path().join(FILE);
        for (text, line) in [("", 1), ("nonsense\n", 1), (&*format!("{ONE}\nc2hvcnQ=\n"), 2)] {
            fs::write(&file, text).unwrap();
            let error = vault(&settings).unwrap_err();
            assert!(
                matches!(error, MasterKeyError::Broken { line: at, .. } if at == line),
                "{error}"
            );
            assert!(!error.to_string().contains('\n'));
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }

    #[test]
    fn of_several_keys_in_the_file_the_first_seals() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&[("ENTRAIN_DATA_DIR", folder.path().to_str().unwrap())]);
        let keys = [MasterKey::generate().unwrap(), MasterKey::generate().unwrap()];
        KeyFile::of(&settings).write(&keys).unwrap();
        let vault = vault(&settings).unwrap();
        assert_eq!(vault.key_id(), keys[0].id());
        assert!(vault.knows(&keys[1].id()));
    }
}
