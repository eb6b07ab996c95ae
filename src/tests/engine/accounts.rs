//! What happens to one person's account, and to their End User with the next run.

use crate::{
    engine::connect,
    model::filter::Filters,
    store::{self, integration},
    tests::support::{Stage, only, tester},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

/// One person in Sales, synced.
async fn ana(pool: &PgPool) -> (Stage, Uuid) {
    let stage = Stage::new(pool, 0).await;
    let ana = stage
        .add(json!({
            "displayName": "Ana López", "mail": "ana@contoso.example", "department": "Sales",
            "businessPhones": ["+31 20 555 0100"], "mobilePhone": "+31 6 5550 0100", "jobTitle": "Buyer",
        }))
        .await;
    let sales = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    stage.enable(&sales).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 1);
    (stage, ana)
}

#[sqlx::test(migrations = false)]
async fn a_renamed_person_is_renamed_and_the_change_is_told(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    let before = stage.person(ana).await;
    stage
        .change(
            ana,
            json!({ "displayName": "Ana García", "jobTitle": "Head of Buying" }),
        )
        .await;
    let run = stage.run_well().await;
    let after = stage.person(ana).await;
    assert_eq!((after.id, after.name.as_str()), (before.id, "Ana García"));
    assert_eq!(after.job_title, "Head of Buying");
    let (people, total) = store::run::people(&pool, run, None, "", 1, 50).await.unwrap();
    assert_eq!(total, 1);
    let told: Vec<_> = people[0]
        .changes
        .iter()
        .map(|c| (c.old.as_str(), c.new.as_str()))
        .collect();
    assert_eq!(told, [("Ana López", "Ana García"), ("Buyer", "Head of Buying")]);
}

#[sqlx::test(migrations = false)]
async fn a_value_that_goes_in_microsoft_clears_only_what_microsoft_wrote(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    sqlx::query("update end_user set mobile = '0800 by hand', city = 'Utrecht'")
        .execute(&pool)
        .await
        .unwrap();
    stage
        .change(
            ana,
            json!({ "businessPhones": [], "mobilePhone": null, "jobTitle": null }),
        )
        .await;
    stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!((person.phone.as_str(), person.job_title.as_str()), ("", ""));
    assert_eq!(
        (person.mobile.as_str(), person.city.as_str()),
        ("0800 by hand", "Utrecht")
    );
}

#[sqlx::test(migrations = false)]
async fn another_programs_value_in_a_synced_field_is_restored(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    sqlx::query("update end_user set job_title = 'Legacy'")
        .execute(&pool)
        .await
        .unwrap();
    let run = stage.run_well().await;
    assert_eq!(stage.person(ana).await.job_title, "Buyer");
    assert_eq!(stage.counts(run).await.update, 1);
}

#[sqlx::test(migrations = false)]
async fn a_disabled_account_is_marked_once_and_an_enabled_one_loses_the_mark(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    stage.change(ana, json!({ "accountEnabled": false })).await;
    stage.run_well().await;
    let first = stage.person(ana).await;
    assert_eq!(first.mark_kind.as_deref(), Some("disabled"));
    let run = stage.run_well().await;
    assert_eq!(
        stage.person(ana).await.mark_at,
        first.mark_at,
        "the time of the mark moved"
    );
    assert_eq!(stage.counts(run).await.disable, 0);

    stage.change(ana, json!({ "accountEnabled": true })).await;
    stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!((person.mark_kind, person.mark_at), (None, None));
}

#[sqlx::test(migrations = false)]
async fn a_deleted_account_is_marked_with_microsofts_time_until_it_is_restored(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    stage.delete(ana).await;
    let deleted = stage.directory().await["deletedUsers"][0]["deletedDateTime"].clone();
    stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!(person.mark_kind.as_deref(), Some("deleted"));
    assert_eq!(json!(person.mark_at.unwrap()), deleted);

    stage.restore(ana).await;
    stage.change(ana, json!({ "displayName": "Ana Back" })).await;
    stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!((person.mark_kind, person.name.as_str()), (None, "Ana Back"));
}

#[sqlx::test(migrations = false)]
async fn an_account_restored_just_as_it_was_loses_its_mark_too(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    stage.delete(ana).await;
    stage.run_well().await;
    stage.restore(ana).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.mark_kind, None);
}

#[sqlx::test(migrations = false)]
async fn an_account_gone_for_good_is_marked_deleted_and_nobody_is_removed(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    stage.purge(ana).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.mark_kind.as_deref(), Some("deleted"));
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn somebody_out_of_scope_keeps_their_fields_and_still_gets_the_mark(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    stage
        .change(ana, json!({ "department": "Legal", "displayName": "Not Written" }))
        .await;
    let run = stage.run_well().await;
    assert_eq!(stage.person(ana).await.name, "Ana López");
    assert_eq!(stage.counts(run).await.out_of_scope, 1);

    stage.change(ana, json!({ "accountEnabled": false })).await;
    stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!(
        (person.mark_kind.as_deref(), person.name.as_str()),
        (Some("disabled"), "Ana López")
    );

    stage
        .change(ana, json!({ "department": "Sales", "accountEnabled": true }))
        .await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.name, "Not Written");
}

