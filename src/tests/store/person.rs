//! One End User: what its page reads, and what a person may write.

use crate::{
    model::{
        audit::{Action, Actor, AuditChange},
        end_user::Fields,
        end_user_details::{HistoryBy, HistoryWhat},
        filter::Filters,
        ids::{DirectoryUserId, EndUserId},
        plan::Outcome,
    },
    store::{
        self, StoreError, customer,
        end_user::{
            details, edit,
            history::{Whose, history},
        },
        exclusion,
        saved::Saved,
    },
    tests::support::Stage,
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

fn actor() -> Actor {
    Actor::command("Ada Admin")
}

fn person(name: &str, phone: &str) -> Fields {
    Fields {
        name: name.into(),
        phone: phone.into(),
        ..Fields::default()
    }
}

async fn added(stage: &Stage) -> EndUserId {
    let id = EndUserId(Uuid::now_v7());
    edit::create(&stage.pool, stage.organization, id, &person("Ana López", "1"), &actor())
        .await
        .unwrap();
    id
}

#[sqlx::test(migrations = false)]
async fn a_save_from_a_page_that_is_out_of_date_writes_nothing(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let id = added(&stage).await;
    let save = async |version, fields| {
        edit::save(&pool, stage.organization, id, version, &fields, &actor())
            .await
            .unwrap()
    };
    let now = async || details::get(&pool, stage.organization, id, None).await.unwrap();
    let opened = now().await.updated_at;
    assert_eq!(save(opened, person("Ana López", "2")).await, Saved::Done);
    // The same form again finds its values there.
    assert_eq!(save(opened, person("Ana López", "2")).await, Saved::Done);
    let stale = save(opened, person("Ana López", "3")).await;
    let Saved::Stale { differences, version } = stale else {
        panic!("{stale:?}")
    };
    assert_eq!(differences, [AuditChange::new("Phone", "2", "3").unwrap()]);
    assert_eq!(now().await.fields.phone, "2");
    assert_eq!(save(version, person("Ana López", "3")).await, Saved::Done);
    assert_eq!(now().await.fields.phone, "3");
}

#[sqlx::test(migrations = false)]
async fn a_form_sent_twice_adds_one_person(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let id = added(&stage).await;
    edit::create(&pool, stage.organization, id, &person("Ana López", "1"), &actor())
        .await
        .unwrap();
    assert_eq!(stage.count().await, 1);
    let told: i64 = sqlx::query_scalar("select count(*) from audit_event where subject_kind = 'end_user'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(told, 1);
    let by: String = sqlx::query_scalar("select written_by from end_user where written_at is not null")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(by, "Ada Admin");
}

#[sqlx::test(migrations = false)]
async fn nobody_is_added_to_an_organization_that_is_gone_and_no_form_adds_two_people(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let id = added(&stage).await;
    let other = edit::create(&pool, stage.organization, id, &person("Ben", ""), &actor()).await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
    assert_eq!(stage.people().await[0].name, "Ana López");

    customer::delete(&pool, &actor(), stage.organization).await.unwrap();
    let late = EndUserId(Uuid::now_v7());
    let refused = edit::create(&pool, stage.organization, late, &person("Too Late", ""), &actor()).await;
    assert!(
        matches!(refused, Err(StoreError::NotFound("This Organization"))),
        "{refused:?}"
    );
    let told: i64 = sqlx::query_scalar("select count(*) from audit_event where subject_name = 'Too Late'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(told, 0);
}

#[sqlx::test(migrations = false)]
async fn who_has_no_microsoft_account_is_deleted_and_not_kept_out(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let id = added(&stage).await;
    for people in [1, 0] {
        let deleted = exclusion::delete(&pool, stage.organization, &[id], true, &actor())
            .await
            .unwrap();
        assert_eq!(deleted, exclusion::Deleted { people, kept_out: 0 });
    }
    let told = store::audit::of_subject(&pool, id.0, 10, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    let actions: Vec<_> = told.into_iter().filter_map(|event| event.action).collect();
    assert_eq!(actions, [Action::Delete, Action::Create]);
}

#[sqlx::test(migrations = false)]
async fn an_id_opens_nothing_in_another_organization(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let id = added(&stage).await;
    let other = stage.another_organization("Fabrikam").await;
    let read = details::get(&pool, other, id, None).await;
    assert!(matches!(read, Err(StoreError::NotFound(_))), "{read:?}");
    let saved = edit::save(&pool, other, id, Utc::now(), &person("Mallory", ""), &actor()).await;
    assert!(matches!(saved, Err(StoreError::NotFound(_))), "{saved:?}");
    assert_eq!(stage.people().await[0].name, "Ana López");
}

#[sqlx::test(migrations = false)]
async fn the_history_tells_runs_and_people_in_one_list_the_latest_first(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana López", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    let created = stage.run_well().await;
    let id = stage.person(ana).await.id;
    let held = details::get(&pool, stage.organization, id, Some(stage.tenant))
        .await
        .unwrap();
    let by_hand = Fields {
        city: "Utrecht".into(),
        ..held.fields
    };
    edit::save(&pool, stage.organization, id, held.updated_at, &by_hand, &actor())
        .await
        .unwrap();
    stage.change(ana, json!({ "displayName": "Ana García" })).await;
    let updated = stage.run_well().await;

    let now = store::in_utc(Utc::now());
    let names = HashMap::new();
    let whose = Whose {
        organization: stage.organization,
        id,
        account: Some((stage.tenant, DirectoryUserId(ana))),
        name_of: &names,
    };
    let (all, more) = history(&pool, whose, 10, &now).await.unwrap();
    assert!(!more);
    let said: Vec<_> = all
        .iter()
        .map(|entry| match (&entry.by, &entry.what) {
            (HistoryBy::Run { id, .. }, HistoryWhat::Outcome(outcome, _)) => (Some(*id), Some(*outcome), None),
            (HistoryBy::Actor(who), HistoryWhat::Action(action)) => {
                assert_eq!(who.name, "Ada Admin");
                (None, None, *action)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        said,
        [
            (Some(updated), Some(Outcome::Update), None),
            (None, None, Some(Action::Edit)),
            (Some(created), Some(Outcome::Create), None),
        ]
    );
    let change = &all[0].changes[0];
    assert_eq!(
        (change.field.as_str(), change.old.as_str(), change.new.as_str()),
        ("Name", "Ana López", "Ana García")
    );
    let (first, more) = history(&pool, whose, 2, &now).await.unwrap();
    assert_eq!((first.len(), more), (2, true));
}
