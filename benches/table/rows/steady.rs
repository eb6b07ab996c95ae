//! Runs of a directory that is known: nothing changed, a hundredth changed, everything read again.

use super::{Bench, LARGE, Large, first::users};
use crate::{
    Outcome,
    meter::{bytes, median, ratio, time, wal},
    replay::{parse, replay, requests},
    report::{Row, Table, Verdict},
    stage::{self, Spans, Stage},
};
use entrain::{model::ids::MicrosoftTenantId, store};
use serde_json::json;
use sqlx::PgPool;
use std::time::{Duration, Instant};

const QUIET: Duration = Duration::from_millis(50);
const STATEMENTS: u64 = 10;
/// WAL that the server writes by itself now and then: a snapshot of what is running, a page image after a checkpoint.
const NOISE: i64 = 4_096;

/// What the report passes ask, each with its own pace: they are due, as a pass that was refused takes no time. The test
/// `a_run_with_nothing_to_do_asks_the_database_nine_times_at_most_besides_its_reports` has the same list.
const OF_REPORTS: [&str; 5] = [
    "select id, device_name, serial_number,",
    "select count(*) from directory_user",
    "select 1 from run_lease",
    "update microsoft_tenant set readings",
    "COMMIT",
];

/// A run of which everything is known.
#[derive(Clone, Copy)]
struct Run {
    took: Duration,
    statements: u64,
    of_reports: u64,
    wal: i64,
}

async fn run(bench: &Bench, stage: &Stage, tenant: MicrosoftTenantId) -> Outcome<Run> {
    let before = wal(&stage.engine.pool).await?;
    bench.statements.start();
    let done = stage::run(&stage.engine, tenant).await;
    let told = bench.statements.stop();
    let of_reports = told.beginning(&OF_REPORTS);
    let (_, took) = done?;
    Ok(Run {
        took,
        statements: told.ours() - of_reports,
        of_reports,
        wal: wal(&stage.engine.pool).await? - before,
    })
}

fn middle(runs: &[Run]) -> Outcome<Run> {
    Ok(Run {
        took: median(&runs.iter().map(|run| run.took).collect::<Vec<_>>())?,
        statements: median(&runs.iter().map(|run| run.statements).collect::<Vec<_>>())?,
        of_reports: median(&runs.iter().map(|run| run.of_reports).collect::<Vec<_>>())?,
        wal: median(&runs.iter().map(|run| run.wal).collect::<Vec<_>>())?,
    })
}

/// The three kinds of runs.
pub async fn rows(bench: &Bench, table: &mut Table, large: &Large, known: &Stage, first: Duration) -> Outcome<()> {
    known.sign_in().await?;
    known.run().await?;
    known.analyze().await?;
    quiet(bench, table, large, known).await?;
    changed(bench, table, large, known, first).await?;
    full(bench, table, large, known).await
}

async fn quiet(bench: &Bench, table: &mut Table, large: &Large, known: &Stage) -> Outcome<()> {
    let asked = requests(
        &bench.databases.url_of(&known.database),
        &large.microsoft.address,
        known.tenant,
    )
    .await?;
    let (mut runs, mut waits, mut read) = (vec![], vec![], 0);
    for _ in 0..bench.options.repeat.max(5) {
        runs.push(run(bench, known, known.tenant).await?);
        let replayed = replay(&asked).await?;
        waits.push(replayed.took);
        read = replayed.bytes();
    }
    let (run, wait) = (middle(&runs)?, median(&waits)?);
    let beyond = run.took.saturating_sub(wait);
    let users = bench.options.users;
    table.row(
        3,
        Row {
            work: format!("a run with nothing changed, {users} users, no report pass due"),
            measured: format!("{} beyond HTTP, {} statements", time(beyond), run.statements),
            baseline: format!("the same {} requests by a bare client: {}", asked.len(), time(wait)),
            ratio: format!("{:.2} (the whole run: {})", ratio(run.took, wait), time(run.took)),
            target: "at most 50 ms and 10 statements",
            verdict: Verdict::of(beyond <= QUIET && run.statements <= STATEMENTS),
        },
    );
    table.note(
        3,
        format!(
            "HTTP is what a bare client needs for the same requests, one after another and down to the last byte ({} kB): \
             they are written down by a proxy in a run that is not measured. Statements are counted as sqlx tells them, \
             those on the queue's tables left out; begin and commit it does not tell. Reports and devices are denied in \
             the stand-in, so each run asks for them once and is refused; the {} statements of these passes are left out. \
             The quiet run wrote {} of WAL.",
            read / 1_000,
            run.of_reports,
            bytes(run.wal)
        ),
    );
    Ok(())
}

