//! The machine, the database and the program, as they stand below the table.

use crate::{Outcome, stage::Databases};
use std::{fmt, fs, process::Command};

/// What a run of this program can be compared by.
pub struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    kernel: String,
    load: String,
    postgres: String,
    settings: String,
    program: String,
}

impl Machine {
    /// Looks at it, before anything is measured.
    pub async fn look(databases: &Databases) -> Outcome<Self> {
        let version = "select current_setting('server_version')";
        let settings = "select string_agg(format('%s=%s', name, current_setting(name)), ', ' order by name)
             from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum',
                 'shared_buffers', 'wal_level', 'max_wal_size', 'jit')";
        let first = |file: &str, key: &str| field(file, key).unwrap_or_else(|| "unknown".into());
        Ok(Self {
            processor: first("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism()?.get(),
            memory: first("/proc/meminfo", "MemTotal"),
            kernel: read("/proc/sys/kernel/osrelease"),
            load: read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
            postgres: sqlx::query_scalar(version).fetch_one(&databases.admin).await?,
            settings: sqlx::query_scalar(settings).fetch_one(&databases.admin).await?,
            program: program(),
        })
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default().trim().to_owned()
}

fn field(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn program() -> String {
    let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let commit = commit.ok().filter(|output| output.status.success());
    let commit = commit.map_or_else(
        || "an unknown commit".into(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    let kind = if cfg!(debug_assertions) {
        "**built for development, so no figure here means anything**"
    } else {
        "optimised"
    };
    format!("{commit}, {kind}")
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor,
            cores,
            memory,
            kernel,
            load,
            ..
        } = self;
        writeln!(
            f,
            "Machine: {processor}, {cores} cores, {memory} of memory, Linux {kernel}, load {load} before it began; program, \
             stand-in, Postgres and whoever asks share it."
        )?;
        writeln!(f, "Postgres {}: {}.", self.postgres, self.settings)?;
        writeln!(f, "Program: {}.", self.program)
    }
}
