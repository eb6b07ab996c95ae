//! Settings: environment first, then `entrain.toml`, then defaults. A wrong one stops the start with one line that
//! names it. Every secret also as `..._FILE`.

mod address;
mod clouds;
mod listen;
mod master_key;
mod microsoft;
mod sign_in;
mod span;

use crate::{graph::GraphSettings, model::connect::Cloud};
pub use address::is_secure;
use address::url;
pub use master_key::decode_key;
pub use microsoft::MicrosoftApp;
use secrecy::{SecretSlice, SecretString};
pub use sign_in::{CONSUMERS, OidcSettings, SignInSettings};
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};
use url::Url;

/// A setting that can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{name}: {problem}")]
pub struct SettingsError {
    /// The setting.
    pub name: String,
    /// What is wrong with it, and what to do.
    pub problem: String,
}

impl SettingsError {
    fn new(name: &str, problem: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            problem: problem.into(),
        }
    }
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `DATABASE_URL`; none starts the embedded Postgres.
    pub database_url: Option<SecretString>,
    /// `ENTRAIN_LISTEN`.
    pub listen: SocketAddr,
    /// `ENTRAIN_METRICS_LISTEN`; none measures nothing.
    pub metrics_listen: Option<SocketAddr>,
    /// `ENTRAIN_PUBLIC_URL`.
    pub public_url: Url,
    /// `ENTRAIN_DATA_DIR`.
    pub data_dir: PathBuf,
    /// `ENTRAIN_SITE_DIR`: the built browser bundle.
    pub site_dir: PathBuf,
    /// The app registration, when there is one.
    pub microsoft: Option<MicrosoftApp>,
    /// `ENTRAIN_MICROSOFT_LOGIN_URL`.
    pub login_url: Url,
    /// `ENTRAIN_MICROSOFT_GRAPH_URL`.
    pub graph_url: Url,
    /// `ENTRAIN_MICROSOFT_PARTNER_URL`: where Partner Center answers.
    pub partner_url: Url,
    /// `ENTRAIN_MASTER_KEY`: 32 bytes, for encrypting stored secrets.
    pub master_key: Option<SecretSlice<u8>>,
    /// `ENTRAIN_MASTER_KEY_OLD`: the one before, until everything is encrypted with the new one.
    pub master_key_old: Option<SecretSlice<u8>>,
    /// `ENTRAIN_SYNC_INTERVAL`.
    pub sync_interval: chrono::Duration,
    /// `ENTRAIN_LEASE`.
    pub lease: std::time::Duration,
    /// `ENTRAIN_MICROSOFT_REPORT_RATE`.
    pub report_rate: u32,
    /// `ENTRAIN_PRODUCT_NAMES_URL`; none for `off`.
    pub product_names_url: Option<Url>,
    /// Who may sign in with an account of elsewhere.
    pub sign_in: SignInSettings,
}

/// Every setting that `entrain.toml` may have, with its name in the environment.
const KEYS: [(&str, &str); 27] = [
    ("database_url", "DATABASE_URL"),
    ("listen", "ENTRAIN_LISTEN"),
    ("metrics_listen", "ENTRAIN_METRICS_LISTEN"),
    ("public_url", "ENTRAIN_PUBLIC_URL"),
    ("data_dir", "ENTRAIN_DATA_DIR"),
    ("site_dir", "ENTRAIN_SITE_DIR"),
    ("microsoft_client_id", "ENTRAIN_MICROSOFT_CLIENT_ID"),
    ("microsoft_client_secret", "ENTRAIN_MICROSOFT_CLIENT_SECRET"),
    (
        "microsoft_client_secret_expires",
        "ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES",
    ),
    ("microsoft_certificate_file", "ENTRAIN_MICROSOFT_CERTIFICATE_FILE"),
    ("microsoft_login_url", "ENTRAIN_MICROSOFT_LOGIN_URL"),
    ("microsoft_graph_url", "ENTRAIN_MICROSOFT_GRAPH_URL"),
    ("microsoft_partner_url", "ENTRAIN_MICROSOFT_PARTNER_URL"),
    ("master_key", "ENTRAIN_MASTER_KEY"),
    ("master_key_old", "ENTRAIN_MASTER_KEY_OLD"),
    ("sync_interval", "ENTRAIN_SYNC_INTERVAL"),
    ("lease", "ENTRAIN_LEASE"),
    ("microsoft_report_rate", "ENTRAIN_MICROSOFT_REPORT_RATE"),
    ("product_names_url", "ENTRAIN_PRODUCT_NAMES_URL"),
    ("log", "ENTRAIN_LOG"),
    ("microsoft_sign_in_tenants", "ENTRAIN_MICROSOFT_SIGN_IN_TENANTS"),
    ("microsoft_role_tenants", "ENTRAIN_MICROSOFT_ROLE_TENANTS"),
    ("oidc_issuer", "ENTRAIN_OIDC_ISSUER"),
    ("oidc_client_id", "ENTRAIN_OIDC_CLIENT_ID"),
    ("oidc_client_secret", "ENTRAIN_OIDC_CLIENT_SECRET"),
    ("oidc_name", "ENTRAIN_OIDC_NAME"),
    ("trusted_proxies", "ENTRAIN_TRUSTED_PROXIES"),
];