async fn changed(bench: &Bench, table: &mut Table, large: &Large, known: &Stage, first: Duration) -> Outcome<()> {
    let users = users(known).await?;
    let (mut runs, mut updated) = (vec![], 0);
    for round in 0..bench.options.repeat.max(3) {
        let some: Vec<_> = users.iter().skip(round * 7).step_by(100).collect();
        for (number, user) in some.iter().enumerate() {
            let changes = json!({ "jobTitle": format!("Title {round} of {number}") });
            large.microsoft.patch_user(LARGE, **user, &changes).await?;
        }
        let (run, took) = known.run().await?;
        runs.push(took);
        let applied = store::run::organizations(&known.engine.pool, run).await?;
        updated = applied.iter().map(|row| row.counts.update).sum();
    }
    let took = median(&runs)?;
    let share = ratio(took, first);
    table.row(
        4,
        Row {
            work: format!("a run with 1 % changed ({updated} people updated)"),
            measured: time(took),
            baseline: format!("the first run: {}", time(first)),
            ratio: format!("{:.1} %", share * 100.0),
            target: "at most 3 %",
            verdict: Verdict::of(share <= 0.03),
        },
    );
    Ok(())
}

/// Makes the delta links older than the program lets them become (interface.md: six days): the next run reads everything.
async fn forget_links(pool: &PgPool) -> Outcome<()> {
    sqlx::query("update directory_pass set began_at = began_at - interval '30 days'")
        .execute(pool)
        .await?;
    Ok(())
}

async fn full(bench: &Bench, table: &mut Table, large: &Large, known: &Stage) -> Outcome<()> {
    let pool = &known.engine.pool;
    // What the last change left to be cleaned up is not this run's.
    known.analyze().await?;
    forget_links(pool).await?;
    let asked = requests(
        &bench.databases.url_of(&known.database),
        &large.microsoft.address,
        known.tenant,
    )
    .await?;
    let (mut runs, mut waits, mut parses, mut hashes) = (vec![], vec![], vec![], vec![]);
    for _ in 0..bench.options.repeat.max(3) {
        forget_links(pool).await?;
        runs.push(run(bench, known, known.tenant).await?);
        let replayed = replay(&asked).await?;
        waits.push(replayed.took);
        parses.push(parse(&replayed.answers)?.0);
        let began = Instant::now();
        std::hint::black_box(store::directory::user_hashes(pool, known.tenant).await?);
        hashes.push(began.elapsed());
    }
    let (run, wait) = (middle(&runs)?, median(&waits)?);
    let (parse, hash) = (median(&parses)?, median(&hashes)?);
    let (share, beyond) = (ratio(run.took, parse + hash), run.took.saturating_sub(wait));
    table.row(
        5,
        Row {
            work: "a full refresh of a known directory, nothing changed".into(),
            measured: time(run.took),
            baseline: format!(
                "parsing all pages {}, reading the row hashes {}",
                time(parse),
                time(hash)
            ),
            ratio: format!("{share:.2} ({:.2} beyond HTTP)", ratio(beyond, parse + hash)),
            target: "at most 2 times",
            verdict: Verdict::of(share <= 2.0),
        },
    );
    table.note(
        5,
        format!(
            "The delta links were too old before each of these runs. A bare client waits {} for the same pages, which the baseline of this row does not: the ratio \
             beyond HTTP leaves that wait out of the run too.",
            time(wait)
        ),
    );
    told(bench, table, known).await?;
    written(bench, table, large, known, run.wal).await
}

/// Where the time of such a run goes: of one more, which is not measured.
async fn told(bench: &Bench, table: &mut Table, known: &Stage) -> Outcome<()> {
    forget_links(&known.engine.pool).await?;
    let spans = Spans::default();
    bench.statements.start();
    let done = stage::run_watched(&known.engine, known.tenant, Some(&spans)).await;
    let statements = bench.statements.stop();
    done?;
    table.note(
        5,
        format!(
            "Where its time goes, by the progress that it tells: {}. Its slowest statements in sum: {}.",
            spans.told(),
            statements.slowest(5)
        ),
    );
    Ok(())
}

/// What such a run writes, against one of a directory that is next to nothing: that is the run's own.
async fn written(bench: &Bench, table: &mut Table, large: &Large, known: &Stage, wrote: i64) -> Outcome<()> {
    let pool = &known.engine.pool;
    stage::run(&known.engine, large.tiny).await?;
    let mut own = vec![];
    for _ in 0..bench.options.repeat.max(3) {
        forget_links(pool).await?;
        own.push(run(bench, known, large.tiny).await?.wal);
    }
    let own = median(&own)?;
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people to read")]
    let share = wrote as f64 / own.max(1) as f64;
    table.row(
        5,
        Row {
            work: "the same: WAL".into(),
            measured: bytes(wrote),
            baseline: format!("such a run of 25 users, its own record: {}", bytes(own)),
            ratio: format!("{share:.2}"),
            target: "none beyond the run's own",
            verdict: Verdict::of(wrote <= own + NOISE),
        },
    );
    Ok(())
}
