//! A Postgres of its own that can be stopped at once and started again at the same address, as a crash and a restart of
//! its machine would have it.

use crate::{server::postgres::EmbeddedPostgres, tests::support::until};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};
use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A cluster in a folder of its own.
pub struct Cluster {
    pub url: String,
    folder: TempDir,
    /// The embedded one, which made the cluster: kept for its folder's lock.
    first: Option<EmbeddedPostgres>,
    /// Those started after a crash.
    later: Option<Child>,
}

impl Cluster {
    pub async fn start() -> Self {
        // Short and open to other accounts, whatever TMPDIR is.
        let folder = TempDir::new_in("/tmp").unwrap();
        let first = EmbeddedPostgres::start(folder.path()).await.unwrap();
        Self {
            url: first.url().to_owned(),
            folder,
            first: Some(first),
            later: None,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("postgres/cluster").join(name)
    }

    /// What `pg_ctl stop -m immediate` does: SIGQUIT. Nothing is written any more, and the next start has to recover.
    pub async fn crash(&mut self) {
        let pid = self.pid().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::QUIT).unwrap();
        until("Postgres has stopped", 60, || async { self.pid().is_none() }).await;
        if let Some(mut later) = self.later.take() {
            later.wait().unwrap();
        }
    }

    /// Postgres takes its file away when it ends.
    fn pid(&self) -> Option<i32> {
        let text = fs::read_to_string(self.file("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// Starts it again, with the command line with which it was started.
    pub async fn restart(&mut self) {
        let text = fs::read_to_string(self.file("postmaster.opts")).unwrap();
        let mut words = text.trim().split(" \"").map(|word| word.trim_end_matches('"'));
        let owner = fs::metadata(self.file("postmaster.opts")).unwrap();
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .current_dir("/")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if rustix::process::geteuid().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        self.later = Some(command.spawn().unwrap());
        until("Postgres has recovered", 60, || async {
            match PgConnection::connect(&self.url).await {
                Ok(connection) => connection.close().await.is_ok(),
                Err(_) => false,
            }
        })
        .await;
    }

    pub async fn stop(mut self) {
        if self.later.is_some() {
            self.crash().await;
        }
        self.first.take().unwrap().stop().await.unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(later) = &mut self.later {
            let pid = i32::try_from(later.id()).ok().and_then(Pid::from_raw);
            let _ = pid.map(|pid| kill_process(pid, Signal::QUIT));
            let _ = later.wait();
        }
    }
}
