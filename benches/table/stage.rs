//! Databases, and an Organization in one of them that is mapped to a Microsoft tenant of the stand-in.

use crate::{Outcome, microsoft::Microsoft};
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
        run::Trigger,
    },
    store,
};
use sqlx::{
    AssertSqlSafe, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
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
        credential: Credential::Secret(sample.client_secret.into()),
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
        let engine = Engine {
            pool,
            graph: Some(graph(&microsoft.address)?),
        };
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
            engine: Engine {
                pool: pool(&databases.url_of(&database)).await?,
                graph: Some(graph(&microsoft.address)?),
            },
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

    /// The same as seen through another address of Microsoft.
    pub fn through(&self, address: &str) -> Outcome<Engine> {
        Ok(Engine {
            pool: self.engine.pool.clone(),
            graph: Some(graph(address)?),
        })
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

/// A run that has to succeed, and how long it took.
pub async fn run(engine: &Engine, tenant: MicrosoftTenantId) -> Outcome<(RunId, Duration)> {
    let began = Instant::now();
    match run_tenant(engine, tenant, Trigger::Manual, Utc::now(), None).await? {
        RunEnd::Succeeded(run) => Ok((run, began.elapsed())),
        RunEnd::Failed(run, error) => Err(format!("run {run} failed: {error}").into()),
        RunEnd::Busy => Err("another worker holds the Microsoft tenant".into()),
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
