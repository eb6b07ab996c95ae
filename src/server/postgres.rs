//! A Postgres of our own for those who bring none: `demo`, and `serve` without `DATABASE_URL`. It uses the Postgres
//! installed on the machine, keeps its cluster in the data folder, and answers on 127.0.0.1 only, with a random
//! password (never `trust`: everybody with an account on the machine reaches that address).
//!
//! It must never delete a cluster, and never stop a server that a living `entrain` uses: a lock on the folder, which
//! the kernel drops with the process, tells those apart from what a killed one left behind.
//!
//! The crate `postgresql_embedded` does most of this but cannot run Postgres under another account, and Postgres
//! refuses to run as root.

mod account;
mod binaries;
mod error;

use super::ending::left;
use account::Account;
use binaries::Binaries;
pub use error::EmbeddedPostgresError;
use error::{at, refused};
use sqlx::{Connection, PgConnection, Postgres, migrate::MigrateDatabase};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

const START_LIMIT: Duration = Duration::from_secs(60);
/// How long one that is starting waits for one that is ending.
const HANDOVER: Duration = Duration::from_secs(2);
/// Another program can take the free port between our look and Postgres's start.
const PORT_ATTEMPTS: usize = 3;

/// A running Postgres. Dropped without [`EmbeddedPostgres::stop`] it is told to stop and not waited for.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    url: String,
    log: PathBuf,
    child: Child,
    _lock: File,
}

impl EmbeddedPostgres {
    /// Starts the cluster in `data_dir/postgres`, made at the first start; returns when it answers.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedPostgresError> {
        let folder = std::path::absolute(data_dir).map_err(at(data_dir))?.join("postgres");
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let lock_file = folder.join("lock");
        let lock = File::create(&lock_file).map_err(at(&lock_file))?;
        // One that is just ending still holds it, and so does whatever it was starting.
        let patience = Instant::now() + HANDOVER;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < patience => sleep(Duration::from_millis(50)).await,
                Err(TryLockError::WouldBlock) => return Err(EmbeddedPostgresError::InUse(folder.clone())),
                Err(TryLockError::Error(reason)) => return Err(at(&lock_file)(reason)),
            }
        }

        let house = House {
            cluster: folder.join("cluster"),
            log: folder.join("log"),
            account: Account::to_run_under()?,
            binaries: Binaries::find(&folder.join("cluster")).await?,
            password: password(&folder.join("password"))?,
        };
        if let Some(account) = &house.account {
            account.let_in(&folder)?;
        }
        if house.cluster.join("PG_VERSION").exists() {
            house.stop_leftover().await?;
        } else {
            house.create().await?;
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match house.run().await {
                Ok((child, url)) => {
                    return Ok(Self {
                        url,
                        log: house.log,
                        child,
                        _lock: lock,
                    });
                }
                Err(error) => error,
            };
            if attempts == PORT_ATTEMPTS || !house.log_tells_of_taken_port() {
                return Err(error);
            }
        }
    }

    /// Looks, and changes nothing: whether there is a cluster in `data_dir/postgres`, and whether a living `entrain`
    /// runs it.
    pub fn look(data_dir: &Path) -> Result<Found, EmbeddedPostgresError> {
        let folder = std::path::absolute(data_dir).map_err(at(data_dir))?.join("postgres");
        let cluster = folder.join("cluster");
        if !cluster.join("PG_VERSION").exists() {
            return Ok(Found::Nothing);
        }
        let lock_file = folder.join("lock");
        match File::open(&lock_file).map_err(at(&lock_file))?.try_lock_shared() {
            Ok(()) => return Ok(Found::Resting),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(reason)) => return Err(at(&lock_file)(reason)),
        }
        // Postgres's own file: the fourth line is the port (postgresql.org/docs/current/storage-file-layout.html).
        let pid_file = cluster.join("postmaster.pid");
        let text = fs::read_to_string(&pid_file).map_err(at(&pid_file))?;
        let port: u16 = text
            .lines()
            .nth(3)
            .and_then(|port| port.trim().parse().ok())
            .ok_or(EmbeddedPostgresError::InUse(folder.clone()))?;
        let secret = folder.join("password");
        let password = fs::read_to_string(&secret).map_err(at(&secret))?;
        Ok(Found::Running(url(password.trim(), port)))
    }

    /// What sqlx connects to: the database `entrain`, with its password. Not for logs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Fast shutdown: sessions end, what was committed is on disk. It is waited for while there is time; after that it ends
    /// by itself, and the next start waits for it.
    pub async fn stop(mut self) -> Result<(), EmbeddedPostgresError> {
        self.interrupt();
        match timeout(left(), self.child.wait()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(reason)) => Err(refused("stop", &reason.to_string(), &self.log)),
            Err(_) => Err(refused("stop", "it still runs", &self.log)),
        }
    }

    /// SIGINT is Postgres's fast shutdown. The child is not reaped before `wait`, so its id is still its own.
    fn interrupt(&self) {
        let pid = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
    }
}

/// What a look at the data folder found.
#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    /// No cluster: nothing was ever started here.
    Nothing,
    /// A cluster that nobody runs.
    Resting,
    /// A cluster that a living `entrain` runs, at this address with its password. Not for logs.
    Running(String),
}

/// The address of the database `entrain` on this machine.
fn url(password: &str, port: u16) -> String {
    format!("postgres://entrain:{password}@127.0.0.1:{port}/entrain")
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        self.interrupt();
    }
}

/// One cluster and all that is needed to run it.
struct House {
    cluster: PathBuf,
    log: PathBuf,
    account: Option<Account>,
    binaries: Binaries,
    password: String,
}

