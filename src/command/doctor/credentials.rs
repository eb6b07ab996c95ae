//! The master key, and what proves to Microsoft who we are.

use super::report::{Area, Check};
use crate::{
    engine::credentials::StoredCredentials,
    graph::{Certificate, Credential},
    model::credential::{AppRegistration, CredentialRow, Expiry},
    server::{app_credential, database::Database, master_key, settings::Settings},
    store::{self, vault::Vault},
};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use std::sync::Arc;

/// A credential that ends sooner than this should be renewed.
const RENEW_BEFORE: TimeDelta = TimeDelta::days(crate::model::credential::SOON_DAYS);

const SECRET: &str = "ENTRAIN_MICROSOFT_CLIENT_SECRET";

const MASTER_KEY: &str = "ENTRAIN_MASTER_KEY";

const TO_BE_MADE: &str = "not set; one is made beside the embedded database";

/// All of it. From here on the settings' credentials are those of the database too.
pub async fn keys(settings: &Settings, database: Option<&Database>) -> Vec<Check> {
    let vault = master_key::look(settings);
    let mut checks = vec![match (&vault, database) {
        (Err(error), _) => Check::failed(
            Area::Key,
            MASTER_KEY,
            error.to_string(),
            "Set 32 bytes in base64, as `openssl rand -base64 32` makes them, and keep them where the database's \
             backups are not: stored secrets are encrypted with them.",
        ),
        (Ok(None), Some(database)) => without_key(&database.pool).await,
        (Ok(None), None) => Check::works(Area::Key, MASTER_KEY, TO_BE_MADE),
        (Ok(Some(vault)), Some(database)) => opens(vault, database).await,
        (Ok(Some(_)), None) => Check::works(Area::Key, MASTER_KEY, "32 bytes"),
    }];
    checks.push(of_settings(settings, Utc::now()));
    if let Some(database) = database {
        if let (Some(app), Ok(Some(vault))) = (&settings.microsoft, vault) {
            let stored = StoredCredentials::new(database.pool.clone(), Arc::new(vault), &app.client_id);
            app.credential.listen_to(Arc::new(stored.without_notes()));
        }
        checks.extend(stored(settings, database).await);
    }
    checks
}

async fn opens(vault: &Vault, database: &Database) -> Check {
    match store::sealed::check(&database.pool, vault).await {
        Ok(()) => Check::works(Area::Key, MASTER_KEY, "32 bytes, which open all that is stored"),
        Err(error @ store::StoreError::Vault(_)) => Check::failed(
            Area::Key,
            MASTER_KEY,
            error.to_string(),
            "Set the key that was in use, or that one as ENTRAIN_MASTER_KEY_OLD and run `entrain admin rotate-key`.",
        ),
        // Without migrations nothing is stored yet, which the check of the database says.
        Err(_) => Check::works(Area::Key, MASTER_KEY, "32 bytes"),
    }
}

/// There is no key beside the embedded database: it was never started, or the file was lost.
async fn without_key(pool: &PgPool) -> Check {
    // Without migrations nothing is stored yet, which the check of the database says.
    let keys = store::sealed::keys(pool).await.unwrap_or_default();
    let Some((_, key_id, _)) = keys.first() else {
        return Check::works(Area::Key, MASTER_KEY, TO_BE_MADE);
    };
    let secrets: i64 = keys.iter().map(|(.., number)| number).sum();
    Check::failed(
        Area::Key,
        MASTER_KEY,
        format!(
            "its file is not in the data folder, and {secrets} of the stored secrets are encrypted with the key {key_id}"
        ),
        "Restore the file master-key of the data folder from a backup. Without it what is stored can't be opened: see \
         \"What is at rest\" on the page about credentials.",
    )
}

fn of_settings(settings: &Settings, now: DateTime<Utc>) -> Check {
    let Some(app) = &settings.microsoft else {
        return Check::not_tried(Area::Key, "Microsoft credential", "no app registration is set");
    };
    match app.credential.own().map(|held| (&held.credential, held.ends)) {
        None => Check::works(Area::Key, SECRET, "not set; what was added in Settings is used"),
        Some((Credential::Secret(_), ends)) => secret_words(ends, now),
        Some((Credential::Certificate(certificate), _)) => certificate_words(certificate, now),
    }
}

