//! What others see while a first run writes.

use crate::{
    model::{filter::Filters, ids::OrganizationId},
    store,
    tests::support::{Stage, only, until},
};
use sqlx::PgPool;

/// An Organization's End Users as another connection sees them, and whether they are mapped.
async fn in_sight(stage: &Stage, organization: OrganizationId) -> Vec<(String, bool)> {
    let people = stage.people_of(organization).await;
    people
        .into_iter()
        .map(|person| (person.name, person.directory_user_id.is_some()))
        .collect()
}

/// Waits until a statement waits for a lock on this table.
async fn waits_for(pool: &PgPool, table: &str) {
    let waits = || async {
        let sql = "select exists (select 1 from pg_locks l join pg_stat_activity a on a.pid = l.pid
                                  where not l.granted and a.query like '%' || $1 || '%'
                                    and a.datname = current_database())";
        sqlx::query_scalar::<_, bool>(sql)
            .bind(table)
            .fetch_one(pool)
            .await
            .unwrap()
    };
    until(table, 20, waits).await;
}

#[sqlx::test(migrations = false)]
async fn with_a_group_filter_nobody_is_synced_in_sight_until_all_are(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut members = vec![];
    for name in ["Ana", "Ben", "Cleo"] {
        members.push(stage.hire(name, &format!("{name}@contoso.example")).await);
    }
    stage.hire("Zoe", "zoe@contoso.example").await;
    let group = stage.group("Team", &members).await;
    let before = stage.end_user(stage.organization, "Ben", "ben@contoso.example").await;
    let filters = Filters {
        group: only(&[&group.to_string()]),
        ..Filters::default()
    };
    stage.enable(&filters).await;

    // The run has written its people, and can't write down what it did: it is in the middle of its transaction.
    let mut hold = pool.begin().await.unwrap();
    sqlx::query("lock table run_person in share mode")
        .execute(&mut *hold)
        .await
        .unwrap();
    let (_, seen) = tokio::join!(stage.run_well(), async {
        waits_for(&pool, "insert into run_person").await;
        let seen = in_sight(&stage, stage.organization).await;
        let sync = store::user_sync::get(&pool, stage.organization, stage.tenant)
            .await
            .unwrap()
            .unwrap();
        assert!(!sync.applied, "the subtab says that the sync is processing");
        hold.commit().await.unwrap();
        seen
    });
    assert_eq!(
        seen,
        [("Ben".to_owned(), false)],
        "who was there before stays in sight, not yet mapped"
    );
    let after = in_sight(&stage, stage.organization).await;
    let all = [("Ana", true), ("Ben", true), ("Cleo", true)].map(|(name, synced)| (name.to_owned(), synced));
    assert_eq!(after, all, "then all at once");
    assert_eq!(stage.person(members[1]).await.id, before);
}

#[sqlx::test(migrations = false)]
async fn people_appear_when_their_organization_commits_while_the_run_goes_on(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.hire("Ana", "ana@contoso.example").await;
    let later = stage.another_organization("Contoso South").await;
    stage.enable(&Filters::default()).await;
    stage.enable_for(later, &Filters::default()).await;

    let mut hold = pool.begin().await.unwrap();
    sqlx::query("select 1 from user_sync where organization_id = $1 for update")
        .bind(later)
        .execute(&mut *hold)
        .await
        .unwrap();
    tokio::join!(stage.run_well(), async {
        waits_for(&pool, "for update of s").await;
        let ana = [("Ana".to_owned(), true)];
        assert_eq!(in_sight(&stage, stage.organization).await, ana);
        assert_eq!(in_sight(&stage, later).await, []);
        hold.commit().await.unwrap();
    });
    assert_eq!(in_sight(&stage, later).await.len(), 1);
}
