//! **Microsoft App Registration** in Settings: the credentials that are there, adding one and removing one.

use super::{settings::Settings, state::AppState};
use crate::{
    api::ApiError,
    engine::{
        Engine,
        credentials::{Trial, listen, try_out},
    },
    graph::{Certificate, Credential, Held, remedy_of_code},
    model::{
        audit::Actor,
        credential::{
            AppRegistration, CredentialKind, CredentialRow, Expiry, Standing, Warning, end_of_day, in_use, warnings,
        },
        ids::EntraTenantId,
        time::Moment,
    },
    store::{
        self, Now, StoreError,
        app_credential::{CredentialHealth, New, Shown, about},
        vault::Vault,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgPool;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// The longest value of a client secret is some 40 characters; a key and its certificates are some kilobytes.
const LONGEST_SECRET: usize = 1_000;
const LONGEST_PEM: usize = 64 * 1024;

/// Has the Graph clients, and whoever signs people in, take up what is added in Settings.
pub fn take_up(engine: &Engine, settings: &Settings, vault: &Arc<Vault>) {
    if let Some(app) = &settings.microsoft {
        listen(&app.credential, &engine.pool, vault, &app.client_id);
    }
    if let Some(graph) = &engine.graph {
        listen(graph.credentials(), &engine.pool, vault, graph.client_id());
    }
}

/// A credential with all that is known of it.
struct Known {
    row: CredentialRow,
    standing: Standing,
}

/// What the section shows.
pub async fn registration(pool: &PgPool, settings: &Settings, now: &Now) -> Result<AppRegistration, StoreError> {
    let (client_id, own) = match &settings.microsoft {
        Some(app) => (Some(app.client_id.clone()), app.credential.own()),
        None => (None, None),
    };
    let health = store::app_credential::health(pool).await?;
    let (ours, others): (Vec<_>, Vec<_>) = store::app_credential::shown(pool)
        .await?
        .into_iter()
        .partition(|one| Some(&one.client_id) == client_id.as_ref());
    let mut known: Vec<_> = ours.iter().map(|one| stored(one, &health, now)).collect();
    known.extend(own.map(|held| of_environment(held, &health, now)));
    let standings: Vec<_> = known.iter().map(|one| one.standing.clone()).collect();
    let used = in_use(&standings, now.to_utc());
    let mut credentials: Vec<_> = known.into_iter().map(|one| one.row).collect();
    if let Some(used) = used.and_then(|at| credentials.get_mut(at)) {
        used.in_use = true;
    }
    credentials.extend(others.iter().map(|one| CredentialRow {
        of_other_app: Some(one.client_id.clone()),
        ..stored(one, &health, now).row
    }));
    let warnings = match &client_id {
        Some(_) => warnings(&standings, now.to_utc()),
        None => vec![],
    };
    Ok(AppRegistration {
        client_id,
        credentials,
        warnings,
    })
}

/// What to do about the credentials, for a log and for the doctor.
pub async fn warned(pool: &PgPool, settings: &Settings) -> Result<Vec<Warning>, StoreError> {
    Ok(registration(pool, settings, &store::in_utc(Utc::now())).await?.warnings)
}

fn stored(one: &Shown, health: &HashMap<String, CredentialHealth>, now: &Now) -> Known {
    let name = one.id.to_string();
    let health = health.get(&name).copied().unwrap_or_default();
    let kind = match one.kind() {
        CredentialKind::Secret => "client secret",
        CredentialKind::Certificate => "certificate",
    };
    let added = one.added_at.with_timezone(&now.timezone()).format("%Y-%m-%d");
    let standing = Standing {
        name: format!("the {kind} added on {added}"),
        ends: one.expires_at,
        refused: health.refused_code,
    };
    let mut row = row(one.kind(), one.expires_at, &health, now);
    row.id = Some(one.id);
    row.thumbprint.clone_from(&one.thumbprint);
    row.tried |= one.tried;
    row.added = Some((one.added_by_name.clone(), Moment::new(one.added_at, now)));
    Known { row, standing }
}

fn of_environment(held: &Held, health: &HashMap<String, CredentialHealth>, now: &Now) -> Known {
    let health = health.get(&*held.name).copied().unwrap_or_default();
    let (kind, words, thumbprint) = match &held.credential {
        Credential::Secret(_) => (CredentialKind::Secret, "client secret", String::new()),
        Credential::Certificate(certificate) => (CredentialKind::Certificate, "certificate", certificate.fingerprint()),
    };
    let standing = Standing {
        name: format!("the {words} of the server's settings"),
        ends: held.ends,
        refused: health.refused_code,
    };
    let mut row = row(kind, held.ends, &health, now);
    row.thumbprint = thumbprint;
    Known { row, standing }
}

fn row(kind: CredentialKind, ends: Option<DateTime<Utc>>, health: &CredentialHealth, now: &Now) -> CredentialRow {
    let code = health.refused_code.and_then(|code| u32::try_from(code).ok());
    let refused = health.refused_at.zip(code);
    CredentialRow {
        id: None,
        kind,
        thumbprint: String::new(),
        ends: ends.map(|ends| end_as_shown(kind, ends, now)),
        expiry: Expiry::of(ends, now.to_utc()),
        in_use: false,
        added: None,
        tried: health.worked_at.is_some(),
        refused: refused.map(|(at, code)| {
            let remedy = format!("AADSTS{code}: {}", remedy_of_code(code));
            (Moment::new(at, now), remedy)
        }),
        of_other_app: None,
    }
}

/// Of a secret a day was told, which is the same one wherever it is looked at; a certificate ends at a moment.
fn end_as_shown(kind: CredentialKind, ends: DateTime<Utc>, now: &Now) -> Moment {
    let moment = Moment::new(ends, now);
    match kind {
        CredentialKind::Certificate => moment,
        CredentialKind::Secret => Moment {
            exact: ends.format("%-d %B %Y").to_string(),
            ..moment
        },
    }
}

/// **Add Client Secret**. `ends` is the date that Entra ID shows, or empty.
pub async fn add_secret(state: &AppState, actor: &Actor, secret: SecretString, ends: &str) -> Result<(), ApiError> {
    let value = secret.expose_secret().trim();
    if value.contains("-----BEGIN") {
        return Err(refused(
            "This is a certificate or a key and no client secret. Add it with Add Certificate.",
        ));
    }
    if value.is_empty() || value.len() > LONGEST_SECRET || value.chars().any(char::is_control) {
        return Err(refused(
            "Enter the client secret's value as Entra ID shows it once, in one line.",
        ));
    }
    if value.parse::<Uuid>().is_ok() {
        return Err(refused(
            "This is the secret's ID. Enter its value, which Entra ID shows once.",
        ));
    }
    let ends = end_of(ends)?;
    let secret = SecretString::from(value);
    let credential = Credential::Secret(secret.clone());
    add(state, actor, credential, secret.expose_secret().as_bytes(), ends).await
}

/// **Add Certificate**, with its key, in PEM form.
pub async fn add_certificate(state: &AppState, actor: &Actor, pem: SecretString) -> Result<(), ApiError> {
    if pem.expose_secret().len() > LONGEST_PEM {
        return Err(refused("What you entered is too long for a key and its certificate."));
    }
    let bytes = pem.expose_secret().as_bytes();
    let certificate =
        Certificate::from_pem(bytes).map_err(|error| ApiError::Refused(format!("What you entered {error}.")))?;
    if let Some(problem) = certificate.lapse(Utc::now()) {
        return Err(ApiError::Refused(format!("Nothing was added: {problem}.")));
    }
    let ends = certificate.not_after();
    let credential = Credential::Certificate(Arc::new(certificate));
    add(state, actor, credential, bytes, Some(ends)).await
}

fn refused(words: &str) -> ApiError {
    ApiError::Refused(words.to_owned())
}

/// The end of the day that Entra ID shows, in words of a form.
fn end_of(text: &str) -> Result<Option<DateTime<Utc>>, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || refused("Enter the day on which the secret ends as year, month and day, or leave it empty.");
    let day: NaiveDate = text.parse().map_err(|_| wrong())?;
    let ends = end_of_day(day).ok_or_else(wrong)?;
    if ends <= Utc::now() {
        return Err(refused(
            "This day is over, and so is the secret. Make a new one in Entra ID.",
        ));
    }
    Ok(Some(ends))
}

/// Tried first, and kept only if Microsoft does not refuse it; those that are there stay as they are.
async fn add(
    state: &AppState,
    actor: &Actor,
    credential: Credential,
    plain: &[u8],
    ends: Option<DateTime<Utc>>,
) -> Result<(), ApiError> {
    let app = state.settings.microsoft.as_ref().ok_or_else(|| {
        refused("No app registration is set. Set ENTRAIN_MICROSOFT_CLIENT_ID and start Entrain again.")
    })?;
    let others: Vec<_> = state
        .settings
        .sign_in
        .tenants
        .iter()
        .copied()
        .map(EntraTenantId)
        .collect();
    let trial = try_out(&state.engine, &credential, &others)
        .await
        .map_err(|error| match error {
            crate::engine::RunError::Store(error) => error.into(),
            crate::engine::RunError::Graph(error) => {
                tracing::info!(%error, "a credential was tried and not taken");
                ApiError::Refused(format!(
                    "Nothing was added, as Microsoft issued no token for it. {}",
                    error.remedy()
                ))
            }
            error => ApiError::Refused(error.to_string()),
        })?;
    let (kind, thumbprint) = match &credential {
        Credential::Secret(_) => (CredentialKind::Secret, String::new()),
        Credential::Certificate(certificate) => (CredentialKind::Certificate, certificate.fingerprint()),
    };
    let id = Uuid::now_v7();
    let about = about(id, kind, &app.client_id);
    let sealed = state.vault.seal(plain, &about).map_err(StoreError::from)?;
    let new = New {
        id,
        client_id: &app.client_id,
        kind,
        sealed: &sealed,
        thumbprint: &thumbprint,
        ends,
        tried: trial == Trial::Works,
    };
    store::app_credential::add(&state.engine.pool, actor, &new).await?;
    tracing::info!(%id, kind = kind.key(), ?trial, "a credential of the app registration was added");
    Ok(())
}

/// **Remove**. The last one that works stays.
pub async fn remove(state: &AppState, actor: &Actor, id: Uuid) -> Result<(), ApiError> {
    let app = state.settings.microsoft.as_ref();
    // What is of another app registration is of no use here, so that nothing depends on it.
    let found = store::app_credential::shown(&state.engine.pool)
        .await?
        .into_iter()
        .find(|one| one.id == id);
    let foreign = found
        .as_ref()
        .is_some_and(|one| app.is_none_or(|app| app.client_id != one.client_id));
    if found.is_some() && !foreign && !another_works(state, id).await? {
        return Err(refused(
            "No other credential works now: Microsoft could not be asked without this one. Add another one first.",
        ));
    }
    let has_other = foreign || app.is_some_and(|app| app.credential.own().is_some());
    store::app_credential::remove(&state.engine.pool, actor, id, has_other).await?;
    tracing::info!(%id, "a credential of the app registration was removed");
    Ok(())
}

/// Whether a credential beside this one has neither ended nor been refused.
async fn another_works(state: &AppState, id: Uuid) -> Result<bool, StoreError> {
    let found = registration(&state.engine.pool, &state.settings, &store::in_utc(Utc::now())).await?;
    let works = |one: &CredentialRow| {
        one.of_other_app.is_none() && one.id != Some(id) && one.refused.is_none() && one.expiry != Expiry::Over
    };
    Ok(found.credentials.iter().any(works))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_that_was_typed_is_the_day_that_is_shown_in_every_zone() {
        let ends = end_of(" 2090-12-31 ").unwrap().unwrap();
        assert_eq!(ends.format("%Y-%m-%d").to_string(), "2090-12-31");
        let now = Utc::now();
        for zone in [
            chrono_tz::Tz::UTC,
            chrono_tz::Tz::Pacific__Auckland,
            chrono_tz::Tz::America__Los_Angeles,
        ] {
            let now = now.with_timezone(&zone);
            let shown = end_as_shown(CredentialKind::Secret, ends, &now);
            assert_eq!((shown.exact.as_str(), shown.at), ("31 December 2090", ends), "{zone}");
            let of_certificate = end_as_shown(CredentialKind::Certificate, ends, &now);
            assert_eq!(
                of_certificate,
                Moment::new(ends, &now),
                "a certificate ends at a moment"
            );
        }
        let today = now.format("%Y-%m-%d").to_string();
        assert!(end_of(&today).unwrap().is_some(), "it may work until this day is over");
    }
}
