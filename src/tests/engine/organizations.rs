//! Several Organizations over one Microsoft tenant, and what changes about them while a run is at work.

use crate::{
    model::{filter::Filters, ids::OrganizationId},
    store,
    tests::support::{Stage, only, tester},
};
use serde_json::json;
use sqlx::PgPool;
use std::collections::HashSet;

fn department(name: &str) -> Filters {
    Filters {
        department: only(&[name]),
        ..Filters::default()
    }
}

#[sqlx::test(migrations = false)]
async fn one_person_is_an_end_user_of_two_organizations_that_share_a_microsoft_tenant(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let second = stage.another_organization("Second").await;
    let stranger = OrganizationId(uuid::Uuid::now_v7());
    let tenant = crate::model::ids::TenantId(uuid::Uuid::now_v7());
    store::organization::create(&pool, &tester(), stranger, tenant, "Stranger", "", "")
        .await
        .unwrap();
    let there = stage.end_user(second, "Ana of Second", "ana@contoso.example").await;
    let elsewhere = stage.end_user(stranger, "Ana of Stranger", "ana@contoso.example").await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.enable_for(second, &Filters::default()).await;
    stage.run_well().await;

    let first = stage.person(ana).await;
    let of_second = stage.people_of(second).await;
    assert_eq!(
        (of_second.len(), of_second[0].id, of_second[0].name.as_str()),
        (1, there, "Ana")
    );
    assert_ne!(first.id, there);
    let strangers = stage.people_of(stranger).await;
    assert_eq!(
        (strangers[0].id, strangers[0].name.as_str()),
        (elsewhere, "Ana of Stranger")
    );
    assert_eq!(strangers[0].directory_user_id, None);
}

#[sqlx::test(migrations = false)]
async fn organizations_split_by_department_get_their_own_people_only(pool: PgPool) {
    let stage = Stage::new(&pool, 80).await;
    let second = stage.another_organization("Second").await;
    stage.enable(&department("Sales")).await;
    stage.enable_for(second, &department("Engineering")).await;
    stage.run_well().await;
    let ids = |people: Vec<crate::tests::support::Person>| -> HashSet<_> {
        people
            .into_iter()
            .map(|person| person.directory_user_id.unwrap())
            .collect()
    };
    let (sales, engineering) = (
        ids(stage.people_of(stage.organization).await),
        ids(stage.people_of(second).await),
    );
    assert!(!sales.is_empty() && !engineering.is_empty() && sales.is_disjoint(&engineering));
}

#[sqlx::test(migrations = false)]
async fn disabling_stops_updates_and_setting_up_again_finds_the_same_people(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let before = stage.person(ana).await;
    store::user_sync::disable(&pool, &tester(), stage.organization, stage.tenant)
        .await
        .unwrap();
    stage.change(ana, json!({ "displayName": "Ana Changed" })).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await, before);
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let after = stage.person(ana).await;
    assert_eq!((after.id, after.name.as_str()), (before.id, "Ana Changed"));
}

/// A run that waits in the middle of its listing of groups, so that `meanwhile` happens after its users were read.
async fn meanwhile<F: Future<Output = ()>>(stage: &Stage, meanwhile: impl FnOnce() -> F) {
    stage.hold_groups(600).await;
    tokio::join!(stage.run_well(), async {
        stage.in_the_middle().await;
        meanwhile().await;
    });
}

#[sqlx::test(migrations = false)]
async fn a_sync_disabled_in_the_middle_of_a_run_writes_nobody(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    meanwhile(&stage, || async {
        store::user_sync::disable(&pool, &tester(), stage.organization, stage.tenant)
            .await
            .unwrap();
    })
    .await;
    assert_eq!(stage.count().await, 0);
}

#[sqlx::test(migrations = false)]
async fn a_tenant_unmapped_in_the_middle_of_a_run_is_not_written_and_mapping_it_again_revives_everything(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&department("Sales")).await;
    meanwhile(&stage, || async {
        store::tenant::unmap(&pool, &tester(), stage.tenant).await.unwrap();
    })
    .await;
    assert_eq!(stage.count().await, 0);

    store::tenant::map(&pool, &tester(), stage.tenant, stage.our_tenant)
        .await
        .unwrap();
    let sync = store::user_sync::get(&pool, stage.organization, stage.tenant)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((sync.enabled, &sync.filters), (false, &department("Sales")));
    stage.enable(&sync.filters).await;
    stage.run_well().await;
    assert!(stage.count().await > 0);
}

#[sqlx::test(migrations = false)]
async fn an_organization_deleted_in_the_middle_of_a_run_does_not_stop_the_others(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let second = stage.another_organization("Second").await;
    stage.enable(&Filters::default()).await;
    stage.enable_for(second, &Filters::default()).await;
    meanwhile(&stage, || async {
        sqlx::query("delete from organization where id = $1")
            .bind(stage.organization)
            .execute(&pool)
            .await
            .unwrap();
    })
    .await;
    assert!(stage.people_of(stage.organization).await.is_empty());
    assert!(!stage.people_of(second).await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn an_organization_that_cannot_be_written_does_not_stop_the_others(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let second = stage.another_organization("Second").await;
    stage.enable(&Filters::default()).await;
    // Stands for whatever a database may have against one Organization.
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
         $$ begin raise exception 'no room'; end $$;
         create trigger refuse before insert on end_user for each row
         execute function refuse();",
    )
    .execute(&pool)
    .await
    .unwrap();
    let nobody = Filters {
        department: only(&["No such department"]),
        ..Filters::default()
    };
    stage.enable_for(second, &nobody).await;
    let error = stage.run_badly().await;
    assert!(error.to_string().contains("no room"), "{error}");
    assert!(stage.attention(stage.organization).await.unwrap().contains("no room"));
    let second = store::user_sync::get(&pool, second, stage.tenant)
        .await
        .unwrap()
        .unwrap();
    assert!(second.applied, "an Organization that can be written was not");
    assert_eq!(stage.attention(second.organization).await, None);
}

#[sqlx::test(migrations = false)]
async fn an_end_user_edited_while_the_run_reads_is_planned_as_it_is_and_not_as_it_was(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    meanwhile(&stage, || async {
        stage
            .end_user(stage.organization, "A. by hand", "ana@contoso.example")
            .await;
    })
    .await;
    assert_eq!((stage.person(ana).await.name.as_str(), stage.count().await), ("Ana", 1));
}

#[sqlx::test(migrations = false)]
async fn what_somebody_edits_after_the_plan_was_made_ends_its_transaction(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.end_user(stage.organization, "Ana", "ana@contoso.example").await;
    let mut plan = store::change_set::begin(&pool).await.unwrap();
    let read = store::end_user::states(&mut *plan, stage.organization, stage.tenant)
        .await
        .unwrap();
    assert_eq!(read.len(), 1);
    sqlx::query("update end_user set name = 'By hand'")
        .execute(&pool)
        .await
        .unwrap();
    let written = sqlx::query("update end_user set name = 'By plan'")
        .execute(&mut *plan)
        .await;
    let error = store::StoreError::from(written.unwrap_err());
    assert!(matches!(error, store::StoreError::Concurrent), "{error}");
}
