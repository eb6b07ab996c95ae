//! Web and worker, until told to stop.

use super::{
    app_credential,
    assets::Assets,
    connections::{self, Limits},
    embed::KnownOrigins,
    ending::{self, TO_END},
    master_key::{self, MasterKeyError},
    oidc::{Providers, http::HttpError},
    permissions::Recent,
    product_list,
    router::router,
    settings::Settings,
    state::AppState,
};
use crate::engine::{
    Engine,
    snapshots::Snapshots,
    worker::{WorkerSettings, poll, work},
};
use leptos::config::LeptosOptions;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long the queue gets beyond that to take back the jobs of runs that were cut off.
const TO_TAKE_BACK: Duration = Duration::from_secs(1);

/// Which parts of the program a process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Pages only.
    Web,
    /// Runs only.
    Worker,
    /// Both.
    #[default]
    Both,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("{address} can't be used ({problem}); stop the program that has it, or choose another with {how}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        problem: io::Error,
        /// The flag or setting that changes it.
        how: &'static str,
    },
    /// The bundle is missing.
    #[error(transparent)]
    Assets(#[from] super::assets::AssetsError),
    /// Nothing can be asked of providers of accounts.
    #[error(transparent)]
    SignIn(#[from] HttpError),
    /// Stored secrets can't be opened.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// What is measured can't be collected.
    #[error("ENTRAIN_METRICS_LISTEN: nothing can be measured ({0}); leave it out to start without")]
    Metrics(String),
    /// The server ended by itself.
    #[error("the web server ended: {0}")]
    Ended(#[from] io::Error),
}

/// Takes an address, or says in one line what to do.
pub async fn listen(settings: &Settings, how: &'static str) -> Result<TcpListener, ServeError> {
    listen_at(settings.listen, how).await
}

/// The same for any address.
pub async fn listen_at(address: SocketAddr, how: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|problem| ServeError::Listen {
        address: address.to_string(),
        problem,
        how,
    })
}

/// The state of a web server over an engine.
pub fn state(engine: Engine, settings: Settings) -> Result<AppState, ServeError> {
    let assets = Assets::load(&settings.site_dir)?;
    let vault = Arc::new(master_key::vault(&settings)?);
    app_credential::take_up(&engine, &settings, &vault);
    let leptos = LeptosOptions::builder()
        .output_name("entrain")
        .site_addr(settings.listen)
        .build();
    Ok(AppState {
        engine,
        snapshots: Snapshots::default(),
        permission_reports: Recent::default(),
        known_origins: KnownOrigins::default(),
        providers: Providers::new(&settings)?,
        vault,
        settings: Arc::new(settings),
        limits: Limits::default(),
        assets: Arc::new(assets),
        tasks: TaskTracker::new(),
        leptos,
    })
}

/// Serves pages until told to stop; what is under way gets [`TO_END`].
pub async fn serve_web(state: AppState, listener: TcpListener, stop: CancellationToken) -> Result<(), ServeError> {
    let (tasks, limits) = (state.tasks.clone(), state.limits);
    let server = connections::serve(listener, router(state), limits, stop.clone());
    let served = async {
        let result = server.await;
        tasks.close();
        tasks.wait().await;
        result
    };
    tokio::select! {
        result = served => Ok(result?),
        () = ending::late(&stop, TO_END) => Ok(()),
    }
}

/// Works until told to stop, and a moment longer. What does not end by then, as the database is away, is cut off: its job
/// comes back when the worker counts as dead.
pub async fn serve_worker(engine: Engine, settings: &Settings, stop: CancellationToken) {
    let names = product_list::keep(engine.pool.clone(), settings.product_names_url.clone(), stop.clone());
    let runs = work(
        engine,
        WorkerSettings {
            interval: settings.sync_interval,
            concurrency: 4,
            // Its job has come back when its lease is over, or the tenant would wait longer than need be.
            dead_after: settings.lease / 2,
            poll: poll(settings.lease),
        },
        stop.clone(),
    );
    tokio::select! {
        _ = async { tokio::join!(runs, names) } => {}
        () = ending::late(&stop, TO_END + TO_TAKE_BACK) => {}
    }
}

/// Cancelled at the first Ctrl-C or SIGTERM.
pub fn stop_on_signals() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        let terminate = async {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminate => {}
        }
        ending::told();
        token.cancel();
    });
    stop
}
