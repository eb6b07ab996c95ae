//! The first run of a directory.

use super::{Bench, LARGE, Large};
use crate::{
    Outcome,
    copy::{Rows, filled},
    meter::{Counted, median, ratio, time},
    plain,
    replay::{parse, replay, requests},
    report::{Row, Table, Verdict},
    stage::{self, Spans, Stage},
};
use entrain::model::filter::{Choice, Filters};
use std::time::Duration;
use uuid::Uuid;

const TARGET: f64 = 1.6;

/// First runs with one choice of filters, and what they are compared with.
struct Measured {
    run: Duration,
    copies: Duration,
    rows: Rows,
    /// Of the last run and its copies.
    longest: String,
    spans: String,
    statements: Counted,
    /// As the last run left it.
    stage: Stage,
}

/// Runs a fresh copy as often as is wanted, and copies the same rows as often.
async fn measure(bench: &Bench, large: &Large, filters: &Filters) -> Outcome<Measured> {
    let databases = &bench.databases;
    let (mut runs, mut copies) = (vec![], vec![]);
    let mut longest = String::new();
    let mut kept: Option<(Stage, Rows, String, Counted)> = None;
    for _ in 0..bench.options.repeat.max(1) {
        let stage = large.copy(databases).await?;
        stage.enable(filters).await?;
        stage.sign_in().await?;
        let before = filled(&stage.engine.pool).await?;
        let spans = Spans::default();
        bench.statements.start();
        let ran = stage::run_watched(&stage.engine, stage.tenant, Some(&spans)).await;
        let (statements, spans) = (bench.statements.stop(), spans.told());
        runs.push(ran?.1);
        let rows = Rows::export(&stage.engine.pool, &before).await?;
        let other = databases.create(Some(&large.base.database)).await?;
        let copied = rows.import(&databases.url_of(&other)).await?;
        copies.push(copied.sum());
        longest = copied.longest(8);
        databases.discard(&other).await?;
        if let Some((last, ..)) = kept.replace((stage, rows, spans, statements)) {
            last.end(databases).await?;
        }
    }
    let (stage, rows, spans, statements) = kept.ok_or("nothing was run")?;
    Ok(Measured {
        run: median(&runs)?,
        copies: median(&copies)?,
        rows,
        longest,
        spans,
        statements,
        stage,
    })
}

impl Measured {
    fn row(&self, work: String) -> Row {
        let ratio = ratio(self.run, self.copies);
        Row {
            work,
            measured: time(self.run),
            baseline: format!("COPY of the same rows: {}", time(self.copies)),
            ratio: format!("{ratio:.2}"),
            target: "at most 1.6 times",
            verdict: Verdict::of(ratio <= TARGET),
        }
    }
}

/// The first two rows and what stands beside them. Returns the database of a first run with everybody, and how long that
/// took.
pub async fn rows(bench: &Bench, table: &mut Table, large: &Large) -> Outcome<(Stage, Duration)> {
    let all = measure(bench, large, &Filters::default()).await?;
    let users = bench.options.users;
    #[expect(clippy::cast_precision_loss, reason = "an average for people to read")]
    let groups = all.rows.count("directory_group_member") as f64 / users.max(1) as f64;
    table.row(
        1,
        all.row(format!(
            "first refresh and apply of {users} users (licences, {groups:.1} groups each, one Organization)"
        )),
    );
    table.note(1, format!("The first run left {}.", all.rows.told()));
    beside(bench, table, large, &all).await?;
    let filters = Filters {
        group: Choice::Values(vec![Some(one_in_twenty(large, &all.stage).await?)]),
        ..Filters::default()
    };
    let part = measure(bench, large, &filters).await?;
    table.row(2, part.row("the same, one twentieth of the users in scope".into()));
    table.note(2, format!("With one twentieth it left {}.", part.rows.told()));
    part.stage.end(&bench.databases).await?;
    Ok((all.stage, all.run))
}

/// A group of every twentieth user.
async fn one_in_twenty(large: &Large, stage: &Stage) -> Outcome<String> {
    let users = users(stage).await?;
    let members: Vec<_> = users.into_iter().step_by(20).collect();
    large.microsoft.create_group(LARGE, "One in twenty", &members).await
}

/// The ids of all living users, in order.
pub async fn users(stage: &Stage) -> Outcome<Vec<Uuid>> {
    Ok(sqlx::query_scalar(
        "select id from directory_user where microsoft_tenant_id = $1 and deleted_at is null order by id",
    )
    .bind(stage.tenant)
    .fetch_all(&stage.engine.pool)
    .await?)
}

/// What Microsoft's side takes of it, and what a plain client takes.
async fn beside(bench: &Bench, table: &mut Table, large: &Large, all: &Measured) -> Outcome<()> {
    let databases = &bench.databases;
    let stage = large.copy(databases).await?;
    stage.enable(&Filters::default()).await?;
    let asked = requests(
        &databases.url_of(&stage.database),
        &large.microsoft.address,
        stage.tenant,
    )
    .await?;
    stage.end(databases).await?;

    let replayed = replay(&asked).await?;
    let (parsed, _) = parse(&replayed.answers)?;
    let beyond = all.run.saturating_sub(replayed.took);
    table.note(
        1,
        format!(
            "A bare client that makes the same {} requests one after another and reads {} MB takes {}, and {} with the \
             decoding of them: so long does the stand-in keep everybody waiting. Beyond that, the first run takes {} \
             ({:.2} times the COPYs).",
            asked.len(),
            replayed.bytes() / 1_000_000,
            time(replayed.took),
            time(replayed.took + parsed),
            time(beyond),
            ratio(beyond, all.copies),
        ),
    );
    table.note(
        1,
        format!(
            "Where its time goes, by the progress that it tells: {}. Its slowest statements in sum: {}. The longest COPYs: \
             {}.",
            all.spans,
            all.statements.slowest(8),
            all.longest
        ),
    );
    let other = databases.create(Some(&large.base.database)).await?;
    let (took, users) = plain::upsert(&asked, &databases.url_of(&other), large.base.tenant).await?;
    databases.discard(&other).await?;
    table.row(
        1,
        Row {
            work: format!("a plain client: {users} users alone, one row at a time"),
            measured: time(took),
            baseline: format!("our first run, with everything: {}", time(all.run)),
            ratio: format!("{:.2}", ratio(took, all.run)),
            target: "–",
            verdict: Verdict::Report,
        },
    );
    Ok(())
}
