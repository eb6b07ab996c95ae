//! `entrain demo`: embedded Postgres, simulated Microsoft cloud, sample customers and the web app, in one command.

use super::{CommandError, demo_data, demo_partner, open_with_secrets, progress::Teller};
use crate::{
    model::audit::Actor,
    server::{
        serve::{listen, serve_web, serve_worker, state, stop_on_signals},
        session,
        settings::Settings,
        state::AppState,
    },
    store,
};
use microsoft_sim::{Options, Simulator, Throttle};
use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// The demo's sign-in. It holds sample people only and answers on this machine only.
const EMAIL: &str = "demo@entrain.example";
const PASSWORD: &str = "sample-people";
const NAME: &str = "Sample Administrator";
/// The file that marks a folder as one that `--fresh` may empty.
const MARKER: &str = "entrain-demo";

/// Options of `entrain demo`.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where the web app listens; this machine only
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Where the sample data is kept
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Start anew: forget the sample data of an earlier demo
    #[arg(long)]
    fresh: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let begun = Instant::now();
        if !self.listen.ip().is_loopback() {
            return Err(CommandError::Usage(
                "--listen: the demo's password is known to everybody, so it answers on this machine only; use \
                 127.0.0.1:PORT"
                    .into(),
            ));
        }
        let mut settings = self.settings(None)?;
        // Before any work: a taken port is told at once.
        let listener = listen(&settings, "--listen").await?;
        let folder = settings.data_dir.clone();
        self.prepare_folder(&folder)?;
        let stop = stop_on_signals();
        let simulator = start_simulator(&folder).await?;
        settings = self.settings(Some(&simulator))?;
        let teller = Teller::new("Starting Postgres");
        let (database, mut engine) = open_with_secrets(&settings).await?;
        engine.stop = stop.clone();
        teller.done(&format!("Postgres runs, with its data in {}", folder.display()));
        let served = async {
            let state = state(engine.clone(), settings.clone())?;
            fill(&state, &simulator, &stop).await?;
            tell(&settings, &simulator, begun);
            let worker = serve_worker(engine, &settings, stop.clone());
            let (served, ()) = tokio::join!(serve_web(state, listener, stop.clone()), worker);
            Ok::<_, CommandError>(served?)
        };
        let served = served.await;
        eprintln!("Stopping; the data stays in {}", folder.display());
        database.close().await;
        simulator.shutdown().await;
        served.map(|()| ExitCode::SUCCESS)
    }

    /// The demo's own settings: of the environment only what concerns the build is read.
    fn settings(&self, simulator: Option<&Simulator>) -> Result<Settings, CommandError> {
        let microsoft = simulator.map(|simulator| format!("http://{}", simulator.address()));
        let partner = simulator.and_then(|simulator| demo_partner::tenant(simulator, demo_partner::PARTNER));
        let options = Options::default();
        let data_dir = match &self.data_dir {
            Some(folder) => folder.clone(),
            None => Settings::load()?.data_dir.join("demo"),
        };
        let env = |name: &str| match name {
            "ENTRAIN_SITE_DIR" => std::env::var(name).ok(),
            "ENTRAIN_LISTEN" => Some(self.listen.to_string()),
            "ENTRAIN_PUBLIC_URL" => Some(format!("http://{}", self.listen)),
            "ENTRAIN_DATA_DIR" => Some(data_dir.display().to_string()),
            "ENTRAIN_MICROSOFT_CLIENT_ID" => Some(options.client_id.clone()),
            "ENTRAIN_MICROSOFT_CLIENT_SECRET" => Some(options.client_secret.clone()),
            "ENTRAIN_MICROSOFT_SIGN_IN_TENANTS" => partner.as_ref().map(|tenant| tenant.id.to_string()),
            // The demo asks nobody but the simulated cloud, which does not mind how fast.
            "ENTRAIN_PRODUCT_NAMES_URL" => Some("off".to_owned()),
            "ENTRAIN_MICROSOFT_REPORT_RATE" => Some("1000".to_owned()),
            "ENTRAIN_MICROSOFT_LOGIN_URL" | "ENTRAIN_MICROSOFT_GRAPH_URL" | "ENTRAIN_MICROSOFT_PARTNER_URL" => {
                microsoft.clone()
            }
            _ => None,
        };
        Ok(Settings::read(&env, None)?)
    }

    fn prepare_folder(&self, folder: &Path) -> Result<(), CommandError> {
        let failed = |error: io::Error| {
            CommandError::Failed(format!(
                "{} can't be written ({error}); choose another folder with --data-dir",
                folder.display()
            ))
        };
        let marker = folder.join(MARKER);
        let taken = folder.is_dir() && folder.read_dir().map_err(failed)?.next().is_some();
        if taken && !marker.exists() {
            return Err(CommandError::Failed(format!(
                "{} holds other files; choose an empty folder with --data-dir",
                folder.display()
            )));
        }
        if self.fresh && taken {
            std::fs::remove_dir_all(folder).map_err(failed)?;
        }
        std::fs::create_dir_all(folder).map_err(failed)?;
        std::fs::write(marker, "`entrain demo --fresh` empties this folder.\n").map_err(failed)
    }
}