impl House {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        // Not ours: the account may not be let into the folder that we were started in.
        command.current_dir("/").stdin(Stdio::null());
        command
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .env_remove("PGHOST")
            .env("LC_ALL", "C");
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        // Ctrl-C in a terminal goes to its whole process group: Postgres must outlive us by a moment, so it has its own.
        command.process_group(0);
        command
    }

    async fn output(&self, mut command: Command, what: &'static str) -> Result<(), EmbeddedPostgresError> {
        let output = command
            .output()
            .await
            .map_err(|reason| self.cannot_run(&command, reason))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, b"\n".to_vec(), output.stderr].concat();
        fs::write(&self.log, &said).map_err(at(&self.log))?;
        Err(refused(what, last_line(&String::from_utf8_lossy(&said)), &self.log))
    }

    fn cannot_run(&self, command: &Command, reason: io::Error) -> EmbeddedPostgresError {
        EmbeddedPostgresError::Run {
            program: command.as_std().get_program().into(),
            reason,
        }
    }

    async fn create(&self) -> Result<(), EmbeddedPostgresError> {
        // A first start that was killed halfway leaves a part of a cluster, in which nobody's data is yet.
        let making = self.cluster.with_extension("new");
        if making.exists() {
            fs::remove_dir_all(&making).map_err(at(&making))?;
        }
        fs::create_dir(&making).map_err(at(&making))?;
        let secret = self.cluster.with_extension("password");
        write_secret(&secret, &self.password).map_err(at(&secret))?;
        if let Some(account) = &self.account {
            account.own(&making)?;
            account.own(&secret)?;
        }
        let mut initdb = self.command("initdb");
        initdb.arg("--pgdata").arg(&making).arg("--pwfile").arg(&secret);
        initdb.args([
            "--username=entrain",
            "--encoding=UTF8",
            "--no-locale",
            "--auth=scram-sha-256",
        ]);
        let made = self.output(initdb, "make its data folder").await;
        fs::remove_file(&secret).map_err(at(&secret))?;
        made?;
        fs::rename(&making, &self.cluster).map_err(at(&self.cluster))
    }

    /// Stops what a killed `entrain` left running. Its lock is gone, so nobody uses it.
    async fn stop_leftover(&self) -> Result<(), EmbeddedPostgresError> {
        let pid_file = self.cluster.join("postmaster.pid");
        let Ok(text) = fs::read_to_string(&pid_file) else {
            return Ok(());
        };
        let pid = text.lines().next().unwrap_or_default().trim();
        // After a restart of the machine the number can be anybody's: then Postgres would refuse to start, and pg_ctl
        // would stop the wrong program. Where there is no /proc, Postgres's own checks are all there is.
        let name = fs::read_to_string(format!("/proc/{pid}/comm"));
        let is_postgres = name
            .as_ref()
            .map_or(!Path::new("/proc/self").exists(), |name| name.trim() == "postgres");
        if !is_postgres {
            return fs::remove_file(&pid_file).map_err(at(&pid_file));
        }
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--mode=fast", "--wait", "--silent", "--pgdata"])
            .arg(&self.cluster);
        self.output(stop, "stop after the last program was killed").await
    }

    async fn run(&self) -> Result<(Child, String), EmbeddedPostgresError> {
        let port = free_port().map_err(EmbeddedPostgresError::Port)?;
        let log = File::create(&self.log).map_err(at(&self.log))?;
        let errors = log.try_clone().map_err(at(&self.log))?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(&self.cluster).args(["-p", &port.to_string()]);
        // The path of a socket has at most 107 bytes and the data folder may be deep: TCP on loopback it is.
        postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        postgres.stdout(log).stderr(errors);
        let mut child = postgres.spawn().map_err(|reason| self.cannot_run(&postgres, reason))?;
        let url = url(&self.password, port);
        if let Err(error) = self.wait_until_ready(&mut child, &url).await {
            let _ = child.kill().await;
            return Err(error);
        }
        Ok((child, url))
    }

    async fn wait_until_ready(&self, child: &mut Child, url: &str) -> Result<(), EmbeddedPostgresError> {
        let limit = Instant::now() + START_LIMIT;
        let mut last = String::from("no answer");
        while Instant::now() < limit {
            if let Ok(Some(_)) = child.try_wait() {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(refused("start", last_line(&log), &self.log));
            }
            match open(url).await {
                Ok(()) => return Ok(()),
                Err(error) => last = error.to_string(),
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(refused("start", &last, &self.log))
    }

    fn log_tells_of_taken_port(&self) -> bool {
        fs::read_to_string(&self.log).is_ok_and(|log| log.contains("Address already in use"))
    }
}

/// Makes the database at the first start; either way it proves that the server lets us in.
async fn open(url: &str) -> Result<(), sqlx::Error> {
    if !Postgres::database_exists(url).await? {
        Postgres::create_database(url).await?;
    }
    PgConnection::connect(url).await?.close().await
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The cluster's password, made at the first start. Hexadecimal, so it needs no escaping in an address.
fn password(file: &Path) -> Result<String, EmbeddedPostgresError> {
    match fs::read_to_string(file) {
        Ok(password) => Ok(password.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| at(file)(error.into()))?;
            let password: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            write_secret(file, &password).map_err(at(file))?;
            Ok(password)
        }
        Err(error) => Err(at(file)(error)),
    }
}

/// Whole or not at all: a torn password file would lock us out of the cluster.
fn write_secret(file: &Path, secret: &str) -> io::Result<()> {
    let part = file.with_extension("part");
    let mut writer = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)?;
    writer.write_all(secret.as_bytes())?;
    writer.sync_all()?;
    fs::rename(part, file)
}

fn last_line(text: &str) -> &str {
    text.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("it said nothing")
}

#[cfg(test)]
mod tests;
