//! Databases, and an Organization in one of them that is mapped to a Microsoft tenant of the stand-in.

use crate::{Outcome, meter::time, microsoft::Microsoft};
use chrono::Utc;
use entrain::{
    engine::{
        Engine, connect,
        run::{RunEnd, run_tenant},
    },
    graph::{Credential, GraphClient, GraphSettings},
    model::{
        audit::Actor,
        filter::Filters,
        ids::{MicrosoftTenantId, OrganizationId, RunId, TenantId},
        run::{self, Trigger},
    },
    store,
};
use sqlx::{
    AssertSqlSafe, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::sleep;
use url::Url;
use uuid::Uuid;

/// The server of DATABASE_URL, and the databases that are made there.
pub struct Databases {
    url: Url,
    /// Connections to the database of DATABASE_URL itself, where nothing is written.
    pub admin: PgPool,
    made: AtomicU32,
}

impl Databases {
    /// The server that DATABASE_URL names.
    pub async fn open() -> Outcome<Self> {
        let url = std::env::var("DATABASE_URL")
            .map_err(|_| "DATABASE_URL is not set: run `make bench`, or end2end/with-postgres.sh cargo bench ...")?;
        Ok(Self {
            admin: pool(&url).await?,
            url: url.parse()?,
            made: AtomicU32::new(0),
        })
    }

    /// The address of a database of this server.
    pub fn url_of(&self, name: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(name);
        url.into()
    }

    /// A new database: empty, or a copy of one that nobody is connected to.
    pub async fn create(&self, template: Option<&str>) -> Outcome<String> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("entrain_bench_{}_{number}", std::process::id());
        let template = template.map(|name| format!(" template {name}")).unwrap_or_default();
        self.order(format!("create database {name}{template}")).await?;
        Ok(name)
    }

    /// Drops a database, whoever is connected to it.
    pub async fn discard(&self, name: &str) -> Outcome<()> {
        self.order(format!("drop database if exists {name} with (force)")).await
    }

    async fn order(&self, sql: String) -> Outcome<()> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.admin).await?;
        Ok(())
    }
}

/// Connections as the program itself opens them.
pub async fn pool(url: &str) -> Outcome<PgPool> {
    let options: PgConnectOptions = url.parse()?;
    Ok(PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options.application_name("entrain bench"))
        .await?)
}

/// Who does what the bench does.
pub fn actor() -> Actor {
    Actor::command("make bench")
}

/// A client of Microsoft at this address, not held up by the pace of reports.
pub fn graph(address: &str) -> Outcome<GraphClient> {
    let sample = microsoft_sim::Options::default();
    Ok(GraphClient::new(GraphSettings {
        login_url: address.parse()?,
        graph_url: address.parse()?,
        client_id: sample.client_id,
        credential: Credential::Secret(sample.client_secret.into()).into(),
        reports_in_ten_seconds: 100_000,
    })?)
}

/// An Organization whose Tenant is mapped to a Microsoft tenant, in a database of its own.
pub struct Stage {
    /// The name of the database.
    pub database: String,
    /// Our engine over it.
    pub engine: Engine,
    /// The Microsoft tenant.
    pub tenant: MicrosoftTenantId,
    /// What Microsoft calls it.
    pub entra: Uuid,
    /// The one Organization.
    pub organization: OrganizationId,
}

impl Stage {
    /// A migrated database with the Microsoft tenant of that name connected, and nobody read yet.
    pub async fn new(databases: &Databases, microsoft: &Microsoft, name: &str) -> Outcome<Self> {
        let database = databases.create(None).await?;
        let pool = pool(&databases.url_of(&database)).await?;
        store::migrate::migrate(&pool).await?;
        let engine = Engine::new(pool, Some(graph(&microsoft.address)?));
        let entra = microsoft.tenant(name)?;
        let (tenant, organization) = customer(&engine, &entra.to_string(), name).await?;
        Ok(Self {
            database,
            engine,
            tenant,
            entra,
            organization,
        })
    }

    /// The same in a copy of its database. Nobody may be connected to this one: see [`Self::rest`].
    pub async fn copy(&self, databases: &Databases, microsoft: &Microsoft) -> Outcome<Self> {
        let database = databases.create(Some(&self.database)).await?;
        Ok(Self {
            engine: Engine::new(
                pool(&databases.url_of(&database)).await?,
                Some(graph(&microsoft.address)?),
            ),
            database,
            tenant: self.tenant,
            entra: self.entra,
            organization: self.organization,
        })
    }

