//! `entrain serve`: web and worker.

use super::{CommandError, open_with_secrets};
use crate::{
    engine::Engine,
    model::{access::Role as AccountRole, audit::Actor},
    server::{
        app_credential, master_key, metrics,
        serve::{Role, listen, serve_web, serve_worker, state, stop_on_signals},
        session,
        settings::Settings,
    },
    store,
};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Options of `entrain serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Which part to run
    #[arg(long, value_enum, default_value_t)]
    role: Role,
    /// Leave the database as it is; the start fails if migrations are missing
    #[arg(long)]
    no_migrate: bool,
}

impl Serve {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let settings = Settings::load()?;
        let (database, engine) = open_with_secrets(&settings).await?;
        if database.is_embedded() {
            let folder = settings.data_dir.display();
            eprintln!("No DATABASE_URL is set: the embedded Postgres runs, with its data in {folder}.");
        }
        if settings.microsoft.is_none() {
            eprintln!(
                "No app registration is set: set ENTRAIN_MICROSOFT_CLIENT_ID to connect Microsoft tenants, and a client \
                 secret or certificate here or in Settings."
            );
        }
        let result = self.serve(engine, settings).await;
        database.close().await;
        result.map(|()| ExitCode::SUCCESS)
    }

    async fn serve(self, mut engine: Engine, settings: Settings) -> Result<(), CommandError> {
        self.prepare(&engine).await?;
        secrets(&engine, &settings).await?;
        let stop = stop_on_signals();
        engine.stop = stop.clone();
        if let Some(address) = settings.metrics_listen {
            let address = metrics::serve(address, engine.pool.clone(), stop.clone()).await?;
            eprintln!("Metrics are at http://{address}/metrics");
        }
        let worker = async {
            if self.role != Role::Web {
                serve_worker(engine.clone(), &settings, stop.clone()).await;
            }
        };
        let web = async {
            if self.role == Role::Worker {
                return Ok(());
            }
            let _stops_the_worker_too = stop.clone().drop_guard();
            web(engine.clone(), settings.clone(), stop.clone()).await
        };
        let ((), served) = tokio::join!(worker, web);
        served
    }

    async fn prepare(&self, engine: &Engine) -> Result<(), CommandError> {
        if !self.no_migrate {
            store::migrate::migrate(&engine.pool).await?;
        } else if !store::migrate::is_current(&engine.pool).await.unwrap_or(false) {
            return Err(CommandError::Failed(
                "migrations are missing: run `entrain migrate`".into(),
            ));
        }
        if self.role != Role::Worker {
            first_administrator(engine).await?;
        }
        Ok(())
    }
}

/// Whoever can't open what is stored must not run: it would go on without a credential, and store beside it. What an
/// Administrator has to do about the credentials is said once at the start.
async fn secrets(engine: &Engine, settings: &Settings) -> Result<(), CommandError> {
    store::sealed::check(&engine.pool, &master_key::vault(settings)?).await?;
    for warning in app_credential::warned(&engine.pool, settings).await? {
        tracing::warn!(urgent = warning.urgent, "{} {}", warning.what, warning.remedy);
    }
    Ok(())
}

/// Somebody has to be able to sign in at the first start: of several servers that start at once, one makes them.
async fn first_administrator(engine: &Engine) -> Result<(), CommandError> {
    const EMAIL: &str = "admin@localhost";
    if !store::account::is_none(&engine.pool).await? {
        return Ok(());
    }
    let password = session::random_text(15)?;
    let (account, hash) = session::new_account(EMAIL, "Administrator", AccountRole::Administrator, &password).await?;
    let actor = Actor::command("entrain serve");
    if !store::account_list::add_first(&engine.pool, &actor, &account, &hash).await? {
        return Ok(());
    }
    println!("First start. Sign in as {EMAIL} with this password, shown this once: {password}");
    Ok(())
}

async fn web(engine: Engine, settings: Settings, stop: CancellationToken) -> Result<(), CommandError> {
    let listener = listen(&settings, "ENTRAIN_LISTEN").await?;
    let public = settings.public_url.clone();
    let state = state(engine, settings)?;
    println!("Entrain is at {public}");
    Ok(serve_web(state, listener, stop).await?)
}
