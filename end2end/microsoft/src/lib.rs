//! A stand-in for Microsoft Entra ID and Microsoft Graph over plain HTTP, for tests and demonstrations. It is written
//! from Microsoft's documentation and never bent to one client: where a client and the documentation disagree, the
//! client is wrong. It must never import anything of Entrain.
//!
//! Two ports: one that clients see, with the token endpoint (`POST /{tenant}/oauth2/v2.0/token`) and Graph
//! (`/v1.0/...`) together, and one for [`control`], where tests change users, break paths and read what was asked.
//!
//! - [`generate`] makes directories from a seed, [`load`] reads them from Graph's own answers;
//! - [`model`] is what a tenant holds;
//! - [`protocol`] is what requests and answers mean, without HTTP;
//! - [`http`] and [`control`] are the two ports.
//!
//! Left out, because no source could be found or nothing here needs it: delta queries, `$filter`, `$batch`, admin
//! consent pages, certificates. All of them are refused, none is ignored.

mod cloud;
pub mod control;
mod error;
mod faults;
pub mod generate;
pub mod http;
mod journal;
pub mod load;
pub mod model;
mod options;
pub mod protocol;
mod random;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use error::SimError;
pub use faults::{Fault, FaultKind, parse_faults};
pub use generate::tenant_id;
pub use journal::{Caller, Entry};
pub use options::{Options, TenantSpec, parse_tenants};

use cloud::Cloud;
use model::directory::Directory;

/// How long a change waits for others before the state file is written.
const SAVE_DELAY: Duration = Duration::from_millis(200);

/// How long open connections may take to end at shutdown.
const PATIENCE: Duration = Duration::from_secs(3);

/// A tenant of the simulated cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSummary {
    /// The tenant's id.
    pub id: Uuid,
    /// Its short name.
    pub name: String,
    /// Its default domain.
    pub default_domain: String,
    /// How many users it has that are not deleted.
    pub users: usize,
}

/// A running simulated cloud. Dropped without [`shutdown`](Self::shutdown) it stops too, only without waiting and
/// without a last write of the state file.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    control: SocketAddr,
    cloud: Arc<Cloud>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Makes or loads the directories, binds both ports and serves them.
pub async fn start(options: Options) -> Result<Simulator, SimError> {
    let (listener, address) = bind(options.listen).await?;
    let (control_listener, control) = bind(options.control).await?;
    let client = (options.client_id.clone(), options.client_secret.clone());
    let (lifetime, state_file) = (options.token_lifetime, options.state_file.clone());
    let directories = tokio::task::spawn_blocking(move || directories(&options)).await??;
    let cloud = Arc::new(Cloud::new(directories, client, lifetime, state_file));
    let (stop, stopped) = watch::channel(false);
    let tasks = vec![
        serve(listener, http::router(Arc::clone(&cloud)), stopped.clone()),
        serve(control_listener, control::router(Arc::clone(&cloud)), stopped.clone()),
        tokio::spawn(keep(Arc::clone(&cloud), stopped)),
    ];
    tracing::info!(%address, %control, "the simulated Microsoft cloud is up");
    Ok(Simulator {
        address,
        control,
        cloud,
        stop,
        tasks,
    })
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SimError> {
    let fail = |source| SimError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    let bound = listener.local_addr().map_err(fail)?;
    Ok((listener, bound))
}

fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        // An error here means that the simulator was dropped, which stops it as well.
        let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
        if let Err(error) = axum::serve(
            listener,
            router.into_make_service_with_connect_info::<http::Connection>(),
        )
        .with_graceful_shutdown(stop)
        .await
        {
            tracing::warn!(%error, "the simulated cloud stopped serving");
        }
    })
}

/// Writes the state file after changes; several at once are one write.
async fn keep(cloud: Arc<Cloud>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = cloud.changed.notified() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        tokio::time::sleep(SAVE_DELAY).await;
        let cloud = Arc::clone(&cloud);
        if tokio::task::spawn_blocking(move || cloud.save()).await.is_err() {
            return;
        }
    }
}

/// The tenants of the state file, then those of the folders, then those to be made; who is there already is not made
/// again.
fn directories(options: &Options) -> Result<Vec<Directory>, SimError> {
    let mut directories = match &options.state_file {
        Some(path) => cloud::saved(path)?,
        None => Vec::new(),
    };
    let kept = directories.len();
    let folders = options.load.iter().map(|folder| load::folder(options.seed, folder));
    let made = options
        .tenants
        .iter()
        .map(|tenant| Ok(generate::directory(options.seed, &tenant.name, tenant.users)));
    for directory in folders.chain(made) {
        let directory = directory?;
        let same = |other: &Directory| other.id == directory.id || other.name.eq_ignore_ascii_case(&directory.name);
        match directories.iter().position(same) {
            Some(known) if known < kept => {}
            Some(_) => return Err(SimError::SameName(directory.name)),
            None => directories.push(directory),
        }
    }
    Ok(directories)
}

impl Simulator {
    /// The address of sign-in and Graph.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the control API.
    pub fn control_address(&self) -> SocketAddr {
        self.control
    }

    /// The tenants, in the order in which they were asked for.
    pub fn tenants(&self) -> Vec<TenantSummary> {
        let summary = |directory: &Directory| TenantSummary {
            id: directory.id,
            name: directory.name.clone(),
            default_domain: directory.default_domain().to_owned(),
            users: directory.users.len(),
        };
        self.cloud.directories().iter().map(summary).collect()
    }

    /// What was asked so far, as `GET /requests` tells it.
    pub fn requests(&self) -> Vec<Entry> {
        self.cloud.journal().read()
    }

    /// Puts a fault in force, as `POST /faults` does, and tells its number: for faults that stand from the start.
    pub fn add_fault(&self, fault: Fault) -> Result<u64, SimError> {
        let tenant = match &fault.tenant {
            Some(key) => Some(self.cloud.tenant(key).ok_or_else(|| SimError::NoTenant(key.clone()))?),
            None => None,
        };
        Ok(self.cloud.faults().add(fault, tenant))
    }

    /// Puts a list of faults in force, in its order; a wrong one is named by its place in the list.
    pub fn add_faults(&self, faults: Vec<Fault>) -> Result<(), SimError> {
        for (index, fault) in faults.into_iter().enumerate() {
            self.add_fault(fault).map_err(|error| SimError::Fault {
                number: index + 1,
                why: error.to_string(),
            })?;
        }
        Ok(())
    }

    /// Stops both ports, lets open requests end, and writes the state file.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        for mut task in self.tasks {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
        let cloud = self.cloud;
        if tokio::task::spawn_blocking(move || cloud.save()).await.is_err() {
            tracing::warn!("the state file was not written at shutdown");
        }
    }
}
