//! What the guard holds, and what a person decides about it.

use crate::{
    engine::{
        RunError,
        approve::{Chosen, approve, drop_rows},
        preview::Directory,
        run::RunEnd,
    },
    model::{audit::Actor, filter::Filters, held::Rule, ids::RunId, plan::Outcome, run::Trigger},
    store,
    tests::support::{Stage, only},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

pub(super) fn ada() -> Actor {
    Actor::command("Ada Admin")
}

/// A stage with so many people, synced.
pub(super) async fn synced(pool: &PgPool, people: usize) -> (Stage, Vec<Uuid>) {
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

    /// What the run's page shows now.
    async fn all(&self, run: RunId) -> Chosen {
        let seen = store::held::seen(&self.pool, run).await.unwrap();
        Chosen::All { seen }
    }

    async fn approve(&self, run: RunId, chosen: Chosen) -> RunId {
        match approve(&self.engine, run, &chosen, &ada()).await.unwrap() {
            RunEnd::Succeeded(run) => run,
            other => panic!("{other:?}"),
        }
    }

    /// Saves that everybody is wanted, when the preview showed so many new people.
    async fn confirm(&self, creates: u32) {
        let (organization, tenant) = (self.organization, self.tenant);
        let filters = Filters::default();
        store::user_sync::save_confirmed(&self.pool, &ada(), organization, tenant, &filters, None, Some(creates))
            .await
            .unwrap();
    }

    /// Renames people to addresses that begin with this.
    async fn rename(&self, users: &[Uuid], name: &str) {
        for (n, user) in users.iter().enumerate() {
            self.change(*user, json!({ "mail": format!("{name}{n}@contoso.example") }))
                .await;
        }
    }

    pub(super) async fn audited(&self, action: &str) -> i64 {
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

    // That a change of Person 0 is held was told with the one that was written; nothing is written, and the rows keep
    // their ids.
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
    stage.approve(later, stage.all(later).await).await;
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
    let all = stage.all(run).await;
    assert_eq!(drop_rows(&stage.engine, run, &all, &ada()).await.unwrap(), 3);
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
    stage.confirm(3).await;
    let run = stage.run_well().await;
    let held = stage.held(run).await;
    assert!(held.len() > 25, "{}", held.len());
    assert!(held.iter().all(|(_, _, rule)| *rule == Rule::Create));
    assert_eq!(stage.count().await, 0);
    let people = stage.people_of_run(run).await;
    assert!(people.iter().any(|person| person.outcome == Outcome::Held));

    stage.confirm(u32::try_from(held.len()).unwrap()).await;
    let run = stage.run_well().await;
    assert_eq!(stage.held(run).await, []);
    assert_eq!(stage.count().await, i64::try_from(held.len()).unwrap());
}

#[sqlx::test(migrations = false)]
async fn new_people_whom_nobody_could_count_at_set_up_are_held_until_they_are_approved(pool: PgPool) {
    let stage = Stage::new(&pool, 60).await;
    let (organization, tenant, all) = (stage.organization, stage.tenant, Filters::default());
    store::user_sync::save(&pool, &ada(), organization, tenant, &all, None)
        .await
        .unwrap();
    let run = stage.run_well().await;
    let held = stage.held(run).await.len();
    assert!(held > 25, "{held}");
    assert_eq!(stage.count().await, 0);
    let attention = stage.attention(organization).await.unwrap();
    assert!(
        attention.starts_with(&format!("{held} changes are held")),
        "{attention}"
    );
    stage.approve(run, stage.all(run).await).await;
    assert_eq!(stage.count().await, i64::try_from(held).unwrap());
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

#[sqlx::test(migrations = false)]
async fn all_means_all_that_was_seen(pool: PgPool) {
    let (stage, users) = synced(&pool, 6).await;
    disable(&stage, &users[..3]).await;
    let run = stage.run_well().await;
    let seen = stage.all(run).await;
    disable(&stage, &users[3..4]).await;
    stage.run_well().await;

    let told = |error: RunError| assert!(error.to_string().starts_with("Other rows are held now"), "{error}");
    told(approve(&stage.engine, run, &seen, &ada()).await.unwrap_err());
    told(drop_rows(&stage.engine, run, &seen, &ada()).await.unwrap_err());
    assert_eq!(stage.held(run).await.len(), 4);
    assert_eq!((stage.audited("approve").await, stage.audited("drop").await), (0, 0));
    stage.approve(run, stage.all(run).await).await;
    assert_eq!(stage.held(run).await, []);

    let gone = drop_rows(&stage.engine, run, &seen, &ada()).await.unwrap_err();
    assert!(gone.to_string().starts_with("None of these rows is held"), "{gone}");
}

#[sqlx::test(migrations = false)]
async fn a_value_that_nobody_saw_is_not_dropped(pool: PgPool) {
    let (stage, users) = synced(&pool, 6).await;
    stage.rename(&users[..3], "b").await;
    let run = stage.run_well().await;
    assert_eq!(stage.held(run).await.len(), 3);
    // As a later run leaves it that is cut off after its pages of users.
    sqlx::query("update directory_user set mail = 'c0@contoso.example' where id = $1")
        .bind(users[0])
        .execute(&pool)
        .await
        .unwrap();
    let dropped = drop_rows(&stage.engine, run, &stage.all(run).await, &ada()).await;
    assert_eq!(dropped.unwrap(), 2);
    let held = stage.held(run).await;
    assert_eq!((held.len(), held[0].1.as_str()), (1, "Person 0"));
    let refused = drop_rows(&stage.engine, run, &stage.all(run).await, &ada()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.starts_with("Microsoft has other values by now"), "{refused}");

    stage.change(users[0], json!({ "mail": "c0@contoso.example" })).await;
    stage.run_well().await;
    assert_eq!(stage.person(users[0]).await.email, "c0@contoso.example");
    assert_eq!(stage.person(users[1]).await.email, "p1@contoso.example");
}

#[sqlx::test(migrations = false)]
async fn an_address_whose_change_was_dropped_is_given_to_nobody(pool: PgPool) {
    let (stage, users) = synced(&pool, 4).await;
    let email = async |n: usize| stage.person(users[n]).await.email;
    stage.change(users[0], json!({ "mail": "x@contoso.example" })).await;
    stage.change(users[1], json!({ "mail": "p0@contoso.example" })).await;
    stage.change(users[2], json!({ "mail": "y@contoso.example" })).await;
    let run = stage.run_well().await;
    let held = stage.held(run).await;
    assert_eq!(held.len(), 3);
    let first = Chosen::Rows(vec![held[0].0]);
    assert_eq!(drop_rows(&stage.engine, run, &first, &ada()).await.unwrap(), 1);
    stage.approve(run, stage.all(run).await).await;
    stage.run_well().await;
    assert_eq!(email(0).await, "p0@contoso.example");
    assert_eq!(email(1).await, "p1@contoso.example", "two people have one address");
    assert_eq!(email(2).await, "y@contoso.example");
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn new_people_who_wait_for_an_address_do_not_hold_back_those_who_were_confirmed(pool: PgPool) {
    let (stage, users) = synced(&pool, 4).await;
    stage.rename(&users[..3], "b").await;
    stage.hire("New 0", "p0@contoso.example").await;
    for n in 1..30 {
        stage.hire(&format!("New {n}"), &format!("n{n}@contoso.example")).await;
    }
    stage.confirm(0).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 4);

    let directory = Directory::stored(&stage.engine, stage.tenant).await.unwrap();
    let (engine, all) = (&stage.engine, Filters::default());
    let shown = directory
        .choose(engine, stage.tenant, stage.organization, &all)
        .await
        .unwrap();
    assert_eq!((shown.plan.counts().create, shown.creates()), (29, 30));
    let counted = directory.creates(engine, stage.tenant, stage.organization, &all).await;
    assert_eq!(counted.unwrap(), Some(30), "who sends no number confirms what is shown");
    stage.confirm(shown.creates()).await;
    let run = stage.run_well().await;
    let rules: Vec<_> = stage.held(run).await.into_iter().map(|(_, _, rule)| rule).collect();
    assert_eq!(rules.len(), 4, "{rules:?}");
    assert!(!rules.contains(&Rule::Create), "{rules:?}");
    assert_eq!(stage.count().await, 33);
}

#[sqlx::test(migrations = false)]
async fn what_is_decided_about_some_says_nothing_about_the_whole_organization(pool: PgPool) {
    let (stage, users) = synced(&pool, 6).await;
    disable(&stage, &users[..3]).await;
    let run = stage.run_well().await;
    let held = stage.held(run).await;
    stage.fault(json!({ "path": "/v1.0/users", "kind": "html" })).await;
    let failure = stage.run_badly().await.summary();
    let attention = async || stage.attention(stage.organization).await.unwrap_or_default();
    assert_eq!(attention().await, failure);
    stage.approve(run, Chosen::Rows(vec![held[0].0])).await;
    assert_eq!(attention().await, failure, "an approval asks Microsoft nothing");
    let second = Chosen::Rows(vec![held[1].0]);
    drop_rows(&stage.engine, run, &second, &ada()).await.unwrap();
    assert_eq!(attention().await, failure);
    stage.lift_faults().await;
    stage.run_well().await;
    assert!(attention().await.starts_with("1 change is held"));

    // Set Up again, and the first run is still to come.
    sqlx::query("update user_sync set first_applied_at = null")
        .execute(&pool)
        .await
        .unwrap();
    stage.approve(run, Chosen::Rows(vec![held[2].0])).await;
    assert_eq!(attention().await, "");
    let sync = store::user_sync::get(&pool, stage.organization, stage.tenant).await;
    assert!(!sync.unwrap().unwrap().applied, "the first run is not done");
}
