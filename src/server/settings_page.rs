//! What the Settings page shows, and keeping what was chosen there.

use super::{asker::Asker, preferences::Preferences, sessions, state::AppState};
use crate::{
    api::{
        ApiError,
        session::SignedIn,
        settings::{SettingsContent, Zone},
    },
    model::{
        preferences::Appearance,
        time::{Moment, duration_words},
    },
    store,
};
use chrono::{DateTime, Duration, Offset, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

/// The page of somebody, with the preferences of their browser.
pub async fn settings(asker: Asker, preferences: &Preferences) -> Result<SettingsContent, ApiError> {
    let sessions = sessions::list(&asker).await?;
    let (state, who) = (asker.state, asker.who.account);
    let has_password = store::account::has_password(&state.engine.pool, who.id).await?;
    let now = Utc::now();
    let here = now.with_timezone(&preferences.zone());
    let (names, fetched, tried) = store::product_name::state(&state.engine.pool).await?;
    let moment = |at: Option<DateTime<Utc>>| at.map(|at| Moment::new(at, &here));
    let zone = |zone: Tz| Zone {
        name: zone.name().to_owned(),
        offset: format!("UTC{}", zone.offset_from_utc_datetime(&now.naive_utc()).fix()),
    };
    Ok(SettingsContent {
        account: SignedIn {
            name: who.name,
            email: who.email,
            role: who.role,
        },
        has_password,
        sessions,
        zone: zone(preferences.zone()),
        now: Moment::new(now, &here),
        chosen_zone: preferences.chosen_zone.map(|zone| zone.name().to_owned()),
        browser_zone: preferences.browser_zone.map(|zone| zone.name().to_owned()),
        zones: TZ_VARIANTS.iter().map(|one| zone(*one)).collect(),
        appearance: preferences.appearance,
        shortcuts: !preferences.no_shortcuts,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sync_interval: every(state.settings.sync_interval),
        product_names: (names, moment(fetched), moment(tried)),
    })
}

/// How often, after "every": "hour", "2 hours", "15 minutes".
fn every(interval: Duration) -> String {
    let (minutes, hours) = (interval.num_minutes(), interval.num_hours());
    match (minutes % 60, hours) {
        (0, 1) => "hour".into(),
        (0, hours) if hours > 1 => format!("{hours} hours"),
        _ => duration_words(interval),
    }
}

/// Keeps what was chosen in the browser's cookies.
pub async fn save(state: &AppState, zone: &str, appearance: &str, shortcuts: bool) -> Result<(), ApiError> {
    let chosen_zone = match zone {
        "" => None,
        name => Some(
            name.parse::<Tz>()
                .map_err(|_| ApiError::Refused(format!("There is no time zone \"{name}\". Choose one of the list.")))?,
        ),
    };
    let preferences = Preferences {
        chosen_zone,
        appearance: Appearance::from_key(appearance),
        no_shortcuts: !shortcuts,
        ..Preferences::asked().await
    };
    preferences.keep(state.settings.public_url.scheme() == "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_reads_as_a_person_would_say_it() {
        for (minutes, words) in [
            (60, "hour"),
            (120, "2 hours"),
            (15, "15 minutes"),
            (90, "90 minutes"),
            (1, "1 minute"),
        ] {
            assert_eq!(every(Duration::minutes(minutes)), words);
        }
    }
}
