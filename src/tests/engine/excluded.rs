//! Deleting people, keeping them out, and letting them in again, over runs.

use crate::{
    model::{
        audit::{Action, Actor},
        filter::Filters,
        ids::{DirectoryUserId, MicrosoftTenantId},
    },
    store::{self, exclusion},
    tests::support::Stage,
};
use chrono::Utc;
use sqlx::PgPool;
use uuid::Uuid;

async fn ana(pool: &PgPool) -> (Stage, Uuid) {
    let stage = Stage::new(pool, 0).await;
    let ana = stage.hire("Ana López", "ana@contoso.example").await;
    stage.hire("Ben Jones", "ben@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    (stage, ana)
}

fn actor() -> Actor {
    Actor::command("a test")
}

async fn delete(stage: &Stage, ana: Uuid, keep_out: bool) -> crate::model::ids::EndUserId {
    let id = stage.person(ana).await.id;
    let gone = exclusion::delete(&stage.pool, stage.organization, &[id], keep_out, &actor())
        .await
        .unwrap();
    assert_eq!((gone.people, gone.kept_out), (1, usize::from(keep_out)));
    id
}

#[sqlx::test(migrations = false)]
async fn a_deleted_person_is_created_again_by_the_next_run(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    let before = delete(&stage, ana, false).await;
    stage.run_well().await;
    let after = stage.person(ana).await;
    assert_ne!(after.id, before, "it is a new End User");
    assert_eq!(stage.count().await, 2);
    assert_eq!(exclusion::count(&pool, stage.organization).await.unwrap(), 0);
    let told = store::audit::of_subject(&pool, before.0, 10, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].action, Some(Action::Delete));
    assert!(told[0].changes.iter().any(|change| change.old == "ana@contoso.example"));
}

#[sqlx::test(migrations = false)]
async fn a_person_kept_out_stays_out_with_another_account_too_until_let_in_again(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    delete(&stage, ana, true).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 1);
    let (people, total) = exclusion::page(&pool, stage.organization, "", 1, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    assert_eq!(total, 1);
    assert_eq!(
        (
            people[0].name.as_str(),
            people[0].address.as_str(),
            people[0].by.as_str()
        ),
        ("Ana López", "ana@contoso.example", "a test")
    );
    assert!(!people[0].is_former);

    let again = stage.hire("Ana again", "ANA@contoso.example").await;
    let run = stage.run_well().await;
    assert_eq!((stage.counts(run).await.conflict, stage.count().await), (1, 1));

    let let_in = async || {
        exclusion::let_in(&pool, stage.organization, stage.tenant, DirectoryUserId(ana), &actor())
            .await
            .unwrap();
    };
    let_in().await;
    let_in().await;
    stage.purge(again).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.name, "Ana López");
    let told: i64 = sqlx::query_scalar("select count(*) from audit_event where action = 'let_in'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(told, 1, "what was done twice happened once");
    let ended: String = sqlx::query_scalar("select changes::text from audit_event where action = 'let_in'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(
        ended.contains("Kept out since") && ended.contains("ana@contoso.example"),
        "{ended}"
    );
}

#[sqlx::test(migrations = false)]
async fn nobody_of_another_organization_is_deleted_or_let_in(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    let other = stage.another_organization("Fabrikam").await;
    let id = stage.person(ana).await.id;
    let gone = exclusion::delete(&pool, other, &[id], true, &actor()).await.unwrap();
    assert_eq!((gone.people, gone.kept_out, stage.count().await), (0, 0, 2));
    assert_eq!(exclusion::count(&pool, other).await.unwrap(), 0);
    assert_eq!(exclusion::to_delete(&pool, other, &[id]).await.unwrap().ids, []);

    delete(&stage, ana, true).await;
    exclusion::let_in(&pool, other, stage.tenant, DirectoryUserId(ana), &actor())
        .await
        .unwrap();
    assert_eq!(exclusion::count(&pool, stage.organization).await.unwrap(), 1);
}

#[sqlx::test(migrations = false)]
async fn a_former_microsoft_tenants_excluded_are_listed_as_such(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    delete(&stage, ana, true).await;
    store::tenant::unmap(&pool, &actor(), stage.tenant).await.unwrap();
    let (people, _) = exclusion::page(&pool, stage.organization, "ana", 1, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    assert!(people[0].is_former);
    assert_eq!(people[0].tenant, MicrosoftTenantId(stage.tenant.0));
}
