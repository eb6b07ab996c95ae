//! The rows of the table, a file per part. What they have in common is the large directory.

mod dialog;
mod first;
mod group;
mod many;
mod memory;
mod page;
mod steady;

use crate::{
    Options, Outcome,
    meter::Statements,
    microsoft::Microsoft,
    report::Table,
    scratch,
    stage::{Databases, Stage, customer},
};
use entrain::model::{filter::Filters, ids::MicrosoftTenantId};

/// The large directory's tenant in the stand-in.
const LARGE: &str = "contoso";
/// One that is next to nothing.
const TINY: &str = "tiny";
/// What the rows on runs do without: the table names users, licences and groups, and no report pass is to be due.
const DENIED: [&str; 2] = ["auditLogs", "managedDevices"];

/// What all rows are made with.
pub struct Bench {
    /// From the command line.
    pub options: Options,
    /// The counter of statements.
    pub statements: Statements,
    /// The server.
    pub databases: Databases,
}

/// The stand-in with a large directory and a tiny one, and a database where both are connected and neither was read.
struct Large {
    microsoft: Microsoft,
    /// Nobody is connected to it, so that it can be copied.
    base: Stage,
    tiny: MicrosoftTenantId,
}

impl Large {
    async fn start(databases: &Databases, users: usize) -> Outcome<Self> {
        let microsoft = Microsoft::start(&format!("{LARGE}={users},{TINY}=25")).await?;
        for tenant in [LARGE, TINY] {
            microsoft.deny(tenant, &DENIED).await?;
        }
        let base = Stage::new(databases, &microsoft, LARGE).await?;
        let (tiny, _) = customer(&base.engine, &microsoft.tenant(TINY)?.to_string(), TINY).await?;
        base.rest().await;
        Ok(Self { microsoft, base, tiny })
    }

    async fn copy(&self, databases: &Databases) -> Outcome<Stage> {
        self.base.copy(databases, &self.microsoft).await
    }

    /// A copy with everybody synced.
    async fn synced(&self, databases: &Databases) -> Outcome<Stage> {
        let stage = self.copy(databases).await?;
        stage.enable(&Filters::default()).await?;
        stage.run().await?;
        stage.analyze().await?;
        Ok(stage)
    }

    async fn end(self, databases: &Databases) -> Outcome<()> {
        self.base.end(databases).await
    }
}

impl Bench {
    /// Looks at the database.
    pub async fn new(options: Options, statements: Statements) -> Outcome<Self> {
        Ok(Self {
            options,
            statements,
            databases: Databases::open().await?,
        })
    }

    /// Leaves nothing behind.
    pub async fn close(&self) -> Outcome<()> {
        self.databases.admin.close().await;
        Ok(std::fs::remove_dir_all(scratch()?)?)
    }

    fn tell(&self, words: &str) {
        eprintln!("{words}");
    }
}

/// Makes the rows that are wanted.
pub async fn all(bench: &mut Bench, table: &mut Table) -> Outcome<()> {
    if ["runs", "pages", "memory", "dialog"]
        .iter()
        .any(|part| bench.options.wants(part))
    {
        large(bench, table).await?;
    }
    if bench.options.wants("tenants") {
        many::rows(bench, table).await?;
    }
    if bench.options.wants("groups") {
        group::rows(bench, table).await?;
    }
    Ok(())
}

async fn large(bench: &Bench, table: &mut Table) -> Outcome<()> {
    let options = &bench.options;
    bench.tell(&format!("A directory of {} users", options.users));
    let large = Large::start(&bench.databases, options.users).await?;
    if options.wants("memory") {
        memory::rows(bench, table, &large).await?;
    }
    let known = if options.wants("runs") {
        let (known, first) = first::rows(bench, table, &large).await?;
        steady::rows(bench, table, &large, &known, first).await?;
        known
    } else {
        large.synced(&bench.databases).await?
    };
    if options.wants("pages") {
        page::rows(bench, table, &large, &known).await?;
    }
    if options.wants("dialog") {
        dialog::rows(bench, table, &large, &known).await?;
    }
    known.end(&bench.databases).await?;
    large.end(&bench.databases).await
}
