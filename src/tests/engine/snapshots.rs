//! Plan lines from a snapshot are those of the whole plan, whatever was written since the snapshot was made.

use crate::{
    engine::{
        Engine,
        preview::Directory,
        snapshots::Snapshots,
        worker::{DEAD_AFTER, POLL, WorkerSettings, schedule_all},
    },
    model::{
        filter::Filters,
        ids::{EndUserId, OrganizationId},
        plan::PlanSummary,
    },
    store,
    sync::{filter::unreadable, summary::summarise},
    tests::support::{Stage, only, until},
};
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};

/// The line as it was before there were snapshots: everything is read and planned.
async fn whole(stage: &Stage, organization: OrganizationId, filters: &Filters) -> PlanSummary {
    let (engine, tenant) = (&stage.engine, stage.tenant);
    let directory = Directory::stored(engine, tenant).await.unwrap();
    let decision = directory.choose(engine, tenant, organization, filters).await.unwrap();
    let sync = store::user_sync::get(&stage.pool, organization, tenant).await.unwrap();
    let today = match sync.filter(|sync| sync.enabled && sync.filters != *filters) {
        Some(sync) => {
            let today = directory.choose(engine, tenant, organization, &sync.filters).await;
            Some((sync.filters, today.unwrap().plan))
        }
        None => None,
    };
    let today = today.as_ref().map(|(filters, plan)| (filters, plan));
    let attention = (!unreadable(filters, &directory.readings).is_empty())
        .then(|| crate::engine::apply::attention(filters, &directory.readings))
        .flatten();
    PlanSummary {
        creates: decision.creates(),
        attention,
        ..summarise((filters, &decision.plan), directory.everybody(), today, 100)
    }
}

async fn line(stage: &Stage, kept: &Snapshots, organization: OrganizationId, filters: &Filters) -> PlanSummary {
    let tenant = stage.tenant;
    let today = store::user_sync::get(&stage.pool, organization, tenant).await.unwrap();
    kept.line(&stage.engine, (organization, tenant), filters, today.as_ref())
        .await
        .unwrap()
}

/// Compares the lines of several choices, in both Organizations.
async fn compare(stage: &Stage, kept: &Snapshots, second: OrganizationId, when: &str) {
    let sales = Filters {
        department: only(&["sales"]),
        ..Filters::default()
    };
    let unread = Filters {
        group: only(&["00000000-0000-0000-0000-000000000001"]),
        ..Filters::default()
    };
    for filters in [Filters::default(), sales, unread] {
        for organization in [stage.organization, second] {
            let (kept, whole) = (
                line(stage, kept, organization, &filters).await,
                whole(stage, organization, &filters).await,
            );
            assert_eq!(kept, whole, "{when}");
        }
    }
}

