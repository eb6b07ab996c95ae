//! Seconds of CPU, as the kernel counts them for a process and those that it has waited for.

use crate::Outcome;
use sqlx::PgPool;
use std::{fs, time::Duration};

/// Linux counts in hundredths of a second on every architecture that we run on (proc(5), `sysconf(_SC_CLK_TCK)`).
const TICKS: f64 = 100.0;

struct Stat {
    parent: u32,
    own: u64,
    of_ended_children: u64,
}

fn stat(process: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own: number(11)? + number(12)?,
        of_ended_children: number(13)? + number(14)?,
    })
}

fn processes() -> Outcome<Vec<u32>> {
    let entries = fs::read_dir("/proc")?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter_map(|name| name.parse().ok()).collect())
}

fn span(ticks: u64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "a month of CPU is far below 2^52 ticks")]
    Duration::from_secs_f64(ticks as f64 / TICKS)
}

/// What a process has used so far.
pub fn of_process(process: u32) -> Outcome<Duration> {
    let stat = stat(process).ok_or_else(|| format!("process {process} has ended"))?;
    Ok(span(stat.own))
}

/// What the Postgres server has used so far, every process of it; it has to run on this machine.
pub async fn of_postgres(pool: &PgPool) -> Outcome<Duration> {
    let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(pool).await?;
    let missing = "the processes of Postgres can't be seen: it has to run on this machine";
    let server = stat(u32::try_from(backend)?).ok_or(missing)?.parent;
    let main = stat(server).ok_or(missing)?;
    let children = processes()?
        .into_iter()
        .filter_map(stat)
        .filter(|stat| stat.parent == server);
    let living: u64 = children.map(|child| child.own).sum();
    Ok(span(main.own + main.of_ended_children + living))
}