#[sqlx::test(migrations = false)]
async fn a_changed_licence_changes_the_directory_and_no_end_user(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    let sku = stage.directory().await["skus"][0]["skuId"].clone();
    let written = stage.person(ana).await;
    stage
        .change(
            ana,
            json!({ "assignedLicenses": [{ "skuId": sku, "disabledPlans": [] }] }),
        )
        .await;
    let run = stage.run_well().await;
    let licenses: Vec<Uuid> = sqlx::query_scalar("select licenses from directory_user where id = $1")
        .bind(ana)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(json!(licenses), json!([sku]));
    assert_eq!(stage.person(ana).await, written);
    assert_eq!(stage.counts(run).await.unchanged, 1);
    let used: i32 = sqlx::query_scalar("select used from subscribed_sku where sku_id = $1")
        .bind(licenses[0])
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(used, 1);
}

#[sqlx::test(migrations = false)]
async fn control_characters_go_and_long_right_to_left_and_pictured_names_stay(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    let names = [
        ("B\u{0}e\u{7}a\r\nLópez", "Bea  López".to_owned()),
        (
            "\u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd} <b>",
            "\u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd} <b>".to_owned(),
        ),
        ("Ana 👩‍🚀 🚀", "Ana 👩‍🚀 🚀".to_owned()),
        (&"é🚀".repeat(1_000), "é🚀".repeat(160)),
    ];
    for (name, kept) in names {
        stage
            .change(ana, json!({ "displayName": name, "department": "Sales\u{0}" }))
            .await;
        stage.run_well().await;
        assert_eq!(stage.person(ana).await.name, kept);
        stage.run_quietly().await;
    }
}

#[sqlx::test(migrations = false)]
async fn a_deleted_end_user_comes_back_and_an_excluded_person_does_not(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    sqlx::query("delete from end_user").execute(&pool).await.unwrap();
    stage.run_well().await;
    assert_eq!(stage.count().await, 1);

    sqlx::query("delete from end_user").execute(&pool).await.unwrap();
    sqlx::query(
        "insert into exclusion (organization_id, microsoft_tenant_id, directory_user_id, address)
         values ($1, $2, $3, 'ANA@contoso.example')",
    )
    .bind(stage.organization)
    .bind(stage.tenant)
    .bind(ana)
    .execute(&pool)
    .await
    .unwrap();
    stage.run_well().await;
    assert_eq!(stage.count().await, 0);

    stage.purge(ana).await;
    stage
        .add(json!({ "displayName": "Ana again", "mail": "ana@contoso.example", "department": "Sales" }))
        .await;
    let run = stage.run_well().await;
    assert_eq!(
        stage.count().await,
        0,
        "a new account of an excluded person is no new person"
    );
    assert_eq!(stage.counts(run).await.conflict, 1);
}

/// Removes the integration with everything that was known of the directory.
async fn leave(stage: &Stage) {
    integration::remove(&stage.pool, &tester(), stage.tenant).await.unwrap();
    integration::forget_directory(&stage.pool, stage.tenant).await.unwrap();
}

/// Connects, maps and sets up again, and runs.
async fn come_back(stage: &Stage) {
    let domain = stage.microsoft.tenants()[0].default_domain.clone();
    connect::connect(&stage.engine, &tester(), &domain).await.unwrap();
    store::tenant::map(&stage.pool, &tester(), stage.tenant, stage.our_tenant)
        .await
        .unwrap();
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
}

#[sqlx::test(migrations = false)]
async fn who_was_deleted_while_the_tenant_was_not_connected_is_marked_and_loses_the_mark_when_restored(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    leave(&stage).await;
    stage.delete(ana).await;
    let deleted = stage.directory().await["deletedUsers"][0]["deletedDateTime"].clone();
    come_back(&stage).await;
    let person = stage.person(ana).await;
    assert_eq!(
        (person.name.as_str(), person.mark_kind.as_deref()),
        ("Ana López", Some("deleted"))
    );
    assert_eq!(json!(person.mark_at.unwrap()), deleted, "the time is Microsoft's");
    stage.run_quietly().await;
    stage.restore(ana).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.mark_kind, None);
}

#[sqlx::test(migrations = false)]
async fn who_went_for_good_while_the_tenant_was_not_connected_gives_way_to_their_new_account(pool: PgPool) {
    let (stage, old) = ana(&pool).await;
    let before = stage.person(old).await;
    leave(&stage).await;
    stage.purge(old).await;
    come_back(&stage).await;
    assert_eq!(stage.person(old).await.mark_kind.as_deref(), Some("deleted"));
    let name: String = sqlx::query_scalar("select display_name from directory_user where id = $1")
        .bind(old)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(name, "Ana López", "a run tells of her by the name that is known");
    stage.run_quietly().await;

    let new = stage.hire("Ana again", "ana@contoso.example").await;
    stage.run_well().await;
    let person = stage.person(new).await;
    assert_eq!((person.id, person.mark_kind, stage.count().await), (before.id, None, 1));
}

#[sqlx::test(migrations = false)]
async fn a_mark_tells_since_when_through_a_forgotten_directory_and_a_sync_that_was_off(pool: PgPool) {
    let (stage, ana) = ana(&pool).await;
    let enabled = async |is: bool| {
        stage.change(ana, json!({ "accountEnabled": is })).await;
        stage.run_well().await;
    };
    enabled(false).await;
    let first = stage.person(ana).await.mark_at;
    assert!(first.is_some());
    leave(&stage).await;
    come_back(&stage).await;
    assert_eq!(stage.person(ana).await.mark_at, first, "it has been so since then");

    store::user_sync::disable(&pool, &tester(), stage.organization, stage.tenant)
        .await
        .unwrap();
    enabled(true).await;
    enabled(false).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    assert!(stage.person(ana).await.mark_at > first, "it was not so in between");
}
