//! A stage set once and a copy of its database for each case: the stand-in changes nothing for being read.

use super::{
    brake,
    program::{Program, address_of},
    state::State,
};
use crate::{
    model::{filter::Filters, ids::OrganizationId},
    tests::support::{Stage, contoso, engine},
};
use microsoft_sim::{Deltas, Options, TenantSpec};
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

/// A run to be cut off.
#[derive(Clone, Copy, Debug)]
pub enum Scene {
    /// The first one: everything is read, everybody is created.
    First,
    /// A later one: people came, changed, were disabled and deleted, and changed groups.
    Changes,
}

/// A stage whose database is the pattern of those of the cases.
pub struct Copies {
    pub stage: Stage,
    /// Its two Organizations.
    pub organizations: [OrganizationId; 2],
    /// The address of the server, with the pattern's database.
    server: String,
    pattern: String,
    /// What the pattern says.
    pub before: State,
}

impl Copies {
    /// Sets the scene in a database on a server that is reached at this address.
    pub async fn of(pool: PgPool, server: &str, scene: Scene) -> Self {
        // Small pages, so that a pass has several commits.
        let options = Options {
            tenants: vec![TenantSpec {
                name: "contoso".into(),
                users: 12,
            }],
            deltas: Deltas {
                objects: 8,
                members: 40,
                ..Deltas::default()
            },
            ..contoso(0)
        };
        let stage = Stage::with(&pool, options).await;
        let second = stage.another_organization("Contoso Labs").await;
        for organization in [stage.organization, second] {
            stage.enable_for(organization, &Filters::default()).await;
        }
        if matches!(scene, Scene::Changes) {
            stage.run_well().await;
            change(&stage).await;
        }
        let before = State::read(&pool).await;
        brake::fit(&pool).await;
        let pattern = pool.connect_options().get_database().unwrap().to_owned();
        // A database with a session can't be copied.
        pool.close().await;
        Self {
            organizations: [stage.organization, second],
            stage,
            server: server.to_owned(),
            pattern,
            before,
        }
    }

    /// Makes a copy, and moves the stage into it.
    pub async fn next(&mut self) -> String {
        let mut server = self.connect().await;
        // Not made of the pattern's name, which is as long as a name can be.
        let name = format!("crash_{}", Uuid::new_v4().simple());
        let sql = format!("create database \"{name}\" template \"{}\"", self.pattern);
        server.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        server.close().await.unwrap();
        let address = address_of(&name, &self.server);
        // Few, as every case has its own; one is for a moment in which all others died with their server.
        let pool = PgPoolOptions::new().max_connections(4).connect(&address).await.unwrap();
        self.stage.engine = engine(&pool, &self.stage.microsoft);
        self.stage.pool = pool;
        address
    }

    /// Drops the last copy.
    pub async fn drop_last(&mut self) {
        let name = self.stage.pool.connect_options().get_database().unwrap().to_owned();
        self.stage.pool.close().await;
        let mut server = self.connect().await;
        let sql = format!("drop database \"{name}\" with (force)");
        server.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        server.close().await.unwrap();
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&address_of("postgres", &self.server))
            .await
            .unwrap()
    }

    /// `entrain sync` over the last copy.
    pub fn sync(&self, address: &str) -> Program {
        Program::start(&["sync", "--all"], address, &self.stage.microsoft, &[])
    }

    /// The run that nothing disturbs, in a copy of its own: what it leaves, and in how many commits.
    pub async fn undisturbed(&mut self) -> (State, Vec<String>) {
        let address = self.next().await;
        let (code, told) = self.sync(&address).end().await;
        assert_eq!(code, 0, "{told}");
        let found = (
            State::read(&self.stage.pool).await,
            brake::commits(&self.stage.pool).await,
        );
        assert_ne!(found.0, self.before);
        self.drop_last().await;
        found
    }
}

/// People come and go while nobody runs.
async fn change(stage: &Stage) {
    let directory = stage.directory().await;
    let users: Vec<Uuid> = directory["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap().parse().unwrap())
        .collect();
    stage.change(users[0], json!({ "jobTitle": "Captain" })).await;
    stage.change(users[1], json!({ "accountEnabled": false })).await;
    stage.delete(users[2]).await;
    stage
        .change(users[3], json!({ "mobilePhone": "+41 44 555 01 07" }))
        .await;
    let new = stage.hire("Nora New", "nora.new@contoso.example").await;
    stage.group("Newcomers", &[new, users[0]]).await;
}
