//! A file per subcommand. Exit codes: 0 done, 1 failed, 64 wrong usage; `sync --plan` adds 2, changes to make.

mod admin;
mod demo;
mod demo_assets;
mod demo_data;
mod demo_microsoft;
pub(crate) mod demo_partner;
mod doctor;
mod export;
mod format;
mod import;
mod line;
mod migrate;
mod progress;
mod rotate_key;
mod serve;
mod simulate;
mod sync;
mod sync_person;

use crate::{
    engine::{Engine, RunError},
    graph::GraphClient,
    server::{
        app_credential,
        database::{Database, DatabaseError},
        master_key::{self, MasterKeyError},
        serve::ServeError,
        settings::{Settings, SettingsError},
        telemetry,
    },
};
use clap::{Parser, Subcommand};
use std::{ffi::OsString, process::ExitCode, sync::Arc};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Wrong usage: sysexits' EX_USAGE.
const USAGE: u8 = 64;

/// Keeps the people of your customers true to Microsoft Entra ID.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything at once on sample data, nothing to configure
    Demo(demo::Demo),
    /// The real thing: web and worker
    Serve(serve::Serve),
    /// The simulated Microsoft cloud alone: Entra tokens and Graph
    Simulate(Box<simulate::Simulate>),
    /// One refresh and apply in the foreground
    Sync(sync::Sync),
    /// What works, what does not, and what to do: settings, database, key, clock, Microsoft tenants
    Doctor(doctor::Doctor),
    /// Reads Organizations, End Users or Assets from a CSV file
    Import(import::ImportCommand),
    /// Writes Organizations, End Users, Assets or runs as CSV or JSON lines
    Export(export::Export),
    /// Brings the database to this version
    Migrate(migrate::Migrate),
    /// Local administrators
    Admin(admin::Admin),
}

/// Why a command failed. Its text is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Api(#[from] crate::api::ApiError),
    #[error(transparent)]
    Simulator(#[from] microsoft_sim::SimError),
    #[error(transparent)]
    Graph(#[from] crate::graph::GraphError),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
}

/// Runs the command line of this process, and gives the exit code.
pub fn main() -> ExitCode {
    run_line(std::env::args_os())
}

/// Parses a command line, runs the command, and gives the exit code.
pub(crate) fn run_line(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    start_log(&cli.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("entrain: the system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(CommandError::Usage(words)) => {
            line::tell_all(&format!("entrain: {words}"));
            ExitCode::from(USAGE)
        }
        Err(error) => {
            line::tell_all(&format!("entrain: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, CommandError> {
    match command {
        Command::Demo(command) => command.run().await,
        Command::Serve(command) => command.run().await,
        Command::Simulate(command) => command.run().await,
        Command::Sync(command) => command.run().await,
        Command::Doctor(command) => command.run().await,
        Command::Import(command) => command.run().await,
        Command::Export(command) => command.run().await,
        Command::Migrate(command) => command.run().await,
        Command::Admin(command) => command.run().await,
    }
}

/// Logs go to stderr, so that stdout is the command's own.
fn start_log(command: &Command) {
    // The demo speaks to a visitor on its terminal and the doctor's report says it all; the others have a log.
    let level = match command {
        Command::Demo(_) | Command::Doctor(_) => "error",
        _ => "info,graphile_worker=warn,sqlx=warn",
    };
    let filter = std::env::var("ENTRAIN_LOG").unwrap_or_else(|_| level.into());
    let json = std::env::var("ENTRAIN_LOG_FORMAT").is_ok_and(|format| format == "json");
    telemetry::log(&filter, json, std::io::stderr).init();
}

/// The database of the settings, and Microsoft when an app registration is set.
async fn open(settings: &Settings) -> Result<(Database, Engine), CommandError> {
    let database = Database::open(settings).await?;
    let graph = settings.graph().map(GraphClient::new).transpose()?;
    let national = settings.national_graph().into_iter();
    let national: Vec<_> = national
        .map(|(cloud, settings)| Ok::<_, CommandError>((cloud, GraphClient::new(settings)?)))
        .collect::<Result<_, _>>()?;
    let mut engine = Engine::new(database.pool.clone(), graph).with_national(national);
    engine.lease = settings.lease;
    Ok((database, engine))
}

/// The same for who speaks to Microsoft: with the credentials that were added in Settings, so that the master key is
/// needed. It is looked for before the database, as nothing has been started then.
async fn open_with_secrets(settings: &Settings) -> Result<(Database, Engine), CommandError> {
    let vault = Arc::new(master_key::vault(settings)?);
    let (database, engine) = open(settings).await?;
    app_credential::take_up(&engine, settings, &vault);
    Ok((database, engine))
}
