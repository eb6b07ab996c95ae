//! A worker that is killed at the commits of its queue: when it takes a job, puts one back, is done with one, or schedules
//! the next. Whichever it is, the Microsoft tenant is run by the next worker, and goes on being run.

use super::{
    brake::{self, Brake, Fate},
    copies::{Copies, Scene},
    kill::is_whole,
    program::Program,
    state::{State, expect_nobody_twice},
};
use crate::tests::{command::database_url, support::until};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

/// Who has the Microsoft tenant when the worker takes its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// Nobody: the worker runs it, is done, and schedules it anew.
    Nobody,
    /// Another one: the worker asks for the run once more, for later.
    Another,
}

const SETTINGS: [(&str, &str); 2] = [("ENTRAIN_LEASE", "2s"), ("ENTRAIN_SYNC_INTERVAL", "10s")];

fn worker(copies: &Copies, address: &str) -> Program {
    let words = ["serve", "--role", "worker", "--no-migrate"];
    Program::start(&words, address, &copies.stage.microsoft, &SETTINGS)
}

async fn is_true(pool: &PgPool, sql: &'static str, since: DateTime<Utc>) -> bool {
    sqlx::query_scalar(sql).bind(since).fetch_one(pool).await.unwrap()
}

async fn cut(copies: &mut Copies, undisturbed: &State, holder: Holder, at: i64, fate: Fate) {
    let when = format!("killed at commit {at} of the queue, which was {fate:?}, {holder:?} having the tenant");
    let address = copies.next().await;
    let pool = copies.stage.pool.clone();
    brake::fit_queue_alone(&pool).await;
    if holder == Holder::Another {
        sqlx::query(
            "insert into run_lease (microsoft_tenant_id, lease_token, expires_at) values ($1, $2, now() + interval '1 day')",
        )
        .bind(copies.stage.tenant)
        .bind(Uuid::new_v4())
        .execute(&pool)
        .await
        .unwrap();
    }
    let brake = Brake::set(&pool, at).await;
    let program = worker(copies, &address);
    brake.caught().await;
    program.kill().await;
    brake.release(fate).await;
    if holder == Holder::Another {
        sqlx::query("delete from run_lease").execute(&pool).await.unwrap();
    }

    let now: DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()")
        .fetch_one(&pool)
        .await
        .unwrap();
    let program = worker(copies, &address);
    let ran = "select exists (select 1 from run where state = 'succeeded' and started_at > $1)";
    until(&format!("{when}: it runs"), 60, || is_true(&pool, ran, now)).await;
    let goes_on = "select exists (select 1 from graphile_worker.jobs where run_at > $1 and attempts < max_attempts)";
    until(&format!("{when}: it goes on"), 60, || is_true(&pool, goes_on, now)).await;
    program.kill().await;
    // A run that was under way then.
    sqlx::query("update run_lease set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    copies.stage.run_well().await;
    expect_nobody_twice(&pool).await;
    State::read(&pool).await.expect(undisturbed, &when);
    copies.stage.run_quietly().await;
    copies.drop_last().await;
}

#[sqlx::test(migrations = false)]
async fn a_job_whose_worker_is_killed_at_a_commit_of_the_queue_is_made_good_by_the_next(pool: PgPool) {
    let server = database_url(&pool);
    let mut copies = Copies::of(pool, &server, Scene::Changes).await;
    let (undisturbed, _) = copies.undisturbed().await;
    let sample = [
        (Holder::Nobody, 1, Fate::Committed),
        (Holder::Nobody, 2, Fate::RolledBack),
        (Holder::Another, 2, Fate::Committed),
    ];
    // Taken, done with, scheduled; taken, asked for once more, done with.
    let all = [Holder::Nobody, Holder::Another].into_iter().flat_map(|holder| {
        let fates = [Fate::Committed, Fate::RolledBack];
        (1..=3).flat_map(move |at| fates.map(|fate| (holder, at, fate)))
    });
    let cases: Vec<_> = if is_whole() { all.collect() } else { sample.into() };
    for (holder, at, fate) in cases {
        cut(&mut copies, &undisturbed, holder, at, fate).await;
    }
}
