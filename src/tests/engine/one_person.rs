//! **Sync Now** for one person: that one is read and written, and nobody else.

use crate::{
    engine::{
        RunError,
        one_person::{Decision, PersonEnd, Whom, sync_person},
    },
    model::{
        filter::Filters,
        ids::{DirectoryUserId, RunId},
        plan::Outcome,
        run::Trigger,
    },
    store::lease::{self, Lease},
    tests::support::{Stage, only},
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

/// Ana and Ben, synced.
async fn two(pool: &PgPool) -> (Stage, Uuid, Uuid) {
    let stage = Stage::new(pool, 0).await;
    let ana = stage.hire("Ana López", "ana@contoso.example").await;
    let ben = stage.hire("Ben Jones", "ben@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    (stage, ana, ben)
}

async fn sync(stage: &Stage, whom: Whom) -> Result<PersonEnd, RunError> {
    sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now()).await
}

async fn sync_well(stage: &Stage, user: Uuid) -> (RunId, Decision) {
    match sync(stage, Whom::Id(DirectoryUserId(user))).await.unwrap() {
        PersonEnd::Done(run, decision) => (run, decision),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = false)]
async fn one_person_is_written_and_everybody_else_waits_for_the_next_run(pool: PgPool) {
    let (stage, ana, ben) = two(&pool).await;
    stage.change(ana, json!({ "displayName": "Ana García" })).await;
    stage.change(ben, json!({ "displayName": "Benjamin Jones" })).await;
    let carla = stage.hire("Carla Ruiz", "carla@contoso.example").await;

    let (run, decision) = sync_well(&stage, ana).await;
    assert_eq!(decision, Decision::Decided(Outcome::Update));
    assert_eq!(stage.person(ana).await.name, "Ana García");
    assert_eq!(stage.person(ben).await.name, "Ben Jones");
    assert_eq!(stage.count().await, 2);
    assert_eq!(stage.run_row(run).await.trigger, Trigger::OnePerson);
    let told = stage.people_of_run(run).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].user, DirectoryUserId(ana));

    // Somebody whom the directory has never seen is brought alone, too.
    assert_eq!(sync_well(&stage, carla).await.1, Decision::Decided(Outcome::Create));
    assert_eq!(stage.count().await, 3);

    stage.run_well().await;
    assert_eq!(stage.person(ben).await.name, "Benjamin Jones");
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn that_one_person_was_synced_says_nothing_about_the_whole_organization(pool: PgPool) {
    let (stage, ana, _) = two(&pool).await;
    sqlx::query("update user_sync set attention = 'Groups could not be read.'")
        .execute(&pool)
        .await
        .unwrap();
    stage.change(ana, json!({ "displayName": "Ana García" })).await;
    assert_eq!(sync_well(&stage, ana).await.1, Decision::Decided(Outcome::Update));
    let attention = stage.attention(stage.organization).await;
    assert_eq!(attention.as_deref(), Some("Groups could not be read."));
    stage.run_well().await;
    assert_eq!(stage.attention(stage.organization).await, None);
}

#[sqlx::test(migrations = false)]
async fn a_disabled_a_deleted_and_a_restored_account_show_at_once(pool: PgPool) {
    let (stage, ana, _) = two(&pool).await;
    let mark = async || stage.person(ana).await.mark_kind;
    stage.change(ana, json!({ "accountEnabled": false })).await;
    assert_eq!(sync_well(&stage, ana).await.1, Decision::Decided(Outcome::Disable));
    assert_eq!(mark().await.as_deref(), Some("disabled"));
    stage.delete(ana).await;
    let deleted = stage.directory().await["deletedUsers"][0]["deletedDateTime"].clone();
    sync_well(&stage, ana).await;
    assert_eq!(mark().await.as_deref(), Some("deleted"));
    assert_eq!(
        json!(stage.person(ana).await.mark_at.unwrap()),
        deleted,
        "the time is Microsoft's"
    );
    stage.restore(ana).await;
    stage.change(ana, json!({ "accountEnabled": true })).await;
    assert_eq!(sync_well(&stage, ana).await.1, Decision::Decided(Outcome::Enable));
    assert_eq!(mark().await, None);
}

#[sqlx::test(migrations = false)]
async fn a_group_joined_a_moment_ago_counts(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana López", "ana@contoso.example").await;
    let ben = stage.hire("Ben Jones", "ben@contoso.example").await;
    let inner = stage.group("Buyers", &[ben]).await;
    let outer = stage.group("Everybody who buys", &[inner]).await;
    let filters = Filters {
        group: only(&[&outer.to_string()]),
        ..Filters::default()
    };
    stage.enable(&filters).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 1);

    stage.join(inner, ana).await;
    assert_eq!(sync_well(&stage, ana).await.1, Decision::Decided(Outcome::Create));
    stage.leave(inner, ana).await;
    stage.change(ana, json!({ "displayName": "Not Written" })).await;
    let (_, decision) = sync_well(&stage, ana).await;
    assert_eq!(decision, Decision::Decided(Outcome::OutOfScope));
    assert_eq!(stage.person(ana).await.name, "Ana López");
}

