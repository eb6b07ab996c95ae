//! The first run with a Group filter: from Enable until the people are there.

use super::{Bench, DENIED};
use crate::{
    Outcome,
    meter::{ratio, time},
    microsoft::Microsoft,
    program::Program,
    report::{Row, Table, Verdict},
    stage::{self, Stage},
};
use entrain::model::filter::{Choice, Filters};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Groups within groups, and people: nearly everybody is in it.
const GROUP: &str = "All Staff";

/// A hundredth, a tenth and all of the users.
pub async fn rows(bench: &Bench, table: &mut Table) -> Outcome<()> {
    for part in [100, 10, 1] {
        let users = (bench.options.users / part).max(25);
        let (took, people, all) = measure(bench, users).await?;
        table.row(
            10,
            Row {
                work: format!("first run with a Group filter, {users} users: from Enable to visible"),
                measured: format!("{} for {people} people", time(took)),
                baseline: format!("the run that read the directory before: {}", time(all)),
                ratio: format!("{:.2}", ratio(took, all)),
                target: "–",
                verdict: Verdict::Report,
            },
        );
    }
    table.note(
        10,
        "The directory was read when the Microsoft tenant was connected; Enable is pressed then, and a worker of its own \
         takes the run from the queue. Visible is when another connection sees the first person, who are all committed \
         together.",
    );
    Ok(())
}

async fn measure(bench: &Bench, users: usize) -> Outcome<(Duration, i64, Duration)> {
    let databases = &bench.databases;
    let microsoft = Microsoft::start(&format!("contoso={users}")).await?;
    microsoft.deny("contoso", &DENIED).await?;
    let stage = Stage::new(databases, &microsoft, "contoso").await?;
    let pool = &stage.engine.pool;
    let worker = Program::worker(&databases.url_of(&stage.database), &microsoft, None).await?;
    // Connecting asked for a first run.
    stage::until_runs(pool, 1).await?;
    let first = "select extract(epoch from finished_at - started_at)::float8 from run";
    let read = Duration::from_secs_f64(sqlx::query_scalar(first).fetch_one(pool).await?);
    let group: String = sqlx::query_scalar("select id::text from directory_group where name = $1")
        .bind(GROUP)
        .fetch_one(pool)
        .await?;
    let filters = Filters {
        group: Choice::Values(vec![Some(group)]),
        ..Filters::default()
    };
    let began = Instant::now();
    stage.enable(&filters).await?;
    let visible = "select exists (select 1 from end_user_mapping), (select max(error) from run)";
    loop {
        let (visible, error): (bool, Option<String>) = sqlx::query_as(visible).fetch_one(pool).await?;
        if let Some(error) = error {
            return Err(format!("the first run with a Group filter failed: {error}").into());
        }
        if visible {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    let took = began.elapsed();
    let people = "select count(*) from end_user_mapping";
    let people = sqlx::query_scalar(people).fetch_one(pool).await?;
    worker.stop().await?;
    stage.end(databases).await?;
    Ok((took, people, read))
}
