//! What the guard holds, and what a person decides about it.

use crate::{
    engine::{
        RunError,
        approve::{Chosen, approve, drop_rows},
        run::RunEnd,
    },
    model::{
        audit::Actor,
        filter::Filters,
        held::{Contest, Rule},
        ids::RunId,
        plan::Outcome,
        run::Trigger,
    },
    store,
    tests::support::{Stage, only},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

fn ada() -> Actor {
    Actor::command("Ada Admin")
}

/// A stage with so many people, synced.
async fn synced(pool: &PgPool, people: usize) -> (Stage, Vec<Uuid>) {
    let stage = Stage::new(pool, 0).await;
    let mut users = vec![];
    for n in 0..people {
        users.push(
            stage
                .hire(&format!("Person {n}"), &format!("p{n}@contoso.example"))
                .await,
        );
    }
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    (stage, users)
}

async fn disable(stage: &Stage, users: &[Uuid]) {
    for user in users {
        stage.change(*user, json!({ "accountEnabled": false })).await;
    }
}

impl Stage {
    async fn held(&self, run: RunId) -> Vec<(Uuid, String, Rule)> {
        let now = store::in_utc(chrono::Utc::now());
        let (rows, total) = store::held::page(&self.pool, run, 1_000, 1, &now).await.unwrap();
        assert_eq!(i64::try_from(rows.len()).unwrap(), total);
        rows.into_iter()
            .map(|row| (row.id, row.name, row.rule.unwrap()))
            .collect()
    }

    async fn approve(&self, run: RunId, chosen: Chosen) -> RunId {
        match approve(&self.engine, run, &chosen, &ada()).await.unwrap() {
            RunEnd::Succeeded(run) => run,
            other => panic!("{other:?}"),
        }
    }

    async fn audited(&self, action: &str) -> i64 {
        sqlx::query_scalar("select count(*) from audit_event where action = $1 and actor_name = 'Ada Admin'")
            .bind(action)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }
}

#[sqlx::test(migrations = false)]
async fn a_mass_disable_is_held_the_rest_is_applied_and_a_part_can_be_approved(pool: PgPool) {
    let (stage, users) = synced(&pool, 6).await;
    disable(&stage, &users[..3]).await;
    stage.change(users[5], json!({ "displayName": "New Name" })).await;
    stage.change(users[0], json!({ "jobTitle": "Clerk" })).await;
    let run = stage.run_well().await;

    let held = stage.held(run).await;
    assert_eq!(held.len(), 3);
    assert!(held.iter().all(|(_, _, rule)| *rule == Rule::Disable));
    assert_eq!(
        stage.person(users[5]).await.name,
        "New Name",
        "the rest was not applied"
    );
    let first = stage.person(users[0]).await;
    assert_eq!((first.job_title.as_str(), first.mark_kind), ("Clerk", None));
    let counts = stage.counts(run).await;
    assert_eq!((counts.held, counts.disable, counts.update), (2, 0, 2));
    let attention = stage.attention(stage.organization).await.unwrap();
    assert_eq!(
        attention,
        "3 changes are held, and wait for a person to approve or drop them."
    );

    // That Person 0 has nothing but a held change left is news once; after that nothing is written, and the rows keep
    // their ids.
    stage.run_well().await;
    stage.run_quietly().await;
    assert_eq!(stage.held(run).await, held);

    let approved = stage.approve(run, Chosen::Rows(vec![held[0].0])).await;
    assert_eq!(stage.run_row(approved).await.trigger, Trigger::Approved);
    assert_eq!(stage.counts(approved).await.disable, 1);
    assert_eq!(stage.audited("approve").await, 1);
    let marked = |people: Vec<crate::tests::support::Person>| people.iter().filter(|p| p.mark_kind.is_some()).count();
    assert_eq!(marked(stage.people().await), 1);

    // Two of six are few, but a person chose the other one: they wait until somebody decides about them.
    let later = stage.run_well().await;
    assert_eq!(stage.held(later).await.len(), 2);
    assert_eq!(marked(stage.people().await), 1);
    stage.approve(later, Chosen::All).await;
    assert_eq!(marked(stage.people().await), 3);
    assert_eq!(stage.attention(stage.organization).await, None);
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn a_row_that_changed_since_it_was_seen_is_not_approved(pool: PgPool) {
    let (stage, users) = synced(&pool, 6).await;
    disable(&stage, &users[..4]).await;
    let run = stage.run_well().await;
    let seen: Vec<_> = stage.held(run).await.iter().map(|(id, ..)| *id).collect();
    stage.change(users[0], json!({ "accountEnabled": true })).await;
    stage.run_well().await;
    stage.change(users[0], json!({ "accountEnabled": false })).await;
    let again = stage.run_well().await;
    stage.approve(run, Chosen::Rows(seen.clone())).await;
    let left = stage.held(again).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].1, "Person 0");
    assert_eq!(stage.person(users[0]).await.mark_kind, None);
    let error = approve(&stage.engine, run, &Chosen::Rows(seen), &ada())
        .await
        .unwrap_err();
    assert!(matches!(error, RunError::Refused(_)), "{error}");
}

