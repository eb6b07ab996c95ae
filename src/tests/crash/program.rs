//! `entrain` as a process of its own that can be killed, frozen and woken.

use crate::tests::{
    command::{command, master_key},
    said,
};
use microsoft_sim::{Options, Simulator};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Stdio;
use tokio::process::Child;

/// A running `entrain`.
pub struct Program {
    child: Child,
    log: tempfile::NamedTempFile,
    _folder: tempfile::TempDir,
}

impl Program {
    /// Starts `entrain` over a database and the stand-in, with more settings.
    pub fn start(words: &[&str], database: &str, microsoft: &Simulator, more: &[(&str, &str)]) -> Self {
        let (address, options) = (format!("http://{}", microsoft.address()), Options::default());
        let settings = [
            ("DATABASE_URL", database),
            ("ENTRAIN_MASTER_KEY", &master_key()),
            ("ENTRAIN_MICROSOFT_LOGIN_URL", &address),
            ("ENTRAIN_MICROSOFT_GRAPH_URL", &address),
            ("ENTRAIN_MICROSOFT_CLIENT_ID", &options.client_id),
            ("ENTRAIN_MICROSOFT_CLIENT_SECRET", &options.client_secret),
            ("ENTRAIN_MICROSOFT_REPORT_RATE", "1000"),
            ("ENTRAIN_PRODUCT_NAMES_URL", "off"),
        ];
        let (folder, log) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let child = command(words, &[&settings, more].concat(), folder.path())
            .stdout(Stdio::null())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            log,
            _folder: folder,
        }
    }

    /// Waits for its end and gives its exit code.
    pub async fn end(mut self) -> (i32, String) {
        let status = self.child.wait().await.unwrap();
        (status.code().unwrap_or(-1), self.told())
    }

    /// What it wrote to stderr.
    pub fn told(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log.path()).unwrap_or_default()).into_owned()
    }

    /// SIGKILL, and it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGSTOP.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn wake(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        // Not yet waited for, so the number is still its own.
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        said::aloud(&self.told());
    }
}

/// The address of a database beside another one, on the same server.
pub fn address_of(database: &str, server: &str) -> String {
    let mut url: url::Url = server.parse().unwrap();
    url.set_path(database);
    url.into()
}
