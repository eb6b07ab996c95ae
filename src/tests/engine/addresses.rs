//! Who gets which address: swaps, take-overs, matches and conflicts.

use crate::{
    model::{filter::Filters, plan::Outcome},
    store,
    tests::support::Stage,
};
use serde_json::json;
use sqlx::PgPool;

async fn stage(pool: &PgPool) -> Stage {
    let stage = Stage::new(pool, 0).await;
    stage.enable(&Filters::default()).await;
    stage
}

#[sqlx::test(migrations = false)]
async fn two_people_swap_their_addresses_in_one_run(pool: PgPool) {
    let stage = stage(&pool).await;
    let ana = stage.hire("Ana", "one@contoso.example").await;
    let ben = stage.hire("Ben", "two@contoso.example").await;
    stage.run_well().await;
    stage.change(ana, json!({ "mail": "two@contoso.example" })).await;
    stage.change(ben, json!({ "mail": "one@contoso.example" })).await;
    let run = stage.run_well().await;
    assert_eq!(stage.person(ana).await.email, "two@contoso.example");
    assert_eq!(stage.person(ben).await.email, "one@contoso.example");
    assert_eq!((stage.counts(run).await.update, stage.count().await), (2, 2));
}

#[sqlx::test(migrations = false)]
async fn a_new_account_takes_over_the_end_user_of_a_deleted_one_with_the_same_address(pool: PgPool) {
    let stage = stage(&pool).await;
    let old = stage
        .add(json!({ "displayName": "Ana", "mail": "ana@contoso.example", "mobilePhone": "+31 6 5550 0100" }))
        .await;
    stage.run_well().await;
    let before = stage.person(old).await;
    stage.delete(old).await;
    stage.run_well().await;
    let new = stage.hire("Ana Renewed", "ANA@contoso.example").await;
    let run = stage.run_well().await;
    let after = stage.person(new).await;
    assert_eq!((after.id, after.name.as_str()), (before.id, "Ana Renewed"));
    assert_eq!(
        (after.mark_kind.as_deref(), after.mobile.as_str()),
        (None, "+31 6 5550 0100")
    );
    let counts = stage.counts(run).await;
    assert_eq!(
        (counts.link, counts.superseded, counts.disable, stage.count().await),
        (1, 1, 0, 1)
    );
    let quiet = stage.run_well().await;
    assert_eq!(stage.counts(quiet).await.written(), 0);
}

#[sqlx::test(migrations = false)]
async fn the_old_account_is_superseded_even_when_both_happen_between_two_runs(pool: PgPool) {
    let stage = stage(&pool).await;
    let old = stage.hire("Ana", "ana@contoso.example").await;
    stage.run_well().await;
    stage.purge(old).await;
    let new = stage.hire("Ana Renewed", "ana@contoso.example").await;
    let run = stage.run_well().await;
    assert_eq!((stage.person(new).await.mark_kind, stage.count().await), (None, 1));
    assert_eq!(stage.counts(run).await.superseded, 1);
}

#[sqlx::test(migrations = false)]
async fn somebody_who_was_there_before_is_mapped_by_address_in_whatever_case(pool: PgPool) {
    let stage = stage(&pool).await;
    let there = stage
        .end_user(stage.organization, "A. López", "Ana@Contoso.Example")
        .await;
    let ana = stage.hire("Ana López", "ana@contoso.example").await;
    let run = stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!((person.id, person.name.as_str()), (there, "Ana López"));
    assert_eq!(
        person.email, "Ana@Contoso.Example",
        "a link is no reason to respell an address"
    );
    assert_eq!((stage.counts(run).await.link, stage.count().await), (1, 1));
}

#[sqlx::test(migrations = false)]
async fn an_address_that_two_end_users_have_is_a_conflict_told_once(pool: PgPool) {
    let stage = stage(&pool).await;
    for name in ["One", "Two"] {
        stage.end_user(stage.organization, name, "ana@contoso.example").await;
    }
    stage.hire("Ana", "ana@contoso.example").await;
    let run = stage.run_well().await;
    assert_eq!((stage.counts(run).await.conflict, stage.count().await), (1, 2));
    let told = |run| store::run::people(&pool, run, None, "", 1, 50);
    assert_eq!(told(run).await.unwrap().1, 1);
    let again = stage.run_well().await;
    assert_eq!(told(again).await.unwrap().1, 0);
    let now = store::run_people::page_as_of_now(&pool, again, "Ana", 1, 50)
        .await
        .unwrap()
        .0;
    let outcomes: Vec<_> = now.iter().map(|person| person.outcome).collect();
    assert_eq!(outcomes, [Outcome::Conflict], "and still shown as it stands");
    // So it is when the Organization is planned again.
    stage
        .end_user(stage.organization, "Three", "three@contoso.example")
        .await;
    let planned = stage.run_well().await;
    assert_eq!(
        (stage.counts(planned).await.conflict, told(planned).await.unwrap().1),
        (1, 0)
    );
}

#[sqlx::test(migrations = false)]
async fn an_address_that_its_holder_keeps_is_a_conflict_for_that_field_alone(pool: PgPool) {
    let stage = stage(&pool).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.run_well().await;
    stage
        .end_user(stage.organization, "By Hand", "kept@contoso.example")
        .await;
    stage
        .change(ana, json!({ "mail": "kept@contoso.example", "jobTitle": "Buyer" }))
        .await;
    let run = stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!(
        (person.email.as_str(), person.job_title.as_str()),
        ("ana@contoso.example", "Buyer")
    );
    let (people, _) = store::run::people(&pool, run, None, "", 1, 50).await.unwrap();
    assert!(
        people[0].reason.words().contains("keeps the new address"),
        "{:?}",
        people[0].reason
    );
}

#[sqlx::test(migrations = false)]
async fn of_two_accounts_with_one_address_the_older_becomes_the_end_user(pool: PgPool) {
    let stage = stage(&pool).await;
    let mut ids = vec![];
    for (name, year) in [("Younger", 2024), ("Older", 2019)] {
        let created = format!("{year}-05-06T07:08:09Z");
        let user = json!({ "displayName": name, "mail": "info@contoso.example", "createdDateTime": created });
        ids.push(stage.add(user).await);
    }
    let run = stage.run_well().await;
    assert_eq!(stage.person(ids[1]).await.name, "Older");
    assert_eq!((stage.counts(run).await.conflict, stage.count().await), (1, 1));
}

#[sqlx::test(migrations = false)]
async fn a_mapped_person_who_lost_every_address_keeps_the_last_one(pool: PgPool) {
    let stage = stage(&pool).await;
    let guest = stage
        .add(json!({
            "displayName": "Guest", "mail": "g@partner.example", "userType": "Guest",
            "userPrincipalName": "g_partner.example#EXT#@contoso.onmicrosoft.example",
        }))
        .await;
    stage.run_well().await;
    stage
        .change(guest, json!({ "mail": null, "jobTitle": "Adviser" }))
        .await;
    stage.run_well().await;
    let person = stage.person(guest).await;
    assert_eq!(
        (person.email.as_str(), person.job_title.as_str()),
        ("g@partner.example", "Adviser")
    );
}
