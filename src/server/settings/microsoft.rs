//! The app registration at Microsoft: who we are to it, and how we prove it.

use super::{
    SettingsError, Source,
    address::{NO_USER, has_user},
};
use crate::{
    graph::{Certificate, Credential, Keyring, REPORTS_IN_TEN_SECONDS},
    model::credential::end_of_day,
};
use chrono::{DateTime, NaiveDate, Utc};
use secrecy::{ExposeSecret as _, SecretSlice};
use std::sync::Arc;
use url::Url;

const ID: &str = "ENTRAIN_MICROSOFT_CLIENT_ID";
const SECRET: &str = "ENTRAIN_MICROSOFT_CLIENT_SECRET";
const SECRET_ENDS: &str = "ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES";
const CERTIFICATE: &str = "ENTRAIN_MICROSOFT_CERTIFICATE_FILE";
const RATE: &str = "ENTRAIN_MICROSOFT_REPORT_RATE";
const NAMES: &str = "ENTRAIN_PRODUCT_NAMES_URL";

/// "Product names and service plan identifiers for licensing", linked from
/// learn.microsoft.com/entra/identity/users/licensing-service-plan-reference.
const PRODUCT_NAMES: &str = "https://download.microsoft.com/download/e/3/e/e3e9faf2-f28b-490a-9ada-c6089a1fc5b0/Product%20names%20and%20service%20plan%20identifiers%20for%20licensing.csv";

/// The app registration at Microsoft.
#[derive(Clone, Debug)]
pub struct MicrosoftApp {
    /// `ENTRAIN_MICROSOFT_CLIENT_ID`.
    pub client_id: String,
    /// The certificate of `ENTRAIN_MICROSOFT_CERTIFICATE_FILE`, else the secret of `ENTRAIN_MICROSOFT_CLIENT_SECRET`,
    /// if either is set; and, once a process listens to them, those that were added in Settings.
    pub credential: Keyring,
}

/// The app registration of the settings, when there is one.
pub(super) fn app(source: &Source<'_>) -> Result<Option<MicrosoftApp>, SettingsError> {
    let (id, secret) = (source.get(ID)?, source.get(SECRET)?);
    let secret_ends = secret_ends(source, secret.is_some())?;
    let certificate = source.get(CERTIFICATE)?;
    let credential = match (certificate, secret) {
        (Some(path), _) => Some((CERTIFICATE, Credential::Certificate(Arc::new(certificate_of(&path)?)))),
        (None, Some(secret)) => Some((SECRET, Credential::Secret(secret.into()))),
        (None, None) => None,
    };
    match (id, credential) {
        (None, None) => Ok(None),
        (Some(client_id), Some((_, credential))) => Ok(Some(MicrosoftApp {
            credential: Keyring::of_settings(client_id.trim(), credential, secret_ends),
            client_id: client_id.trim().to_owned(),
        })),
        // Credentials may have been added in Settings.
        (Some(client_id), None) => Ok(Some(MicrosoftApp {
            client_id: client_id.trim().to_owned(),
            credential: Keyring::default(),
        })),
        (None, Some((name, _))) => Err(SettingsError::new(
            ID,
            format!("is missing beside {name}; set the application (client) ID"),
        )),
    }
}

/// `ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES`: the day that Entra ID shows for the secret. One that is over stops no start:
/// what was added in Settings may do, and the pages tell of it.
fn secret_ends(source: &Source<'_>, has_secret: bool) -> Result<Option<DateTime<Utc>>, SettingsError> {
    let Some(value) = source.get(SECRET_ENDS)? else {
        return Ok(None);
    };
    if !has_secret {
        let problem = format!("is set without {SECRET}; set the secret too, or leave its day out");
        return Err(SettingsError::new(SECRET_ENDS, problem));
    }
    let ends = value.trim().parse::<NaiveDate>().ok().and_then(end_of_day);
    ends.map(Some).ok_or_else(|| {
        let problem = format!("\"{value}\" is no date; write the day on which the secret ends, such as 2027-01-31");
        SettingsError::new(SECRET_ENDS, problem)
    })
}

/// `ENTRAIN_MICROSOFT_REPORT_RATE`: requests for reports in ten seconds and Microsoft tenant.
pub(super) fn report_rate(source: &Source<'_>) -> Result<u32, SettingsError> {
    match source.get(RATE)? {
        None => Ok(REPORTS_IN_TEN_SECONDS),
        Some(value) => value.trim().parse().ok().filter(|rate| *rate > 0).ok_or_else(|| {
            SettingsError::new(
                RATE,
                format!("\"{value}\" is no number above 0; Microsoft allows {REPORTS_IN_TEN_SECONDS} in ten seconds"),
            )
        }),
    }
}

/// `ENTRAIN_PRODUCT_NAMES_URL`: where Microsoft's list of product names is fetched; nothing for `off`.
pub(super) fn product_names_url(source: &Source<'_>) -> Result<Option<Url>, SettingsError> {
    let value = source.get(NAMES)?.unwrap_or_else(|| PRODUCT_NAMES.to_owned());
    let value = value.trim();
    if value.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let url = Url::parse(value);
    if url.as_ref().is_ok_and(has_user) {
        return Err(SettingsError::new(NAMES, NO_USER.to_owned()));
    }
    let url = url
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(Some).ok_or_else(|| {
        SettingsError::new(
            NAMES,
            format!("\"{value}\" is no web address; leave it out for Microsoft's own list, or write off"),
        )
    })
}

