//! Fields that another program writes too.

use super::held::{ada, synced};
use crate::{
    model::{
        end_user::Field,
        held::{Contended, Contest},
        ids::{DirectoryUserId, MicrosoftTenantId},
    },
    store,
    tests::support::Stage,
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

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
    let told: Vec<String> = sqlx::query_scalar(
        "select concat(one ->> 'field', ': ', one ->> 'old', ' -> ', one ->> 'new')
         from audit_event a, jsonb_array_elements(a.changes) one
         where a.action = 'decide_contended' order by a.at, a.id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let expected = [
        "Job Title: Nobody decided -> Microsoft",
        "Job Title: Microsoft -> the old system",
    ];
    assert_eq!(told, expected);
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

#[sqlx::test(migrations = false)]
async fn a_decision_is_about_the_microsoft_tenant_of_today_and_not_about_a_former_one(pool: PgPool) {
    let (stage, users) = synced(&pool, 1).await;
    let end_user = stage.person(users[0]).await.id;
    let former = MicrosoftTenantId(Uuid::now_v7());
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into microsoft_tenant (id, entra_tenant_id, display_name) values ('{former}', '{former}', 'Former');
         insert into user_sync (organization_id, microsoft_tenant_id, enabled, filters)
         select organization_id, '{former}', false, filters from user_sync"
    )))
    .execute(&pool)
    .await
    .unwrap();
    let contest = Contended {
        user: DirectoryUserId(users[0]),
        end_user,
        field: Field::JobTitle,
        value: "Clerk".into(),
        runs: 3,
        state: Contest::Open,
        writer: String::new(),
    };
    for tenant in [former, stage.tenant] {
        let mut tx = pool.begin().await.unwrap();
        store::contended::remember(&mut tx, stage.organization, tenant, &contest)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let decided = store::contended::decide(&pool, end_user, Field::JobTitle, Contest::Microsoft, &ada()).await;
    assert_eq!(decided.unwrap(), stage.tenant, "the run is asked of the wrong one");
    let state = async |tenant| {
        let records = store::contended::of_organization(&pool, stage.organization, tenant).await;
        records.unwrap()[0].state
    };
    assert_eq!(
        (state(former).await, state(stage.tenant).await),
        (Contest::Open, Contest::Microsoft)
    );
}