#[sqlx::test(migrations = false)]
async fn a_dropped_row_is_not_planned_again_until_microsofts_value_changes(pool: PgPool) {
    let (stage, users) = synced(&pool, 6).await;
    disable(&stage, &users[..3]).await;
    let run = stage.run_well().await;
    assert_eq!(drop_rows(&stage.engine, run, &Chosen::All, &ada()).await.unwrap(), 3);
    assert_eq!(stage.audited("drop").await, 1);
    assert_eq!(stage.attention(stage.organization).await, None);
    let quiet = stage.run_well().await;
    assert_eq!(
        (stage.held(quiet).await.len(), stage.counts(quiet).await.disable),
        (0, 0)
    );
    stage.run_quietly().await;

    // Enabled and disabled again is another value; one of six is few, so it is written.
    stage.change(users[0], json!({ "accountEnabled": true })).await;
    stage.run_well().await;
    stage.change(users[0], json!({ "accountEnabled": false })).await;
    stage.run_well().await;
    assert_eq!(stage.person(users[0]).await.mark_kind.as_deref(), Some("disabled"));
    assert_eq!(stage.person(users[1]).await.mark_kind, None);

    let now = store::in_utc(chrono::Utc::now());
    let (dropped, total) = store::held::dropped_page(&pool, run, 10, &now).await.unwrap();
    assert_eq!(total, 2);
    store::held::let_in(&pool, dropped[0].id, run, &ada()).await.unwrap();
    assert_eq!(stage.audited("let_in_dropped").await, 1);
    stage.run_well().await;
    let marked = stage
        .people()
        .await
        .iter()
        .filter(|person| person.mark_kind.is_some())
        .count();
    assert_eq!(marked, 2);
}

#[sqlx::test(migrations = false)]
async fn creating_many_needs_a_preview_that_showed_as_many(pool: PgPool) {
    let stage = Stage::new(&pool, 60).await;
    let save = async |confirmed| {
        store::user_sync::save_confirmed(
            &pool,
            &ada(),
            stage.organization,
            stage.tenant,
            &Filters::default(),
            None,
            confirmed,
        )
        .await
        .unwrap();
    };
    save(Some(3)).await;
    let run = stage.run_well().await;
    let held = stage.held(run).await;
    assert!(held.len() > 25, "{}", held.len());
    assert!(held.iter().all(|(_, _, rule)| *rule == Rule::Create));
    assert_eq!(stage.count().await, 0);
    let people = stage.people_of_run(run).await;
    assert!(people.iter().any(|person| person.outcome == Outcome::Held));

    save(Some(u32::try_from(held.len()).unwrap())).await;
    let run = stage.run_well().await;
    assert_eq!(stage.held(run).await, []);
    assert_eq!(stage.count().await, i64::try_from(held.len()).unwrap());
}