fn secret_words(ends: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Check {
    let renew = "Make a new secret in the app registration, set it and its day where the server is started, or add it in \
                 Settings, Microsoft App Registration.";
    let Some(ends) = ends else {
        let words = "set; only the app registration in Entra ID shows when it ends: set \
                     ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES to that day to be warned before";
        return Check::works(Area::Key, SECRET, words);
    };
    let day = ends.format("%Y-%m-%d");
    match Expiry::of(Some(ends), now) {
        Expiry::Over => Check::failed(Area::Key, SECRET, format!("the secret expired on {day}"), renew),
        Expiry::Soon(_) | Expiry::Urgent(_) => {
            Check::attention(Area::Key, SECRET, format!("set; it ends on {day}"), renew)
        }
        Expiry::Far | Expiry::Unknown => Check::works(Area::Key, SECRET, format!("set; it ends on {day}")),
    }
}

fn certificate_words(certificate: &Certificate, now: DateTime<Utc>) -> Check {
    let name = "ENTRAIN_MICROSOFT_CERTIFICATE_FILE";
    let renew = "Make a new certificate, add it to the app registration beside the old one, and put it into the file \
                 with its key.";
    if let Some(problem) = certificate.lapse(now) {
        return Check::failed(Area::Key, name, problem, renew);
    }
    let words = format!(
        "key and certificate belong together; it ends on {}",
        certificate.not_after().format("%Y-%m-%d")
    );
    if certificate.not_after() - now <= RENEW_BEFORE {
        return Check::attention(Area::Key, name, words, renew);
    }
    Check::works(Area::Key, name, words)
}

/// Those that were added in Settings, a check each, and what an Administrator has to do about all together.
async fn stored(settings: &Settings, database: &Database) -> Vec<Check> {
    let now = store::in_utc(Utc::now());
    let Ok(found) = app_credential::registration(&database.pool, settings, &now).await else {
        return vec![];
    };
    let AppRegistration {
        credentials, warnings, ..
    } = found;
    let of_settings_only = credentials.iter().all(|one| one.id.is_none());
    let mut checks: Vec<_> = credentials.iter().filter_map(one).collect();
    // When what is in the settings alone ends has been told above.
    let untold = warnings
        .into_iter()
        .filter(|warning| !(of_settings_only && warning.of_end));
    let works = credentials.iter().any(|one| one.in_use);
    checks.extend(untold.map(|warning| {
        let subject = "Microsoft credentials";
        if works {
            Check::attention(Area::Key, subject, warning.what, warning.remedy)
        } else {
            Check::failed(Area::Key, subject, warning.what, warning.remedy)
        }
    }));
    checks
}

fn one(row: &CredentialRow) -> Option<Check> {
    let (who, at) = row.added.as_ref()?;
    let subject = format!("{} added on {} by {who}", row.kind.label(), at.at.format("%Y-%m-%d"));
    if let Some(client_id) = &row.of_other_app {
        let words = format!("of another client ID, {client_id}: it is not used");
        return Some(Check::attention(
            Area::Key,
            subject,
            words,
            "Remove it in Settings, Microsoft App Registration.",
        ));
    }
    let ends = row.ends.as_ref().map(|ends| ends.at.format("%Y-%m-%d").to_string());
    let words = match (&row.refused, row.expiry) {
        (Some((_, remedy)), _) => format!("refused by Microsoft. {remedy}"),
        (None, Expiry::Over) => format!("ended on {}", ends.unwrap_or_default()),
        (None, Expiry::Unknown) => "nobody said when it ends".to_owned(),
        (None, _) => format!("ends on {}", ends.unwrap_or_default()),
    };
    let words = if row.in_use { format!("in use; {words}") } else { words };
    let well = row.refused.is_none() && matches!(row.expiry, Expiry::Far | Expiry::Unknown);
    Some(if well {
        Check::works(Area::Key, subject, words)
    } else {
        let remedy = "Make a new one in the app registration, add it in Settings, and remove this one.";
        Check::attention(Area::Key, subject, words, remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::{super::report::Outcome, *};
    use crate::{
        model::{audit::Actor, credential::CredentialKind},
        store::{
            app_credential::{New, about, add},
            migrate::migrate,
            vault::MasterKey,
        },
    };
    use uuid::Uuid;

    #[test]
    fn the_end_of_the_settings_secret_is_told_and_warned_of_from_thirty_days_before() {
        let read = |day: Option<&str>| {
            let value = |name: &str| match name {
                "ENTRAIN_MICROSOFT_CLIENT_ID" => Some("app".to_owned()),
                "ENTRAIN_MICROSOFT_CLIENT_SECRET" => Some("hush".to_owned()),
                "ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES" => day.map(str::to_owned),
                _ => None,
            };
            Settings::read(&value, None).unwrap()
        };
        let now: DateTime<Utc> = "2027-01-31T12:00:00Z".parse().unwrap();
        for (day, outcome, words) in [
            (None, Outcome::Works, "ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES"),
            (Some("2027-03-31"), Outcome::Works, "ends on 2027-03-31"),
            (Some("2027-02-28"), Outcome::Attention, "ends on 2027-02-28"),
            (Some("2027-01-31"), Outcome::Attention, "ends on 2027-01-31"),
            (Some("2027-01-30"), Outcome::Failed, "expired on 2027-01-30"),
        ] {
            let check = of_settings(&read(day), now);
            assert_eq!(check.outcome, outcome, "{day:?}");
            assert!(
                check.detail.contains(words) && !check.detail.contains("hush"),
                "{}",
                check.detail
            );
        }
    }

    #[sqlx::test(migrations = false)]
    async fn a_key_that_is_not_there_is_well_only_while_nothing_is_sealed(pool: PgPool) {
        assert_eq!(without_key(&pool).await.outcome, Outcome::Works, "not migrated");
        migrate(&pool).await.unwrap();
        assert_eq!(without_key(&pool).await.outcome, Outcome::Works);
        let (id, vault) = (Uuid::now_v7(), Vault::new(MasterKey::generate().unwrap(), vec![]));
        let new = New {
            id,
            client_id: "client",
            kind: CredentialKind::Secret,
            sealed: &vault
                .seal(b"hush", &about(id, CredentialKind::Secret, "client"))
                .unwrap(),
            thumbprint: "",
            ends: None,
            tried: false,
        };
        add(&pool, &Actor::command("entrain test"), &new).await.unwrap();
        let lost = without_key(&pool).await;
        assert_eq!(lost.outcome, Outcome::Failed);
        assert!(lost.detail.contains(&vault.key_id()), "{}", lost.detail);
    }
}