#[sqlx::test(migrations = false)]
async fn a_group_joined_for_a_sync_now_and_left_before_the_next_run_does_not_stay(pool: PgPool) {
    let (stage, ana, ben) = two(&pool).await;
    let inner = stage.group("Buyers", &[ben]).await;
    let outer = stage.group("Everybody who buys", &[inner]).await;
    stage.run_well().await;
    let is_in = async || {
        let sql = "select count(*) from unnest((select groups from directory_user_groups where directory_user_id = $1)) as g (id)
                   where g.id = any ($2)";
        let count = sqlx::query_scalar(sql).bind(ana).bind(vec![inner, outer]);
        let count: i64 = count.fetch_one(&pool).await.unwrap();
        count
    };
    stage.join(inner, ana).await;
    sync_well(&stage, ana).await;
    assert_eq!(is_in().await, 2);
    stage.leave(inner, ana).await;
    stage.run_well().await;
    assert_eq!(is_in().await, 0, "the groups of a moment ago stayed");
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn half_of_a_swap_of_addresses_is_left_to_the_full_run(pool: PgPool) {
    let (stage, ana, ben) = two(&pool).await;
    stage.change(ana, json!({ "mail": "moving@contoso.example" })).await;
    stage.change(ben, json!({ "mail": "ana@contoso.example" })).await;
    stage.change(ana, json!({ "mail": "ben@contoso.example" })).await;
    // Ben's new address is known, Ana's is asked for.
    sync_well(&stage, ben).await;
    let (_, decision) = sync_well(&stage, ana).await;
    assert_eq!(decision, Decision::LeftToFullRun);
    let email = async |user| stage.person(user).await.email;
    assert_eq!(email(ana).await, "ana@contoso.example");
    stage.run_well().await;
    assert_eq!(email(ana).await, "ben@contoso.example");
    assert_eq!(email(ben).await, "ana@contoso.example");
}

#[sqlx::test(migrations = false)]
async fn a_busy_tenant_a_sync_that_is_off_and_a_first_run_that_is_due_are_told(pool: PgPool) {
    let (stage, ana, _) = two(&pool).await;
    let whom = || Whom::Id(DirectoryUserId(ana));
    let lease = Lease::new(stage.tenant);
    assert!(lease::acquire(&pool, lease).await.unwrap());
    let end = sync(&stage, whom()).await.unwrap();
    assert!(matches!(end, PersonEnd::Busy), "{end:?}");
    lease::release(&pool, lease).await.unwrap();

    sqlx::query("update user_sync set first_applied_at = null")
        .execute(&pool)
        .await
        .unwrap();
    let refused = sync(&stage, whom()).await.unwrap_err().to_string();
    assert!(refused.contains("first sync"), "{refused}");
    sqlx::query("update user_sync set enabled = false")
        .execute(&pool)
        .await
        .unwrap();
    let refused = sync(&stage, whom()).await.unwrap_err().to_string();
    assert!(refused.contains("not enabled"), "{refused}");
}

#[sqlx::test(migrations = false)]
async fn a_refusal_of_microsoft_ends_the_run_as_failed_and_leaves_the_tenant_free(pool: PgPool) {
    let (stage, ana, _) = two(&pool).await;
    stage.deny(&["users"]).await;
    let end = sync(&stage, Whom::Id(DirectoryUserId(ana))).await.unwrap();
    let PersonEnd::Failed(run, error) = end else {
        panic!("{end:?}")
    };
    assert_eq!(stage.run_row(run).await.error, Some(error.words()));
    assert_eq!(stage.person(ana).await.name, "Ana López");
    stage.deny(&[]).await;
    sync_well(&stage, ana).await;
}

#[sqlx::test(migrations = false)]
async fn the_command_syncs_one_person_by_name(pool: PgPool) {
    let (stage, ana, _) = two(&pool).await;
    stage.change(ana, json!({ "displayName": "Ana García" })).await;
    let upn = stage.directory().await["users"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["id"] == ana.to_string())
        .unwrap()["userPrincipalName"]
        .as_str()
        .unwrap()
        .to_owned();
    let words = ["sync", "--organization", "Contoso", "--user", &upn, "--format", "json"];
    let done = super::super::command::on(&stage, &words).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(done.json()["outcome"], "update");
    assert_eq!(stage.person(ana).await.name, "Ana García");

    let stranger = ["sync", "--organization", "Contoso", "--user", "nobody@contoso.example"];
    let done = super::super::command::on(&stage, &stranger).await;
    assert_eq!(done.code, 1);
    assert!(done.stdout.contains("nobody@contoso.example"), "{}", done.stdout);
    assert_eq!(
        super::super::command::on(&stage, &["sync", "--user", &upn]).await.code,
        64
    );
}