#[sqlx::test(migrations = false)]
async fn few_in_each_organization_and_many_together_are_held(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let second = stage.another_organization("Second").await;
    let department = |name: &str| Filters {
        department: only(&[name]),
        ..Filters::default()
    };
    stage.enable(&department("First")).await;
    stage.enable_for(second, &department("Second")).await;
    let mut users = vec![];
    for n in 0..30 {
        let user = stage
            .hire(&format!("Person {n}"), &format!("p{n}@contoso.example"))
            .await;
        let name = if n % 2 == 0 { "First" } else { "Second" };
        stage.change(user, json!({ "department": name })).await;
        users.push(user);
    }
    stage.run_well().await;
    disable(&stage, &users[..12]).await;
    let run = stage.run_well().await;
    let held = stage.held(run).await;
    assert_eq!(held.len(), 12);
    assert!(held.iter().all(|(_, _, rule)| *rule == Rule::DisableTogether));
}

/// What another program does every hour, through the store.
async fn import(stage: &Stage, title: &str) {
    sqlx::query("update end_user set job_title = $1, written_by = 'the old system', written_at = now()")
        .bind(title)
        .execute(&stage.pool)
        .await
        .unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_field_that_another_program_overwrites_every_hour_does_not_flip_for_ever(pool: PgPool) {
    let (stage, users) = synced(&pool, 1).await;
    let ana = users[0];
    stage.change(ana, json!({ "jobTitle": "Clerk" })).await;
    stage.run_well().await;
    for _ in 0..3 {
        import(&stage, "Boss").await;
        stage.run_well().await;
        assert_eq!(stage.person(ana).await.job_title, "Clerk");
    }
    let end_user = stage.person(ana).await.id;
    let contended = store::contended::of_end_user(&pool, end_user).await.unwrap();
    assert_eq!(contended.len(), 1);
    let field = &contended[0];
    assert_eq!((field.state, field.microsoft.as_str()), (Contest::Open, "Clerk"));
    assert_eq!(field.writer, "the old system");

    import(&stage, "Boss").await;
    let run = stage.run_well().await;
    assert_eq!(
        stage.person(ana).await.job_title,
        "Boss",
        "a contended field is left alone"
    );
    let told = stage.people_of_run(run).await;
    assert_eq!(told.len(), 1);
    assert!(
        told[0]
            .reason
            .words()
            .starts_with("the old system writes Job Title again and again.")
    );
    let (people, fields) = store::contended::open_of_organization(&pool, stage.organization, 10)
        .await
        .unwrap();
    assert_eq!((people.len(), fields), (1, 1));
    stage.run_quietly().await;

    let decide = async |state| {
        store::contended::decide(&pool, end_user, field.field, state, &ada())
            .await
            .unwrap();
    };
    decide(Contest::Microsoft).await;
    for _ in 0..5 {
        import(&stage, "Boss").await;
        stage.run_well().await;
        assert_eq!(stage.person(ana).await.job_title, "Clerk");
    }
    decide(Contest::Other).await;
    import(&stage, "Boss").await;
    stage.change(ana, json!({ "jobTitle": "Manager" })).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.job_title, "Boss");
    assert_eq!(stage.audited("decide_contended").await, 2);
}

#[sqlx::test(migrations = false)]
async fn a_contest_is_over_when_microsoft_has_another_value_and_begins_anew_after_a_quiet_run(pool: PgPool) {
    let (stage, users) = synced(&pool, 1).await;
    let ana = users[0];
    stage.change(ana, json!({ "jobTitle": "Clerk" })).await;
    stage.run_well().await;
    for round in 0..4 {
        if round == 2 {
            // Nobody wrote: the run breaks the row of three.
            stage.run_well().await;
            stage.run_quietly().await;
        }
        import(&stage, "Boss").await;
        stage.run_well().await;
    }
    assert_eq!(stage.person(ana).await.job_title, "Clerk");
    import(&stage, "Boss").await;
    stage.run_well().await;
    import(&stage, "Boss").await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.job_title, "Boss");
    stage.change(ana, json!({ "jobTitle": "Manager" })).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.job_title, "Manager");
    let end_user = stage.person(ana).await.id;
    assert_eq!(store::contended::of_end_user(&pool, end_user).await.unwrap(), []);
}
