//! The filter dialog.

use super::{Bench, LARGE, Large, first::users};
use crate::{
    Outcome,
    meter::{median, time},
    program::Program,
    report::{Row, Table, Verdict},
    stage::Stage,
};
use entrain::{
    api::user_sync::{OpenFilterDialog, Preview},
    engine::facets::offered,
    model::filter::{Facets, Section},
};
use std::time::{Duration, Instant};

/// How many other choices are looked at while the dialog is open.
const CHOICES: usize = 8;

/// What the dialog offers in its sections, as the dialog gets it: kept by the run before.
async fn facets(stage: &Stage) -> Outcome<Facets> {
    Ok(offered(&stage.engine.pool, stage.tenant).await?)
}

/// The same counted anew, as while a pass is at work.
async fn counted(stage: &Stage) -> Outcome<Duration> {
    let pool = &stage.engine.pool;
    sqlx::query("delete from directory_facets").execute(pool).await?;
    let began = Instant::now();
    std::hint::black_box(facets(stage).await?);
    let took = began.elapsed();
    stage.run().await?;
    Ok(took)
}

/// Facets, the first line and the next ones.
pub async fn rows(bench: &Bench, table: &mut Table, large: &Large, known: &Stage) -> Outcome<()> {
    let groups = fill(bench, large, known).await?;
    let mut spans = vec![];
    for _ in 0..5 {
        let began = Instant::now();
        std::hint::black_box(facets(known).await?);
        spans.push(began.elapsed());
    }
    let users = bench.options.users;
    let baseline = format!("counted anew: {}", time(counted(known).await?));
    table.row(8, {
        let limit = Duration::from_millis(50);
        let work = format!("filter dialog, {users} users, {groups} groups: facets");
        row(work, median(&spans)?, baseline, limit, "50 ms")
    });
    lines(bench, table, large, known).await
}

fn row(work: String, took: Duration, baseline: String, limit: Duration, target: &'static str) -> Row {
    Row {
        work,
        measured: time(took),
        baseline,
        ratio: "–".into(),
        target,
        verdict: Verdict::of(took <= limit),
    }
}

/// Groups of twenty until there are as many as are wanted, and a run that reads them.
async fn fill(bench: &Bench, large: &Large, known: &Stage) -> Outcome<i64> {
    let count = "select count(*) from directory_group where microsoft_tenant_id = $1 and gone_at is null";
    let count = || {
        sqlx::query_scalar::<_, i64>(count)
            .bind(known.tenant)
            .fetch_one(&known.engine.pool)
    };
    let (users, there) = (users(known).await?, usize::try_from(count().await?)?);
    bench.tell(&format!("{} groups, for the filter dialog", bench.options.groups));
    for number in there..bench.options.groups {
        let members: Vec<_> = users
            .iter()
            .cycle()
            .skip(number * 13)
            .step_by(5)
            .take(20)
            .copied()
            .collect();
        let name = format!("Team {number}");
        large.microsoft.create_group(LARGE, &name, &members).await?;
    }
    known.run().await?;
    known.analyze().await?;
    Ok(count().await?)
}

/// Over HTTP, as the page asks: a process that was just started has nothing kept.
async fn lines(bench: &Bench, table: &mut Table, large: &Large, known: &Stage) -> Outcome<()> {
    let database = bench.databases.url_of(&known.database);
    let organization = known.organization.to_string();
    let departments = departments(&facets(known).await?);
    let (mut first, mut next) = (vec![], vec![]);
    for _ in 0..bench.options.repeat.max(3) {
        let program = Program::web(&database, &large.microsoft).await?;
        let session = program.signed_in(&known.engine.pool).await?;
        session.page("/healthz").await?;
        let began = Instant::now();
        session
            .call::<OpenFilterDialog>(&[("organization", &organization)])
            .await?;
        first.push(began.elapsed());
        for department in &departments {
            let mut form = vec![("organization", organization.as_str())];
            let others = Section::ALL
                .into_iter()
                .filter(|section| *section != Section::Department);
            let names: Vec<_> = others
                .map(|section| format!("filters[{}][all]", section.key()))
                .collect();
            form.extend(names.iter().map(|name| (name.as_str(), "on")));
            form.push(("filters[department][values][0]", department));
            let began = Instant::now();
            session.call::<Preview>(&form).await?;
            next.push(began.elapsed());
        }
        program.stop().await?;
    }
    let (first, next) = (median(&first)?, median(&next)?);
    let limit = Duration::from_millis(1_500);
    table.row(
        8,
        row(
            "first plan line, with the dialog".into(),
            first,
            "–".into(),
            limit,
            "1.5 s",
        ),
    );
    let limit = Duration::from_millis(150);
    let baseline = format!("the first: {}", time(first));
    table.row(
        8,
        row("the next ones while it is open".into(), next, baseline, limit, "150 ms"),
    );
    table.note(
        8,
        "Facets are what the engine's call takes in this process, kept by the run before; beside it the same where \
         nothing is kept. Plan lines are server functions of `entrain serve --role web`, the first one in a process that \
         was just started.",
    );
    Ok(())
}

fn departments(facets: &Facets) -> Vec<String> {
    let section = facets.sections.get(Section::Department as usize);
    let offered = section.into_iter().flatten();
    offered.filter_map(|facet| facet.value.clone()).take(CHOICES).collect()
}
