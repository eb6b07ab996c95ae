//! Peak memory.

use super::{Bench, Large};
use crate::{
    Outcome,
    memory::{Held, Memory, Work},
    report::{Row, Table, Verdict},
};

const MEGABYTE: u64 = 1_000_000;

/// A refresh of the directory in a database of its own, and a plan of it.
async fn measure(bench: &Bench, large: &Large, plan: bool) -> Outcome<(Held, Option<Held>)> {
    let databases = &bench.databases;
    let stage = large.copy(databases).await?;
    let url = databases.url_of(&stage.database);
    let work = |work| Memory::new(work, &stage, url.clone(), &large.microsoft.address, large.tiny);
    let refresh = work(Work::Refresh).measure().await?;
    let plan = if plan {
        Some(work(Work::Plan).measure().await?)
    } else {
        None
    };
    stage.end(databases).await?;
    Ok((refresh, plan))
}

/// An import of so many End Users into an Organization with nobody in it.
async fn measure_import(bench: &Bench, large: &Large, rows: usize) -> Outcome<Held> {
    let databases = &bench.databases;
    let stage = large.copy(databases).await?;
    let url = databases.url_of(&stage.database);
    let work = Memory::new(Work::Import, &stage, url, &large.microsoft.address, large.tiny);
    let held = work.of_rows(rows).measure().await?;
    stage.end(databases).await?;
    Ok(held)
}

/// Refresh at this size and at twice as many, planning, and an import of as many rows.
pub async fn rows(bench: &Bench, table: &mut Table, large: &Large) -> Outcome<()> {
    let users = bench.options.users;
    let (refresh, plan) = measure(bench, large, true).await?;
    let above = refresh.above_idle();
    table.row(
        7,
        Row {
            work: format!("peak memory of a refresh, {users} users"),
            measured: format!("{} MB above idle", above / MEGABYTE),
            baseline: format!("idle: {} MB", refresh.idle / MEGABYTE),
            ratio: format!("{} B a user", above / count(users)),
            target: "at most 60 MB above idle at 100,000 users",
            verdict: Verdict::of(above <= 60 * MEGABYTE),
        },
    );
    let double = Large::start(&bench.databases, users * 2).await?;
    let (twice, _) = measure(bench, &double, false).await?;
    double.end(&bench.databases).await?;
    let further = twice.above_idle().saturating_sub(above) / count(users);
    table.row(
        7,
        Row {
            work: format!("the same per further user, at {}", users * 2),
            measured: format!("{further} B"),
            baseline: format!(
                "at {users}: {} MB, at {}: {} MB",
                above / MEGABYTE,
                users * 2,
                twice.above_idle() / MEGABYTE
            ),
            ratio: "–".into(),
            target: "at most 80 bytes",
            verdict: Verdict::of(further <= 80),
        },
    );
    let plan = plan.ok_or("nothing was planned")?;
    let each = plan.above_idle() / count(users);
    table.row(
        7,
        Row {
            work: format!("peak memory of planning, {users} users"),
            measured: format!("{each} B a directory user"),
            baseline: format!("idle: {} MB", plan.idle / MEGABYTE),
            ratio: format!("{} MB above it", plan.above_idle() / MEGABYTE),
            target: "at most 600 bytes a directory user",
            verdict: Verdict::of(each <= 600),
        },
    );
    import_row(bench, table, large).await?;
    table.note(
        7,
        "Memory is VmHWM of a process that does only this, set back before it; idle is what the process holds after the \
         same for a directory of 25 users, or for a file of 25 rows. Planning is the plan of everybody for an \
         Organization with nobody in it, from the directory as stored.",
    );
    Ok(())
}

/// An import of as many End Users.
async fn import_row(bench: &Bench, table: &mut Table, large: &Large) -> Outcome<()> {
    let users = bench.options.users;
    let import = measure_import(bench, large, users).await?;
    table.row(
        7,
        Row {
            work: format!("peak memory of an import, {users} End Users"),
            measured: format!("{} MB above idle", import.above_idle() / MEGABYTE),
            baseline: format!("idle: {} MB", import.idle / MEGABYTE),
            ratio: format!("{} B a row", import.above_idle() / count(users)),
            target: "at most 60 MB above idle at 100,000 rows",
            verdict: Verdict::of(import.above_idle() <= 60 * MEGABYTE),
        },
    );
    Ok(())
}

fn count(users: usize) -> u64 {
    u64::try_from(users).unwrap_or(u64::MAX).max(1)
}