fn certificate_of(path: &str) -> Result<Certificate, SettingsError> {
    let wrong = |problem: String| SettingsError::new(CERTIFICATE, problem);
    let text = std::fs::read(path.trim()).map_err(|error| {
        wrong(format!(
            "{path} can't be read ({error}); name a PEM file that this account may read"
        ))
    })?;
    let text = SecretSlice::<u8>::from(text);
    Certificate::from_pem(text.expose_secret()).map_err(|error| wrong(format!("{path} {error}")))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Settings, SettingsError},
        *,
    };
    use crate::tests::certificate::pem;
    use std::collections::BTreeMap;

    fn read(env: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let env: BTreeMap<String, String> = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Settings::read(&move |name| env.get(name).cloned(), None)
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn an_id_may_stand_alone_as_credentials_may_be_added_in_settings_and_a_secret_may_come_from_a_file() {
        let id = (ID, "app");
        assert!(read(&[id]).unwrap().microsoft.unwrap().credential.own().is_none());
        let hush = file("hush\n");
        let path = ("ENTRAIN_MICROSOFT_CLIENT_SECRET_FILE", hush.path().to_str().unwrap());
        let app = read(&[id, path]).unwrap().microsoft.unwrap();
        let Some(Credential::Secret(secret)) = app.credential.own().map(|held| &held.credential) else {
            panic!("a secret was set");
        };
        assert_eq!(secret.expose_secret(), "hush");
    }

    #[test]
    fn the_day_on_which_a_secret_ends_is_told_and_a_wrong_one_stops_the_start_with_one_line() {
        let app = [(ID, "app"), (SECRET, "hush")];
        let ends = |env: &[(&str, &str)]| {
            let app = read(env).unwrap().microsoft.unwrap();
            app.credential.own().and_then(|held| held.ends)
        };
        assert_eq!(ends(&app), None);
        let told = ends(&[app[0], app[1], (SECRET_ENDS, " 2027-01-31 ")]).unwrap();
        assert_eq!(told.to_rfc3339(), "2027-01-31T23:59:59+00:00");
        assert!(ends(&[app[0], app[1], (SECRET_ENDS, "2001-01-31")]).is_some(), "over");
        let in_file = "microsoft_client_id = \"app\"\nmicrosoft_client_secret = \"hush\"\n\
                       microsoft_client_secret_expires = \"2027-01-31\"";
        let of_file = Settings::read(&|_| None, Some(in_file)).unwrap().microsoft.unwrap();
        assert_eq!(of_file.credential.own().unwrap().ends, Some(told));
        let pem = file(&pem());
        let certificate = (CERTIFICATE, pem.path().to_str().unwrap());
        let of_certificate = ends(&[app[0], app[1], (SECRET_ENDS, "2027-01-31"), certificate]);
        assert!(
            of_certificate.is_some() && of_certificate != Some(told),
            "a certificate tells its own"
        );
        for value in ["31.01.2027", "2027-02-30", "soon"] {
            let error = read(&[app[0], app[1], (SECRET_ENDS, value)]).unwrap_err();
            let line = error.to_string();
            assert_eq!(error.name, SECRET_ENDS);
            assert!(line.contains("is no date") && !line.contains('\n'), "{line}");
        }
        assert_eq!(
            read(&[app[0], (SECRET_ENDS, "2027-01-31")]).unwrap_err().name,
            SECRET_ENDS
        );
    }

    #[test]
    fn the_pace_of_reports_and_the_list_of_product_names_can_be_set_and_not_set_wrong() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.report_rate, 5);
        let url = settings.product_names_url.unwrap();
        assert_eq!(url.host_str(), Some("download.microsoft.com"));
        let settings = read(&[(RATE, "50"), (NAMES, "off")]).unwrap();
        assert_eq!((settings.report_rate, settings.product_names_url), (50, None));
        for (name, value) in [
            (NAMES, "https://ann:hush@example.org/list.csv"),
            (RATE, "0"),
            (RATE, "fast"),
            (NAMES, "file:///etc/passwd"),
            (NAMES, "no"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().name, name, "{value}");
        }
    }

    #[test]
    fn a_certificate_is_preferred_over_a_secret() {
        let pem = file(&pem());
        let path = (CERTIFICATE, pem.path().to_str().unwrap());
        for env in [&[(ID, "app"), path][..], &[(ID, "app"), (SECRET, "hush"), path]] {
            let app = read(env).unwrap().microsoft.unwrap();
            let credential = app.credential.own().map(|held| &held.credential);
            assert!(matches!(credential, Some(Credential::Certificate(_))), "{app:?}");
        }
        assert_eq!(read(&[path]).unwrap_err().name, ID);
    }

    #[test]
    fn a_certificate_that_can_not_be_used_stops_the_start_with_one_line() {
        for (text, words) in [
            ("no pem", "is no PEM file"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "no private key",
            ),
        ] {
            let broken = file(text);
            let error = read(&[(ID, "app"), (CERTIFICATE, broken.path().to_str().unwrap())]).unwrap_err();
            let line = error.to_string();
            assert!(
                line.starts_with(CERTIFICATE) && line.contains(words) && !line.contains('\n'),
                "{line}"
            );
        }
        let missing = read(&[(ID, "app"), (CERTIFICATE, "/nowhere/app.pem")])
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with(CERTIFICATE) && missing.contains("can't be read"),
            "{missing}"
        );
    }
}