struct Source<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    file: BTreeMap<String, String>,
}

impl Source<'_> {
    fn get(&self, name: &str) -> Result<Option<String>, SettingsError> {
        let from_env = (self.env)(name).filter(|value| !value.trim().is_empty());
        let file_name = format!("{name}_FILE");
        let from_file = match (self.env)(&file_name).filter(|path| !path.trim().is_empty()) {
            Some(_) if from_env.is_some() => {
                return Err(SettingsError::new(
                    name,
                    format!("is set together with {file_name}; keep one of the two"),
                ));
            }
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| SettingsError::new(&file_name, format!("{path} can't be read: {error}")))?;
                Some(text.trim().to_owned())
            }
            None => None,
        };
        Ok(from_env.or(from_file).or_else(|| self.file.get(name).cloned()))
    }
}

impl Settings {
    /// Reads the environment and `entrain.toml` in the current folder.
    pub fn load() -> Result<Self, SettingsError> {
        let file = match std::fs::read_to_string("entrain.toml") {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(SettingsError::new("entrain.toml", format!("can't be read: {error}"))),
        };
        Self::read(&|name| std::env::var(name).ok(), file.as_deref())
    }

    /// Settings from an environment and the text of a file.
    pub fn read(env: &dyn Fn(&str) -> Option<String>, file: Option<&str>) -> Result<Self, SettingsError> {
        let source = Source {
            env,
            file: file.map(parse_file).transpose()?.unwrap_or_default(),
        };
        let listen = listen::web(&source)?;
        let own = format!("http://localhost:{}", listen.port());
        let microsoft = microsoft::app(&source)?;
        let sign_in = sign_in::sign_in(&source, microsoft.is_some())?;
        Ok(Self {
            database_url: source.get("DATABASE_URL")?.map(database_url).transpose()?,
            listen,
            metrics_listen: listen::metrics(&source, listen)?,
            public_url: url(&source, "ENTRAIN_PUBLIC_URL", &own)?,
            data_dir: source
                .get("ENTRAIN_DATA_DIR")?
                .map_or_else(default_data_dir, |dir| Ok(dir.into()))?,
            site_dir: source
                .get("ENTRAIN_SITE_DIR")?
                .map_or_else(default_site_dir, PathBuf::from),
            microsoft,
            login_url: url(&source, "ENTRAIN_MICROSOFT_LOGIN_URL", Cloud::Global.login_url())?,
            graph_url: url(&source, "ENTRAIN_MICROSOFT_GRAPH_URL", Cloud::Global.graph_url())?,
            partner_url: url(
                &source,
                "ENTRAIN_MICROSOFT_PARTNER_URL",
                "https://api.partnercenter.microsoft.com",
            )?,
            master_key: master_key::read(&source, master_key::CURRENT)?,
            master_key_old: master_key::old(&source)?,
            sync_interval: span::sync_interval(&source)?,
            lease: span::lease(&source)?,
            report_rate: microsoft::report_rate(&source)?,
            product_names_url: microsoft::product_names_url(&source)?,
            sign_in,
        })
    }

    /// Whether browsers reach us over https: cookies are `Secure` and have the prefix `__Host-` then.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// How to reach Microsoft, when an app registration is set.
    pub fn graph(&self) -> Option<GraphSettings> {
        let app = self.microsoft.as_ref()?;
        Some(GraphSettings {
            login_url: self.login_url.clone(),
            graph_url: self.graph_url.clone(),
            client_id: app.client_id.clone(),
            credential: app.credential.clone(),
            reports_in_ten_seconds: self.report_rate,
        })
    }
}

