//! Many small Microsoft tenants in a quiet hour.

use super::Bench;
use crate::{
    Outcome, cpu,
    microsoft::Microsoft,
    program::Program,
    replay::Proxy,
    report::{Row, Table, Verdict},
    stage::{self, Databases, actor, customer},
};
use entrain::{
    engine::Engine,
    model::{filter::Filters, ids::MicrosoftTenantId, run::Trigger},
    store::{self, queue},
};
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const HOUR: f64 = 3_600.0;
/// Long enough for the schedule to be looked at twice, and for the kernel's hundredths to say something.
const REST: Duration = Duration::from_secs(120);
const CPU: f64 = 20.0;
const REQUESTS: f64 = 9.0;

/// What program and Postgres used.
#[derive(Clone, Copy)]
struct Used {
    program: f64,
    postgres: f64,
    at: Instant,
}

impl Used {
    async fn now(program: &Program, pool: &PgPool) -> Outcome<Self> {
        Ok(Self {
            program: cpu::of_process(program.id()?)?.as_secs_f64(),
            postgres: cpu::of_postgres(pool).await?.as_secs_f64(),
            at: Instant::now(),
        })
    }

    /// Since then: program, Postgres, and by the clock.
    fn since(self, then: Self) -> (f64, f64, f64) {
        let seconds = (self.at - then.at).as_secs_f64();
        (self.program - then.program, self.postgres - then.postgres, seconds)
    }
}

/// The customers, their first runs, and a quiet hour.
pub async fn rows(bench: &Bench, table: &mut Table) -> Outcome<()> {
    let options = &bench.options;
    let (count, databases) = (options.tenants.max(1), &bench.databases);
    bench.tell(&format!("{count} Microsoft tenants of {} users", options.users_each));
    let names: Vec<_> = (0..count).map(|number| format!("customer-{number:04}")).collect();
    let spec: Vec<_> = names
        .iter()
        .map(|name| format!("{name}={}", options.users_each))
        .collect();
    let microsoft = Microsoft::start(&spec.join(",")).await?;
    let proxy = Proxy::start().await?;
    let (database, pool, tenants) = customers(databases, &microsoft, &names).await?;
    let url = databases.url_of(&database);
    let worker = Program::worker(&url, &microsoft, Some(&proxy)).await?;
    stage::until_runs(&pool, count).await?;
    worker.stop().await?;
    sqlx::raw_sql("vacuum analyze").execute(&pool).await?;

    let worker = Program::worker(&url, &microsoft, Some(&proxy)).await?;
    scheduled(&pool, count).await?;
    proxy.take();
    let before = Used::now(&worker, &pool).await?;
    let done: i64 = sqlx::query_scalar("select count(*) from run").fetch_one(&pool).await?;
    for tenant in &tenants {
        queue::request_run(&pool, *tenant, Trigger::Hourly).await?;
    }
    stage::until_runs(&pool, usize::try_from(done)? + count).await?;
    let ran = Used::now(&worker, &pool).await?;
    let requests = proxy.take().len();
    let last = "select extract(epoch from avg(finished_at - started_at))::float8
                from (select * from run order by started_at desc limit $1) last";
    let limit = i64::try_from(count)?;
    let each: f64 = sqlx::query_scalar(last).bind(limit).fetch_one(&pool).await?;
    sleep(REST).await;
    let rested = Used::now(&worker, &pool).await?;
    worker.stop().await?;
    pool.close().await;
    databases.discard(&database).await?;
    tell(table, bench, ran.since(before), rested.since(ran), requests);
    table.note(
        6,
        format!(
            "Each of those runs took {each:.2} s in the mean, four at a time; the rest of their time is the queue's."
        ),
    );
    Ok(())
}

type Span = (f64, f64, f64);

fn tell(table: &mut Table, bench: &Bench, runs: Span, rest: Span, requests: usize) {
    let (count, each) = (bench.options.tenants.max(1), bench.options.users_each);
    let (program, postgres, took) = runs;
    // The schedule is looked at all the time, runs or not.
    let times = (HOUR - took).max(0.0) / rest.2.max(0.001);
    let idle = (rest.0 * times, rest.1 * times);
    let hour = program + postgres + idle.0 + idle.1;
    table.row(
        6,
        Row {
            work: format!("{count} Microsoft tenants of {each} users, a quiet hour, one process"),
            measured: format!("{hour:.1} s of CPU"),
            baseline: format!(
                "its runs: program {program:.1} s, Postgres {postgres:.1} s; the rest of the hour: program {:.1} s, \
                 Postgres {:.1} s",
                idle.0, idle.1
            ),
            ratio: "–".into(),
            target: "at most 20 s",
            verdict: Verdict::of(hour <= CPU),
        },
    );
    #[expect(clippy::cast_precision_loss, reason = "an average for people to read")]
    let each = requests as f64 / count as f64;
    table.row(
        6,
        Row {
            work: "the same: HTTP requests a tenant".into(),
            measured: format!("{each:.1}"),
            baseline: format!("{requests} in all, counted by a proxy"),
            ratio: "–".into(),
            target: "at most 9",
            verdict: Verdict::of(each <= REQUESTS),
        },
    );
    table.note(
        6,
        format!(
            "The quiet hour is one run of each tenant, all asked for at once of a worker that was just started (so that \
             each needs a token), which took {took:.0} s; and the rest of the hour, told from {:.0} s in which nothing ran. \
             CPU is what the kernel counts for the worker and for every process of Postgres, this program's own few \
             questions included; stand-in and proxy are other processes.",
            rest.2
        ),
    );
}

/// Connects each tenant to a customer of its own, with its user sync enabled.
async fn customers(
    databases: &Databases,
    microsoft: &Microsoft,
    names: &[String],
) -> Outcome<(String, PgPool, Vec<MicrosoftTenantId>)> {
    let database = databases.create(None).await?;
    let pool = stage::pool(&databases.url_of(&database)).await?;
    store::migrate::migrate(&pool).await?;
    let engine = Engine::new(pool.clone(), Some(stage::graph(&microsoft.address)?));
    let (mut tenants, filters, most) = (vec![], Filters::default(), Some(u32::MAX));
    for name in names {
        let entra = microsoft.tenant(name)?.to_string();
        let (tenant, organization) = customer(&engine, &entra, name).await?;
        store::user_sync::save_confirmed(&pool, &actor(), organization, tenant, &filters, None, most).await?;
        tenants.push(tenant);
    }
    Ok((database, pool, tenants))
}

/// Waits until the next run of each tenant is in the queue.
async fn scheduled(pool: &PgPool, count: usize) -> Outcome<()> {
    let sql = "select count(*) from graphile_worker.jobs where key like 'microsoft_tenant:%'";
    while sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await? < i64::try_from(count)? {
        sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}
