//! The memory of a refresh and of a plan, in a process that does nothing else.

use crate::{Outcome, stage};
use entrain::{
    engine::{Engine, preview::Directory},
    model::{
        filter::Filters,
        ids::{MicrosoftTenantId, OrganizationId},
    },
};
use serde::{Deserialize, Serialize};
use std::{fs, process::Stdio};
use tokio::process::Command;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Work {
    /// A run of a directory that nobody has read, with nothing to apply.
    Refresh,
    /// The plan of an Organization with all filters at All, from the directory as stored.
    Plan,
}

/// What to do in this process.
#[derive(Clone, Debug, clap::Args)]
pub struct Memory {
    #[arg(long, value_enum)]
    work: Work,
    #[arg(long)]
    database: String,
    #[arg(long)]
    microsoft: String,
    /// The Microsoft tenant that is measured
    #[arg(long)]
    tenant: MicrosoftTenantId,
    #[arg(long)]
    organization: OrganizationId,
    /// A small one that is worked on before, so that what is loaded once is there
    #[arg(long)]
    tiny: MicrosoftTenantId,
}

/// What a process held, in bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Held {
    /// When it had done nothing yet but the same for a tiny directory.
    pub idle: u64,
    /// At most.
    pub peak: u64,
}

impl Held {
    /// How much the work took.
    pub const fn above_idle(self) -> u64 {
        self.peak.saturating_sub(self.idle)
    }
}

impl Memory {
    /// For a database and what is in it.
    pub fn new(work: Work, stage: &stage::Stage, database: String, microsoft: &str, tiny: MicrosoftTenantId) -> Self {
        Self {
            work,
            database,
            microsoft: microsoft.to_owned(),
            tenant: stage.tenant,
            organization: stage.organization,
            tiny,
        }
    }

    /// Does it in a process of its own.
    pub async fn measure(&self) -> Outcome<Held> {
        let work = match self.work {
            Work::Refresh => "refresh",
            Work::Plan => "plan",
        };
        let output = Command::new(std::env::current_exe()?)
            .args(["memory", "--work", work, "--database", &self.database])
            .args(["--microsoft", &self.microsoft])
            .args(["--tenant", &self.tenant.to_string()])
            .args(["--organization", &self.organization.to_string()])
            .args(["--tiny", &self.tiny.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .await?;
        if !output.status.success() {
            return Err(format!("the process whose memory is measured ended with {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Does it in this process, and prints what it held.
    pub async fn run(self) -> Outcome<()> {
        let engine = Engine::new(stage::pool(&self.database).await?, Some(stage::graph(&self.microsoft)?));
        self.work(&engine, self.tiny).await?;
        let idle = status("VmRSS")?;
        // Since Linux 4.0 this sets the peak back to what is held now (proc(5)).
        fs::write("/proc/self/clear_refs", "5")?;
        self.work(&engine, self.tenant).await?;
        let held = Held {
            idle,
            peak: status("VmHWM")?,
        };
        println!("{}", serde_json::to_string(&held)?);
        Ok(())
    }

    async fn work(&self, engine: &Engine, tenant: MicrosoftTenantId) -> Outcome<()> {
        match self.work {
            Work::Refresh => {
                stage::run(engine, tenant).await?;
            }
            Work::Plan => {
                let directory = Directory::stored(engine, tenant).await?;
                let filters = Filters::default();
                let decision = directory.choose(engine, tenant, self.organization, &filters).await?;
                std::hint::black_box((&directory, &decision));
            }
        }
        Ok(())
    }
}

/// A line of this process's status, in bytes.
fn status(key: &str) -> Outcome<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: u64 = kilobytes
        .ok_or("the kernel does not tell what this process holds")?
        .parse()?;
    Ok(kilobytes * 1_024)
}