fn parse_file(text: &str) -> Result<BTreeMap<String, String>, SettingsError> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| SettingsError::new("entrain.toml", error.message()))?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let Some((_, name)) = KEYS.iter().find(|(known, _)| *known == key) else {
            let known: Vec<_> = KEYS.iter().map(|(known, _)| *known).collect();
            return Err(SettingsError::new(
                "entrain.toml",
                format!("\"{key}\" is no setting; there are {}", known.join(", ")),
            ));
        };
        let toml::Value::String(value) = value else {
            return Err(SettingsError::new(
                "entrain.toml",
                format!("\"{key}\" has to be a text in quotes"),
            ));
        };
        values.insert((*name).to_owned(), value);
    }
    Ok(values)
}

fn database_url(value: String) -> Result<SecretString, SettingsError> {
    if value.starts_with("postgres://") || value.starts_with("postgresql://") {
        Ok(value.into())
    } else {
        Err(SettingsError::new("DATABASE_URL", "has to begin with postgres://"))
    }
}

fn default_data_dir() -> Result<PathBuf, SettingsError> {
    // Root's home is closed to the account under which Postgres runs then.
    if rustix::process::geteuid().is_root() {
        return Ok("/var/lib/entrain".into());
    }
    directories::ProjectDirs::from("", "", "entrain")
        .map(|dirs| dirs.data_dir().to_owned())
        .ok_or_else(|| {
            SettingsError::new(
                "ENTRAIN_DATA_DIR",
                "is not set and this account has no home folder; set a folder",
            )
        })
}

/// `target/site` of the checkout, or `site` beside the program.
fn default_site_dir() -> PathBuf {
    let in_checkout = PathBuf::from("target/site");
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("site")));
    match beside {
        Some(beside) if !in_checkout.is_dir() && beside.is_dir() => beside,
        _ => in_checkout,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(env: &[(&str, &str)], file: Option<&str>) -> Result<Settings, SettingsError> {
        let env: BTreeMap<String, String> = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Settings::read(&move |name| env.get(name).cloned(), file)
    }

    #[test]
    fn the_environment_comes_before_the_file_and_the_file_before_the_defaults() {
        let file = Some("listen = \"127.0.0.1:4000\"\nsync_interval = \"15m\"");
        let settings = read(&[("ENTRAIN_LISTEN", "127.0.0.1:5000")], file).unwrap();
        assert_eq!(settings.listen.port(), 5000);
        assert_eq!(settings.sync_interval, chrono::Duration::minutes(15));
        assert_eq!(settings.public_url.as_str(), "http://localhost:5000/");
        assert_eq!(settings.graph_url.as_str(), "https://graph.microsoft.com/");
    }

    #[test]
    fn http_is_for_loopback_only_and_no_address_holds_a_user() {
        for name in [
            "ENTRAIN_PUBLIC_URL",
            "ENTRAIN_MICROSOFT_LOGIN_URL",
            "ENTRAIN_MICROSOFT_GRAPH_URL",
            "ENTRAIN_MICROSOFT_PARTNER_URL",
        ] {
            assert_eq!(read(&[(name, "http://example.org")], None).unwrap_err().name, name);
            assert!(read(&[(name, "http://127.0.0.1:9")], None).is_ok());
            assert!(read(&[(name, "https://example.org")], None).is_ok());
            let error = read(&[(name, "https://ann:hush@example.org")], None).unwrap_err();
            assert!(error.name == name && !error.problem.contains("hush"), "{error}");
            assert_eq!(read(&[(name, "https://ann@example.org")], None).unwrap_err().name, name);
        }
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (name, value) in [
            ("ENTRAIN_LISTEN", "nowhere"),
            ("ENTRAIN_SYNC_INTERVAL", "1 fortnight"),
            ("ENTRAIN_SYNC_INTERVAL", "1s"),
            ("ENTRAIN_LEASE", "1s"),
            ("ENTRAIN_LEASE", "90"),
            ("DATABASE_URL", "mysql://x"),
            ("ENTRAIN_PUBLIC_URL", "ftp://x"),
            ("ENTRAIN_MASTER_KEY", "not base64!"),
            ("ENTRAIN_MASTER_KEY", "dG9vIHNob3J0"),
        ] {
            assert_eq!(read(&[(name, value)], None).unwrap_err().name, name, "{value}");
        }
        assert!(
            read(&[], Some("colour = \"red\""))
                .unwrap_err()
                .problem
                .contains("colour")
        );
    }

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let settings = read(&[("DATABASE_URL", "postgres://u:hush@h/d")], None).unwrap();
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
