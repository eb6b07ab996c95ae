//! Tenants, Organizations and the switch of their user sync.

use crate::{
    model::{
        audit::Action,
        filter::Filters,
        ids::{OrganizationId, TenantId},
        organization::UserSyncState,
        run::Trigger,
    },
    store::{self, StoreError},
    tests::support::{Stage, only, tester},
};
use sqlx::PgPool;
use uuid::Uuid;

fn sales() -> Filters {
    Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    }
}

async fn state(stage: &Stage) -> UserSyncState {
    store::organization::get(&stage.pool, stage.organization)
        .await
        .unwrap()
        .sync
}

fn sentence(result: Result<(), StoreError>) -> String {
    match result.unwrap_err() {
        error @ (StoreError::Conflict(_) | StoreError::NotFound(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = false)]
async fn what_the_database_refuses_is_a_sentence_for_a_person(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (id, tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    let blank = store::organization::create(&pool, &tester(), id, tenant, " \n", "", "").await;
    assert!(sentence(blank).contains("needs a name"));
    let left: i64 = sqlx::query_scalar("select count(*) from tenant")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 1, "half of an Organization was left");
    let rename = async |of, seen, name| store::tenant::rename(&pool, &tester(), of, seen, name).await;
    assert!(sentence(rename(stage.our_tenant, "Contoso", "").await).contains("needs a name"));
    assert!(sentence(rename(tenant, "Contoso", "New").await).contains("This Tenant does not exist"));
    for _ in 0..2 {
        rename(stage.our_tenant, "Contoso", "Holding").await.unwrap();
    }
    assert!(sentence(rename(stage.our_tenant, "Contoso", "Group").await).contains("Somebody renamed this Tenant"));
    assert_eq!(
        store::tenant::get(&pool, stage.our_tenant).await.unwrap().name,
        "Holding"
    );
    assert!(sentence(store::tenant::map(&pool, &tester(), stage.tenant, tenant).await).contains("Unmap it first"));

    store::organization::create(&pool, &tester(), id, tenant, "Second", "", "")
        .await
        .unwrap();
    let other = crate::model::ids::EntraTenantId(Uuid::now_v7());
    let second = crate::model::ids::MicrosoftTenantId(Uuid::now_v7());
    store::integration::connect(&pool, &tester(), second, other, "Other", "other.example")
        .await
        .unwrap();
    let twice = store::tenant::map(&pool, &tester(), second, stage.our_tenant).await;
    assert!(sentence(twice).contains("mapped to another Microsoft tenant"));
    let nowhere = store::tenant::map(&pool, &tester(), second, TenantId(Uuid::now_v7())).await;
    assert!(sentence(nowhere).contains("This Tenant does not exist"));
    let never = store::user_sync::disable(&pool, &tester(), id, stage.tenant).await;
    assert!(sentence(never).contains("This user sync does not exist"));
}

#[sqlx::test(migrations = false)]
async fn a_switch_keeps_its_filters_and_people_through_edit_disable_and_set_up(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let set = |filters: Filters| {
        let (pool, organization, tenant) = (pool.clone(), stage.organization, stage.tenant);
        async move {
            store::user_sync::save(&pool, &tester(), organization, tenant, &filters, None)
                .await
                .unwrap()
        }
    };
    assert_eq!(state(&stage).await, UserSyncState::NotSetUp { before: false });
    assert_eq!(set(Filters::default()).await, Trigger::SetUp);
    assert_eq!(state(&stage).await, UserSyncState::Syncing { progress: None });
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.run_well().await;
    assert_eq!(state(&stage).await, UserSyncState::Enabled);
    assert_eq!(set(sales()).await, Trigger::Edit);
    assert_eq!(state(&stage).await, UserSyncState::Enabled);

    store::user_sync::disable(&pool, &tester(), stage.organization, stage.tenant)
        .await
        .unwrap();
    assert_eq!(state(&stage).await, UserSyncState::NotSetUp { before: true });
    let kept = store::user_sync::get(&pool, stage.organization, stage.tenant)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((kept.enabled, kept.filters), (false, sales()));
    stage.person(ana).await;
    assert_eq!(set(sales()).await, Trigger::SetUp);
    assert_eq!(state(&stage).await, UserSyncState::Syncing { progress: None });
}

#[sqlx::test(migrations = false)]
async fn unmapping_disables_the_switch_and_mapping_the_same_tenant_again_revives_its_people(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    for _ in 0..2 {
        store::tenant::unmap(&pool, &tester(), stage.tenant).await.unwrap();
    }
    assert_eq!(state(&stage).await, UserSyncState::NotMapped);
    assert!(store::user_sync::enabled(&pool, stage.tenant).await.unwrap().is_empty());
    for _ in 0..2 {
        store::tenant::map(&pool, &tester(), stage.tenant, stage.our_tenant)
            .await
            .unwrap();
    }
    let told = super::customers::actions(&pool, stage.tenant.0).await;
    assert_eq!(
        told[..2],
        [Action::Map, Action::Unmap],
        "what was sent twice was done twice"
    );
    assert_ne!(told.get(2), Some(&Action::Unmap));
    assert_eq!(state(&stage).await, UserSyncState::NotSetUp { before: true });
    let before = stage.person(ana).await;
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    assert_eq!(stage.person(ana).await, before);
    assert_eq!(stage.counts(run).await.unchanged, 1);
}

#[sqlx::test(migrations = false)]
async fn connecting_the_same_microsoft_tenant_again_keeps_its_mapping_and_clears_its_trouble(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.consent(false).await;
    stage.run_badly().await;
    stage.consent(true).await;
    let domain = stage.microsoft.tenants()[0].default_domain.clone();
    let again = crate::engine::connect::connect(&stage.engine, &tester(), &domain)
        .await
        .unwrap();
    assert_eq!(again, stage.tenant);
    assert_eq!(stage.status().await, ("connected".into(), String::new()));
    assert_eq!(
        store::microsoft_tenant::of_tenant(&pool, stage.our_tenant)
            .await
            .unwrap(),
        Some(again)
    );
    for nonsense in ["", "contoso", "a/b.example", "..%2f.example"] {
        assert!(
            crate::engine::connect::connect(&stage.engine, &tester(), nonsense)
                .await
                .is_err(),
            "{nonsense}"
        );
    }
}
