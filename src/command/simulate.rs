//! `entrain simulate`: the stand-in for Microsoft alone.

use super::CommandError;
use crate::server::serve::stop_on_signals;
use microsoft_sim::{Options, parse_faults, parse_tenants};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Options of `entrain simulate`.
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// Where clients find token endpoint and Graph
    #[arg(long, default_value = "127.0.0.1:4000")]
    listen: SocketAddr,
    /// Where tests change users, break paths and read what was asked
    #[arg(long, default_value = "127.0.0.1:4001")]
    control: SocketAddr,
    /// The same seed makes the same directories
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Directories to make, as NAME=USERS
    #[arg(long, default_value = "")]
    tenants: String,
    /// A folder of JSON as Graph answers it; one tenant each
    #[arg(long, value_name = "FOLDER")]
    load: Vec<PathBuf>,
    /// A file of faults, as the control API takes them: a JSON list
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The app registration that gets tokens
    #[arg(long, default_value_t = Options::default().client_id)]
    client_id: String,
    /// Its secret
    #[arg(long, default_value_t = Options::default().client_secret)]
    client_secret: String,
    /// How long tokens live, in seconds
    #[arg(long, default_value_t = 3599)]
    token_seconds: u64,
}

impl Simulate {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let mut tenants = parse_tenants(&self.tenants)?;
        if tenants.is_empty() && self.load.is_empty() {
            tenants = parse_tenants("contoso=25,fabrikam=2000")?;
        }
        let faults_file = self.faults.clone().unwrap_or_default();
        let faults = read_faults(&faults_file)?;
        let simulator = microsoft_sim::start(Options {
            listen: self.listen,
            control: self.control,
            seed: self.seed,
            tenants,
            load: self.load,
            client_id: self.client_id,
            client_secret: self.client_secret,
            token_lifetime: Duration::from_secs(self.token_seconds),
            ..Options::default()
        })
        .await?;
        simulator
            .add_faults(faults)
            .map_err(|error| wrong_faults(&faults_file, &error))?;
        let (address, control) = (simulator.address(), simulator.control_address());
        println!("Simulated Microsoft cloud at http://{address} (sign-in and Graph), control at http://{control}");
        for tenant in simulator.tenants() {
            println!("  {}  {}  {} users", tenant.id, tenant.default_domain, tenant.users);
        }
        stop_on_signals().cancelled().await;
        simulator.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// The faults of a file; none where no file is named.
fn read_faults(file: &Path) -> Result<Vec<microsoft_sim::Fault>, CommandError> {
    if file.as_os_str().is_empty() {
        return Ok(vec![]);
    }
    let text = std::fs::read_to_string(file).map_err(|error| wrong_faults(file, &error))?;
    parse_faults(&text).map_err(|error| wrong_faults(file, &error))
}

/// Names the file with what is wrong in it.
fn wrong_faults(file: &Path, problem: &dyn std::fmt::Display) -> CommandError {
    CommandError::Failed(format!("--faults {}: {problem}", file.display()))
}