/// Writes as so many runs do, which delete no numbers of a state.
async fn write_as_runs(stage: &Stage, organization: OrganizationId, times: usize) {
    for _ in 0..times {
        let mut tx = store::change_set::begin(&stage.pool).await.unwrap();
        sqlx::query("insert into end_user (id, organization_id, name) values (gen_random_uuid(), $1, 'Ana')")
            .bind(organization)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

/// An engine that has no more than so many connections.
async fn narrow(stage: &Stage, connections: u32) -> Engine {
    let options = (*stage.pool.connect_options()).clone();
    let pool = PgPoolOptions::new().max_connections(connections);
    Engine {
        pool: pool.connect_with(options).await.unwrap(),
        ..stage.engine.clone()
    }
}

#[sqlx::test(migrations = false)]
async fn a_line_from_a_snapshot_is_the_line_of_the_whole_plan_after_whatever_was_written(pool: PgPool) {
    let stage = Stage::new(&pool, 60).await;
    let kept = Snapshots::default();
    let ana = stage
        .add(json!({ "displayName": "Ana", "mail": "ana@contoso.example", "department": "Sales" }))
        .await;
    let second = stage.another_organization("Second").await;
    compare(&stage, &kept, second, "before the first run").await;
    stage.run_well().await;
    compare(&stage, &kept, second, "read, and not set up").await;
    let hand = stage
        .end_user(stage.organization, "Ana by hand", "ANA@contoso.example")
        .await;
    compare(&stage, &kept, second, "somebody was added by hand").await;
    stage
        .enable(&Filters {
            department: only(&["Sales"]),
            ..Filters::default()
        })
        .await;
    stage.enable_for(second, &Filters::default()).await;
    compare(&stage, &kept, second, "enabled").await;
    stage.run_well().await;
    compare(&stage, &kept, second, "synced").await;

    let (organization, tenant) = (stage.organization, stage.tenant);
    let EndUserId(hand) = hand;
    for write in [
        format!("update end_user set job_title = 'By hand' where id = '{hand}'"),
        format!("update end_user set email = 'other@contoso.example' where id = '{hand}'"),
        format!("update end_user_mapping set mark_kind = 'disabled', mark_at = now() where end_user_id = '{hand}'"),
        format!(
            "insert into exclusion (organization_id, microsoft_tenant_id, directory_user_id, address)
             values ('{organization}', '{tenant}', '{ana}', 'ana@contoso.example')"
        ),
        format!("delete from end_user_mapping where end_user_id = '{hand}'"),
        "delete from exclusion".to_owned(),
        format!(
            "update end_user set city = 'Nowhere' where organization_id = '{second}'",
            second = second.0
        ),
        format!("delete from end_user where id = '{hand}'"),
        "update user_sync set filters = '{}'".to_owned(),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(write.clone()))
            .execute(&pool)
            .await
            .unwrap();
        compare(&stage, &kept, second, &write).await;
    }
    let users: Vec<uuid::Uuid> = sqlx::query_scalar("select id from directory_user order by id limit 20")
        .fetch_all(&pool)
        .await
        .unwrap();
    for user in users {
        stage.change(user, json!({ "accountEnabled": false })).await;
    }
    compare(&stage, &kept, second, "changed in Microsoft, and not read").await;
    stage.run_well().await;
    compare(&stage, &kept, second, "many were disabled, and are held").await;
    stage.run_well().await;
    compare(&stage, &kept, second, "and still are").await;
    let (entries, bytes) = kept.size().await;
    assert_eq!(entries, 2, "one for each Organization, whatever it was before");
    assert!(bytes > 0);
}

#[sqlx::test(migrations = false)]
async fn who_saves_without_a_number_confirms_what_the_line_shows(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let (kept, whose) = (Snapshots::default(), (stage.organization, stage.tenant));
    let (engine, all) = (&stage.engine, Filters::default());
    assert_eq!(
        kept.creates(engine, whose, &all).await.unwrap(),
        None,
        "nothing was read"
    );
    stage.run_well().await;
    let shown = line(&stage, &kept, stage.organization, &all).await.creates;
    assert!(shown > 0);
    assert_eq!(kept.creates(engine, whose, &all).await.unwrap(), Some(shown));
}

#[sqlx::test(migrations = false)]
async fn snapshots_together_take_no_more_than_they_may(pool: PgPool) {
    let stage = Stage::new(&pool, 50).await;
    stage.run_well().await;
    let second = stage.another_organization("Second").await;
    let (whole, all) = (Snapshots::default(), Filters::default());
    line(&stage, &whole, stage.organization, &all).await;
    let (_, one) = whole.size().await;
    let kept = Snapshots::bounded(one + one / 2);
    for organization in [stage.organization, second, stage.organization] {
        line(&stage, &kept, organization, &all).await;
        assert_eq!(kept.size().await.0, 1, "the one that was used last");
    }
    let none = Snapshots::bounded(one / 2);
    let shown = line(&stage, &none, stage.organization, &all).await;
    assert_eq!(none.size().await, (0, 0));
    assert_eq!(
        shown,
        line(&stage, &whole, stage.organization, &all).await,
        "one that does not fit serves all the same"
    );
}

#[sqlx::test(migrations = false)]
async fn a_state_never_comes_back_and_many_numbers_are_put_together(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let state = async || store::organization_state::get(&pool, stage.organization).await.unwrap();
    let mut seen = vec![state().await];
    // Two at work at once: the one that began first ends last.
    let mut first = pool.begin().await.unwrap();
    let insert = "insert into end_user (id, organization_id, name) values (gen_random_uuid(), $1, 'Ana')";
    sqlx::query(insert)
        .bind(stage.organization)
        .execute(&mut *first)
        .await
        .unwrap();
    sqlx::query(insert)
        .bind(stage.organization)
        .execute(&pool)
        .await
        .unwrap();
    seen.push(state().await);
    first.commit().await.unwrap();
    seen.push(state().await);
    for _ in 0..70 {
        // As a run writes, which deletes none.
        let mut tx = store::change_set::begin(&pool).await.unwrap();
        sqlx::query(insert)
            .bind(stage.organization)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        seen.push(state().await);
    }
    let many = state().await;
    assert!(many.len() >= 70);
    store::organization_state::settle(&pool, 64).await.unwrap();
    seen.push(state().await);
    assert_eq!(state().await.len(), 1);
    let number = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), number, "each is another one");
    sqlx::query("delete from organization").execute(&pool).await.unwrap();
    assert!(state().await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn the_schedule_puts_the_numbers_of_every_state_together_once(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let second = stage.another_organization("Second").await;
    write_as_runs(&stage, stage.organization, 3).await;
    write_as_runs(&stage, second, 2).await;
    let states = async || {
        let mut states = vec![];
        for organization in [stage.organization, second] {
            states.push(store::organization_state::get(&pool, organization).await.unwrap());
        }
        states
    };
    assert!(states().await.iter().all(|state| state.len() > 1));
    let settings = WorkerSettings {
        interval: chrono::Duration::hours(1),
        concurrency: 1,
        dead_after: DEAD_AFTER,
        poll: POLL,
    };
    schedule_all(&stage.engine, settings).await.unwrap();
    let settled = states().await;
    assert!(settled.iter().all(|state| state.len() == 1), "{settled:?}");
    schedule_all(&stage.engine, settings).await.unwrap();
    assert_eq!(states().await, settled, "there was nothing to put together");
}

#[sqlx::test(migrations = false)]
async fn a_snapshot_of_a_state_of_many_numbers_serves_the_next_line_and_one_connection_is_enough(pool: PgPool) {
    let mut stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    write_as_runs(&stage, stage.organization, 70).await;
    stage.engine = narrow(&stage, 1).await;
    let (kept, all) = (Snapshots::default(), Filters::default());
    let first = line(&stage, &kept, stage.organization, &all).await;
    // Whoever makes a snapshot now fails.
    sqlx::query("alter table dropped_row rename to put_away")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(line(&stage, &kept, stage.organization, &all).await, first);
    stage.engine.pool.close().await;
}

#[sqlx::test(migrations = false)]
async fn lines_that_wait_while_a_snapshot_is_made_hold_no_connection(pool: PgPool) {
    let mut stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    stage.enable(&Filters::default()).await;
    let second = stage.another_organization("Second").await;
    stage.enable_for(second, &Filters::default()).await;
    stage.engine = narrow(&stage, 3).await;
    let (kept, all) = (Snapshots::default(), Filters::default());
    // Only whoever makes a snapshot reads this table.
    let mut away = pool.begin().await.unwrap();
    sqlx::query("lock table dropped_row in access exclusive mode")
        .execute(&mut *away)
        .await
        .unwrap();
    let lines: Vec<_> = (0..16)
        .map(|n| {
            let (kept, engine, all) = (kept.clone(), stage.engine.clone(), all.clone());
            let organization = if n % 2 == 0 { stage.organization } else { second };
            let tenant = stage.tenant;
            tokio::spawn(async move { kept.line(&engine, (organization, tenant), &all, None).await })
        })
        .collect();
    // The others were begun before the queries below: the pool hands out connections in turn.
    until("somebody makes a snapshot", 60, async || {
        sqlx::query_scalar(
            "select exists (select 1 from pg_locks l join pg_database d on d.oid = l.database
                            where d.datname = current_database() and l.relation = 'dropped_row'::regclass
                              and not l.granted)",
        )
        .fetch_one(&pool)
        .await
        .unwrap()
    })
    .await;
    for _ in 0..20 {
        let one = sqlx::query("select 1").execute(&stage.engine.pool).await;
        assert!(one.is_ok(), "a page found no connection: {one:?}");
    }
    away.commit().await.unwrap();
    for (n, told) in lines.into_iter().enumerate() {
        let organization = if n % 2 == 0 { stage.organization } else { second };
        assert_eq!(told.await.unwrap().unwrap(), whole(&stage, organization, &all).await);
    }
    stage.engine.pool.close().await;
}
