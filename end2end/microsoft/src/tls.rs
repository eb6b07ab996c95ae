//! TLS under a certificate authority of the stand-in's own. The authority is made anew at each start and its key never
//! leaves memory: only its certificate is written out, for clients to trust.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// Names of the certificate besides the address listened on: this machine's, and Microsoft's hosts in every cloud
/// (graph.md §1), so that a hosts file may lead clients here.
const NAMES: [&str; 17] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "login.microsoftonline.us",
    "login-us.microsoftonline.com",
    "login.usgovcloudapi.net",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
    "graph.windows.net",
];

/// How long the certificates are valid. Some clients refuse a server's certificate of more than 398 days.
const VALID: Duration = Duration::days(365);

/// Why TLS could not be set up.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    /// The certificate and its key cannot be served.
    #[error(transparent)]
    Serve(#[from] rustls::Error),
    /// The authority's certificate could not be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// Where it was to lie.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Makes an authority and a certificate for the server, writes the authority's certificate into the file as PEM, and
/// gives what the listener needs.
pub fn configuration(listen: IpAddr, ca_file: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let (authority, authority_pem) = authority()?;
    let key = KeyPair::generate()?;
    let certificate = server_certificate(listen)?.signed_by(&key, &authority)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    write(ca_file, &authority_pem).map_err(|source| TlsError::Write {
        path: ca_file.to_owned(),
        source,
    })?;
    Ok(Arc::new(config))
}

fn dated(params: &mut CertificateParams, name: &str) {
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - Duration::days(1), now + VALID);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
}

fn authority() -> Result<(Issuer<'static, KeyPair>, String), TlsError> {
    let mut params = CertificateParams::default();
    // Each start has another authority: a name of its own keeps a client from taking one for the other.
    let name = format!("Simulated Microsoft cloud {}", uuid::Uuid::new_v4());
    dated(&mut params, &name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((Issuer::new(params, key), certificate.pem()))
}

fn server_certificate(listen: IpAddr) -> Result<CertificateParams, TlsError> {
    let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    let own = listen.to_string();
    if !listen.is_unspecified() && !names.contains(&own) {
        names.push(own);
    }
    let mut params = CertificateParams::new(names)?;
    dated(&mut params, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn write(path: &Path, pem: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    // A reader finds the old certificate or the new one, never half of one.
    let beside = path.with_extension("part");
    std::fs::write(&beside, pem)?;
    std::fs::rename(&beside, path)
}
