//! `entrain simulate`: the stand-in for Microsoft alone.

use super::CommandError;
use crate::server::serve::stop_on_signals;
use microsoft_sim::{Options, Throttle, Tls, TokenLifetime, parse_faults, parse_tenants, parse_throttle};
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
    /// Where clients that insist on TLS find the same [example: 127.0.0.1:4443]
    #[arg(long, value_name = "ADDRESS")]
    listen_tls: Option<SocketAddr>,
    /// Where to write the certificate, as PEM, that clients of --listen-tls have to trust; it is another one at each
    /// start
    #[arg(long, value_name = "FILE", default_value = "microsoft-ca.pem")]
    ca_file: PathBuf,
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
    /// A certificate, PEM or DER, with whose key the app may sign client assertions; may be given several times
    #[arg(long, value_name = "FILE")]
    client_certificate: Vec<PathBuf>,
    /// An address that sign-in and admin consent may lead back to; may be given several times. Addresses at
    /// http://localhost are always allowed
    #[arg(long, value_name = "URL")]
    redirect_uri: Vec<String>,
    /// An application permission, such as Directory.Read.All, that tenants grant besides those which the app asks for;
    /// may be given several times
    #[arg(long, value_name = "NAME")]
    grant: Vec<String>,
    /// Limits of throttling in place of those that Microsoft documents: `off`, or a file of JSON as the control API's
    /// /throttle takes it
    #[arg(long, value_name = "off|FILE")]
    throttle: Option<PathBuf>,
    /// How long every token lives, in seconds; without it between 60 and 90 minutes, as at Microsoft
    #[arg(long)]
    token_seconds: Option<u64>,
}

impl Simulate {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let mut tenants = parse_tenants(&self.tenants)?;
        if tenants.is_empty() && self.load.is_empty() {
            tenants = parse_tenants("contoso=25,fabrikam=2000")?;
        }
        let faults_file = self.faults.clone().unwrap_or_default();
        let (faults, certificates) = (read_faults(&faults_file)?, self.certificates()?);
        let throttle = self.throttle.as_deref().map(read_throttle).transpose()?;
        let tls = self.listen_tls.map(|listen| Tls {
            listen,
            ca_file: self.ca_file.clone(),
        });
        let simulator = microsoft_sim::start(Options {
            listen: self.listen,
            control: self.control,
            seed: self.seed,
            tenants,
            load: self.load,
            client_id: self.client_id,
            client_secret: self.client_secret,
            tls,
            certificates,
            redirect_uris: self.redirect_uri,
            roles: self.grant,
            throttle: throttle.unwrap_or_default(),
            token_lifetime: self.token_seconds.map_or(TokenLifetime::Random, |seconds| {
                TokenLifetime::Fixed(Duration::from_secs(seconds))
            }),
            ..Options::default()
        })
        .await?;
        simulator
            .add_faults(faults)
            .map_err(|error| wrong_faults(&faults_file, &error))?;
        let (address, control) = (simulator.address(), simulator.control_address());
        println!("Simulated Microsoft cloud at http://{address} (sign-in and Graph), control at http://{control}");
        if let Some(address) = simulator.tls_address() {
            println!(
                "The same over TLS at https://{address}, under the certificate in {}",
                self.ca_file.display()
            );
        }
        for tenant in simulator.tenants() {
            println!("  {}  {}  {} users", tenant.id, tenant.default_domain, tenant.users);
        }
        stop_on_signals().cancelled().await;
        simulator.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }

    fn certificates(&self) -> Result<Vec<Vec<u8>>, CommandError> {
        let read = |path: &PathBuf| {
            let failed = |error| CommandError::Failed(format!("--client-certificate {}: {error}", path.display()));
            std::fs::read(path).map_err(failed)
        };
        self.client_certificate.iter().map(read).collect()
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

/// The limits of a file, or none where the word `off` stands in its place.
fn read_throttle(file: &Path) -> Result<Throttle, CommandError> {
    let wrong =
        |problem: &dyn std::fmt::Display| CommandError::Failed(format!("--throttle {}: {problem}", file.display()));
    let text = match file.to_str() {
        Some("off") => "off".to_owned(),
        _ => std::fs::read_to_string(file).map_err(|error| wrong(&error))?,
    };
    parse_throttle(&text).map_err(|error| wrong(&error))
}

/// Names the file with what is wrong in it.
fn wrong_faults(file: &Path, problem: &dyn std::fmt::Display) -> CommandError {
    CommandError::Failed(format!("--faults {}: {problem}", file.display()))
}
