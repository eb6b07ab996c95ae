//! The memory of a refresh, of a plan and of an import, in a process that does nothing else.

use crate::{Outcome, stage};
use chrono::Utc;
use entrain::{
    engine::{Engine, preview::Directory},
    model::{
        exchange::Kind,
        filter::Filters,
        ids::{MicrosoftTenantId, OrganizationId},
    },
    server::exchange::import::{self, Import},
    store,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{BufWriter, IntoInnerError, Seek, Write},
    process::Stdio,
};
use tokio::process::Command;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Work {
    /// A run of a directory that nobody has read, with nothing to apply.
    Refresh,
    /// The plan of an Organization with all filters at All, from the directory as stored.
    Plan,
    /// A file of End Users, read in.
    Import,
}

/// So many rows has the file that is read in before, so that what is loaded once is there.
const FEW_ROWS: usize = 25;

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
    /// Rows of the file that is read in
    #[arg(long, default_value_t = 0)]
    rows: usize,
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
            rows: 0,
        }
    }

    /// With a file of so many rows.
    pub fn of_rows(self, rows: usize) -> Self {
        Self { rows, ..self }
    }

    /// Does it in a process of its own.
    pub async fn measure(&self) -> Outcome<Held> {
        let work = match self.work {
            Work::Refresh => "refresh",
            Work::Plan => "plan",
            Work::Import => "import",
        };
        let output = Command::new(std::env::current_exe()?)
            .args(["memory", "--work", work, "--database", &self.database])
            .args(["--microsoft", &self.microsoft])
            .args(["--tenant", &self.tenant.to_string()])
            .args(["--organization", &self.organization.to_string()])
            .args(["--tiny", &self.tiny.to_string()])
            .args(["--rows", &self.rows.to_string()])
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
            Work::Import => {
                let rows = if tenant == self.tiny { FEW_ROWS } else { self.rows };
                self.read_in(engine, rows).await?;
            }
        }
        Ok(())
    }

    /// Reads in a file of so many End Users.
    async fn read_in(&self, engine: &Engine, rows: usize) -> Outcome<()> {
        let import = Import {
            kind: Kind::EndUsers,
            file_name: "people.csv".into(),
            organization: Some((self.organization, "Bench".into())),
            actor: stage::actor(),
            writer: "import people.csv".into(),
        };
        let id = import::begin(&engine.pool, &import).await?;
        let now = store::in_utc(Utc::now());
        let done = import::run(&engine.pool, id, &import, people(rows)?, &now, |_, _| {}).await?;
        if done.error.is_some() || usize::try_from(done.numbers.read)? != rows || done.numbers.rejected > 0 {
            return Err(format!("the import ended with {:?}, {:?}", done.error, done.numbers).into());
        }
        Ok(())
    }
}

/// A file of so many people, on disk.
fn people(rows: usize) -> Outcome<File> {
    let mut file = BufWriter::new(tempfile::tempfile()?);
    writeln!(file, "Name,Email,Phone,City,Job Title")?;
    for n in 0..rows {
        writeln!(file, "Person {n:06},p{n:06}@rows.example,+41 44 {n:06},Bern,Clerk")?;
    }
    let mut file = file.into_inner().map_err(IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
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
