//! A worker that is frozen for longer than its lease: another one takes over, and what the first one wakes up to is not
//! its own any more.

use super::{program::Program, state::expect_nobody_twice};
use crate::{
    model::filter::Filters,
    tests::{
        command::database_url,
        support::{Stage, until},
    },
};
use sqlx::{Connection, PgConnection, PgPool};

/// A lease for these tests, in seconds.
const LEASE: [(&str, &str); 1] = [("ENTRAIN_LEASE", "2s")];

/// The apply of a run waits in the middle of its transaction, as long as the lock is held.
const HOLD: &str = "
    create function hold() returns trigger language plpgsql as $$
    begin
        if current_setting('application_name') = 'entrain' then
            perform pg_advisory_xact_lock_shared(4712);
        end if;
        return null;
    end $$;
    create trigger hold before insert on end_user for each statement execute function hold();";

async fn is_true(pool: &PgPool, sql: &'static str) -> bool {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn a_worker_frozen_in_the_middle_of_a_transaction_does_not_keep_its_tenant_from_the_others(pool: PgPool) {
    let stage = Stage::new(&pool, 12).await;
    stage.enable(&Filters::default()).await;
    sqlx::raw_sql(HOLD).execute(&pool).await.unwrap();
    let mut holder = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    sqlx::raw_sql("select pg_advisory_lock(4712)")
        .execute(&mut holder)
        .await
        .unwrap();
    let start = || Program::start(&["sync", "--all"], &database_url(&pool), &stage.microsoft, &LEASE);
    let frozen = start();
    let waits = "select exists (select 1 from pg_locks where locktype = 'advisory' and not granted
                                  and database = (select oid from pg_database where datname = current_database()))";
    until("the run writes its first End Users", 60, || is_true(&pool, waits)).await;
    frozen.freeze();
    holder.close().await.unwrap();
    let rests = "select exists (select 1 from pg_stat_activity
                                where datname = current_database() and state like 'idle in transaction%')";
    until("the server waits for the frozen worker", 60, || is_true(&pool, rests)).await;
    until("the lease is over", 60, || {
        is_true(
            &pool,
            "select not exists (select 1 from run_lease where expires_at > clock_timestamp())",
        )
    })
    .await;
    let (code, told) = start().end().await;
    assert_eq!(code, 0, "{told}");
    let people = stage.people().await;
    assert!(!people.is_empty());

    frozen.wake();
    let (code, told) = frozen.end().await;
    assert_eq!(code, 1, "{told}");
    assert_eq!(stage.people().await, people, "who woke up late wrote something");
    expect_nobody_twice(&pool).await;
    stage.run_quietly().await;
}
