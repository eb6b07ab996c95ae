//! `entrain doctor`: looks at everything that a sync needs, changes nothing, and says what to do.

mod checks;
mod credentials;
mod report;
mod tenants;

use super::{CommandError, format::Format};
use crate::{
    command::progress::Teller,
    engine::Engine,
    graph::GraphClient,
    server::{database::Database, settings::Settings},
};
use report::{Area, Check, Outcome, Report};
use serde_json::json;
use std::process::ExitCode;

/// Options of `entrain doctor`.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let teller = Teller::new("Looking at settings, database, key, clock and Microsoft tenants");
        let report = Report {
            checks: examine(&teller).await,
        };
        teller.clear();
        match self.format {
            Format::Text => println!("{}", report.text()),
            Format::Json => println!("{:#}", json!({ "outcome": report.worst(), "checks": report.checks })),
        }
        Ok(match report.worst() {
            Outcome::Failed => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        })
    }
}

/// Each part is looked at even where an earlier one failed, unless it can't be without.
async fn examine(teller: &Teller) -> Vec<Check> {
    let settings = match Settings::load() {
        Ok(settings) => settings,
        Err(error) => {
            let mut checks = vec![Check::failed(
                Area::Settings,
                error.name,
                error.problem,
                "Correct this setting; the rest is looked at once every setting can be read.",
            )];
            for area in [Area::Database, Area::Key, Area::Clock, Area::MicrosoftTenants] {
                checks.push(Check::not_tried(area, "all", "the settings can't be read"));
            }
            return checks;
        }
    };
    let graph = settings.graph().map(GraphClient::new).transpose();
    let mut checks = checks::settings(&settings, graph.as_ref().err());
    let graph = graph.ok().flatten();
    teller.say("database");
    let (found, database) = checks::database(&settings).await;
    checks.extend(found);
    checks.extend(credentials::keys(&settings, database.as_ref()).await);
    teller.say("clock");
    let clock = checks::clock(graph.as_ref()).await;
    let reachable = clock.outcome != Outcome::Failed;
    checks.push(clock);
    let engine = database.as_ref().map(|database| {
        let national = settings.national_graph().into_iter();
        // Made of the settings of the global cloud, and so usable where those are.
        let national = national.filter_map(|(cloud, settings)| Some((cloud, GraphClient::new(settings).ok()?)));
        Engine::new(database.pool.clone(), graph.filter(|_| reachable)).with_national(national)
    });
    checks.extend(tenants::microsoft_tenants(engine.as_ref(), teller).await);
    if let Some(database) = database {
        Database::close(database).await;
    }
    checks
}
