//! Integrations unmapped, remapped and removed.

use super::customers::{actions, latest, sales, sync_of};
use crate::{
    model::{
        audit::Action,
        filter::Section,
        ids::{EntraTenantId, MicrosoftTenantId},
        organization::UserSyncState,
    },
    store::{self, integration},
    tests::support::{Stage, tester},
};
use chrono::Utc;
use sqlx::PgPool;
use std::collections::BTreeSet;
use uuid::Uuid;

async fn another_microsoft_tenant(pool: &PgPool) -> MicrosoftTenantId {
    let (id, entra) = (MicrosoftTenantId(Uuid::now_v7()), EntraTenantId(Uuid::now_v7()));
    integration::connect(pool, &tester(), id, entra, "Fabrikam", "fabrikam.example")
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn connecting_again_tells_what_changed_and_not_what_was_there(pool: PgPool) {
    store::migrate::migrate(&pool).await.unwrap();
    let entra = EntraTenantId(Uuid::now_v7());
    let mut told = vec![];
    for domain in ["fabrikam.example", "fabrikam.example", "fabrikam.test"] {
        let id = MicrosoftTenantId(Uuid::now_v7());
        let id = integration::connect(&pool, &tester(), id, entra, "Fabrikam", domain)
            .await
            .unwrap();
        told.push(latest(&pool, id.0).await);
    }
    assert_eq!(told[0][0], "Default domain:  -> fabrikam.example");
    assert_eq!(told[1], [""; 0]);
    assert_eq!(told[2], ["Default domain: fabrikam.example -> fabrikam.test"]);
}

#[sqlx::test(migrations = false)]
async fn another_microsoft_tenant_starts_at_all_with_the_old_choice_for_reference(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&sales()).await;
    stage.run_well().await;
    store::tenant::unmap(&pool, &tester(), stage.tenant).await.unwrap();
    assert_eq!(
        latest(&pool, stage.tenant.0).await,
        ["Tenant: Contoso -> ", "User sync of Contoso: Enabled -> Disabled"]
    );
    let other = another_microsoft_tenant(&pool).await;
    store::tenant::map(&pool, &tester(), other, stage.our_tenant)
        .await
        .unwrap();
    assert_eq!(
        sync_of(&stage, stage.organization).await,
        UserSyncState::NotSetUp { before: false }
    );
    assert_eq!(
        store::user_sync::get(&pool, stage.organization, other).await.unwrap(),
        None
    );
    let (name, choice) = store::user_sync::former(&pool, stage.organization, other)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(name, "Contoso");
    assert!(
        choice.contains(&(Section::Department, "Sales".to_owned())),
        "{choice:?}"
    );
    // Whom the former one synced is like anybody else: no mapping, no last synced value, no badge.
    let states = store::end_user::states(&pool, stage.organization, other).await.unwrap();
    assert!(!states.is_empty() && states.iter().all(|person| person.mapping.is_none()));
}

#[sqlx::test(migrations = false)]
async fn every_table_that_hangs_on_a_microsoft_tenant_is_forgotten_with_it_or_kept_on_purpose(pool: PgPool) {
    store::migrate::migrate(&pool).await.unwrap();
    let hanging: BTreeSet<String> = sqlx::query_scalar(
        "select distinct table_name::text from information_schema.columns
         where column_name = 'microsoft_tenant_id' and table_schema = 'public'",
    )
    .fetch_all(&pool)
    .await
    .unwrap()
    .into_iter()
    .collect();
    let kept = [
        "user_sync",
        "end_user_mapping",
        "exclusion",
        "run",
        "standing_outcome",
        "run_lease",
        "held_row",
        "dropped_row",
        "contended_field",
        "directory_version",
    ];
    let gone_with_their_user = [
        "directory_user_groups",
        "directory_sign_in",
        "directory_mfa",
        "directory_user_change",
    ];
    let forgotten = integration::FORGOTTEN.map(|(table, _)| table);
    let known: BTreeSet<String> = kept
        .into_iter()
        .chain(gone_with_their_user)
        .chain(forgotten)
        .map(str::to_owned)
        .collect();
    assert_eq!(
        hanging, known,
        "say in store::integration whether Remove Integration deletes it"
    );
}

#[sqlx::test(migrations = false)]
async fn a_removed_integration_leaves_people_and_comes_back_with_everything(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&sales()).await;
    stage.run_well().await;
    let people = stage.people().await;
    for _ in 0..2 {
        integration::remove(&pool, &tester(), stage.tenant).await.unwrap();
        integration::forget_directory(&pool, stage.tenant).await.unwrap();
    }
    assert_eq!(
        actions(&pool, stage.tenant.0).await,
        [Action::Remove, Action::Map, Action::Connect]
    );
    for (table, _) in integration::FORGOTTEN {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    let now = store::in_utc(Utc::now());
    assert_eq!(stage.people().await, people, "End Users and retired mappings stay");
    assert_eq!(store::microsoft_tenant::rows(&pool, None, &now).await.unwrap(), []);
    assert_eq!(store::queue::unscheduled(&pool).await.unwrap(), []);
    assert_eq!(store::microsoft_tenant::find(&pool, "contoso").await.unwrap(), []);
    assert!(
        !store::queue::is_requested(&pool, stage.tenant).await.unwrap(),
        "a run still waits"
    );
    assert!(
        stage
            .run_row(store::run::latest(&pool, stage.tenant).await.unwrap().unwrap())
            .await
            .counts
            .create
            > 0
    );
    let mapped = store::tenant::map(&pool, &tester(), stage.tenant, stage.our_tenant).await;
    assert!(mapped.is_err(), "a removed Microsoft tenant was mapped");

    let domain = stage.microsoft.tenants()[0].default_domain.clone();
    let again = crate::engine::connect::connect(&stage.engine, &tester(), &domain)
        .await
        .unwrap();
    assert_eq!(again, stage.tenant);
    store::tenant::map(&pool, &tester(), again, stage.our_tenant)
        .await
        .unwrap();
    let sync = store::user_sync::get(&pool, stage.organization, again)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((sync.enabled, &sync.filters), (false, &sales()));
    stage.enable(&sync.filters).await;
    let run = stage.run_well().await;
    assert_eq!(stage.people().await, people);
    assert_eq!(i64::from(stage.counts(run).await.unchanged), stage.count().await);
}
