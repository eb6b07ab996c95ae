//! The crash matrix of the database: Postgres stopped at once while the n-th commit of a run is on its way, and started
//! again. The program lives on: it records the end of its run when the database is back.

use super::{
    brake::Brake,
    cluster::Cluster,
    copies::{Copies, Scene},
    kill::{chosen, expect_as_if_nothing_had_happened, expect_whole_organizations, is_whole, runs},
    state::State,
};
use sqlx::{PgPool, postgres::PgPoolOptions};

/// The tables of commits that a run does without: where only these are lost and Postgres is back soon enough, it goes on.
const DONE_WITHOUT: [&str; 1] = ["app_credential_health"];

async fn cut(copies: &mut Copies, cluster: &mut Cluster, undisturbed: &State, tables: &[String], at: i64) {
    let commits = i64::try_from(tables.len()).unwrap();
    let table = tables[usize::try_from(at - 1).unwrap()].as_str();
    let when = format!("Postgres stopped at commit {at} of {commits}, of {table}");
    let address = copies.next().await;
    let pool = copies.stage.pool.clone();
    let earlier = runs(&pool).await.len();
    let brake = Brake::set(&pool, at).await;
    let program = copies.sync(&address);
    brake.caught().await;
    cluster.crash().await;
    cluster.restart().await;
    drop(brake);
    sqlx::query("delete from brake.stop").execute(&pool).await.unwrap();
    let (code, told) = program.end().await;

    expect_whole_organizations(copies, undisturbed, &when).await;
    let of_run = runs(&pool).await.split_off(earlier);
    let run = of_run
        .first()
        .map(|(_, state, error)| (state.as_str(), error.as_deref()));
    // The first commit is the one that puts the run on record, and the end of a run is recorded when that can be.
    match run {
        None => assert!(at == 1 && code == 1, "{when}: {told}"),
        Some(("succeeded", None)) => {
            let may = at == commits || DONE_WITHOUT.contains(&table);
            assert!(may && code == 0, "{when}: {told}");
        }
        Some(("failed", Some(error))) => {
            assert!(
                code == 1 && error.contains("database can't be reached"),
                "{when}: {error}"
            );
        }
        other => panic!("{when}: {other:?} {told}"),
    }
    expect_as_if_nothing_had_happened(copies, &address, undisturbed, &when).await;
    copies.drop_last().await;
}

async fn pool(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(8).connect(url).await.unwrap()
}

#[tokio::test]
async fn a_run_whose_postgres_is_stopped_at_a_commit_is_made_good_by_the_next() {
    let mut cluster = Cluster::start().await;
    for scene in [Scene::First, Scene::Changes] {
        let pattern = format!("{scene:?}").to_lowercase();
        let url = super::program::address_of(&pattern, &cluster.url);
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {pattern}")))
            .execute(&pool(&cluster.url).await)
            .await
            .unwrap();
        let mut copies = Copies::of(pool(&url).await, &url, scene).await;
        let (undisturbed, tables) = copies.undisturbed().await;
        let mut at = chosen(&tables);
        if !is_whole() {
            // A crash takes longer than a kill.
            let of_scene = usize::from(matches!(scene, Scene::Changes));
            at = at.into_iter().skip(of_scene).step_by(3).collect();
        }
        for at in at {
            cut(&mut copies, &mut cluster, &undisturbed, &tables, at).await;
        }
    }
    cluster.stop().await;
}