    /// Closes the connections, so that the database may be copied.
    pub async fn rest(&self) {
        self.engine.pool.close().await;
    }

    /// Enables the user sync, whatever the guard would say of so many new people.
    pub async fn enable(&self, filters: &Filters) -> Outcome<()> {
        let (pool, most) = (&self.engine.pool, Some(u32::MAX));
        store::user_sync::save_confirmed(pool, &actor(), self.organization, self.tenant, filters, None, most).await?;
        Ok(())
    }

    /// A run that has to succeed, and how long it took.
    pub async fn run(&self) -> Outcome<(RunId, Duration)> {
        run(&self.engine, self.tenant).await
    }

    /// Gets a token, so that no run has to.
    pub async fn sign_in(&self) -> Outcome<()> {
        Ok(self.engine.client(&self.entra.to_string())?.sign_in().await?)
    }

    /// Tells Postgres what is in the tables, as autovacuum would: it may be off here.
    pub async fn analyze(&self) -> Outcome<()> {
        sqlx::raw_sql("vacuum analyze").execute(&self.engine.pool).await?;
        Ok(())
    }

    /// Closes the connections and drops the database.
    pub async fn end(self, databases: &Databases) -> Outcome<()> {
        self.engine.pool.close().await;
        databases.discard(&self.database).await
    }
}

/// When a run told of which part of its work for the first time.
#[derive(Debug, Default)]
pub struct Spans(Mutex<Vec<(run::Stage, Instant)>>);

impl Spans {
    fn saw(&self, stage: run::Stage) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.last().is_none_or(|(last, _)| *last != stage) {
            seen.push((stage, Instant::now()));
        }
    }

    /// From each to the next, in words.
    pub fn told(&self) -> String {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let end = Instant::now();
        let ends: Vec<_> = seen.iter().skip(1).map(|(_, at)| *at).chain([end]).collect();
        let spans = seen.drain(..).zip(ends).map(|((stage, at), end)| {
            let took = time(end.saturating_duration_since(at));
            format!("{} {took}", stage.key())
        });
        spans.collect::<Vec<_>>().join(", ")
    }
}

/// A run that has to succeed, and how long it took.
pub async fn run(engine: &Engine, tenant: MicrosoftTenantId) -> Outcome<(RunId, Duration)> {
    run_watched(engine, tenant, None).await
}

/// The same, with a look at how it goes on.
pub async fn run_watched(
    engine: &Engine,
    tenant: MicrosoftTenantId,
    spans: Option<&Spans>,
) -> Outcome<(RunId, Duration)> {
    let began = Instant::now();
    let watch = |progress: run::Progress| {
        if let Some(spans) = spans {
            spans.saw(progress.stage);
        }
    };
    if let Some(spans) = spans {
        spans.saw(run::Stage::Starting);
    }
    match run_tenant(engine, tenant, Trigger::Manual, Utc::now(), Some(&watch)).await? {
        RunEnd::Succeeded(run) => Ok((run, began.elapsed())),
        RunEnd::Failed(run, error) => Err(format!("run {run} failed: {error}").into()),
        RunEnd::Busy => Err("another worker holds the Microsoft tenant".into()),
    }
}

/// Waits until so many runs of a database have succeeded and none is at work.
pub async fn until_runs(pool: &PgPool, count: usize) -> Outcome<()> {
    let sql = "select count(*) filter (where state = 'succeeded'), count(*) filter (where state = 'running'),
                      max(error) from run";
    let wanted = i64::try_from(count)?;
    loop {
        let (succeeded, running, error): (i64, i64, Option<String>) = sqlx::query_as(sql).fetch_one(pool).await?;
        if let Some(error) = error {
            return Err(format!("a run failed: {error}").into());
        }
        if succeeded >= wanted && running == 0 {
            return Ok(());
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// Connects a Microsoft tenant and maps it to a customer with one Organization.
pub async fn customer(engine: &Engine, entra: &str, name: &str) -> Outcome<(MicrosoftTenantId, OrganizationId)> {
    let tenant = connect::connect(engine, &actor(), entra).await?;
    let (organization, ours) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    store::organization::create(&engine.pool, &actor(), organization, ours, name, "", "").await?;
    store::tenant::map(&engine.pool, &actor(), tenant, ours).await?;
    Ok((tenant, organization))
}
