//! A stand-in for Microsoft Entra ID and Microsoft Graph, over plain HTTP and over TLS, for tests and demonstrations. It is written
//! from Microsoft's documentation and never bent to one client: where a client and the documentation disagree, the
//! client is wrong. It must never import anything of Entrain.
//!
//! Two ports: one that clients see, with sign-in (`/{tenant}/oauth2/v2.0/token` and the rest of OpenID Connect) and
//! Graph (`/v1.0/...`) together, and one for [`control`], where tests change users, break paths and read what was
//! asked. A third serves the first's content over TLS, for clients that insist on it.
//!
//! - [`generate`] makes directories from a seed, [`load`] reads them from Graph's own answers;
//! - [`model`] is what a tenant holds;
//! - [`protocol`] is what requests and answers mean, without HTTP;
//! - [`identity`] is who may ask and what proves it;
//! - [`http`] and [`control`] are the two ports.
//!
//! Graph is served as far as [`protocol`] goes: users, groups, their members and the groups of users, licence details,
//! devices, Intune's managed devices, directory objects by id, subscribed SKUs, domains and the organization, with `$select`, `$top`, `$filter`,
//! `$search`, `$orderby` and `$count` on what Microsoft documents them for. `/beta` serves the same with the default
//! properties of v1.0.
//!
//! Sign-in activity of users and the report `/reports/authenticationMethods/userRegistrationDetails` are there for tenants
//! with Entra ID P1, and refused to all others; reports are metered by requests.
//!
//! `/users/delta` and `/groups/delta` follow changes from the directory's history, which the state file keeps, as
//! [`Deltas`] says, and `$batch` takes up to twenty requests. Requests are metered in resource units and throttled as
//! [`Throttle`] says.
//!
//! The application is granted what its registration requires, [`model::role::required`]. For direct memberships of
//! users and for devices that is not enough, as at Microsoft: [`Options::roles`] grants more from the start.
//!
//! Left out, because no source could be found or nothing here needs it: `$expand`, `$filter` on anything but users,
//! groups and devices, managers, owners, deleted groups, changes of devices, other reports, the rest of Intune, `$metadata`. All of them
//! are refused, none is ignored.

mod cloud;
pub mod control;
mod deltas;
mod error;
mod faults;
pub mod generate;
pub mod http;
pub mod identity;
mod journal;
pub mod load;
pub mod model;
mod options;
pub mod protocol;
mod random;
mod throttle;
mod tls;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use deltas::Deltas;
pub use error::SimError;
pub use faults::{Fault, FaultKind, parse_faults};
pub use generate::tenant_id;
pub use identity::forgery::Forgery;
pub use journal::{Caller, Entry};
pub use options::{Options, Secret, TenantSpec, Tls, TokenLifetime, parse_tenants};
pub use throttle::{Costs, Limit, Throttle, parse_throttle};
pub use tls::TlsError;

use cloud::Cloud;
use http::Scheme;
use identity::registration::Registration;
use model::directory::Directory;
use model::role;

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
    tls: Option<SocketAddr>,
    cloud: Arc<Cloud>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Makes or loads the directories, binds the ports and serves them.
pub async fn start(options: Options) -> Result<Simulator, SimError> {
    let (listener, address) = bind(options.listen).await?;
    let (control_listener, control) = bind(options.control).await?;
    let secure = match &options.tls {
        Some(tls) => {
            let bound = bind(tls.listen).await?;
            Some((bound, tls::configuration(tls.listen.ip(), &tls.ca_file)?))
        }
        None => None,
    };
    let registration = Registration::new(&options)?;
    let (lifetime, state_file) = (options.token_lifetime, options.state_file.clone());
    let limits = (options.throttle, options.deltas, options.largest_page_with_activity);
    let directories = tokio::task::spawn_blocking(move || directories(&options)).await??;
    let cloud = Arc::new(Cloud::new(directories, registration, lifetime, state_file).limited(limits));
    let (stop, stopped) = watch::channel(false);
    let mut tasks = vec![
        serve(
            listener,
            http::router(Arc::clone(&cloud), Scheme::Http),
            stopped.clone(),
        ),
        serve(control_listener, control::router(Arc::clone(&cloud)), stopped.clone()),
        tokio::spawn(keep(Arc::clone(&cloud), stopped.clone())),
        tokio::spawn(make_key(Arc::clone(&cloud))),
    ];
    let mut tls = None;
    if let Some(((listener, bound), config)) = secure {
        tls = Some(bound);
        let router = http::router(Arc::clone(&cloud), Scheme::Https);
        tasks.push(serve_tls(listener, config, router, stopped)?);
    }
    tracing::info!(%address, %control, ?tls, "the simulated Microsoft cloud is up");
    Ok(Simulator {
        address,
        control,
        tls,
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

fn serve_tls(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, SimError> {
    let fail = |source| SimError::TlsListener(source);
    let server = listener.into_std().and_then(|listener| {
        let config = RustlsConfig::from_config(config);
        axum_server::from_tcp_rustls(listener, config)
    });
    let server = server.map_err(fail)?;
    let handle = Handle::new();
    let server = server
        .handle(handle.clone())
        .serve(router.into_make_service_with_connect_info::<http::Connection>());
    Ok(tokio::spawn(async move {
        let stop = async move {
            // An error here means that the simulator was dropped, which stops it as well.
            drop(stopped.wait_for(|stop| *stop).await);
            handle.graceful_shutdown(Some(PATIENCE));
        };
        let (served, ()) = tokio::join!(server, stop);
        if let Err(error) = served {
            tracing::warn!(%error, "the simulated cloud stopped serving TLS");
        }
    }))
}

/// Makes the signing key before it is asked for.
async fn make_key(cloud: Arc<Cloud>) {
    if let Err(error) = cloud.key().await {
        tracing::warn!(%error, "the simulated cloud cannot sign tokens");
    }
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
    let role = |name: &String| role::named(name).ok_or_else(|| SimError::NoRole(name.clone()));
    let roles: Vec<_> = options.roles.iter().map(role).collect::<Result<_, _>>()?;
    let folders = options.load.iter().map(|folder| load::folder(options.seed, folder));
    let made = options
        .tenants
        .iter()
        .map(|tenant| Ok(generate::directory(options.seed, &tenant.name, tenant.users)));
    for directory in folders.chain(made) {
        let mut directory = directory?;
        directory.roles.extend(roles.iter().map(|role| role.name));
        let same = |other: &Directory| other.id == directory.id || other.name.eq_ignore_ascii_case(&directory.name);
        match directories.iter().position(same) {
            Some(known) if known < kept => {}
            Some(_) => return Err(SimError::SameName(directory.name)),
            None => {
                if let Some(domain) = shared_domain(&directories, &directory) {
                    return Err(SimError::SameDomain(domain.to_owned()));
                }
                directories.push(directory);
            }
        }
    }
    Ok(directories)
}

/// A domain of the new tenant that another one has already.
fn shared_domain<'a>(others: &[Directory], new: &'a Directory) -> Option<&'a str> {
    let taken = |domain: &&str| {
        let mut domains = others.iter().flat_map(|other| &other.domains);
        domains.any(|other| other.id().eq_ignore_ascii_case(domain))
    };
    new.domains.iter().map(|domain| domain.id()).find(taken)
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

    /// The address of sign-in and Graph over TLS, if it was asked for.
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls
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

    /// Stops the ports, lets open requests end, and writes the state file.
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
