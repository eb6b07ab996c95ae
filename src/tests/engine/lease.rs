//! Who may write: one run at a time, and nothing after the lease is lost.

use crate::{
    engine::run::{RunEnd, run_tenant, run_with},
    model::{
        directory::Readings,
        filter::Filters,
        ids::{OrganizationId, TenantId},
        permission::Probe,
        run::{RunState, Trigger},
    },
    store::{
        self, StoreError, integration,
        lease::{self, Lease},
    },
    tests::support::{Stage, tester, until},
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// A stage whose next run waits in the middle, after its users were read.
async fn waiting(pool: &PgPool, milliseconds: u64) -> Stage {
    let stage = Stage::new(pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.hold_groups(milliseconds).await;
    stage
}

/// Whether a statement waits for a lock of another transaction. Other tests have databases of their own.
async fn somebody_waits(pool: &PgPool) -> bool {
    let sql =
        "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

async fn take_over(stage: &Stage) {
    sqlx::query("update run_lease set lease_token = $1")
        .bind(Uuid::new_v4())
        .execute(&stage.pool)
        .await
        .unwrap();
}

#[sqlx::test(migrations = false)]
async fn of_two_runs_at_once_one_is_busy(pool: PgPool) {
    let stage = waiting(&pool, 300).await;
    let (first, second) = tokio::join!(stage.run(), async {
        stage.in_the_middle().await;
        stage.run().await
    });
    assert!(matches!(first, RunEnd::Succeeded(_)), "{first:?}");
    assert!(matches!(second, RunEnd::Busy), "{second:?}");
    let runs: i64 = sqlx::query_scalar("select count(*) from run")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(runs, 1, "who is busy starts no run");
}

#[sqlx::test(migrations = false)]
async fn a_run_that_lost_its_lease_writes_nothing_more_and_says_nothing_about_the_tenant(pool: PgPool) {
    let stage = waiting(&pool, 400).await;
    let (end, before) = tokio::join!(stage.run(), async {
        stage.in_the_middle().await;
        take_over(&stage).await;
        stage.rows_as_written().await
    });
    let RunEnd::Failed(run, error) = end else {
        panic!("{end:?}")
    };
    assert!(error.to_string().contains("taken over"), "{error}");
    assert_eq!(stage.run_row(run).await.state, RunState::Failed);
    assert_eq!(stage.rows_as_written().await, before);
    assert_eq!(
        (
            stage.status().await.0.as_str(),
            stage.attention(stage.organization).await
        ),
        ("connected", None)
    );
    let left: i64 = sqlx::query_scalar("select count(*) from run_lease")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 1, "the lease of the other one was given back");
}

#[sqlx::test(migrations = false)]
async fn a_failure_after_the_lease_was_lost_is_no_word_about_the_tenant_either(pool: PgPool) {
    let stage = waiting(&pool, 400).await;
    stage.lift_faults().await;
    stage
        .fault(json!({ "path": "/v1.0/groups/delta?*", "kind": "malformed", "delayMs": 400 }))
        .await;
    let (end, ()) = tokio::join!(stage.run(), async {
        stage.in_the_middle().await;
        take_over(&stage).await;
    });
    assert!(matches!(end, RunEnd::Failed(..)), "{end:?}");
    assert_eq!(
        (
            stage.status().await.0.as_str(),
            stage.attention(stage.organization).await
        ),
        ("connected", None)
    );
}

#[sqlx::test(migrations = false)]
async fn a_microsoft_tenant_removed_in_the_middle_ends_its_run(pool: PgPool) {
    let stage = waiting(&pool, 1_500).await;
    let (end, ()) = tokio::join!(stage.run(), async {
        stage.in_the_middle().await;
        sqlx::query("delete from microsoft_tenant")
            .execute(&pool)
            .await
            .unwrap();
    });
    assert!(matches!(end, RunEnd::Failed(..)), "{end:?}");
    let left: i64 = sqlx::query_scalar("select count(*) from directory_user")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!((left, stage.count().await), (0, 0));
}

#[sqlx::test(migrations = false)]
async fn a_run_left_by_a_dead_worker_is_marked_as_cut_off_by_the_next(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let dead = Lease::new(stage.tenant);
    assert!(lease::acquire(&pool, dead).await.unwrap());
    let left = crate::model::ids::RunId(Uuid::now_v7());
    let mut connection = pool.acquire().await.unwrap();
    store::run::start(&mut connection, left, dead, Trigger::Hourly)
        .await
        .unwrap();
    assert!(
        matches!(stage.run().await, RunEnd::Busy),
        "it may be alive until its lease is over"
    );
    sqlx::query("update run_lease set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    stage.run_well().await;
    let row = stage.run_row(left).await;
    assert_eq!(row.state, RunState::Failed);
    assert!(row.error.unwrap().contains("worker stopped"));
}

#[sqlx::test(migrations = false)]
async fn a_run_longer_than_its_lease_renews_it(pool: PgPool) {
    let stage = waiting(&pool, 2_500).await;
    let short = Lease {
        length: Duration::from_secs(1),
        ..Lease::new(stage.tenant)
    };
    let end = run_with(&stage.engine, short, Trigger::Manual, Utc::now(), None)
        .await
        .unwrap();
    assert!(matches!(end, RunEnd::Succeeded(_)), "{end:?}");
}

#[sqlx::test(migrations = false)]
async fn a_run_that_is_dropped_in_the_middle_does_not_keep_its_lease_alive(pool: PgPool) {
    let stage = waiting(&pool, 60_000).await;
    let short = Lease {
        length: Duration::from_secs(1),
        ..Lease::new(stage.tenant)
    };
    let run = run_with(&stage.engine, short, Trigger::Manual, Utc::now(), None);
    tokio::select! {
        end = run => panic!("{end:?}"),
        () = stage.in_the_middle() => {}
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    stage.lift_faults().await;
    stage.run_well().await;
}

#[sqlx::test(migrations = false)]
async fn an_expired_lease_is_not_renewed_and_lets_nobody_write(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let held = Lease::new(stage.tenant);
    assert!(lease::acquire(&pool, held).await.unwrap());
    assert!(!lease::acquire(&pool, Lease::new(stage.tenant)).await.unwrap());
    lease::renew(&pool, held).await.unwrap();
    sqlx::query("update run_lease set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert!(matches!(lease::renew(&pool, held).await, Err(StoreError::LeaseLost)));
    let mut tx = pool.begin().await.unwrap();
    assert!(matches!(lease::check(&mut tx, held).await, Err(StoreError::LeaseLost)));
    let lost = store::probe::keep_last_pass(&pool, held, &[Probe::Groups]).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost)), "{lost:?}");
    let kept: i64 = sqlx::query_scalar("select count(*) from microsoft_probe")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 0, "a worker that woke up late wrote");
}

#[sqlx::test(migrations = false)]
async fn a_lease_is_renewed_while_a_transaction_of_its_own_run_is_open(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let held = Lease {
        length: Duration::from_secs(2),
        ..Lease::new(stage.tenant)
    };
    assert!(lease::acquire(&pool, held).await.unwrap());
    let mut tx = pool.begin().await.unwrap();
    lease::check(&mut tx, held).await.unwrap();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let renewed = tokio::time::timeout(Duration::from_secs(1), lease::renew(&pool, held)).await;
        renewed.expect("the renewal waits for the transaction").unwrap();
    }
    tx.commit().await.unwrap();
    let mut next = pool.begin().await.unwrap();
    lease::check(&mut next, held).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_lease_that_is_over_is_taken_only_after_the_transaction_that_holds_it(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (slow, next) = (Lease::new(stage.tenant), Lease::new(stage.tenant));
    assert!(lease::acquire(&pool, slow).await.unwrap());
    let mut tx = pool.begin().await.unwrap();
    lease::check(&mut tx, slow).await.unwrap();
    sqlx::query("update run_lease set expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    let committing = async {
        until("the one who takes over waits", 60, || somebody_waits(&pool)).await;
        tx.commit().await.unwrap();
    };
    let (taken, ()) = tokio::join!(lease::acquire(&pool, next), committing);
    assert!(taken.unwrap());
    let mut late = pool.begin().await.unwrap();
    assert!(matches!(
        lease::check(&mut late, slow).await,
        Err(StoreError::LeaseLost)
    ));
    lease::check(&mut late, next).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_lease_is_let_go_though_a_transaction_of_its_run_still_holds_it(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (dropped, next) = (Lease::new(stage.tenant), Lease::new(stage.tenant));
    assert!(lease::acquire(&pool, dropped).await.unwrap());
    let mut tx = pool.begin().await.unwrap();
    lease::check(&mut tx, dropped).await.unwrap();
    let let_go = tokio::time::timeout(Duration::from_secs(5), lease::let_go(&pool, dropped)).await;
    let_go.expect("it waits for the transaction").unwrap();
    assert!(matches!(
        lease::check(&mut pool.begin().await.unwrap(), dropped).await,
        Err(StoreError::LeaseLost)
    ));
    tx.rollback().await.unwrap();
    assert!(
        lease::acquire(&pool, next).await.unwrap(),
        "nobody has to wait for its end"
    );
}

#[sqlx::test(migrations = false)]
async fn the_end_of_a_run_is_recorded_even_when_it_deadlocks_with_somebody_at_the_screens(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.enable(&Filters::default()).await;
    stage.consent(false).await;
    // Unmapping takes the two rows in the other order. It looks for a deadlock later, so that the run is given up for it.
    let mut screens = pool.begin().await.unwrap();
    sqlx::query("set local deadlock_timeout = '60s'")
        .execute(&mut *screens)
        .await
        .unwrap();
    sqlx::query("update user_sync set updated_at = now()")
        .execute(&mut *screens)
        .await
        .unwrap();
    let unmapping = async {
        until("the record waits for the other row", 60, || somebody_waits(&pool)).await;
        sqlx::query("update microsoft_tenant set tenant_id = null")
            .execute(&mut *screens)
            .await
            .unwrap();
        screens.commit().await.unwrap();
    };
    let (end, ()) = tokio::join!(stage.run(), unmapping);
    let RunEnd::Failed(run, _) = end else { panic!("{end:?}") };
    assert_eq!(stage.run_row(run).await.state, RunState::Failed);
    assert_eq!(stage.status().await.0, "consent_needed");
}

#[sqlx::test(migrations = false)]
async fn a_run_without_an_app_registration_says_what_to_set(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut engine = stage.engine.clone();
    engine.graph = None;
    let end = run_tenant(&engine, stage.tenant, Trigger::Manual, Utc::now(), None)
        .await
        .unwrap();
    let RunEnd::Failed(_, error) = end else {
        panic!("{end:?}")
    };
    assert!(error.to_string().contains("ENTRAIN_MICROSOFT_CLIENT_ID"), "{error}");
}

/// Somebody maps the tenant: its row is locked first, and then given another Tenant, for which nobody else may refer to it.
#[sqlx::test(migrations = false)]
async fn a_run_whose_pass_ends_while_somebody_maps_its_tenant_waits_and_both_are_done(pool: PgPool) {
    let stage = Stage::new(&pool, 10).await;
    let (other, elsewhere) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    store::organization::create(&pool, &tester(), other, elsewhere, "Elsewhere", "", "")
        .await
        .unwrap();
    let mut mapping = pool.begin().await.unwrap();
    sqlx::query("select 1 from microsoft_tenant where id = $1 for no key update")
        .bind(stage.tenant)
        .execute(&mut *mapping)
        .await
        .unwrap();
    let (end, mapped) = tokio::join!(stage.run(), async {
        until("the run waits", 60, || somebody_waits(&pool)).await;
        sqlx::query("update microsoft_tenant set tenant_id = $2 where id = $1")
            .bind(stage.tenant)
            .bind(elsewhere)
            .execute(&mut *mapping)
            .await?;
        mapping.commit().await
    });
    mapped.unwrap();
    assert!(matches!(end, RunEnd::Succeeded(_)), "{end:?}");
}

#[sqlx::test(migrations = false)]
async fn who_removes_an_integration_waits_for_a_transaction_of_its_run_and_both_are_done(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let held = Lease::new(stage.tenant);
    assert!(lease::acquire(&pool, held).await.unwrap());
    let mut tx = pool.begin().await.unwrap();
    lease::check(&mut tx, held).await.unwrap();
    let somebody = tester();
    let (removed, written) = tokio::join!(integration::remove(&pool, &somebody, stage.tenant), async {
        until("the one who removes it waits", 60, || somebody_waits(&pool)).await;
        // As at the end of a pass.
        store::directory::hold_tenant(&mut *tx, stage.tenant).await?;
        store::directory::finish_pass(&mut *tx, held, &Readings::default()).await?;
        Ok::<_, StoreError>(tx.commit().await?)
    });
    written.unwrap();
    removed.unwrap();
    let mut late = pool.begin().await.unwrap();
    assert!(matches!(
        lease::check(&mut late, held).await,
        Err(StoreError::LeaseLost)
    ));
}

#[sqlx::test(migrations = false)]
async fn a_run_asked_for_while_its_integration_is_removed_does_not_start(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut removing = pool.begin().await.unwrap();
    lease::revoke(&mut removing, stage.tenant).await.unwrap();
    let run = run_tenant(&stage.engine, stage.tenant, Trigger::Hourly, Utc::now(), None);
    let (end, ()) = tokio::join!(run, async {
        until("the run waits", 60, || somebody_waits(&pool)).await;
        sqlx::query("update microsoft_tenant set removed_at = now(), tenant_id = null")
            .execute(&mut *removing)
            .await
            .unwrap();
        removing.commit().await.unwrap();
    });
    assert!(!matches!(end, Ok(RunEnd::Succeeded(_))), "{end:?}");
    assert_eq!(stage.living().await, 0, "a removed directory was read");
}
