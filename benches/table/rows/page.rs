//! The End Users page.

use super::{Bench, LARGE, Large};
use crate::{
    Outcome,
    meter::{median, ratio, time},
    pages::{Html, Query, pages_a_second, string_pages_a_second},
    program::{Program, Session},
    report::{Row, Table, Verdict},
    stage::Stage,
};
use entrain::store::end_user_page::{EndUserQuery, PAGE};
use std::time::{Duration, Instant};

const ASKED: usize = 21;
/// Below so many matches a search is to be as quick as no search.
const FEW: i64 = 1_000;

/// A view of the table.
struct View {
    words: String,
    query: EndUserQuery,
    limit: Duration,
}

impl View {
    fn new(words: impl Into<String>, search: &str, sort: &str, page: i64, matches: Option<i64>) -> Self {
        let quick = matches.is_none_or(|matches| matches < FEW);
        Self {
            words: words.into(),
            query: EndUserQuery {
                search: search.into(),
                sort: sort.into(),
                page,
                ..EndUserQuery::default()
            },
            limit: Duration::from_millis(if quick { 20 } else { 100 }),
        }
    }

    fn path(&self, stage: &Stage) -> String {
        let EndUserQuery { search, sort, page, .. } = &self.query;
        // Words of names and addresses, made of letters.
        format!(
            "/organizations/{}/end-users?search={search}&sort={sort}&page={page}",
            stage.organization
        )
    }
}

/// Pages one after another, and from sixteen connections.
pub async fn rows(bench: &Bench, table: &mut Table, large: &Large, known: &Stage) -> Outcome<()> {
    // Devices stay denied: their addresses are read at Intune's pace, and the page shows none.
    large.microsoft.deny(LARGE, &["managedDevices"]).await?;
    large.microsoft.make_premium(LARGE).await?;
    bench.tell("A run with sign-ins and MFA, for the End Users page");
    known.run().await?;
    known.analyze().await?;
    let pool = &known.engine.pool;
    let query = Query::new(pool, known.organization, known.tenant).await?;
    let program = Program::web(&bench.databases.url_of(&known.database), &large.microsoft).await?;
    let session = program.signed_in(pool).await?;
    for view in views(&query, known).await? {
        table.row(9, measure(&view, &query, &session, known, bench.options.users).await?);
    }
    table.note(
        9,
        format!(
            "Pages are fetched whole from `entrain serve --role web`, with a session and without compression, in the median \
             of {ASKED}; beside each its query alone. A page of the table has {PAGE} rows in this version. `vacuum \
             analyze` was run before, as autovacuum would."
        ),
    );
    let path = View::new("", "", "name", 1, None).path(known);
    let (pages, failed) = pages_a_second(&session, &path, bench.options.seconds).await?;
    if failed > 0 {
        table.note(9, format!("**{failed} pages of those from 16 connections failed.**"));
    }
    let (mut process, url) = Html::start(bench.databases.url_of(&known.database), known).await?;
    let strings = string_pages_a_second(&url, bench.options.seconds).await?;
    process.kill().await?;
    table.row(
        9,
        Row {
            work: "pages a second at 16 connections, by Name".into(),
            measured: format!("{pages:.0}"),
            baseline: format!("string HTML from the same query: {strings:.0}"),
            ratio: format!("{:.2}", pages / strings.max(0.001)),
            target: "–",
            verdict: Verdict::Report,
        },
    );
    program.stop().await
}

async fn views(query: &Query, stage: &Stage) -> Outcome<Vec<View>> {
    let (few, matches) = narrow(query, stage).await?;
    let middle = query.page(&EndUserQuery::default()).await?.total / PAGE / 2 + 1;
    let mut views = vec![
        View::new("by Name", "", "name", 1, None),
        View::new("by Email", "", "email", 1, None),
        View::new("by Last Microsoft Activity, the latest first", "", "-activity", 1, None),
        View::new("by Last Microsoft Activity, the oldest first", "", "activity", 1, None),
        View::new(format!("by Name, page {middle}"), "", "name", middle, None),
    ];
    let many = "example";
    for (words, sort) in [
        ("Name", "name"),
        ("Email", "email"),
        ("Last Microsoft Activity", "-activity"),
    ] {
        let told = format!("by {words}, a search with {matches} matches");
        views.push(View::new(told, &few, sort, 1, Some(matches)));
        let told = format!("by {words}, a search that nearly everybody matches");
        views.push(View::new(told, many, sort, 1, Some(i64::MAX)));
    }
    Ok(views)
}

/// Letters of a surname that some hundred people have, or as many as there are.
async fn narrow(query: &Query, stage: &Stage) -> Outcome<(String, i64)> {
    let words: Vec<String> = sqlx::query_scalar(
        "select w from end_user, regexp_split_to_table(lower(name), ' ') w
         where organization_id = $1 and w ~ '^[a-z]{4,}$'
         group by w having count(*) < $2 order by count(*) desc, w limit 50",
    )
    .bind(stage.organization)
    .bind(FEW)
    .fetch_all(&stage.engine.pool)
    .await?;
    for word in words {
        let search = EndUserQuery {
            search: word.clone(),
            ..EndUserQuery::default()
        };
        let total = query.page(&search).await?.total;
        if total < FEW {
            return Ok((word, total));
        }
    }
    Err("no name is rare enough to search for".into())
}

async fn measure(view: &View, query: &Query, session: &Session<'_>, stage: &Stage, users: usize) -> Outcome<Row> {
    let path = view.path(stage);
    let (mut pages, mut queries) = (vec![], vec![]);
    let rows = query.page(&view.query).await?.rows.len();
    // The first ones open connections and fill caches.
    for number in 0..ASKED + 2 {
        let began = Instant::now();
        let page = session.page(&path).await?;
        let took = began.elapsed();
        if page.matches("<tr").count() < rows {
            return Err(format!("{path} does not show its {rows} rows").into());
        }
        let began = Instant::now();
        query.page(&view.query).await?;
        if number >= 2 {
            pages.push(took);
            queries.push(began.elapsed());
        }
    }
    let (page, alone) = (median(&pages)?, median(&queries)?);
    Ok(Row {
        work: format!("End Users page, {rows} rows of {users} users, {}", view.words),
        measured: time(page),
        baseline: format!("its query: {}", time(alone)),
        ratio: format!("{:.2}", ratio(page, alone)),
        target: if view.limit.as_millis() > 20 { "100 ms" } else { "20 ms" },
        verdict: Verdict::of(page <= view.limit),
    })
}
