//! Counts the commits of a program and has the n-th one wait, so that a test can end the program just there.
//!
//! Every table of ours gets a deferred constraint trigger. Such a trigger runs when all statements of its transaction
//! are done, as the first part of the commit: who waits in it has sent `commit` and has no answer. What happens then is
//! one of the two things that can happen to a commit whose client dies: the test lets the server finish it, or ends the
//! session, which rolls back.
//!
//! Left out are the two kinds of commits that the clock brings: a lease that is renewed, and a run's progress. Whoever is
//! cut off there has written nothing else since the commit before.

use crate::tests::support::until;
use sqlx::{Connection, PgConnection, PgPool};

const LOCK: i64 = 4711;

/// The triggers. `brake.counted` keeps them to one count for each transaction; a sequence forgets no rollback.
const TRIGGERS: &str = "
    create schema brake;
    create sequence brake.commits;
    create table brake.stop (at bigint);
    create table brake.noted (at bigint, tab text);
    create function brake.count() returns trigger language plpgsql as $$
    declare
        this bigint;
    begin
        if current_setting('application_name') = 'entrain'
           and current_setting('brake.counted', true) is distinct from txid_current()::text then
            perform set_config('brake.counted', txid_current()::text, true);
            this := nextval('brake.commits');
            insert into brake.noted values (this, tg_table_name);
            if exists (select 1 from brake.stop where at = this) then
                perform pg_advisory_xact_lock(4711);
            end if;
        end if;
        return null;
    end $$;
    do $$
    declare
        tab text;
        events text;
    begin
        for tab in select tablename from pg_tables where schemaname = 'public' and tablename <> '_sqlx_migrations' loop
            events := case tab
                when 'run' then 'insert or delete or update of state'
                when 'run_lease' then 'insert or delete'
                else 'insert or delete or update'
            end;
            execute format('create constraint trigger brake after %s on %I deferrable initially deferred
                            for each row execute function brake.count()', events, tab);
        end loop;
    end $$;";

/// Puts the triggers into a database, of which copies are made.
pub async fn fit(pool: &PgPool) {
    sqlx::raw_sql(TRIGGERS).execute(pool).await.unwrap();
}

/// Takes the triggers from our tables and puts one on the jobs of the queue, in a copy: a worker has commits that come by
/// the clock, and those of its jobs alone have an order.
pub async fn fit_queue_alone(pool: &PgPool) {
    let sql = "
        do $$
        declare
            tab text;
        begin
            for tab in select tablename from pg_tables where schemaname = 'public' and tablename <> '_sqlx_migrations' loop
                execute format('drop trigger brake on %I', tab);
            end loop;
        end $$;
        create constraint trigger brake after insert or delete or update on graphile_worker._private_jobs
            deferrable initially deferred for each row execute function brake.count();";
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

/// The commits of a program that nothing disturbed, in their order: the table of the first row that each wrote.
pub async fn commits(pool: &PgPool) -> Vec<String> {
    let noted: Vec<(i64, String)> = sqlx::query_as("select at, tab from brake.noted order by at")
        .fetch_all(pool)
        .await
        .unwrap();
    assert!(
        noted
            .iter()
            .map(|(at, _)| *at)
            .eq(1..=i64::try_from(noted.len()).unwrap()),
        "{noted:?}"
    );
    noted.into_iter().map(|(_, table)| table).collect()
}

/// What becomes of the commit that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server ends it well; nobody hears of it.
    Committed,
    /// It never was.
    RolledBack,
}

/// A brake that is set.
pub struct Brake {
    holder: PgConnection,
    pool: PgPool,
}

impl Brake {
    /// Has the n-th commit wait.
    pub async fn set(pool: &PgPool, at: i64) -> Self {
        let mut holder = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
        sqlx::query("select pg_advisory_lock($1)")
            .bind(LOCK)
            .execute(&mut holder)
            .await
            .unwrap();
        sqlx::query("insert into brake.stop values ($1)")
            .bind(at)
            .execute(&mut holder)
            .await
            .unwrap();
        Self {
            holder,
            pool: pool.clone(),
        }
    }

    /// The server process of the commit that waits, if one does by now.
    async fn waiting(&self) -> Option<i32> {
        let sql = "select pid from pg_locks where locktype = 'advisory' and not granted
                     and database = (select oid from pg_database where datname = current_database())";
        sqlx::query_scalar(sql).fetch_optional(&self.pool).await.unwrap()
    }

    /// Waits until the commit waits.
    pub async fn caught(&self) {
        until("the commit waits", 60, || async { self.waiting().await.is_some() }).await;
    }

    /// Decides about the commit, and waits until the server has done with the sessions of the program, which is dead.
    pub async fn release(mut self, fate: Fate) {
        if fate == Fate::RolledBack {
            let waiting = self.waiting().await.expect("it waits");
            sqlx::query("select pg_terminate_backend($1)")
                .bind(waiting)
                .execute(&mut self.holder)
                .await
                .unwrap();
        }
        self.lift().await;
        let gone = || async {
            let sql = "select not exists (select 1 from pg_stat_activity
                                          where datname = current_database() and application_name = 'entrain')";
            sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
        };
        until("the sessions of the dead program are gone", 60, gone).await;
        self.holder.close().await.unwrap();
    }

    async fn lift(&mut self) {
        sqlx::query("delete from brake.stop")
            .execute(&mut self.holder)
            .await
            .unwrap();
        sqlx::query("select pg_advisory_unlock($1)")
            .bind(LOCK)
            .execute(&mut self.holder)
            .await
            .unwrap();
    }
}
