//! `make bench`: what the engine and the pages cost, against the stand-in for Microsoft and a real Postgres, as one
//! table of medians and ratios. Each row has its baseline from the same run of this program, and its target beside it.
//! No timing decides anything: the program succeeds when everything ran.
//!
//! A bench target of its own `main`, because Cargo then builds `entrain` beside it under the same profile and names
//! it: the stand-in, the web server and the worker are that program, each in a process of its own. What is measured
//! inside this process goes through the entries that commands and worker use: `engine::run::run_tenant`, the store.
//!
//! It wants DATABASE_URL, and makes and drops databases of its own there.

// The future of a run is deep, and its layout is worked out here.
#![recursion_limit = "256"]

mod copy;
mod cpu;
mod machine;
mod memory;
mod meter;
mod microsoft;
mod pages;
mod plain;
mod program;
mod replay;
mod report;
mod rows;
mod stage;

use clap::{Parser, Subcommand};
use meter::Statements;
use report::Table;
use rows::Bench;
use std::{error::Error, path::PathBuf, process::ExitCode, time::Instant};

/// What a bench says when it can't go on is read by whoever started it, and by no program: no error of its own.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PARTS: [&str; 6] = ["runs", "pages", "memory", "dialog", "tenants", "groups"];

/// Options of `make bench`, as `ARGS="--users 20000"`.
#[derive(Clone, Debug, Parser)]
#[command(name = "make bench", max_term_width = 100)]
struct Options {
    /// Users of the large directory
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// Microsoft tenants of the row on many
    #[arg(long, default_value_t = 1_000)]
    tenants: usize,
    /// Users of each of those
    #[arg(long, default_value_t = 100)]
    users_each: usize,
    /// Groups of the large directory for the filter dialog
    #[arg(long, default_value_t = 5_000)]
    groups: usize,
    /// How often the long runs are repeated; what takes less is repeated more
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// How many seconds pages are asked for at 16 connections
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Only these
    #[arg(long, value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    child: Option<Child>,
}

/// This program in another process, which it starts itself.
#[derive(Clone, Debug, Subcommand)]
#[command(hide = true)]
enum Child {
    /// A refresh, a plan or an import, and the memory that it took
    Memory(memory::Memory),
    /// A run whose requests are written down
    Run(replay::Run),
    /// A page of string HTML
    Html(pages::Html),
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let statements = Statements::listen();
    // What the client for Microsoft does at its first use; other clients of this program come before it.
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("bench: the system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = match options.child.clone() {
        Some(Child::Memory(child)) => runtime.block_on(child.run()),
        Some(Child::Run(child)) => runtime.block_on(child.run()),
        Some(Child::Html(child)) => runtime.block_on(child.run()),
        None => runtime.block_on(run(options, statements)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options, statements: Statements) -> Outcome<()> {
    let began = Instant::now();
    let mut bench = Bench::new(options.clone(), statements).await?;
    let mut table = Table::default();
    let machine = machine::Machine::look(&bench.databases).await?;
    rows::all(&mut bench, &mut table).await?;
    bench.close().await?;
    println!("{table}");
    println!("{machine}");
    println!(
        "Everything took {:.0} minutes; {} users, {} Microsoft tenants, long runs {} times.",
        began.elapsed().as_secs_f64() / 60.0,
        options.users,
        options.tenants,
        options.repeat
    );
    Ok(())
}

/// A client of programs on this machine. A proxy of the machine's has no say in that, and no part in the figures.
fn http() -> Outcome<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().no_gzip().build()?)
}

/// This program's own folder for what processes need.
fn scratch() -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join(format!("entrain-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
