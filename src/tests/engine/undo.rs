//! **Undo Run**.

use crate::{
    engine::{
        RunError,
        run::RunEnd,
        undo::{plan_undo, undo},
    },
    model::{
        audit::Actor,
        end_user::Fields,
        filter::Filters,
        ids::RunId,
        run::Trigger,
        undo::{Tally, UndoPlan},
    },
    store::{
        self,
        lease::{self, Lease},
    },
    tests::support::{Person, Stage},
};
use serde_json::json;
use sqlx::PgPool;
use std::time::Duration;

fn ada() -> Actor {
    Actor::command("Ada Admin")
}

/// What a test compares: everything that a run writes of people.
async fn state(stage: &Stage) -> (Vec<Person>, Vec<(uuid::Uuid, sqlx::types::Json<Fields>)>) {
    let synced = sqlx::query_as("select end_user_id, last_synced from end_user_mapping order by 1")
        .fetch_all(&stage.pool)
        .await
        .unwrap();
    (stage.people().await, synced)
}

/// How many people go back and are left; no Asset.
fn people(plan: &UndoPlan) -> (usize, usize) {
    assert_eq!((plan.back_total.assets, plan.left_total.assets), (0, 0), "{plan:#?}");
    (plan.back_total.people, plan.left_total.people)
}

async fn undone(stage: &Stage, run: RunId, disable: bool) -> RunId {
    match undo(&stage.engine, run, disable, &ada()).await.unwrap() {
        RunEnd::Succeeded(run) => run,
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = false)]
async fn undoing_a_run_restores_what_was_and_undoing_that_restores_what_the_run_wrote(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let bob = stage.hire("Bob", "bob@contoso.example").await;
    let cleo = stage.hire("Cleo", "cleo@contoso.example").await;
    stage
        .end_user(stage.organization, "Bob by hand", "bob@contoso.example")
        .await;
    stage.enable(&Filters::default()).await;
    let before_first = state(&stage).await;
    let first = stage.run_well().await;
    let after_first = state(&stage).await;
    stage
        .change(ana, json!({ "displayName": "Ana Changed", "jobTitle": "Clerk" }))
        .await;
    stage.change(cleo, json!({ "accountEnabled": false })).await;
    let second = stage.run_well().await;
    let after_second = state(&stage).await;

    let plan = plan_undo(&stage.engine, second, 10).await.unwrap();
    assert_eq!((people(&plan), plan.enabled.len()), ((2, 0), 1));
    assert_eq!(plan.back[0].words, "Values go back.");
    assert_eq!(plan.back[1].words, "The mark Disabled in Microsoft goes.");
    assert_eq!(state(&stage).await, after_second, "the plan wrote something");

    let undo_second = undone(&stage, second, true).await;
    assert_eq!(state(&stage).await, after_first);
    assert_eq!(
        undone(&stage, second, true).await,
        undo_second,
        "sent twice it was undone twice"
    );
    assert_eq!(
        (state(&stage).await, stage.audited("undo").await),
        (after_first.clone(), 1)
    );
    assert_eq!(stage.run_row(undo_second).await.trigger, Trigger::Undo);
    assert_eq!(
        store::undo::links(&pool, second).await.unwrap(),
        (None, Some(undo_second))
    );
    let sync = store::user_sync::get(&pool, stage.organization, stage.tenant)
        .await
        .unwrap()
        .unwrap();
    assert!(!sync.enabled, "the next run would do the same again");
    stage.run_well().await;
    assert_eq!(state(&stage).await, after_first);

    undone(&stage, undo_second, false).await;
    assert_eq!(state(&stage).await, after_second);

    // What the second run wrote was touched since, so only the first run's untouched people go back.
    let plan = plan_undo(&stage.engine, first, 10).await.unwrap();
    assert_eq!(people(&plan), (1, 2), "{plan:#?}");
    let _ = (before_first, bob);
}

#[sqlx::test(migrations = false)]
async fn two_posts_at_the_same_moment_undo_once_and_leave_one_run_on_record(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    // Both have asked what is undone by the time that either may begin.
    let in_the_way = Lease::new(stage.tenant);
    assert!(lease::acquire(&pool, in_the_way).await.unwrap());
    let (one, other, ()) = tokio::join!(undone(&stage, run, true), undone(&stage, run, true), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        lease::release(&pool, in_the_way).await.unwrap();
    });
    assert_eq!(one, other, "the second has the answer of the first");
    assert_eq!((stage.count().await, stage.audited("undo").await), (0, 1));
    let runs: Vec<(uuid::Uuid, String)> = sqlx::query_as("select id, state from run where trigger = $1")
        .bind(Trigger::Undo.key())
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(runs, [(one.0, "succeeded".to_owned())]);
    let leases: i64 = sqlx::query_scalar("select count(*) from run_lease")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(leases, 0, "the one that was taken back gives its lease back");
}

#[sqlx::test(migrations = false)]
async fn a_first_run_goes_whole_and_comes_back_with_the_same_ids(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage
        .end_user(stage.organization, "Somebody else", "else@contoso.example")
        .await;
    let before = state(&stage).await;
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    let applied = state(&stage).await;
    assert!(applied.0.len() > 10);
    let back = undone(&stage, run, true).await;
    assert_eq!(state(&stage).await, before);
    undone(&stage, back, false).await;
    assert_eq!(state(&stage).await, applied);
    // Enabled again, the sync finds everything as it wrote it.
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    assert_eq!(state(&stage).await, applied);
}

