//! The checks themselves, an area each. They read and ask; they never write. An embedded Postgres that nobody runs is
//! started for as long as they last; an `entrain` that starts in these seconds is told that the folder is in use.

use super::report::{Area, Check};
use crate::{
    graph::{GraphClient, GraphError},
    server::{database::Database, settings::Settings},
    store,
};
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnectOptions;

/// Microsoft allows an assertion five minutes either way (learn.microsoft.com/entra/identity-platform/
/// certificate-credentials); half of that is time enough to put a clock right.
const CLOCK_ATTENTION: f64 = 150.0;

/// The settings as they are in force, secrets left out. `client` is why no client could be made of them.
pub fn settings(settings: &Settings, client: Option<&GraphError>) -> Vec<Check> {
    let works = |name: &str, value: String| Check::works(Area::Settings, name, value);
    let mut checks = vec![
        works("DATABASE_URL", database_words(settings)),
        works("ENTRAIN_LISTEN", settings.listen.to_string()),
        works("ENTRAIN_METRICS_LISTEN", metrics_words(settings)),
        works("ENTRAIN_PUBLIC_URL", settings.public_url.to_string()),
        works("ENTRAIN_DATA_DIR", settings.data_dir.display().to_string()),
        site(settings),
        works("ENTRAIN_MICROSOFT_LOGIN_URL", settings.login_url.to_string()),
        works("ENTRAIN_MICROSOFT_GRAPH_URL", settings.graph_url.to_string()),
        app_registration(settings),
        works(
            "ENTRAIN_SYNC_INTERVAL",
            format!("every {} minutes", settings.sync_interval.num_minutes().max(1)),
        ),
    ];
    if let Some(error) = client {
        checks.push(Check::failed(
            Area::Settings,
            "Microsoft settings",
            error.to_string(),
            error.remedy(),
        ));
    }
    checks
}

fn metrics_words(settings: &Settings) -> String {
    settings.metrics_listen.map_or_else(
        || "not set: nothing is measured".to_owned(),
        |address| address.to_string(),
    )
}

fn database_words(settings: &Settings) -> String {
    let Some(url) = &settings.database_url else {
        return "not set: the embedded Postgres, with its data in ENTRAIN_DATA_DIR".to_owned();
    };
    match url.expose_secret().parse::<PgConnectOptions>() {
        Ok(options) => format!(
            "database {} on {}:{}",
            options.get_database().unwrap_or("of the account's name"),
            options.get_host(),
            options.get_port()
        ),
        // What can't be read can't be shown without what may be a password; connecting says what is wrong.
        Err(_) => "set".to_owned(),
    }
}

fn site(settings: &Settings) -> Check {
    let (name, folder) = ("ENTRAIN_SITE_DIR", settings.site_dir.display());
    if settings.site_dir.join("assets.json").is_file() {
        return Check::works(Area::Settings, name, folder.to_string());
    }
    Check::attention(
        Area::Settings,
        name,
        format!("{folder} holds no browser bundle"),
        "Run `make bundle`, or set ENTRAIN_SITE_DIR to the folder with assets.json; a worker needs none.",
    )
}

fn app_registration(settings: &Settings) -> Check {
    let name = "ENTRAIN_MICROSOFT_CLIENT_ID";
    match &settings.microsoft {
        Some(app) => Check::works(Area::Settings, name, app.client_id.clone()),
        None => Check::attention(
            Area::Settings,
            name,
            "not set: no Microsoft tenant can be read",
            "Register an app in Entra ID and set its application (client) ID and a certificate or secret.",
        ),
    }
}

/// Postgres and its migrations; the open database for those who come after.
pub async fn database(settings: &Settings) -> (Vec<Check>, Option<Database>) {
    let not_tried = |why: &str| Check::not_tried(Area::Database, "migrations", why);
    let database = match Database::look(settings).await {
        Ok(Some(database)) => database,
        Ok(None) => {
            let why = "the embedded one is not made yet: `entrain serve` makes it at its first start";
            let postgres = Check::not_tried(Area::Database, "Postgres", why);
            return (vec![postgres, not_tried("there is no database yet")], None);
        }
        Err(error) => {
            let remedy = match settings.database_url {
                Some(_) => "Start Postgres and check DATABASE_URL, or leave it out for the embedded one.",
                None => "Mend what is said above, or set DATABASE_URL to a Postgres of your own.",
            };
            let failed = Check::failed(Area::Database, "Postgres", error.to_string(), remedy);
            return (vec![failed, not_tried("there is no database")], None);
        }
    };
    let version = format!("version {}.{}", database.version / 10_000, database.version % 10_000);
    let migrations = match store::migrate::is_current(&database.pool).await {
        Ok(true) => Check::works(Area::Database, "migrations", "all done"),
        Ok(false) | Err(_) => Check::attention(
            Area::Database,
            "migrations",
            "missing in part or altogether",
            "Run `entrain migrate`, or start `entrain serve`, which does it too.",
        ),
    };
    let checks = vec![Check::works(Area::Database, "Postgres", version), migrations];
    (checks, Some(database))
}

/// How the clocks of this machine and of Microsoft compare.
pub async fn clock(graph: Option<&GraphClient>) -> Check {
    let subject = "this machine";
    let Some(graph) = graph else {
        return Check::not_tried(Area::Clock, subject, "no app registration is set");
    };
    match graph.clock_offset().await {
        Ok(measured) => clock_words(measured.ahead.as_seconds_f64(), measured.uncertainty.as_secs_f64()),
        Err(error) => Check::failed(Area::Clock, subject, error.to_string(), error.remedy()),
    }
}

/// `ahead`: seconds by which Microsoft's clock is ahead of ours.
fn clock_words(ahead: f64, uncertainty: f64) -> Check {
    let direction = if ahead > 0.0 { "behind" } else { "ahead of" };
    let words = format!(
        "{:.1} s {direction} Microsoft's, give or take {uncertainty:.1} s",
        ahead.abs()
    );
    if ahead.abs() - uncertainty < CLOCK_ATTENTION {
        return Check::works(Area::Clock, "this machine", words);
    }
    Check::attention(
        Area::Clock,
        "this machine",
        words,
        "Set the clock by NTP: Microsoft refuses certificate assertions of more than five minutes' difference, and \
         every time on our screens is wrong by as much.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::report::Outcome;
    use super::*;

    #[test]
    fn a_clock_is_fine_within_half_of_what_microsoft_allows() {
        assert_eq!(clock_words(149.0, 0.1).outcome, Outcome::Works);
        assert_eq!(clock_words(-151.0, 0.1).outcome, Outcome::Attention);
        // A slow answer proves nothing.
        assert_eq!(clock_words(151.0, 10.0).outcome, Outcome::Works);
        assert!(clock_words(4.0, 0.1).detail.contains("4.0 s behind"));
        assert!(clock_words(-4.0, 0.1).detail.contains("4.0 s ahead of"));
    }
}