async fn start_simulator(folder: &Path) -> Result<Simulator, CommandError> {
    Ok(microsoft_sim::start(Options {
        tenants: demo_data::microsoft_tenants()?,
        state_file: Some(folder.join("microsoft.json")),
        throttle: Throttle {
            enabled: false,
            ..Throttle::default()
        },
        ..Options::default()
    })
    .await?)
}

/// Brings a new data folder to the state in which a demonstration starts.
async fn fill(state: &AppState, simulator: &Simulator, stop: &CancellationToken) -> Result<(), CommandError> {
    let pool = &state.engine.pool;
    store::migrate::migrate(pool).await?;
    if !store::account::is_none(pool).await? {
        return Ok(());
    }
    demo_data::fill(&state.engine, simulator, stop).await?;
    demo_partner::fill(state, simulator).await?;
    // After the data: without it the next start fills again what was cut off.
    let actor = Actor::command("entrain demo");
    session::create_administrator(pool, &actor, EMAIL, NAME, PASSWORD).await?;
    for (email, name, role, customers) in demo_data::ACCOUNTS {
        let mut given = vec![];
        for customer in *customers {
            given.extend(store::organization::find(pool, customer).await?);
        }
        let (account, hash) = session::new_account(email, name, *role, PASSWORD).await?;
        store::account_list::add(pool, &actor, &account, &hash, &given).await?;
    }
    if let Some(administrator) = store::account::id_of(pool, EMAIL).await? {
        demo_partner::invite(state, simulator, administrator, NAME).await?;
    }
    Ok(())
}

fn tell(settings: &Settings, simulator: &Simulator, begun: Instant) {
    let address = settings.public_url.as_str().trim_end_matches('/');
    println!();
    println!(
        "  Entrain is at {address}   (ready after {:.1} s)",
        begun.elapsed().as_secs_f32()
    );
    println!("  Sign in as    {EMAIL}");
    println!("  Password      {PASSWORD}");
    for (email, _, role, _) in demo_data::ACCOUNTS {
        println!("  As {}: {email}, with the same password", role.words());
    }
    println!();
    println!(
        "  Try first: Microsoft Tenant Integrations, Actions for {}, Map Tenant;",
        demo_data::UNMAPPED
    );
    println!("  then follow the Tenant's name and press Set Up.");
    println!(
        "  Integrate, Cloud Solution Provider lists the customers of a sample partner: some are connected, some lack"
    );
    println!(
        "  something. Consent Links has a link that waits for a customer, and Settings a portal and an invitation."
    );
    println!(
        "  Change people in the simulated Microsoft cloud: http://{}/tenants",
        simulator.control_address()
    );
    println!("  Ctrl-C stops everything and keeps the data; --fresh starts anew.");
    println!();
}