#[sqlx::test(migrations = false)]
async fn what_was_touched_is_listed_and_left(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut users = vec![];
    for name in ["ana", "bob", "cleo", "dora", "eve"] {
        users.push(stage.hire(name, &format!("{name}@contoso.example")).await);
    }
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    let id = async |n: usize| stage.person(users[n]).await.id;
    let (ana, bob, cleo) = (id(0).await, id(1).await, id(2).await);
    sqlx::query("update end_user set city = 'Bern', written_by = 'Ada Admin', written_at = now() where id = $1")
        .bind(ana)
        .execute(&pool)
        .await
        .unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into asset (id, organization_id, name) values (gen_random_uuid(), '{}', 'Laptop');
         insert into asset_assignment (asset_id, kind, end_user_id, assigned_by)
         select id, 'manual', '{bob}', 'Ada Admin' from asset;
         delete from end_user where id = '{cleo}'",
        stage.organization
    )))
    .execute(&pool)
    .await
    .unwrap();
    stage.change(users[3], json!({ "jobTitle": "Clerk" })).await;
    stage.run_well().await;

    let plan = plan_undo(&stage.engine, run, 10).await.unwrap();
    let left: Vec<_> = plan
        .left
        .iter()
        .map(|person| (person.name.as_str(), person.words.as_str()))
        .collect();
    assert_eq!(
        left,
        [
            ("ana", "End User: it was written by Ada Admin."),
            ("bob", "End User: an Asset was assigned to it by hand."),
            ("cleo", "End User: the End User was deleted."),
            ("dora", "End User: a later run wrote it."),
        ]
    );
    assert_eq!((plan.back_total.people, plan.back[0].name.as_str()), (1, "eve"));
    let back = undone(&stage, run, true).await;
    // Cleo was created anew by the run in between.
    assert_eq!(stage.people().await.len(), 4);
    let counts = stage.counts(back).await;
    assert_eq!((counts.undo, counts.skip), (1, 4));
    let audited: i64 = sqlx::query_scalar("select count(*) from audit_event where action = 'undo'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(audited, 1);
}

#[sqlx::test(migrations = false)]
async fn a_run_that_wrote_nobody_has_nothing_to_undo(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    let error = undo(&stage.engine, run, true, &ada()).await.unwrap_err();
    assert!(matches!(error, RunError::Refused(_)), "{error}");
}

#[sqlx::test(migrations = false)]
async fn a_synced_assignment_goes_back_unless_it_was_changed_since(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    let end_user = stage.person(ana).await.id;
    let mut tx = pool.begin().await.unwrap();
    store::undo::tell_run(&mut tx, run).await.unwrap();
    for name in ["Laptop", "Tablet"] {
        sqlx::query(
            "with a as (insert into asset (id, organization_id, name) values (gen_random_uuid(), $1, $2) returning id)
             insert into asset_assignment (asset_id, kind, end_user_id, evidence) select id, 'sync', $3, '{}' from a",
        )
        .bind(stage.organization)
        .bind(name)
        .bind(end_user)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    sqlx::query(
        "update asset_assignment s set kind = 'manual', evidence = null from asset a
         where a.id = s.asset_id and a.name = 'Tablet'",
    )
    .execute(&pool)
    .await
    .unwrap();

    let plan = plan_undo(&stage.engine, run, 10).await.unwrap();
    let words = |people: &[crate::model::undo::UndoneItem]| -> Vec<String> {
        people
            .iter()
            .map(|one| format!("{}: {}", one.name, one.words))
            .collect()
    };
    assert_eq!(words(&plan.back), ["Laptop: The assignment of this Asset goes back."]);
    assert_eq!(
        words(&plan.left),
        [
            "Ana: End User: an Asset was assigned to it by hand.",
            "Tablet: The assignment of this Asset was changed since."
        ]
    );
    let tally = |people, assets| Tally { people, assets };
    assert_eq!((plan.back_total, plan.left_total), (tally(0, 1), tally(1, 1)));
    let assigned = async || -> Vec<String> {
        sqlx::query_scalar("select a.name from asset_assignment s join asset a on a.id = s.asset_id order by 1")
            .fetch_all(&pool)
            .await
            .unwrap()
    };
    let back = undone(&stage, run, false).await;
    assert_eq!(assigned().await, ["Tablet"]);
    let told: (String, String, String) = sqlx::query_as(
        "select subject_name, changes -> 0 ->> 'new', changes -> 1 ->> 'new' from audit_event where action = 'undo'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(told.0, "1 Asset put back, 1 person and 1 Asset left");
    assert_eq!((told.1.as_str(), told.2.as_str()), ("1 Asset", "1 person and 1 Asset"));
    undone(&stage, back, false).await;
    assert_eq!(assigned().await, ["Laptop", "Tablet"]);
}

#[sqlx::test(migrations = false)]
async fn an_address_that_somebody_else_was_given_since_does_not_go_back(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage
        .change(ana, json!({ "mail": "anna@contoso.example", "jobTitle": "Clerk" }))
        .await;
    let renamed = stage.run_well().await;
    let other = stage.hire("Another Ana", "ana@contoso.example").await;
    stage.run_well().await;

    let plan = plan_undo(&stage.engine, renamed, 10).await.unwrap();
    assert_eq!(people(&plan), (1, 1), "{plan:#?}");
    assert_eq!(
        plan.left[0].words,
        "Email: the address belongs to another End User now."
    );
    undone(&stage, renamed, true).await;
    let person = stage.person(ana).await;
    assert_eq!(
        (person.email.as_str(), person.job_title.as_str()),
        ("anna@contoso.example", "")
    );
    assert_eq!(stage.person(other).await.email, "ana@contoso.example");
}
